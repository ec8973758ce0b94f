import JSON
import Simulation
import SyncModel
import Testing
import Wire

@Suite("Faults of the simulated network")
struct FaultTests {
  private func network(_ sandbox: JiraSandbox) -> SimulatedNetwork {
    let now = sandbox.now
    return SimulatedNetwork(routes: [JiraSandbox.origin: .jira(sandbox.jira)]) { now }
  }

  private func creation(_ sandbox: JiraSandbox) throws -> WireRequest {
    let token = try sandbox.tokens(JiraSandbox.rohit)["access_token"]?.string ?? ""
    let body: JSONValue = [
      "fields": ["project": ["key": "SUP"], "issuetype": ["name": "Task"], "summary": "Once"]
    ]
    return WireRequest(
      .post, JiraSandbox.origin + "/ex/jira/\(sandbox.jira.configuration.cloudID)/rest/api/3/issue",
      headers: [WireHeader("Authorization", "Bearer " + token)], body: body.utf8)
  }

  @Test("An answer that is lost after the request was applied may have been sent")
  func lost() async throws {
    let sandbox = JiraSandbox()
    let request = try creation(sandbox)
    sandbox.jira.arm(ArmedFault(.lostAfterApply, method: "POST", pathSuffix: "/issue"))
    await #expect(throws: TransportFailure.maybeSent("The connection was closed before an answer came.")) {
      try await network(sandbox).send(request)
    }
    #expect(sandbox.jira.state["issues"]?.array?.count == 1)
    #expect(
      sandbox.jira.log.last
        == LoggedRequest(
          method: "POST", template: "/rest/api/3/issue", account: "account-rohit", time: sandbox.now, status: nil))
  }

  @Test("A refused connection, a 503 and a 429 leave nothing behind")
  func refused() async throws {
    let sandbox = JiraSandbox()
    let request = try creation(sandbox)
    for fault in [
      Fault.refusedConnection, .unavailable,
      .rateLimited(reason: "jira-quota-global-based", retryAfter: .seconds(7)),
    ] {
      sandbox.jira.arm(ArmedFault(fault, pathSuffix: "/issue"))
    }
    await #expect(throws: TransportFailure.notSent("The connection was refused.")) {
      try await network(sandbox).send(request)
    }
    let unavailable = try await network(sandbox).send(request)
    let limited = try await network(sandbox).send(request)
    #expect([unavailable.status, limited.status] == [503, 429])
    #expect(limited.header("Retry-After") == "7")
    #expect(limited.header("RateLimit-Reason") == "jira-quota-global-based")
    #expect(sandbox.jira.state["issues"] == [])
    #expect(try await network(sandbox).send(request).status == 201)
  }

  @Test("One seed gives one history of faults")
  func deterministic() throws {
    func history(seed: UInt64) throws -> [Int?] {
      let sandbox = JiraSandbox { $0.seed = seed }
      let request = try creation(sandbox)
      var plan = FaultPlan()
      plan.unavailable = 0.3
      plan.lostAfterApply = 0.3
      sandbox.jira.setFaults(plan)
      for _ in 0..<40 { _ = sandbox.jira.exchange(request, now: sandbox.now) }
      return sandbox.jira.log.map(\.status)
    }
    #expect(try history(seed: 5) == history(seed: 5))
    #expect(try history(seed: 5) != history(seed: 6))
    #expect(try Set(history(seed: 5)) == [200, 201, 503, nil])
  }
}
