import JSON
import Simulation
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Testing

/// A webhook shows the case as it was when it left, and a run finds it as it was when it asked. Both may be old when
/// something follows from them.
@Suite("What the case holds when a write is carried out")
struct OldSnapshotTests {
  /// A case whose priority a developer changed in Jira, after a webhook with the old one left the CRM; the change stands
  /// in the CRM before the webhook comes.
  private func lateWebhook(_ fields: [(String, String)]) async throws -> (World, CaseID, SimulatedDelivery) {
    let world = try World()
    try await world.connectAll()
    let id = try await world.openCase()
    try world.crm.edit(id, as: "8", fields: fields, now: world.clock.now)
    let delivery = try #require(world.crm.queuedDeliveries.last)
    // It is on its way for longer than the write takes.
    world.crm.settle(delivery.id, status: 202, now: world.clock.now)
    world.clock.advance(by: .seconds(2))
    try world.jira.edit(
      issue: "SUP-1", as: "acc-dev", fields: ["priority": ["name": "Medium"]], now: world.clock.now)
    world.clock.advance(by: .seconds(2))
    _ = try await world.engine.reconcile.run(World.connection, owner: "test")
    while try await world.engine.carryOutNext() {}
    return (world, id, delivery)
  }

  @Test("A webhook that left the CRM before our write, and comes after it, undoes nothing in Jira")
  func undoesNothing() async throws {
    let (world, id, delivery) = try await lateWebhook([("description", "It fails again")])
    #expect(world.caseState(id)?["priority"]?.string == "P3")
    #expect(await world.deliver(String(decoding: delivery.body, as: UTF8.self), id: "late") == world.accepted)
    while try await world.engine.planNext() {}
    try await world.settle()
    #expect(world.field("priority") == "Medium")
    #expect(world.issues[0]["fields"]?["description"]?.compact.contains("It fails again") == true)
    #expect(try await world.story(id).conflicts.filter { $0.conflict.field == "priority" } == [])
    _ = try await world.reconcile()
    #expect(world.caseState(id)?["priority"]?.string == "P3")
    // A person's own change back, afterwards, counts.
    try world.crm.edit(id, as: "8", fields: [("priority", "P2")], now: world.clock.now)
    try await world.settle()
    #expect(world.field("priority") == "High")
    #expect(try await world.reconcile().planned == 0)
  }

  @Test("A late webhook of a case that was deleted meanwhile undoes nothing either")
  func deletedCase() async throws {
    let (world, id, delivery) = try await lateWebhook([("description", "It fails again")])
    try world.crm.delete(id, as: "8", now: world.clock.now)
    #expect(await world.deliver(String(decoding: delivery.body, as: UTF8.self), id: "late") == world.accepted)
    try await world.settle()
    #expect(world.field("priority") == "Medium")
  }

  @Test(
    "What our own write left in Jira, while nobody knows that it happened, is no change of somebody there",
    arguments: [("status", "Working", "Closed", "Done"), ("priority", "P1", "P2", "High")])
  func ownWriteInDoubt(field: String, changed: String, later: String, expected: String) async throws {
    let world = try World()
    try await world.connectAll()
    let id = try await world.openCase()
    func inJira() -> String? { field == "status" ? world.status() : world.field(field) }
    let before = inJira()
    try world.crm.edit(id, as: "8", fields: [(field, changed)], now: world.clock.now)
    await world.crm.sendDue(through: world.network, now: world.clock.now)
    while try await world.engine.planNext() {}
    let operation = try #require(try await world.engine.outbox.claim(now: world.clock.now))
    var random = SystemRandomNumberGenerator()
    _ = try await world.engine.outbox.perform(operation, now: world.clock.now, using: &random)
    #expect(inJira() != before)
    // The answer is lost with the process, and Mark, as whom it would be looked up, is gone.
    _ = try await world.store.disconnect(connection: World.connection, user: "8", now: world.clock.now)
    try await world.restarted().drain()
    #expect(try await world.store.operations(in: [.held], limit: 9).count == 1)
    world.clock.advance(by: .seconds(60))
    try world.crm.edit(id, as: "7", fields: [(field, later)], now: world.clock.now)
    try await world.settle(for: .seconds(60))
    #expect(inJira() == expected)
    try await world.connect(World.mark, as: "acc-mark")
    try await world.settle()
    _ = try await world.reconcile()
    #expect(inJira() == expected)
    #expect(world.caseState(id)?[field]?.string == later)
    #expect(try await world.reconcile().planned == 0)
  }

