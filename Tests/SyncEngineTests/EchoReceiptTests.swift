import JSON
import Simulation
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Testing

/// semantics.md, promise 6, where an echo comes before the answer, or the answer never comes.
@Suite("Echoes of writes that are not settled")
struct EchoReceiptTests {
  @Test("A run that sees our own writes in Jira before they are settled takes none of them for a change")
  func runBeforeSettlement() async throws {
    let world = try World()
    try await world.connectAll()
    let id = try await world.openCase()
    try world.crm.edit(id, as: "7", fields: [("priority", "P1"), ("status", "Working")], now: world.clock.now)
    _ = try world.crm.comment(on: id, as: "8", text: "Hello", now: world.clock.now)
    await world.crm.sendDue(through: world.network, now: world.clock.now)
    while try await world.engine.planNext() {}
    var random = SystemRandomNumberGenerator()
    var kinds: [RemoteCall.Kind] = []
    while let claimed = try await world.engine.outbox.claim(now: world.clock.now) {
      kinds.append(claimed.call.kind)
      let settlement = try await world.engine.outbox.perform(claimed, now: world.clock.now, using: &random)
      world.clock.advance(by: .seconds(2))
      let report = try await world.engine.reconcile.run(World.connection, owner: "test")
      #expect(report.planned == 0)
      #expect(report.deferred == 1)
      try await world.engine.outbox.settle(claimed, with: settlement, now: world.clock.now)
    }
    #expect(kinds == [.editIssue, .transitionIssue, .addComment])
    #expect(try await world.reconcile().planned == 0)
    #expect(world.caseComments(id).count == 1)
    #expect(world.crmWrites.count == 1)
  }

  @Test("Echoes that the CRM sends before it answers cause nothing", arguments: ["field", "status", "comment"])
  func echoFirst(_ what: String) async throws {
    let world = try World(echo: .beforeAnswer)
    try await world.connectAll()
    let id = try await world.openCase()
    world.jira.clearLog()
    switch what {
    case "field":
      try world.jira.edit(
        issue: "SUP-1", as: "acc-dev", fields: ["priority": ["name": "Medium"]], now: world.clock.now)
    case "status": try world.jira.transition(issue: "SUP-1", as: "acc-dev", to: "In Progress", now: world.clock.now)
    default: _ = try world.jira.comment(issue: "SUP-1", as: "acc-dev", text: "Reply", now: world.clock.now)
    }
    try await world.settle()
    _ = try await world.reconcile()
    #expect(try await world.reconcile().planned == 0)
    #expect(world.jiraWrites.filter { $0.account == "acc-sync" } == [])
    #expect(try await world.story(id).operations.filter { $0.kind.side == .jira && $0.kind != .createIssue } == [])
  }

  @Test("A write to the CRM whose answer was lost is settled by its echo, and nobody is asked to connect for it")
  func lostWriteToCRM() async throws {
    // The API user of the CRM is nobody in Jira: what it seemed to change would wait for it for ever.
    let world = try World(adjustCRM: {
      $0.apiUser = "99"
      $0.users.append(CRMUser(id: "99", name: "API"))
    })
    try await world.connectAll()
    let id = try await world.openCase()
    world.crm.arm(ArmedFault(.lostAfterApply, method: "PATCH", pathSuffix: ""))
    try world.jira.edit(
      issue: "SUP-1", as: "acc-dev", fields: ["priority": ["name": "Medium"]], now: world.clock.now)
    try await world.settle()
    world.crm.clearLog()
    _ = try await world.reconcile()
    #expect(world.caseState(id)?["priority"]?.string == "P3")
    #expect(try await world.store.operations(in: [.held, .dead, .waiting], limit: 9) == [])
    #expect(world.crmWrites.count == 1)
    #expect(try await world.reconcile().planned == 0)
  }

  @Test("A person who puts a field back in the CRM after our lost write is not overwritten by its repetition")
  func putBackInCRM() async throws {
    let world = try World()
    try await world.connectAll()
    let id = try await world.openCase()
    world.crm.arm(ArmedFault(.lostAfterApply, method: "PATCH", pathSuffix: ""))
    try world.jira.edit(
      issue: "SUP-1", as: "acc-dev", fields: ["priority": ["name": "Medium"]], now: world.clock.now)
    try await world.settle()
    _ = try await world.engine.reconcile.run(World.connection, owner: "test")
    _ = try await world.engine.carryOutNext()
    #expect(world.caseState(id)?["priority"]?.string == "P3")
    try world.crm.edit(id, as: "8", fields: [("priority", "P2")], now: world.clock.now + .seconds(1))
    try await world.settle()
    _ = try await world.reconcile()
    #expect(world.caseState(id)?["priority"]?.string == "P2")
    #expect(world.field("priority") == "High")
  }

