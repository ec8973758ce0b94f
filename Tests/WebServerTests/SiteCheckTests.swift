import HTTPTypes
import HummingbirdTesting
import JSON
import NIOCore
import SyncModel
import SyncStore
import Testing

@testable import WebServer

@Suite("What the check against the Jira site found, where people and programs look")
struct SiteCheckTests {
  static func installation() async throws -> TestInstallation {
    let installation = try TestInstallation()
    _ = try await installation.store.keep(
      SiteCheck(
        connection: "acme", checkedAt: TestInstallation.now, requests: 14, people: 3,
        findings: [
          SiteCheck.Finding(isError: true, file: "support.xml", line: 4, column: 3, message: "not on the <screen>"),
          SiteCheck.Finding(isError: false, file: "support.xml", line: 9, column: nil, message: "Mark may not comment"),
        ]))
    return installation
  }

  private static let authorization: HTTPFields = [.authorization: "Bearer " + TestInstallation.adminToken]

  @Test("Findings do not make the process unready; readiness and metrics count them")
  func machines() async throws {
    try await Self.installation().withClient { client in
      let ready = try await client.execute(uri: "/health/ready", method: .get)
      #expect(ready.status == .ok)
      #expect(ready.text.contains(#""site":{"errors":1,"good":false,"warnings":1}"#))
      let metrics = try await client.execute(uri: "/metrics", method: .get).text
      #expect(metrics.contains("\ncounterpart_site_check_findings{connection=\"acme\",severity=\"error\"} 1\n"))
      #expect(metrics.contains("\ncounterpart_site_check_time_seconds{connection=\"acme\"} 1800000000\n"))
    }
  }

  @Test("The overview says that the mappings do not fit, and the site's page says where")
  func pages() async throws {
    let store = try await Self.installation().store
    let installation = try TestInstallation(adminToken: nil, isSandbox: true, store: store)
    try await installation.withClient { client in
      let overview = try await client.execute(uri: "/admin", method: .get).text
      #expect(overview.contains("do not fit their Jira site:</strong> 1 error, 1 warning"))
      #expect(!overview.contains("Changes go to and fro by themselves"))
      let page = try await client.execute(uri: "/admin/site", method: .get).text
      #expect(page.contains("<code>support.xml:4:3: not on the &lt;screen&gt;</code>"))
      #expect(page.contains("<code>support.xml:9: Mark may not comment</code>"))
      #expect(page.contains("asked as 3 people, in 14 requests"))
    }
  }

  @Test("Programs read the last check, and ask for another one of a connection that exists")
  func programs() async throws {
    try await Self.installation().withClient { client in
      let list = try await client.execute(uri: "/api/v1/site-checks", method: .get, headers: Self.authorization)
      let check = try JSONReader.read(Array(list.body.readableBytesView))["checks"]?[0]
      #expect(check?["errors"] == 1)
      #expect(check?["findings"]?[0]?["line"] == 4)
      var headers = Self.authorization
      headers[.contentType] = "application/x-www-form-urlencoded"
      let unknown = try await client.execute(
        uri: "/api/v1/site-checks", method: .post, headers: headers, body: ByteBuffer(string: "connection=nobody"))
      #expect(unknown.status == .badRequest)
      #expect(try await client.execute(uri: "/api/v1/site-checks", method: .get).status == .unauthorized)
    }
  }
}
