import JSON
import Simulation
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Testing

/// semantics.md, "status as a map to target states, reached through whatever transition leads there".
@Suite("A status is reached through whatever transitions lead there")
struct TransitionTests {
  /// To Do → In Progress → Review → Done, and nothing else; Done asks for a resolution and a root cause.
  private static func strict(_ site: inout SimulatedJiraConfiguration) {
    var workflow = SimulatedWorkflow()
    workflow.statuses.append(.init(id: "10003", name: "Review", category: .indeterminate))
    workflow.transitions = [
      .init(id: "11", name: "Start", from: ["To Do"], to: "In Progress"),
      .init(id: "12", name: "Submit", from: ["In Progress"], to: "Review"),
      .init(
        id: "13", name: "Accept", from: ["Review"], to: "Done", screen: ["resolution", "customfield_10050"],
        required: ["resolution", "customfield_10050"]),
      .init(id: "14", name: "Reopen", from: ["Done"], to: "To Do"),
    ]
    site.projects[0].workflow = workflow
    site.customFields = [SimulatedField(id: "customfield_10050", name: "Root cause", kind: .text)]
  }

  private static let closed = #"<pair crm="Closed" jira="Done" resolution="Done"/>"#

  private static func world(
    _ pair: String, sync: String = "both", _ adjust: (inout SimulatedJiraConfiguration) -> Void = TransitionTests.strict
  ) async throws -> World {
    let world = try World(
      mapping: World.mapping([
        (closed, pair), (#"<status crm="status" sync="both""#, #"<status crm="status" sync="\#(sync)""#),
      ]), adjust: adjust)
    try await world.connectAll()
    return world
  }

  private static let viaReview = """
    <pair crm="Closed" jira="Done" resolution="Won't Do" via="In Progress, Review">
      <screen field="customfield_10050" value="Told by {number}"/>
    </pair>
    """

  @Test("Three steps away, with what the screens ask for", arguments: ["both", "to-jira"])
  func severalSteps(_ sync: String) async throws {
    let world = try await Self.world(Self.viaReview, sync: sync)
    let id = try await world.openCase()
    try world.crm.edit(id, as: "8", fields: [("status", "Closed")], now: world.clock.now)
    try await world.settle()
    #expect(world.status() == "Done")
    #expect(world.issues[0]["resolution"]?.string == "Won't Do")
    #expect(world.field("customfield_10050") == "Told by 1001")
    let authors = world.issues[0]["changes"]?.array?.compactMap { $0["author"]?["name"]?.string }
    #expect(authors == ["Mark M", "Mark M", "Mark M"])
    #expect(try await world.reconcile().planned == 0)
    #expect(world.caseState(id)?["status"]?.string == "Closed")
  }

  @Test("The mapping's own status between is passed through without being asked for")
  func between() async throws {
    let world = try await Self.world(Self.closed) { _ in }
    let id = try await world.openCase()
    try world.crm.edit(id, as: "7", fields: [("status", "Closed")], now: world.clock.now)
    try await world.settle()
    #expect(world.status() == "Done")
    #expect(world.jiraRequests("POST", "/transitions").count == 2)
  }

  enum Interruption: String, Sendable, CaseIterable { case crash, unavailable, lost }

  @Test("What ends half-way goes on from where the issue stands", arguments: Interruption.allCases)
  func interrupted(_ kind: Interruption) async throws {
    let world = try await Self.world(Self.viaReview)
    let id = try await world.openCase()
    try world.crm.edit(id, as: "7", fields: [("status", "Closed")], now: world.clock.now)
    switch kind {
    case .unavailable, .lost:
      // The second transition is the one that goes wrong.
      world.jira.arm(ArmedFault(.slow(.seconds(1)), method: "POST", pathSuffix: "/transitions"))
      world.jira.arm(
        ArmedFault(kind == .lost ? .lostAfterApply : .unavailable, method: "POST", pathSuffix: "/transitions"))
    case .crash:
      world.jira.arm(ArmedFault(.slow(.seconds(1)), method: "POST", pathSuffix: "/transitions"))
      world.jira.arm(ArmedFault(.lostAfterApply, method: "POST", pathSuffix: "/transitions"))
      await world.crm.sendDue(through: world.network, now: world.clock.now)
      while try await world.engine.planNext() {}
      var random = SystemRandomNumberGenerator()
      let claimed = try #require(try await world.engine.outbox.claim(now: world.clock.now))
      _ = try await world.engine.outbox.perform(claimed, now: world.clock.now, using: &random)
      // The process dies here.
      #expect(world.status() == "Review")
      try await world.restarted().drain()
    }
    try await world.settle()
    #expect(world.status() == "Done")
    #expect(try await world.reconcile().planned == 0)
    #expect(world.caseState(id)?["status"]?.string == "Closed")
    #expect(world.issues[0]["changes"]?.array?.count == 3)
  }

  @Test("A person who moves the issue meanwhile is no half-way of ours")
  func someoneElse() async throws {
    let world = try await Self.world(Self.viaReview)
    let id = try await world.openCase()
    try world.crm.edit(id, as: "7", fields: [("status", "Closed")], now: world.clock.now)
    world.jira.arm(ArmedFault(.unavailable, method: "GET", pathSuffix: "10001"))
    await world.crm.sendDue(through: world.network, now: world.clock.now)
    try await world.engine.drain()
    try world.jira.transition(issue: "SUP-1", as: "acc-dev", to: "In Progress", now: world.clock.now)
    try await world.settle()
    // The mapping lets Jira win.
    #expect(world.status() == "In Progress")
    _ = try await world.reconcile()
    #expect(world.caseState(id)?["status"]?.string == "Working")
  }

  @Test("A screen's field that the mapping lacks makes a dead letter with line and field, and mending it helps")
  func missingField() async throws {
    let world = try await Self.world(
      #"<pair crm="Closed" jira="Done" resolution="Done" via="In Progress, Review"/>"#)
    let id = try await world.openCase()
    try world.crm.edit(id, as: "7", fields: [("status", "Closed")], now: world.clock.now)
    try await world.settle()
    let dead = try await world.store.operations(in: [.dead], limit: 9)
    #expect(
      dead.map(\.reason) == [
        "mapping.xml:11:5: moving the issue to Done: refused; a screen asks for the field 'customfield_10050': Root "
          + "cause is required. Add <screen field=\"customfield_10050\" value=\"…\"/> to the <pair>; "
          + "it will not be tried again by itself"
      ])
    let mended = World.mapping([(Self.closed, Self.viaReview.replacing("Told by {number}", with: "Not told"))])
    world.services.live.replace(with: try World.installation(mapping: mended))
    #expect(try await world.store.retryOperation(try #require(dead.first?.id), now: world.clock.now))
    try await world.settle()
    #expect(world.status() == "Done")
    #expect(world.field("customfield_10050") == "Not told")
  }

  @Test("Without a way, and with several, nothing is moved, and the dead letter says what would help")
  func noWay() async throws {
    let world = try await Self.world(Self.closed) { site in
      Self.strict(&site)
      site.projects[0].workflow.transitions.removeAll { $0.to == "Done" }
    }
    let id = try await world.openCase()
    try world.crm.edit(id, as: "7", fields: [("status", "Closed")], now: world.clock.now)
    try await world.settle()
    #expect(world.status() == "In Progress")
    #expect(
      try await world.store.operations(in: [.dead], limit: 9).map(\.reason) == [
        "mapping.xml:11:5: moving the issue to Done: refused: no transition leads from In Progress to Done for this "
          + "person; the issue stands in In Progress now; it will not be tried again by itself"
      ])
  }

  @Test("Jira's changelog carries whose operation it was")
  func receipts() async throws {
    let world = try await Self.world(Self.viaReview)
    let id = try await world.openCase()
    try world.crm.edit(id, as: "7", fields: [("status", "Working"), ("priority", "P1")], now: world.clock.now)
    try await world.settle()
    let operations = try await world.story(id).operations.filter { $0.kind != .createIssue && $0.kind != .writeCase }
    let receipts = world.jira.snapshot["issues"]?[0]?["changes"]?.array?.compactMap { change in
      change["metadata"].flatMap(ChangeReceipt.init(json:))
    }
    #expect(receipts == operations.map { ChangeReceipt(connection: "acme", operation: $0.id) })
    #expect(receipts?.count == 2)
  }
}

extension String {
  fileprivate func replacing(_ old: String, with new: String) -> String {
    split(separator: old, omittingEmptySubsequences: false).joined(separator: new)
  }
}
