import JSON
import Simulation
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Testing

/// A webhook that shows a closed case open may have left the CRM before the case was closed, or tell of its reopening.
@Suite("A webhook shows a case open that we closed")
struct OldReopeningTests {
  /// A case that is in progress on both sides, and was then closed by a developer. The webhook of a change that Mark made
  /// just before that is on its way for longer than this takes.
  ///
  /// - Parameter settles: whether what the CRM tells of our closing arrives at once.
  private func late(
    _ rule: String = #"<reopening case="new-issue"/>"#, settles: Bool = true
  ) async throws -> (World, CaseID, SimulatedDelivery) {
    let world = try World(mapping: World.mapping(adding: rule))
    try await world.connectAll()
    let id = try await world.openCase()
    try world.crm.edit(id, as: "7", fields: [("status", "Working")], now: world.clock.now)
    try await world.settle()
    try world.crm.edit(id, as: "8", fields: [("description", "It fails again")], now: world.clock.now)
    let delivery = try #require(world.crm.queuedDeliveries.last)
    world.crm.settle(delivery.id, status: 202, now: world.clock.now)
    world.clock.advance(by: .seconds(2))
    try world.jira.transition(issue: "SUP-1", as: "acc-dev", to: "Done", resolution: "Done", now: world.clock.now)
    world.clock.advance(by: .seconds(2))
    _ = try await world.engine.reconcile.run(World.connection, owner: "test")
    while try await world.engine.carryOutNext() {}
    #expect(world.caseState(id)?["status"]?.string == "Closed")
    if settles { try await world.settle() }
    world.clock.advance(by: .seconds(2))
    return (world, id, delivery)
  }

  private func arrive(_ delivery: SimulatedDelivery, _ world: World) async {
    #expect(await world.deliver(String(decoding: delivery.body, as: UTF8.self), id: "late") == world.accepted)
  }

  private func reopen(_ world: World, _ id: CaseID, status: String = "Working") throws {
    try world.crm.edit(id, as: "7", fields: [("status", status)], now: world.clock.now)
  }

  @Test("One that left the CRM before we closed the case makes no new issue; what else it tells goes to the old one")
  func makesNoIssue() async throws {
    let (world, id, delivery) = try await late(settles: false)
    await arrive(delivery, world)
    try await world.engine.drain()
    try await world.settle(for: .seconds(60))
    #expect(world.keys == ["SUP-1"])
    #expect(world.status() == "Done")
    #expect(world.issues[0]["fields"]?["description"]?.compact.contains("It fails again") == true)
    #expect(world.caseState(id)?["status"]?.string == "Closed")
    try await world.expectAtRest()
  }

  @Test("No issue is told of an opening that never was")
  func tellsNothing() async throws {
    let (world, _, delivery) = try await late(#"<reopening case="comment"/>"#, settles: false)
    await arrive(delivery, world)
    try await world.engine.drain()
    try await world.settle(for: .seconds(60))
    #expect(world.comments(world.issues[0]) == [])
    try await world.expectAtRest()
  }

  @Test("A case that a person did open again gets a new issue by them, also when the CRM cannot be asked for a while")
  func opened() async throws {
    let (world, id, _) = try await late()
    try reopen(world, id)
    world.crm.arm(ArmedFault(.unavailable, method: "GET", pathSuffix: "/\(id)", times: 3))
    try world.crm.comment(on: id, as: "8", text: "It is back", now: world.clock.now)
    await world.crm.sendDue(through: world.network, now: world.clock.now)
    try await world.engine.drain()
    #expect(world.keys == ["SUP-1"])
    #expect(try await world.store.counts().pendingEvents == 2)
    try await world.settle(for: .seconds(120))
    #expect(world.keys == ["SUP-1", "SUP-2"])
    #expect(world.status(of: 0) == "Done")
    #expect(world.status(of: 1) == "In Progress")
    #expect(world.issues[1]["creator"]?["name"]?.string == "Rohit R")
    #expect(world.comments(world.issues[0]) == [])
    #expect(world.comments(world.issues[1]) == ["Mark M: It is back"])
    try await world.expectAtRest()
  }

  @Test("An opening that came after the late webhook is the opener's, and not the one's whose webhook came late")
  func openedBySomebodyElse() async throws {
    let (world, id, delivery) = try await late(settles: false)
    try reopen(world, id)
    await arrive(delivery, world)
    try await world.engine.drain()
    #expect(world.keys == ["SUP-1"])
    try await world.settle(for: .seconds(120))
    #expect(world.keys == ["SUP-1", "SUP-2"])
    #expect(world.issues[1]["creator"]?["name"]?.string == "Rohit R")
    try await world.expectAtRest()
  }

  @Test("A case that was opened and is closed again by now gets no new issue")
  func closedAgain() async throws {
    let (world, id, _) = try await late()
    try reopen(world, id, status: "New")
    await world.crm.sendDue(through: world.network, now: world.clock.now)
    world.clock.advance(by: .seconds(1))
    try world.crm.edit(id, as: "8", fields: [("status", "Closed"), ("priority", "P1")], now: world.clock.now)
    try await world.settle(for: .seconds(60))
    #expect(world.keys == ["SUP-1"])
    #expect(world.status() == "Done")
    #expect(world.field("priority") == "Highest")
    try await world.expectAtRest()
  }

  @Test("What a run writes to the case after it was asked has it asked again")
  func writtenAfterTheAnswer() async throws {
    let (world, id, _) = try await late()
    try reopen(world, id, status: "New")
    let question = try await world.claim()
    #expect(question.map(\.call.kind) == [.askCase])
    world.clock.advance(by: .seconds(40))
    try await world.perform(question)
    // The answer is there, and nobody has looked at it yet.
    try world.jira.edit(
      issue: "SUP-1", as: "acc-dev", fields: ["priority": ["name": "Medium"]], now: world.clock.now)
    world.clock.advance(by: .seconds(2))
    _ = try await world.engine.reconcile.run(World.connection, owner: "test")
    let write = try await world.store.claim(limit: 9, worker: "w", now: world.clock.now)
    #expect(write.map(\.call.kind) == [.writeCase])
    try await world.perform(write)
    #expect(try await world.claim().map(\.call.kind) == [.askCase])
    #expect(world.keys == ["SUP-1"])
  }

  @Test("Where the CRM does not let the case be read, the webhook is taken at its word")
  func cannotBeAsked() async throws {
    let (world, id, _) = try await late()
    try reopen(world, id)
    world.crm.arm(ArmedFault(.forbidden, method: "GET", pathSuffix: "/\(id)", times: 1))
    try await world.settle(for: .seconds(60))
    #expect(world.keys == ["SUP-1", "SUP-2"])
    #expect(try await world.story(id).lines.contains { $0.text.contains("cannot be asked") })
    try await world.expectAtRest()
  }
}
