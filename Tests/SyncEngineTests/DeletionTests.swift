import CustomDump
import JSON
import Simulation
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Testing

/// `<deletion>`: what becomes of the issue when its case is deleted.
@Suite("A case is deleted")
struct CaseDeletionTests {
  private static func world(
    _ rule: String = "", _ adjust: (inout SimulatedJiraConfiguration) -> Void = { _ in }
  ) async throws -> (World, CaseID) {
    let world = try World(mapping: World.mapping(adding: rule), adjust: adjust)
    try await world.connectAll()
    let id = try await world.openCase()
    world.jira.clearLog()
    world.crm.clearLog()
    return (world, id)
  }

  @Test("By default the issue stays as it is; what happens in it no longer goes to the case, and nothing fails")
  func keep() async throws {
    let (world, id) = try await Self.world()
    try world.crm.delete(id, as: "8", now: world.clock.now)
    try await world.settle()
    _ = try world.jira.comment(issue: "SUP-1", as: "acc-dev", text: "Fixed", now: world.clock.now)
    try world.jira.transition(issue: "SUP-1", as: "acc-dev", to: "In Progress", now: world.clock.now)
    try await world.settle()
    #expect(try await world.reconcile().planned == 0)
    #expect(world.jiraWrites == [])
    #expect(world.crmWrites == [])
    let story = try await world.story(id)
    #expect(story.links.map(\.remarks) == [["the case was deleted in the CRM"]])
    #expect(story.lines.last?.text == "the case was deleted in the CRM; the issue is left as it is")
    #expect(try await world.store.operations(in: [.dead, .held, .waiting], limit: 9) == [])
  }