  @Test("Whoever set a field back to what our write had replaced is its author, and not whose webhook came late")
  func setBackBySomebodyElse() async throws {
    let (world, id, delivery) = try await lateWebhook([("description", "It fails again")])
    try world.crm.edit(id, as: "7", fields: [("priority", "P2")], now: world.clock.now)
    #expect(await world.deliver(String(decoding: delivery.body, as: UTF8.self), id: "late") == world.accepted)
    while try await world.engine.planNext() {}
    while try await world.engine.carryOutNext() {}
    #expect(world.field("priority") == "Medium")
    try await world.settle(for: .seconds(60))
    #expect(world.field("priority") == "High")
    let edits = world.jiraRequests("PUT", "/{issue}").map(\.account)
    #expect(edits == ["acc-mark", "acc-rohit"])
  }

  @Test("A webhook that left the CRM before a run found both sides to agree, and comes after it, undoes nothing either")
  func olderThanTheRun() async throws {
    let world = try World()
    try await world.connectAll()
    let id = try await world.openCase()
    try world.crm.edit(id, as: "8", fields: [("description", "It fails again")], now: world.clock.now)
    try world.crm.edit(id, as: "7", fields: [("priority", "P3")], now: world.clock.now)
    try world.jira.edit(
      issue: "SUP-1", as: "acc-dev", fields: ["priority": ["name": "Medium"]], now: world.clock.now)
    world.clock.advance(by: .seconds(2))
    _ = try await world.engine.reconcile.run(World.connection, owner: "test")
    try await world.settle()
    #expect(world.field("priority") == "Medium")
    #expect(world.caseState(id)?["priority"]?.string == "P3")
    #expect(try await world.reconcile().planned == 0)
  }

  /// A run has journaled a write to the case; nothing is carried out yet.
  private func queuedWrite(_ mapping: String) async throws -> (World, CaseID) {
    let world = try World(mapping: mapping)
    try await world.connectAll()
    let id = try await world.openCase()
    try world.jira.edit(
      issue: "SUP-1", as: "acc-dev", fields: ["priority": ["name": "Medium"]], now: world.clock.now)
    world.clock.advance(by: .seconds(2))
    #expect(try await world.engine.reconcile.run(World.connection, owner: "test").planned == 1)
    return (world, id)
  }

  @Test("What a person entered in the case after the run asked it is not overwritten by the run's write")
  func enteredSince() async throws {
    let (world, id) = try await queuedWrite(World.mapping())
    try world.crm.edit(id, as: "8", fields: [("priority", "P1")], now: world.clock.now)
    while try await world.engine.carryOutNext() {}
    #expect(world.caseState(id)?["priority"]?.string == "P1")
    try await world.settle()
    _ = try await world.reconcile()
    // The mapping says that the CRM wins.
    #expect(world.caseState(id)?["priority"]?.string == "P1")
    #expect(world.field("priority") == "Highest")
    let lost = try await world.story(id).conflicts.map(\.conflict)
    #expect(lost == [Conflict(field: "priority", winner: .crm, crm: .text("P1"), jira: .text("Medium"))])
    #expect(try await world.reconcile().planned == 0)
  }

  @Test("Where Jira wins, what was entered after the run asked is replaced by the next run, and kept")
  func enteredSinceAndLost() async throws {
    let (world, id) = try await queuedWrite(World.mapping([("on-conflict=\"crm\"", "on-conflict=\"jira\"")]))
    try world.crm.edit(id, as: "8", fields: [("priority", "P1")], now: world.clock.now)
    while try await world.engine.carryOutNext() {}
    _ = try await world.reconcile()
    _ = try await world.reconcile()
    #expect(world.caseState(id)?["priority"]?.string == "P3")
    #expect(world.field("priority") == "Medium")
    let lost = try await world.story(id).conflicts.map(\.conflict)
    #expect(lost.contains { $0.field == "priority" && $0.crm == .text("P1") })
    #expect(try await world.reconcile().planned == 0)
  }