  @Test("A person who puts a field back in Jira after our edit, whose answer was lost, is not overwritten")
  func putBackInJira() async throws {
    let world = try World()
    try await world.connectAll()
    let id = try await world.openCase()
    world.jira.arm(ArmedFault(.lostAfterApply, method: "PUT", pathSuffix: ""))
    try world.crm.edit(id, as: "7", fields: [("priority", "P1")], now: world.clock.now)
    try await world.settle(for: .zero)
    #expect(world.field("priority") == "Highest")
    try world.jira.edit(
      issue: "SUP-1", as: "acc-dev", fields: ["priority": ["name": "High"]], now: world.clock.now)
    try await world.settle()
    #expect(world.field("priority") == "High")
    #expect(world.jiraRequests("PUT", "/{issue}").count <= 1)
    _ = try await world.reconcile()
    #expect(world.caseState(id)?["priority"]?.string == "P2")
    #expect(try await world.reconcile().planned == 0)
  }

  @Test("What our edit replaced in Jira is kept as the value that lost, though the process died before it could say so")
  func replacedBeforeACrash() async throws {
    let world = try World()
    try await world.connectAll()
    let id = try await world.openCase()
    try world.jira.edit(
      issue: "SUP-1", as: "acc-dev", fields: ["priority": ["name": "Medium"]], now: world.clock.now)
    try world.crm.edit(id, as: "7", fields: [("priority", "P1")], now: world.clock.now)
    await world.crm.sendDue(through: world.network, now: world.clock.now)
    while try await world.engine.planNext() {}
    let claimed = try #require(try await world.engine.outbox.claim(now: world.clock.now))
    var random = SystemRandomNumberGenerator()
    _ = try await world.engine.outbox.perform(claimed, now: world.clock.now, using: &random)
    #expect(world.field("priority") == "Highest")
    let engine = try await world.restarted()
    while try await engine.carryOutNext() {}
    let lost = try await world.story(id).conflicts.map(\.conflict)
    #expect(lost == [Conflict(field: "priority", winner: .crm, crm: .text("P1"), jira: .text("Medium"))])
  }

  @Test("Of an edit whose answer was lost, a field that Jira had kept is merged again, so that the case gets its value")
  func keptBeforeACrash() async throws {
    let world = try World(
      mapping: World.mapping([
        ("crm=\"description\" as=\"plain\"", "crm=\"description\" as=\"plain\" sync=\"both\" on-conflict=\"jira\"")
      ]))
    try await world.connectAll()
    let id = try await world.openCase()
    try world.jira.edit(issue: "SUP-1", as: "acc-dev", fields: ["description": "Dana's"], now: world.clock.now)
    try world.crm.edit(id, as: "7", fields: [("description", "Rohit's"), ("priority", "P1")], now: world.clock.now)
    await world.crm.sendDue(through: world.network, now: world.clock.now)
    while try await world.engine.planNext() {}
    let claimed = try #require(try await world.engine.outbox.claim(now: world.clock.now))
    var random = SystemRandomNumberGenerator()
    _ = try await world.engine.outbox.perform(claimed, now: world.clock.now, using: &random)
    #expect(world.field("priority") == "Highest")
    let engine = try await world.restarted()
    while try await engine.carryOutNext() {}
    _ = try await world.reconcile()
    #expect(world.caseState(id)?["description"]?.string == "Dana's")
    #expect(try await world.story(id).conflicts.map(\.conflict.winner) == [.jira])
    #expect(try await world.reconcile().planned == 0)
  }

