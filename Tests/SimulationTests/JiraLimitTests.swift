import JSON
import Simulation
import SyncModel
import Testing
import Wire

@Suite("The simulated Jira's limits")
struct JiraLimitTests {
  @Test("Points are counted by what is shown, refused when they are used up, and given anew by the hour")
  func points() throws {
    var sandbox = JiraSandbox { ($0.pointsPerHour, $0.announcesPoints) = (10, true) }
    let token = try sandbox.tokens(JiraSandbox.rohit)["access_token"]?.string ?? ""
    #expect(sandbox.get("/myself", token).header("Beta-RateLimit")?.contains("r=7;") == true)
    #expect(sandbox.get("/myself", token).header("X-RateLimit-NearLimit") == nil)
    #expect(sandbox.get("/myself", token).header("X-RateLimit-NearLimit") == "true")
    #expect(sandbox.get("/myself", token).status == 200)
    #expect(sandbox.jira.pointsUsed == 12)
    let refused = sandbox.get("/myself", token)
    #expect(refused.status == 429)
    #expect(refused.header("RateLimit-Reason") == "jira-quota-global-based")
    let seconds = try #require(refused.header("Retry-After").flatMap { Int64($0) })
    #expect(refused.header("X-RateLimit-Reset") == (sandbox.now + .seconds(seconds)).description)
    sandbox.now = sandbox.now + .seconds(seconds)
    #expect(sandbox.get("/myself", token).status == 200)
  }

  @Test("No endpoint takes more in a second than is published")
  func bursts() throws {
    var sandbox = JiraSandbox { $0.limitsBursts = true }
    let token = try sandbox.tokens(JiraSandbox.rohit)["access_token"]?.string ?? ""
    let statuses = (0..<130).map { _ in sandbox.get("/myself", token).status }
    #expect(statuses.count { $0 == 200 } == 100)
    #expect(sandbox.get("/field", token).status == 200)
    #expect(sandbox.get("/myself", token).header("RateLimit-Reason") == "jira-burst-based")
    sandbox.now = sandbox.now + .seconds(1)
    #expect(sandbox.get("/myself", token).status == 200)
  }
}

extension JiraSandbox {
  fileprivate func get(_ path: String, _ token: String) -> WireResponse {
    jira.respond(
      to: WireRequest(
        .get, Self.origin + "/ex/jira/\(jira.configuration.cloudID)/rest/api/3" + path,
        headers: [WireHeader("Authorization", "Bearer " + token)]), now: now)
  }
}
