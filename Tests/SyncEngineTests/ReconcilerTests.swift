import JSON
import Simulation
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Testing

/// semantics.md, promises 5 to 7 and "Reconciler in detail".
@Suite("Reconciliation")
struct ReconcilerTests {
  @Test("After people edited both sides, both agree, and the next run writes nothing")
  func convergence() async throws {
    let world = try World()
    try await world.connectAll()
    let id = try await world.openCase()
    try world.crm.edit(id, as: "8", fields: [("priority", "P1")], now: world.clock.now)
    try world.jira.transition(issue: "SUP-1", as: "acc-dev", to: "In Progress", now: world.clock.now)
    _ = try world.jira.comment(issue: "SUP-1", as: "acc-mark", text: "From Mark in Jira", now: world.clock.now)
    try await world.settle()
    _ = try await world.reconcile()
    #expect(world.field("priority") == "Highest")
    #expect(world.caseState(id)?["status"]?.string == "Working")
    // Mark is known by his grant, so he bears the CRM's name for him.
    #expect(world.caseComments(id).map { $0.hasPrefix("public Mark (SUP-1): From Mark in Jira") } == [true])
    let writes = (world.jiraWrites.count, world.crmWrites.count)
    let again = try await world.reconcile()
    try await world.settle(for: .seconds(60))
    #expect(again.planned == 0)
    #expect(world.jiraWrites.count == writes.0)
    #expect(world.crmWrites.count == writes.1)
  }

  struct PolicyCase: Sendable, CustomTestStringConvertible {
    var policy: String
    var jiraIsLater: Bool
    /// The priorities in the end: in the CRM and in Jira.
    var crm: String
    var jira: String
    var winner: Side?
    var testDescription: String { policy + (jiraIsLater ? ", Jira later" : ", the CRM later") }
  }