  @Test("What a person entered in Jira between our look and our write is kept as the value that lost")
  func replacedUnseen() async throws {
    let world = try World()
    try await world.connectAll()
    let id = try await world.openCase()
    try world.crm.edit(id, as: "7", fields: [("priority", "P1")], now: world.clock.now)
    await world.crm.sendDue(through: world.network, now: world.clock.now)
    while try await world.engine.planNext() {}
    let claimed = try #require(try await world.engine.outbox.claim(now: world.clock.now))
    var random = SystemRandomNumberGenerator()
    var settlement = try await world.engine.outbox.perform(claimed, now: world.clock.now, using: &random)
    #expect(settlement.jiraBefore == ["priority": .text("High")])
    // As if Jira had held something else when we looked than when we wrote.
    settlement.jiraBefore = ["priority": .text("Medium")]
    try await world.engine.outbox.settle(claimed, with: settlement, now: world.clock.now)
    world.clock.advance(by: .seconds(5))
    _ = try await world.reconcile()
    let lost = try await world.story(id).conflicts.map(\.conflict)
    #expect(lost == [Conflict(field: "priority", winner: .crm, crm: .text("P1"), jira: .text("High"))])
    world.jira.clearLog()
    _ = try await world.reconcile()
    #expect(world.jiraRequests("POST", "/changelog/bulkfetch").isEmpty)
  }

  @Test("A status that a person takes back in Jira after our transition, whose answer was lost, stays taken back")
  func takenBackInJira() async throws {
    let world = try World()
    try await world.connectAll()
    let id = try await world.openCase()
    world.jira.arm(ArmedFault(.lostAfterApply, method: "POST", pathSuffix: "/transitions"))
    try world.crm.edit(id, as: "7", fields: [("status", "Working")], now: world.clock.now)
    try await world.settle(for: .zero)
    #expect(world.status() == "In Progress")
    try world.jira.transition(issue: "SUP-1", as: "acc-dev", to: "Done", now: world.clock.now)
    try world.jira.transition(issue: "SUP-1", as: "acc-dev", to: "To Do", now: world.clock.now)
    try await world.settle()
    #expect(world.status() == "To Do")
    _ = try await world.reconcile()
    #expect(world.caseState(id)?["status"]?.string == "New")
  }

  @Test("A value that we wrote, that a person put back, and that another person sets again, is seen each time")
  func backAndForth() async throws {
    let world = try World()
    try await world.connectAll()
    let id = try await world.openCase()
    try world.crm.edit(id, as: "7", fields: [("priority", "P1")], now: world.clock.now)
    try await world.settle()
    #expect(world.field("priority") == "Highest")
    for (name, code) in [("High", "P2"), ("Highest", "P1"), ("High", "P2")] {
      let account: AccountID = name == "High" ? "acc-dev" : "acc-mark"
      try world.jira.edit(
        issue: "SUP-1", as: account, fields: ["priority": ["name": .string(name)]], now: world.clock.now)
      try await world.settle()
      _ = try await world.reconcile()
      #expect(world.caseState(id)?["priority"]?.string == code)
    }
    for (code, name) in [("P1", "Highest"), ("P2", "High"), ("P1", "Highest")] {
      try world.crm.edit(id, as: name == "High" ? "8" : "7", fields: [("priority", code)], now: world.clock.now)
      try await world.settle()
      #expect(world.field("priority") == name)
    }
    #expect(try await world.reconcile().planned == 0)
  }

  @Test("A comment that was sent, whose answer was lost and whose author must reconnect, does not come back from Jira")
  func lostCommentHeld() async throws {
    let world = try World()
    try await world.connectAll()
    let id = try await world.openCase()
    world.jira.arm(ArmedFault(.lostAfterApply, method: "POST", pathSuffix: "/comment"))
    _ = try world.crm.comment(on: id, as: "8", text: "Hello", now: world.clock.now)
    try await world.settle(for: .zero)
    #expect(world.comments(world.issues[0]) == ["Mark M: Hello"])
    world.jira.revokeGrants(of: "acc-mark")
    _ = try world.jira.comment(issue: "SUP-1", as: "acc-dev", text: "Reply", now: world.clock.now)
    try await world.settle()
    #expect(try await world.store.operations(in: [.held], limit: 9).map(\.kind) == [.addComment])
    _ = try await world.reconcile()
    // Dana's reply alone.
    #expect(world.caseComments(id).count == 2)
    try await world.connect(World.mark, as: "acc-mark")
    try await world.settle()
    #expect(world.comments(world.issues[0]) == ["Mark M: Hello", "Dana Developer: Reply"])
    #expect(try await world.reconcile().planned == 0)
    #expect(world.caseComments(id).count == 2)
  }
}
