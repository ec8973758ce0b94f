import HTTPTypes
import HummingbirdTesting
import JSON
import NIOCore
import SyncCore
import SyncModel
import SyncStore
import Testing

@testable import WebServer

@Suite("What Jira allows, where people and programs look")
struct PaceViewTests {
  private static let hour = PointsLedger.hour(of: TestInstallation.now)

  /// 900 points are spent, and Jira has stopped the app for ten minutes.
  private static func store(isStopped: Bool) async throws -> Store {
    let store = try Store()
    try await store.note([
      PointsSpent(hour: hour, account: PointsLedger.Account("acme", .people), points: 1200, requests: 900)
    ])
    let end = TestInstallation.now + .seconds(600)
    if isStopped { try await store.stop(JiraStop(.app(["acme"]), until: end), now: TestInstallation.now) }
    return store
  }

  @Test("The site's page shows what is used, by whom, and what is kept for people")
  func page() async throws {
    let installation = try TestInstallation(
      adminToken: nil, isSandbox: true, store: try await Self.store(isStopped: false))
    try await installation.withClient { client in
      let page = try await client.execute(uri: "/admin/site", method: .get).text
      #expect(page.contains("1,200 of 65,000 points are used of this hour"))
      #expect(page.contains("32,500 of them are kept for what people do"))
      #expect(page.contains("<td>acme</td><td>1,200 in 900 requests</td><td>0 in 0 requests</td>"))
      #expect(page.contains(#"<span class="badge good">goes on</span>"#))
      let overview = try await client.execute(uri: "/admin", method: .get).text
      #expect(!overview.contains("hourly quota"))
    }
  }

  @Test("The overview says what waits for Jira's quota and until when, and that nobody needs to do anything")
  func stopped() async throws {
    let installation = try TestInstallation(
      adminToken: nil, isSandbox: true, store: try await Self.store(isStopped: true))
    try await installation.withClient { client in
      let overview = try await client.execute(uri: "/admin", method: .get).text
      #expect(
        overview.contains("Every connection waits for Jira&#39;s hourly quota until 08:10 UTC. It goes on by itself."))
      #expect(overview.contains("Changes go to and fro by themselves"))
    }
  }

  @Test("Programs get the same, and metrics count it")
  func programs() async throws {
    let installation = try TestInstallation(store: try await Self.store(isStopped: true))
    try await installation.withClient { client in
      let metrics = try await client.execute(uri: "/metrics", method: .get).text
      #expect(metrics.contains("\ncounterpart_jira_points_used{connection=\"acme\",purpose=\"people\"} 1200\n"))
      #expect(metrics.contains("\ncounterpart_jira_points_remaining 63800\n"))
      #expect(metrics.contains("\ncounterpart_jira_paused_until_seconds{level=\"app\",connection=\"\"} 1800000600\n"))
      #expect(metrics.contains("\ncounterpart_jira_requests_limited_total{level=\"app\"} 0\n"))
      let authorization: HTTPFields = [.authorization: "Bearer " + TestInstallation.adminToken]
      let answer = try await client.execute(uri: "/api/v1/pace", method: .get, headers: authorization)
      let pace = try JSONReader.read(Array(answer.body.readableBytesView))["pace"]
      #expect(pace?["used"] == 1200)
      #expect(pace?["connections"]?[0]?["people"] == ["points": 1200, "requests": 900])
      #expect(pace?["waitsUntil"]?.string == (TestInstallation.now + .seconds(600)).description)
      #expect(try await client.execute(uri: "/api/v1/pace", method: .get).status == .unauthorized)
    }
  }
}