  @Test(
    "In a conflict the policy decides, and the value that lost is kept",
    arguments: [
      PolicyCase(policy: "crm", jiraIsLater: true, crm: "P1", jira: "Highest", winner: .crm),
      PolicyCase(policy: "jira", jiraIsLater: false, crm: "P3", jira: "Medium", winner: .jira),
      PolicyCase(policy: "newest", jiraIsLater: true, crm: "P3", jira: "Medium", winner: .jira),
      PolicyCase(policy: "newest", jiraIsLater: false, crm: "P1", jira: "Highest", winner: .crm),
      PolicyCase(policy: "ask", jiraIsLater: true, crm: "P1", jira: "Medium", winner: nil),
    ])
  func conflict(_ row: PolicyCase) async throws {
    let world = try World(mapping: World.mapping([("on-conflict=\"crm\"", "on-conflict=\"\(row.policy)\"")]))
    try await world.connect(World.service, as: "acc-sync")
    try await world.connect(World.rohit, as: "acc-rohit")
    let id = try await world.openCase()
    // Mark has not connected, so his change stands in the CRM alone while Jira changes too.
    for isCRM in row.jiraIsLater ? [true, false] : [false, true] {
      if isCRM {
        try world.crm.edit(id, as: "8", fields: [("priority", "P1")], now: world.clock.now)
      } else {
        try world.jira.edit(
          issue: "SUP-1", as: "acc-dev", fields: ["priority": ["name": "Medium"]], now: world.clock.now)
      }
      try await world.settle()
    }
    // A comment moves the issue's own time, which must not count as a change of the field.
    _ = try world.crm.comment(on: id, as: "7", text: "Hello", now: world.clock.now)
    try await world.settle()
    _ = try await world.reconcile()
    try await world.connect(World.mark, as: "acc-mark")
    try await world.settle()
    _ = try await world.reconcile()
    #expect(world.caseState(id)?["priority"]?.string == row.crm)
    #expect(world.field("priority") == row.jira)
    let conflicts = try await world.story(id).conflicts.map(\.conflict)
    #expect(
      conflicts == [
        Conflict(field: "priority", winner: row.winner, crm: .text("P1"), jira: .text("Medium"))
      ])
    #expect(try await world.reconcile().planned == 0)
  }

  @Test("Where Jira won and its person then takes the change back, the case follows")
  func takenBackAfterWinning() async throws {
    let world = try World()
    try await world.connectAll()
    let id = try await world.openCase()
    try world.jira.transition(issue: "SUP-1", as: "acc-dev", to: "In Progress", now: world.clock.now)
    try world.jira.transition(issue: "SUP-1", as: "acc-dev", to: "Done", now: world.clock.now)
    try world.crm.edit(id, as: "7", fields: [("status", "Working")], now: world.clock.now)
    try await world.settle()
    #expect(world.status() == "Done")
    try world.jira.transition(issue: "SUP-1", as: "acc-dev", to: "To Do", now: world.clock.now)
    _ = try await world.reconcile()
    #expect(world.status() == "To Do")
    #expect(world.caseState(id)?["status"]?.string == "New")
    #expect(try await world.reconcile().planned == 0)
  }

  @Test("A field that was never agreed on is written, and what stood in Jira is kept")
  func neverAgreed() async throws {
    let world = try World(
      mapping: World.mapping([("crm=\"description\" as=\"plain\"", "crm=\"description\" as=\"plain\" sync=\"both\"")]))
    try await world.connectAll()
    let id = try await world.openCase(description: "")
    try world.jira.edit(issue: "SUP-1", as: "acc-dev", fields: ["description": "Dana's"], now: world.clock.now)
    try world.crm.edit(id, as: "8", fields: [("description", "Mark's")], now: world.clock.now)
    try await world.settle()
    #expect(world.issues[0]["fields"]?["description"]?.compact.contains("Mark's") == true)
    let conflicts = try await world.story(id).conflicts.map(\.conflict)
    #expect(conflicts.map(\.field) == ["description"])
    #expect(conflicts.map(\.winner) == [.crm])
  }

  @Test("A Jira status without a pair is said and changes nothing in the CRM")
  func statusWithoutPair() async throws {
    let world = try World(
      mapping: World.mapping([("<pair crm=\"Working\" jira=\"In Progress\"/>", "")]))
    try await world.connectAll()
    let id = try await world.openCase()
    try world.jira.transition(issue: "SUP-1", as: "acc-dev", to: "In Progress", now: world.clock.now)
    try await world.settle()
    let run = try await world.reconcile()
    #expect(run.end == .finished)
    #expect(world.caseState(id)?["status"]?.string == "New")
    let said = try await world.story(id).lines.map(\.text)
    #expect(said.count { $0.contains("'In Progress' has no <pair>") } == 1)
    #expect(try await world.reconcile().planned == 0)
  }

  @Test("A page of the search that fails leaves the cursor, and the next run reads again")
  func failingPage() async throws {
    let world = try World()
    try await world.connectAll()
    let id = try await world.openCase()
    _ = try await world.reconcile()
    _ = try world.jira.comment(issue: "SUP-1", as: "acc-dev", text: "Reply", now: world.clock.now)
    try await world.settle()
    let before = try await world.store.reconcileSince(World.connection)
    world.jira.arm(ArmedFault(.unavailable, method: "POST", pathSuffix: "/search/jql"))
    let failed = try await world.reconcile()
    #expect(failed.end == .stopped("searching Jira: could not answer: Jira answered 503"))
    #expect(try await world.store.reconcileSince(World.connection) == before)
    #expect(world.caseComments(id) == [])
    _ = try await world.reconcile()
    #expect(world.caseComments(id).count == 1)
  }

  @Test("An issue that cannot be read, and a case that is gone, do not keep the others from their run")
  func oneFails() async throws {
    let world = try World()
    try await world.connectAll()
    var cases: [CaseID] = []
    for number in 1...4 { cases.append(try await world.openCase(subject: "Case \(number)")) }
    for number in 1...4 {
      _ = try world.jira.comment(issue: "SUP-\(number)", as: "acc-dev", text: "Reply", now: world.clock.now)
      try world.jira.edit(
        issue: "SUP-\(number)", as: "acc-dev", fields: ["priority": ["name": "Medium"]], now: world.clock.now)
    }
    try await world.settle()
    let broken = try #require(world.issues[1]["id"]?.string)
    world.jira.arm(ArmedFault(.htmlError(status: 502), method: "GET", pathSuffix: "/issue/" + broken))
    // The webhook that tells of the deletion is lost.
    var lost = DeliveryFaults()
    lost.dropped = 1
    world.crm.setDeliveryFaults(lost)
    try world.crm.delete(cases[2], as: "7", now: world.clock.now)
    world.crm.setDeliveryFaults(DeliveryFaults())
    try await world.settle()
    let run = try await world.reconcile()
    #expect(run.end == .finished)
    #expect(run.failed == 1)
    #expect(world.caseComments(cases[0]).count == 1)
    #expect(world.caseComments(cases[1]).count == 0)
    #expect(world.caseComments(cases[3]).count == 1)
    let said = try await world.story(cases[2]).lines.map(\.text)
    #expect(said.contains("the CRM no longer has the case, so Jira's changes stay there"))
    // What failed is read again, however long ago the issue was changed.
    world.clock.advance(by: .seconds(7200))
    _ = try await world.reconcile()
    #expect(world.caseComments(cases[1]).count == 1)
  }

  @Test("A deleted issue is said in its case's story, blocks no run, and its operations end with a reason")
  func deletedIssue() async throws {
    let world = try World { $0.searchLag = .seconds(40) }
    try await world.connectAll()
    let first = try await world.openCase()
    let second = try await world.openCase()
    world.clock.advance(by: .seconds(60))
    try world.jira.delete(issue: "SUP-1", as: "acc-dev", now: world.clock.now)
    _ = try world.crm.comment(on: first, as: "7", text: "Anybody?", now: world.clock.now)
    _ = try world.jira.comment(issue: "SUP-2", as: "acc-dev", text: "Reply", now: world.clock.now)
    try await world.settle(for: .seconds(2))
    let run = try await world.reconcile()
    #expect(run.end == .finished)
    let story = try await world.story(first)
    #expect(
      story.lines.map(\.text).contains(
        "SUP-1 is deleted in Jira, or hidden from the service user: its changes no longer reach the case"))
    #expect(story.operations.filter { $0.kind == .addComment }.map(\.state) == [.dead])
    #expect(story.operations.first { $0.kind == .addComment }?.reason?.contains("not found") == true)
    world.clock.advance(by: .seconds(60))
    _ = try await world.reconcile()
    #expect(world.caseComments(second).count == 1)
  }

  @Test("A link whose write is under way is left to the next run")
  func busyLink() async throws {
    let world = try World()
    try await world.connectAll()
    let id = try await world.openCase()
    _ = try world.jira.comment(issue: "SUP-1", as: "acc-dev", text: "Reply", now: world.clock.now)
    try await world.settle()
    _ = try world.crm.comment(on: id, as: "7", text: "Hello", now: world.clock.now)
    await world.crm.sendDue(through: world.network, now: world.clock.now)
    while try await world.engine.planNext() {}
    let claimed = try #require(try await world.engine.outbox.claim(now: world.clock.now))
    let report = try await world.engine.reconcile.run(World.connection, owner: "test")
    #expect(report.deferred == 1)
    #expect(report.planned == 0)
    var random = SystemRandomNumberGenerator()
    let settlement = try await world.engine.outbox.perform(claimed, now: world.clock.now, using: &random)
    try await world.engine.outbox.settle(claimed, with: settlement, now: world.clock.now)
    try await world.settle()
    _ = try await world.reconcile()
    #expect(world.caseComments(id).count == 2)
  }

  @Test("Of two runs of one connection at once, one is busy")
  func twoRuns() async throws {
    let world = try World()
    try await world.connectAll()
    try await world.openCase()
    let now = world.clock.now
    #expect(try await world.store.takeLease("reconcile/acme", owner: "other", until: now + .seconds(60), now: now))
    #expect(try await world.reconcile().end == .busy)
    world.clock.advance(by: .seconds(60))
    #expect(try await world.reconcile().end == .finished)
  }

  @Test("Quiet links cost one search and nothing for each")
  func quiet() async throws {
    let world = try World()
    try await world.connectAll()
    for number in 1...12 { try await world.openCase(subject: "Case \(number)") }
    _ = try await world.reconcile()
    _ = try await world.reconcile()
    world.jira.clearLog()
    let run = try await world.reconcile()
    #expect(run.issues == 0)
    #expect(world.jira.log.map(\.template) == ["/rest/api/3/search/jql"])
  }

  @Test("An internal comment of Jira stays internal in the CRM, and one of the CRM in Jira")
  func internalComments() async throws {
    let world = try World()
    try await world.connectAll()
    let id = try await world.openCase()
    _ = try world.crm.comment(on: id, as: "7", text: "Not for customers", isPublic: false, now: world.clock.now)
    _ = try world.jira.comment(
      issue: "SUP-1", as: "acc-dev", text: "Secret", isInternal: true, now: world.clock.now)
    try await world.settle()
    _ = try await world.reconcile()
    let flags = (world.caseState(id)?["comments"]?.array ?? []).map { $0["public"]?.bool }
    #expect(flags == [false, false])
    #expect(world.issues[0]["comments"]?.array?.map { $0["internal"]?.bool } == [true, true])
  }

  @Test("An access token of the service user that Jira refuses is refreshed within the run")
  func refusedToken() async throws {
    let world = try World()
    try await world.connectAll()
    let id = try await world.openCase()
    _ = try world.jira.comment(issue: "SUP-1", as: "acc-dev", text: "Reply", now: world.clock.now)
    try await world.settle()
    world.jira.revokeGrants(of: "acc-sync")
    #expect(try await world.reconcile().end == .stopped("the service user 1 must connect again"))
    try await world.connect(World.service, as: "acc-sync")
    #expect(try await world.reconcile().end == .finished)
    #expect(world.caseComments(id).count == 1)
  }
}
