import CustomDump
import JSON
import Simulation
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Testing

/// `<reopening>`, and what happens to closed cases without it.
@Suite("A case or an issue is closed and opened again")
struct ReopeningTests {
  /// A case that was closed in the CRM, and its issue with it.
  ///
  /// - Parameter highest: what the mapping takes Jira's highest priority to be called.
  private static func closed(_ rule: String = "", highest: String = "Highest") async throws -> (World, CaseID) {
    let world = try World(
      mapping: World.mapping([("jira=\"Highest\"", "jira=\"\(highest)\"")], adding: rule),
      adjust: {
        $0.projects[0].workflow.transitions.append(
          SimulatedWorkflow.Transition(id: "91", name: "Reopen", from: ["Done"], to: "In Progress"))
      })
    try await world.connectAll()
    let id = try await world.openCase()
    try world.crm.edit(id, as: "7", fields: [("status", "Closed")], now: world.clock.now)
    try await world.settle()
    #expect(world.status() == "Done")
    _ = try await world.reconcile()
    world.jira.clearLog()
    world.crm.clearLog()
    return (world, id)
  }

  private func reopen(_ world: World, _ id: CaseID, status: String = "Working") async throws {
    try world.crm.edit(id, as: "8", fields: [("status", status)], now: world.clock.now)
    try await world.settle()
  }

  @Test("By default the status map moves the issue back, by who opened the case again")
  func follow() async throws {
    let (world, id) = try await Self.closed()
    try await reopen(world, id)
    #expect(world.status() == "In Progress")
    #expect(Set(world.jiraWrites.map(\.account)) == ["acc-mark"])
    try await world.expectQuiet()
  }