  @Test("What a person entered between our look at the case and our write is kept as the value that lost")
  func enteredBetween() async throws {
    let (world, id) = try await queuedWrite(World.mapping())
    // The webhook of what was entered comes late, and the write knows nothing of it.
    try world.crm.edit(id, as: "8", fields: [("priority", "P1")], now: world.clock.now)
    let delivery = try #require(world.crm.queuedDeliveries.last)
    world.crm.settle(delivery.id, status: 202, now: world.clock.now)
    try world.crm.edit(id, as: "8", fields: [("priority", "P2")], now: world.clock.now)
    let back = try #require(world.crm.queuedDeliveries.last)
    world.crm.settle(back.id, status: 202, now: world.clock.now)
    while try await world.engine.carryOutNext() {}
    #expect(world.caseState(id)?["priority"]?.string == "P3")
    #expect(await world.deliver(String(decoding: delivery.body, as: UTF8.self), id: "late") == world.accepted)
    try await world.settle()
    #expect(world.field("priority") == "Medium")
    #expect(world.caseState(id)?["priority"]?.string == "P3")
    let lost = try await world.story(id).conflicts.map(\.conflict)
    #expect(lost.contains { $0.field == "priority" && $0.crm == .text("P1") })
    #expect(try await world.reconcile().planned == 0)
  }

  @Test("A field is written on one side at a time: what would write it on the other side waits")
  func oneSideAtATime() async throws {
    let (world, id) = try await queuedWrite(World.mapping())
    try world.crm.edit(id, as: "8", fields: [("priority", "P1")], now: world.clock.now)
    await world.crm.sendDue(through: world.network, now: world.clock.now)
    while try await world.engine.planNext() {}
    let outbox = world.engine.outbox
    let first = try await outbox.claim(limit: 2, now: world.clock.now)
    #expect(first.count == 1)
    var random = SystemRandomNumberGenerator()
    for operation in first {
      let settlement = try await outbox.perform(operation, now: world.clock.now, using: &random)
      try await outbox.settle(operation, with: settlement, now: world.clock.now)
    }
    let second = try await outbox.claim(limit: 2, now: world.clock.now)
    #expect(second.count == 1)
    #expect(second.first?.call.kind != first.first?.call.kind)
  }

  @Test("What was held until its time passed waits as well while its field's other side is written")
  func heldTooLong() async throws {
    let world = try World(
      mapping: World.mapping(adding: "<missing-grant action=\"hold\" after=\"1h\" then=\"service\"/>"))
    try await world.connect(World.service, as: "acc-sync")
    try await world.connect(World.rohit, as: "acc-rohit")
    let id = try await world.openCase()
    try world.crm.edit(id, as: "8", fields: [("priority", "P1")], now: world.clock.now)
    try await world.settle()
    #expect(try await world.store.operations(in: [.held], limit: 9).count == 1)
    try world.jira.transition(issue: "SUP-1", as: "acc-dev", to: "In Progress", now: world.clock.now)
    world.clock.advance(by: .seconds(3700))
    #expect(try await world.engine.reconcile.run(World.connection, owner: "test").planned == 1)
    let outbox = world.engine.outbox
    let write = try #require(try await outbox.claim(now: world.clock.now))
    #expect(write.call.kind == .writeCase)
    #expect(try await outbox.claim(limit: 2, now: world.clock.now).isEmpty)
    var random = SystemRandomNumberGenerator()
    let settlement = try await outbox.perform(write, now: world.clock.now, using: &random)
    try await outbox.settle(write, with: settlement, now: world.clock.now)
    try await world.settle()
    #expect(world.field("priority") == "Highest")
    #expect(world.caseState(id)?["status"]?.string == "Working")
  }
}