  @Test("A comment says so, by who deleted the case, out of customers' sight, however often the event comes")
  func comment() async throws {
    let (world, id) = try await Self.world(#"<deletion case="comment"/>"#)
    try world.crm.delete(id, as: "8", now: world.clock.now)
    let body = try #require(world.crm.queuedDeliveries.first?.body)
    try await world.settle()
    #expect(await world.deliver(String(decoding: body, as: UTF8.self), id: "again") == world.accepted)
    try await world.settle()
    #expect(world.comments(world.issues[0]) == ["Mark M: The case 1 was deleted in the CRM."])
    #expect(world.issues[0]["comments"]?[0]?["internal"]?.bool == true)
    #expect(try await world.reconcile().planned == 0)
  }

  @Test("It is closed once: what somebody makes of it in Jira, while nobody knows that it happened, stands")
  func closeLost() async throws {
    let (world, id) = try await Self.world(#"<deletion case="close" status="Done"/>"#) {
      $0.projects[0].workflow.transitions.append(
        SimulatedWorkflow.Transition(id: "91", name: "Straight", from: ["To Do", "In Progress"], to: "Done"))
      $0.projects[0].workflow.transitions.append(
        SimulatedWorkflow.Transition(id: "92", name: "Reopen", from: ["Done"], to: "In Progress"))
    }
    try world.crm.delete(id, as: "8", now: world.clock.now)
    world.jira.arm(ArmedFault(.lostAfterApply, method: "POST", pathSuffix: "/transitions"))
    await world.crm.sendDue(through: world.network, now: world.clock.now)
    try await world.engine.drain()
    #expect(world.status() == "Done")
    try world.jira.transition(issue: "SUP-1", as: "acc-dev", to: "In Progress", now: world.clock.now)
    try await world.settle(for: .seconds(120))
    #expect(world.status() == "In Progress")
    #expect(try await world.store.operations(in: [.dead, .held, .verifying, .waiting], limit: 9) == [])
  }

  @Test("It is closed by who deleted the case, over the statuses between, with the pair's resolution")
  func close() async throws {
    let (world, id) = try await Self.world(#"<deletion case="close" status="Done"/>"#)
    try world.crm.delete(id, as: "8", now: world.clock.now)
    try await world.settle()
    #expect(world.status() == "Done")
    #expect(world.issues[0]["resolution"]?.string == "Done")
    #expect(Set(world.jira.log.filter { $0.method == "POST" }.map(\.account)) == ["acc-mark"])
  }

  @Test("It is deleted with the permission of who deleted the case, and what waits for it ends")
  func delete() async throws {
    let world = try World(mapping: World.mapping(adding: #"<deletion case="delete"/>"#))
    try await world.connect(World.service, as: "acc-sync")
    try await world.connect(World.rohit, as: "acc-rohit")
    let id = try await world.openCase()
    world.jira.setPermissions(
      SimulatedPermission.usual.union([.deleteIssues]), of: "acc-rohit", in: "SUP")
    try world.crm.comment(on: id, as: "8", text: "Held", now: world.clock.now)
    try world.crm.delete(id, as: "7", now: world.clock.now)
    try await world.settle()
    #expect(world.issues.isEmpty)
    #expect(world.jiraRequests("DELETE", "/issue/{issue}").map(\.account) == ["acc-rohit"])
    try await world.connect(World.mark, as: "acc-mark")
    try await world.settle()
    let states = try await world.story(id).operations.suffix(2).map { "\($0.kind.rawValue) \($0.state.rawValue)" }
    #expect(states == ["add-comment skipped", "delete-issue done"])
  }

  @Test("Who may not delete issues has it held, and it goes on when they may")
  func notPermitted() async throws {
    let (world, id) = try await Self.world(#"<deletion case="delete"/>"#)
    try world.crm.delete(id, as: "8", now: world.clock.now)
    try await world.settle()
    #expect(world.issues.count == 1)
    let held = try await world.store.operations(in: [.held], limit: 9)
    #expect(held.map(\.holdReason) == [.permission])
    world.jira.setPermissions(SimulatedPermission.usual.union([.deleteIssues]), of: "acc-mark", in: "SUP")
    _ = try await world.store.retry(.allHeld, now: world.clock.now)
    try await world.settle()
    #expect(world.issues.isEmpty)
  }

  @Test("The service user deletes no issue in anybody's place")
  func noStandIn() async throws {
    let (world, id) = try await Self.world(#"<deletion case="delete"/><missing-grant action="service"/>"#)
    world.jira.setPermissions(SimulatedPermission.usual.union([.deleteIssues]), of: "acc-sync", in: "SUP")
    try world.crm.delete(id, as: "8", now: world.clock.now)
    try await world.settle()
    #expect(world.issues.count == 1)
    #expect(try await world.store.operations(in: [.held], limit: 9).map(\.kind) == [.deleteIssue])
  }

  @Test(
    "An answer that was lost deletes nothing twice, and an issue that is gone already is fine",
    arguments: [
      Fault.lostAfterApply, .unavailable,
    ])
  func lost(_ fault: Fault) async throws {
    let (world, id) = try await Self.world(#"<deletion case="delete"/>"#)
    world.jira.setPermissions(SimulatedPermission.usual.union([.deleteIssues]), of: "acc-mark", in: "SUP")
    world.jira.arm(ArmedFault(fault, method: "DELETE", pathSuffix: "/10001"))
    try world.crm.delete(id, as: "8", now: world.clock.now)
    try await world.settle(for: .seconds(90))
    #expect(world.issues.isEmpty)
    #expect(try await world.story(id).operations.last?.state == .done)
  }

  @Test("A case that is deleted before its issue was asked for gets none, whoever connects later")
  func beforeCreation() async throws {
    let world = try World(mapping: World.mapping(adding: #"<deletion case="comment"/>"#))
    try await world.connect(World.service, as: "acc-sync")
    let id = try await world.openCase()
    try world.crm.delete(id, as: "7", now: world.clock.now)
    try await world.settle()
    try await world.connect(World.rohit, as: "acc-rohit")
    try await world.settle()
    #expect(world.issues.isEmpty)
    let operations = try await world.story(id).operations
    #expect(operations.map { "\($0.kind.rawValue) \($0.state.rawValue)" } == ["create-issue skipped"])
    #expect(operations.first?.reason == "left out: the case was deleted before it had an issue")
    #expect(try await world.story(id).links.map(\.standing) == [.neverLinked])
    #expect(
      try await world.story(id).links.map(\.remarks) == [["the case was deleted in the CRM before it had an issue"]])
  }

  @Test("A comment that was written before the deletion and arrives after it still reaches the issue")
  func lateComment() async throws {
    let (world, id) = try await Self.world()
    try world.crm.comment(on: id, as: "8", text: "Before", now: world.clock.now)
    let body = try #require(world.crm.queuedDeliveries.first)
    world.crm.settle(body.id, status: 202, now: world.clock.now)
    world.clock.advance(by: .seconds(1))
    try world.crm.delete(id, as: "7", now: world.clock.now)
    try await world.settle()
    _ = await world.deliver(String(decoding: body.body, as: UTF8.self), id: "late")
    try await world.settle()
    #expect(world.comments(world.issues[0]) == ["Mark M: Before"])
    #expect(try await world.story(id).links.map(\.standing) == [.caseDeleted])
  }
}

/// `<deletion issue="…">`: what becomes of the case when its issue is deleted or hidden.
@Suite("An issue is deleted")
struct IssueDeletionTests {
  private static func world(_ rule: String = "") async throws -> (World, CaseID) {
    let world = try World(
      mapping: World.mapping(adding: rule),
      adjust: { $0.projects.append(SimulatedProject(key: "OPS", name: "Operations")) })
    try await world.connectAll()
    let id = try await world.openCase()
    _ = try await world.reconcile()
    world.clock.advance(by: .seconds(7200))
    return (world, id)
  }

  private static let told = "SUP-1 was deleted in Jira, or is hidden from Counterpart."

  @Test("By default an internal comment tells the case once, and the story says so")
  func note() async throws {
    let (world, id) = try await Self.world()
    try world.jira.delete(issue: "SUP-1", as: "acc-dev", now: world.clock.now)
    _ = try await world.reconcile()
    let comments = world.caseComments(id)
    #expect(comments.count == 1)
    #expect(comments.first?.hasPrefix("internal \(Self.told) Its changes do not reach this case") == true)
    world.clock.advance(by: .seconds(7200))
    #expect(try await world.reconcile().planned == 0)
    #expect(world.caseComments(id).count == 1)
    let remarks = try await world.story(id).links.map(\.remarks)
    #expect(remarks == [["the issue is deleted in Jira, or hidden from the service user"]])
  }

  @Test("Where the mapping says keep, only the story says so")
  func keep() async throws {
    let (world, id) = try await Self.world(#"<deletion issue="keep"/>"#)
    try world.jira.delete(issue: "SUP-1", as: "acc-dev", now: world.clock.now)
    _ = try await world.reconcile()
    #expect(world.caseComments(id) == [])
    #expect(
      try await world.story(id).lines.last?.text
        == "SUP-1 is deleted in Jira, or hidden from the service user: its changes no longer reach the case")
  }

  @Test("Unlinked, the case's changes go nowhere, and nothing fails")
  func unlink() async throws {
    let (world, id) = try await Self.world(#"<deletion issue="unlink"/>"#)
    try world.jira.delete(issue: "SUP-1", as: "acc-dev", now: world.clock.now)
    _ = try await world.reconcile()
    #expect(world.caseComments(id).first?.contains("\(Self.told) This case has no issue any more.") == true)
    try world.crm.edit(id, as: "8", fields: [("priority", "P1")], now: world.clock.now)
    try await world.settle()
    #expect(world.issues.isEmpty)
    #expect(try await world.store.operations(in: [.dead, .held, .waiting], limit: 9) == [])
    #expect(
      try await world.story(id).lines.last?.text
        == "the case is linked to SUP-1 no more, so nothing goes to Jira")
  }

  @Test("Made anew, the issue comes with the case's next change, by who makes it, under a label of its own")
  func recreate() async throws {
    let (world, id) = try await Self.world(#"<deletion issue="recreate"/>"#)
    try world.jira.delete(issue: "SUP-1", as: "acc-dev", now: world.clock.now)
    _ = try await world.reconcile()
    #expect(world.issues.isEmpty)
    try world.crm.edit(id, as: "8", fields: [("priority", "P1")], now: world.clock.now)
    try await world.settle()
    let issue = try #require(world.issues.first)
    #expect(issue["creator"]?["name"]?.string == "Mark M")
    #expect(issue["fields"]?["labels"]?[0]?.string == "acme-1-2")
    #expect(issue["fields"]?["priority"]?.text == "Highest")
    #expect(world.caseState(id)?["jira_key"]?.string == "SUP-2")
    // Both ways go on with the new one.
    try world.jira.edit(issue: "SUP-2", as: "acc-dev", fields: ["priority": ["name": "Medium"]], now: world.clock.now)
    try await world.settle()
    _ = try await world.reconcile()
    #expect(world.caseState(id)?["priority"]?.string == "P3")
    #expect(try await world.reconcile().planned == 0)
    #expect(try await world.story(id).links.map(\.remarks) == [["before that it was SUP-1"]])
    #expect(try await world.store.stories(of: "SUP-1").map(\.caseID) == [id])
  }

  @Test("What we wrote to a case ourselves is no change that makes a new issue, however late it comes back")
  func ownEcho() async throws {
    let (world, id) = try await Self.world(#"<deletion issue="recreate"/>"#)
    try world.jira.edit(issue: "SUP-1", as: "acc-dev", fields: ["priority": ["name": "Highest"]], now: world.clock.now)
    _ = try await world.engine.reconcile.run(World.connection, owner: "test")
    try await world.perform(try await world.claim())
    #expect(world.caseState(id)?["priority"]?.string == "P1")
    world.clock.advance(by: .seconds(5))
    try world.jira.delete(issue: "SUP-1", as: "acc-dev", now: world.clock.now)
    _ = try await world.engine.reconcile.run(World.connection, owner: "test")
    #expect(try await world.story(id).links.map(\.standing) == [.vacant])
    try await world.settle()
    #expect(world.issues.isEmpty)
    try world.crm.edit(id, as: "8", fields: [("priority", "P2")], now: world.clock.now)
    try await world.settle()
    #expect(world.issues.map { $0["creator"]?["name"]?.string } == ["Mark M"])
  }

  @Test("A comment of before what was last seen makes no issue of an old case; it waits for the next change")
  func lateWithoutIssue() async throws {
    let (world, id) = try await Self.world(#"<deletion issue="recreate"/>"#)
    try world.crm.comment(on: id, as: "8", text: "Late", now: world.clock.now)
    let body = try #require(world.crm.queuedDeliveries.first)
    world.crm.settle(body.id, status: 202, now: world.clock.now)
    world.clock.advance(by: .seconds(1))
    try world.crm.edit(id, as: "7", fields: [("priority", "P1")], now: world.clock.now)
    try await world.settle()
    try world.jira.delete(issue: "SUP-1", as: "acc-dev", now: world.clock.now)
    _ = try await world.reconcile()
    _ = await world.deliver(String(decoding: body.body, as: UTF8.self), id: "late")
    try await world.settle()
    #expect(world.issues.isEmpty)
    #expect(try await world.store.operations(in: [.held], limit: 9).map(\.holdReason) == [.issue])
    try world.crm.edit(id, as: "7", fields: [("priority", "P2")], now: world.clock.now)
    try await world.settle()
    #expect(world.issues.map { $0["creator"]?["name"]?.string } == ["Rohit R"])
    #expect(world.comments(world.issues[0]) == ["Mark M: Late"])
  }

  /// A case whose issue is deleted, to be made anew, while a comment waits for its author to connect.
  private static func heldForDeletedIssue() async throws -> (World, CaseID) {
    let world = try World(mapping: World.mapping(adding: #"<deletion issue="recreate"/>"#))
    try await world.connect(World.service, as: "acc-sync")
    try await world.connect(World.rohit, as: "acc-rohit")
    let id = try await world.openCase()
    try world.crm.comment(on: id, as: "8", text: "Held", now: world.clock.now)
    try await world.settle()
    try world.jira.delete(issue: "SUP-1", as: "acc-dev", now: world.clock.now)
    _ = try await world.reconcile()
    return (world, id)
  }

  @Test("A comment that was held for the old issue goes to the new one when its author connects")
  func heldOver() async throws {
    let (world, id) = try await Self.heldForDeletedIssue()
    try world.crm.edit(id, as: "7", fields: [("priority", "P1")], now: world.clock.now)
    try await world.settle()
    try await world.connect(World.mark, as: "acc-mark")
    try await world.settle()
    #expect(world.issues.compactMap { $0["key"]?.string } == ["SUP-2"])
    #expect(world.comments(world.issues[0]) == ["Mark M: Held"])
  }

  @Test("A comment whose case has no issue until it changes stands still, says who can end that, and then goes there")
  func standsStill() async throws {
    let (world, id) = try await Self.heldForDeletedIssue()
    try await world.connect(World.mark, as: "acc-mark")
    try await world.settle(for: .seconds(3600))
    let held = try #require(try await world.store.operations(in: [.held], limit: 9).first)
    #expect(held.holdReason == .issue)
    let standing = held.standing(showsCommands: false, now: world.clock.now) { _ in "" }
    #expect(standing.state == "waits for the case's new issue, which its next change makes")
    #expect(standing.end.hasPrefix("Whoever changes the case in the CRM next"))
    let lines = try await world.story(id).lines.map(\.text)
    #expect(lines.filter { $0.hasPrefix("waits for the case's new issue") }.count == 1)
    try world.crm.edit(id, as: "7", fields: [("priority", "P1")], now: world.clock.now)
    try await world.settle()
    #expect(world.comments(world.issues[0]) == ["Mark M: Held"])
    #expect(try await world.store.operations(in: [.held, .ready, .waiting], limit: 9).isEmpty)
  }

  @Test(
    "Whether a deleted issue had a comment is for an admin to say: tried again, it goes to the case's new issue, once")
  func unknownAtFormer() async throws {
    let (world, id) = try await Self.world(#"<deletion issue="recreate"/>"#)
    world.jira.arm(ArmedFault(.lostAfterApply, method: "POST", pathSuffix: "/comment"))
    try world.crm.comment(on: id, as: "8", text: "Unknown", now: world.clock.now)
    try await world.perform(try await world.claim())
    try world.jira.delete(issue: "SUP-1", as: "acc-dev", now: world.clock.now)
    _ = try await world.reconcile()
    try await world.settle()
    _ = try await world.reconcile()
    let open = try #require(try await world.store.operations(in: [.dead], limit: 9).first)
    #expect(open.reason == "it is not known whether SUP-1 has it")
    #expect(
      open.standing(showsCommands: false, now: world.clock.now) { _ in "" }.end.hasPrefix(
        "An admin, by looking into the former issue"))
    try world.crm.edit(id, as: "7", fields: [("priority", "P1")], now: world.clock.now)
    try await world.settle(for: .seconds(600))
    #expect(world.comments(world.issues[0]) == [])
    #expect(try await world.store.retryOperation(open.id, now: world.clock.now))
    try await world.settle(for: .seconds(600))
    #expect(world.comments(world.issues[0]) == ["Mark M: Unknown"])
    #expect(try await world.store.operations(in: [.dead, .held, .ready, .verifying], limit: 9).isEmpty)
  }

  @Test("An issue that is hidden and shown again goes on where it was")
  func hidden() async throws {
    let (world, id) = try await Self.world()
    try world.jira.move(issue: "SUP-1", to: "OPS", as: "acc-dev", now: world.clock.now)
    world.jira.setPermissions([], of: "acc-sync", in: "OPS")
    _ = try await world.reconcile()
    #expect(try await world.story(id).links.map(\.standing) == [.outOfReach])
    world.jira.setPermissions(SimulatedPermission.usual, of: "acc-sync", in: "OPS")
    _ = try world.jira.comment(issue: "OPS-1", as: "acc-dev", text: "Moved", now: world.clock.now)
    world.clock.advance(by: .seconds(7200))
    _ = try await world.reconcile()
    #expect(world.caseComments(id).contains { $0.contains("Dana Developer (OPS-1): Moved") })
    #expect(try await world.story(id).links.map(\.standing) == [.linked])
  }

  @Test("An issue that moved to a project that no route names is still kept in step, within the hour")
  func moved() async throws {
    let (world, id) = try await Self.world()
    try world.jira.move(issue: "SUP-1", to: "OPS", as: "acc-dev", now: world.clock.now)
    try world.jira.edit(issue: "OPS-1", as: "acc-dev", fields: ["priority": ["name": "Highest"]], now: world.clock.now)
    _ = try await world.reconcile()
    #expect(world.caseState(id)?["priority"]?.string == "P1")
    #expect(try await world.story(id).links.map { $0.issueKey } == ["OPS-1"])
  }

  @Test("When most issues cannot be seen, it is taken for a lost permission: nothing is said to any case")
  func manyMissing() async throws {
    let world = try World(mapping: World.mapping(adding: #"<deletion issue="recreate"/>"#))
    try await world.connectAll()
    for number in 1...8 { try await world.openCase(subject: "Case \(number)") }
    _ = try await world.reconcile()
    world.clock.advance(by: .seconds(7200))
    for number in 1...7 { try world.jira.delete(issue: "SUP-\(number)", as: "acc-dev", now: world.clock.now) }
    let run = try await world.reconcile()
    #expect(
      run.end
        == .stopped("7 of 8 linked issues cannot be seen: the service user may lack a permission"))
    #expect(world.crmWrites.filter { $0.template.hasSuffix("/comments") } == [])
  }
}