  @Test("A comment on a closed case goes to the issue and opens nothing")
  func commentOnClosed() async throws {
    let (world, id) = try await Self.closed(#"<reopening case="new-issue"/>"#)
    try world.crm.comment(on: id, as: "8", text: "It is back", now: world.clock.now)
    try await world.settle()
    #expect(world.comments(world.issues[0]) == ["Mark M: It is back"])
    #expect(world.status() == "Done")
    #expect(world.issues.count == 1)
  }

  @Test("Left closed, the issue stays so whatever open status the case takes, and follows again from the next close on")
  func ignore() async throws {
    let (world, id) = try await Self.closed(#"<reopening case="ignore"/>"#)
    try await reopen(world, id)
    try await reopen(world, id, status: "New")
    #expect(world.status() == "Done")
    #expect(world.jiraWrites == [])
    #expect(world.caseState(id)?["status"]?.string == "New")
    #expect(
      try await world.story(id).lines.filter { $0.text.contains("opened again") }.map(\.text)
        == ["the case was opened again; SUP-1 stays closed, as the mapping says"])
    try await world.expectQuiet()
    // Somebody in Jira opens it; from then on both move together.
    try world.jira.transition(issue: "SUP-1", as: "acc-dev", to: "In Progress", now: world.clock.now)
    try await world.settle()
    _ = try await world.reconcile()
    #expect(world.caseState(id)?["status"]?.string == "Working")
    try await reopen(world, id, status: "Closed")
    #expect(world.status() == "Done")
    try await world.expectQuiet()
  }

  @Test("Told, the closed issue has one internal comment by who opened the case again")
  func comment() async throws {
    let (world, id) = try await Self.closed(#"<reopening case="comment"/>"#)
    try await reopen(world, id)
    try await reopen(world, id, status: "New")
    #expect(world.status() == "Done")
    #expect(world.comments(world.issues[0]) == ["Mark M: The case 1 was opened again in the CRM: Working"])
    #expect(world.issues[0]["comments"]?[0]?["internal"]?.bool == true)
    try await world.expectQuiet()
    #expect(world.caseComments(id) == [])
  }

  @Test("A new issue takes the closed one's place, by who opened the case again; both ways go on with it")
  func newIssue() async throws {
    let (world, id) = try await Self.closed(#"<reopening case="new-issue"/>"#)
    try world.crm.comment(on: id, as: "7", text: "Solved by restart", now: world.clock.now)
    try await world.settle()
    try await reopen(world, id)
    #expect(world.issues.compactMap { $0["key"]?.string } == ["SUP-1", "SUP-2"])
    #expect(world.status(of: 0) == "Done")
    #expect(world.status(of: 1) == "In Progress")
    #expect(world.issues[1]["creator"]?["name"]?.string == "Mark M")
    #expect(world.issues[1]["fields"]?["labels"]?[0]?.string == "acme-1-2")
    #expect(world.caseState(id)?["jira_key"]?.string == "SUP-2")
    #expect(world.comments(world.issues[1]) == [])
    try world.crm.comment(on: id, as: "8", text: "Again", now: world.clock.now)
    try await world.settle()
    #expect(world.comments(world.issues[0]) == ["Rohit R: Solved by restart"])
    #expect(world.comments(world.issues[1]) == ["Mark M: Again"])
    // The old one is on its own.
    _ = try world.jira.comment(issue: "SUP-1", as: "acc-dev", text: "Old", now: world.clock.now)
    _ = try world.jira.comment(issue: "SUP-2", as: "acc-dev", text: "New", now: world.clock.now)
    try await world.settle()
    _ = try await world.reconcile()
    #expect(world.caseComments(id).filter { $0.contains("Dana") }.map { $0.contains("SUP-2") } == [true])
    #expect(try await world.story(id).links.map(\.remarks) == [["before that it was SUP-1"]])
    try await world.expectQuiet()
  }

  @Test("An answer that is lost while the new issue is made makes one, and does not find the old one")
  func newIssueLost() async throws {
    let (world, id) = try await Self.closed(#"<reopening case="new-issue"/>"#)
    world.jira.arm(ArmedFault(.lostAfterApply, method: "POST", pathSuffix: "/issue"))
    try world.crm.edit(id, as: "8", fields: [("status", "New")], now: world.clock.now)
    try await world.settle(for: .seconds(120))
    #expect(world.issues.compactMap { $0["key"]?.string } == ["SUP-1", "SUP-2"])
    #expect(try await world.story(id).links.map { $0.issueKey } == ["SUP-2"])
  }

  @Test("A comment in hand while its issue is left goes there, or is an admin's to decide about where nobody can tell")
  func inHand() async throws {
    for fault in [nil, Fault.brokenAfterApply] {
      let (world, id) = try await Self.closed(#"<reopening case="new-issue"/>"#)
      try world.crm.comment(on: id, as: "7", text: "In hand", now: world.clock.now)
      let hands = try await world.claim()
      #expect(hands.map(\.call.kind) == [.addComment])
      try world.crm.edit(id, as: "8", fields: [("status", "Working")], now: world.clock.now)
      try await world.plan()
      if let fault { world.jira.arm(ArmedFault(fault, method: "POST", pathSuffix: "/comment")) }
      try await world.perform(hands)
      try await world.settle(for: .seconds(120))
      #expect(world.issues.compactMap { $0["key"]?.string } == ["SUP-1", "SUP-2"])
      #expect(world.comments(world.issues[0]) == ["Rohit R: In hand"])
      #expect(world.comments(world.issues[1]) == [])
      let dead = try await world.store.operations(in: [.dead], limit: 9).map(\.reason)
      #expect(dead == (fault == nil ? [] : ["it is not known whether SUP-1 has it"]))
      #expect(try await world.store.operations(in: [.held, .ready, .verifying, .waiting], limit: 9).isEmpty)
    }
  }

  @Test(
    "What Jira refuses of a change in hand while its issue is left is nobody's to mend: the next issue has the case")
  func refusedInHand() async throws {
    let (world, id) = try await Self.closed(#"<reopening case="new-issue"/>"#, highest: "Blocker")
    try world.crm.edit(
      id, as: "7", fields: [("priority", "P1"), ("description", "Clearer")], now: world.clock.now)
    let hands = try await world.claim()
    #expect(hands.map(\.call.kind) == [.editIssue])
    try world.crm.edit(id, as: "8", fields: [("status", "Working"), ("priority", "P2")], now: world.clock.now)
    try await world.plan()
    try await world.perform(hands)
    try await world.settle(for: .seconds(120))
    #expect(world.issues.compactMap { $0["key"]?.string } == ["SUP-1", "SUP-2"])
    #expect(world.issues[1]["fields"]?["priority"]?.text == "High")
    #expect(try await world.store.operations(in: [.dead, .held, .ready, .verifying, .waiting], limit: 9).isEmpty)
    try await world.expectQuiet()
  }

  @Test("A case whose closing has not reached the issue yet needs no new one when it is opened again")
  func notClosedYet() async throws {
    let world = try World(mapping: World.mapping(adding: #"<reopening case="new-issue"/>"#))
    try await world.connect(World.service, as: "acc-sync")
    try await world.connect(World.rohit, as: "acc-rohit")
    let id = try await world.openCase()
    try world.crm.edit(id, as: "8", fields: [("status", "Closed")], now: world.clock.now)
    try await world.settle()
    try world.crm.edit(id, as: "7", fields: [("status", "Working")], now: world.clock.now)
    try await world.settle()
    try await world.connect(World.mark, as: "acc-mark")
    try await world.settle()
    #expect(world.issues.count == 1)
    #expect(world.status() == "In Progress")
  }

  @Test(
    "An issue that was not closed, since Jira's change won, is no reason for a new one when the case is opened again")
  func closingLost() async throws {
    let world = try World(mapping: World.mapping(adding: #"<reopening case="new-issue"/>"#))
    try await world.connectAll()
    let id = try await world.openCase()
    _ = try await world.reconcile()
    try world.crm.edit(id, as: "7", fields: [("status", "Closed")], now: world.clock.now)
    try world.jira.transition(issue: "SUP-1", as: "acc-dev", to: "In Progress", now: world.clock.now)
    try await world.settle()
    #expect(world.status() == "In Progress")
    try await reopen(world, id, status: "New")
    #expect(world.issues.count == 1)
    try await world.expectQuiet()
    #expect(world.caseState(id)?["status"]?.string == "Working")
  }

  @Test("An issue that is opened again opens its case by default")
  func issueFollows() async throws {
    let (world, id) = try await Self.closed()
    try world.jira.transition(issue: "SUP-1", as: "acc-dev", to: "In Progress", now: world.clock.now)
    try await world.settle()
    _ = try await world.reconcile()
    #expect(world.caseState(id)?["status"]?.string == "Working")
    try await world.expectQuiet()
  }

  @Test("Where the mapping says so, the case stays closed, and is told or not", arguments: ["ignore", "comment"])
  func issueStays(_ word: String) async throws {
    let (world, id) = try await Self.closed("<reopening issue=\"\(word)\"/>")
    try world.jira.transition(issue: "SUP-1", as: "acc-dev", to: "In Progress", now: world.clock.now)
    try await world.settle()
    _ = try await world.reconcile()
    #expect(world.caseState(id)?["status"]?.string == "Closed")
    let told = world.caseComments(id).map { String($0.prefix { $0 != "\n" }) }
    #expect(
      told
        == (word == "comment"
          ? ["internal SUP-1 was opened again in Jira by Dana Developer: In Progress"] : []))
    #expect(world.comments(world.issues[0]) == [])
    try world.jira.transition(issue: "SUP-1", as: "acc-dev", to: "Done", resolution: "Done", now: world.clock.now)
    try await world.settle()
    try await world.expectQuiet()
    #expect(world.caseComments(id).count == told.count)
    // The case itself is opened: the issue follows it.
    try await reopen(world, id)
    #expect(world.status() == "In Progress")
  }
}

/// A case whose route would be another one by now.
@Suite("A case comes to fit another route")
struct RouteChangeTests {
  private static let routes = (
    #"<route project="SUP" issue-type="Task"/>"#,
    #"<route when="priority = 'P1'" project="OPS" issue-type="Bug"/>"#
      + #"<route when="priority = 'P2'" project="SUP" issue-type="Task"/>"#
  )

  @Test("Its issue stays where it is and in step; the story and the page say where a new one would go, once")
  func stays() async throws {
    let world = try World(
      mapping: World.mapping([Self.routes]),
      adjust: { $0.projects.append(SimulatedProject(key: "OPS", name: "Operations")) })
    try await world.connectAll()
    let id = try await world.openCase()
    try world.crm.edit(id, as: "8", fields: [("priority", "P1")], now: world.clock.now)
    try world.crm.edit(id, as: "8", fields: [("subject", "Checkout is down")], now: world.clock.now)
    try await world.settle()
    #expect(world.issues.compactMap { $0["key"]?.string } == ["SUP-1"])
    #expect(world.field("summary") == "[1001] Checkout is down")
    let line = "a new case like this one would go to OPS as Bug"
    #expect(
      try await world.story(id).lines.filter { $0.text.contains(line) }.map(\.text)
        == [line + "; SUP-1 stays where it is, and both are kept in step"])
    #expect(
      try await world.story(id).links.map(\.remarks)
        == [[line + "; issues are not moved, so it stays where it is"]])
    // Somebody moves it there by hand.
    try world.jira.move(issue: "SUP-1", to: "OPS", as: "acc-dev", now: world.clock.now)
    _ = try await world.reconcile()
    try world.crm.edit(id, as: "8", fields: [("subject", "Checkout is slow")], now: world.clock.now)
    try await world.settle()
    #expect(try await world.story(id).links.map(\.remarks) == [[]])
    // No route takes it at all.
    try world.crm.edit(id, as: "8", fields: [("priority", "P3")], now: world.clock.now)
    try await world.settle()
    #expect(
      try await world.story(id).links.map(\.remarks)
        == [["no route of support takes this case any more; issues are not moved, so it stays where it is"]])
    #expect(world.issues.count == 1)
  }
}
