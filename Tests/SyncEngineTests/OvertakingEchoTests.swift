import JSON
import Simulation
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Testing

/// Webhooks overtake each other, and a snapshot shows what others did before. That of our own write must not be taken for
/// the reopening of the case.
@Suite("The webhook of our own write shows a case opened again before its opener's does")
struct OvertakingEchoTests {
  /// A closed case that Mark opened again, whose webhook is on its way; a developer has changed the issue since, we wrote
  /// that to the case, and what the CRM tells of our write has come.
  private func overtaken() async throws -> (World, CaseID, SimulatedDelivery) {
    let world = try World(mapping: World.mapping(adding: #"<reopening case="new-issue"/>"#))
    try await world.connectAll()
    let id = try await world.openCase()
    try world.crm.edit(id, as: "7", fields: [("status", "Closed")], now: world.clock.now)
    try await world.settle()
    _ = try await world.reconcile()
    try world.crm.edit(id, as: "8", fields: [("status", "Working")], now: world.clock.now)
    let delivery = try #require(world.crm.queuedDeliveries.last)
    world.crm.settle(delivery.id, status: 202, now: world.clock.now)
    world.clock.advance(by: .seconds(2))
    try world.jira.edit(
      issue: "SUP-1", as: "acc-dev", fields: ["priority": ["name": "Highest"]], now: world.clock.now)
    world.clock.advance(by: .seconds(2))
    _ = try await world.reconcile()
    #expect(world.caseState(id)?["priority"]?.string == "P1")
    return (world, id, delivery)
  }

  private func arrive(_ delivery: SimulatedDelivery, _ world: World) async throws {
    #expect(await world.deliver(String(decoding: delivery.body, as: UTF8.self), id: "late") == world.accepted)
    try await world.settle()
  }

  @Test("It waits, says why, and makes no issue; the opener's, when it comes, makes the new one in the opener's name")
  func opener() async throws {
    let (world, id, delivery) = try await overtaken()
    #expect(world.keys == ["SUP-1"])
    let waiting = try #require(try await world.store.events(limit: 1).first)
    #expect(waiting.state == "pending")
    #expect(waiting.reason?.contains("waits for the webhook that opened the case again") == true)
    try await arrive(delivery, world)
    #expect(world.keys == ["SUP-1", "SUP-2"])
    #expect(world.issues[1]["creator"]?["name"]?.string == "Mark M")
    #expect(world.status(of: 0) == "Done")
    #expect(world.status(of: 1) == "In Progress")
    #expect(world.field("priority", of: 1) == "Highest")
    #expect(world.caseState(id)?["priority"]?.string == "P1")
    #expect(try await world.store.event(waiting.id)?.state == "planned")
    try await world.expectAtRest()
  }

  @Test("After a quarter of an hour the opener's counts as lost, and the issue is the API user's")
  func lost() async throws {
    let (world, _, _) = try await overtaken()
    world.clock.advance(by: .seconds(13 * 60))
    try await world.settle()
    #expect(world.keys == ["SUP-1"])
    world.clock.advance(by: .seconds(90))
    try await world.settle()
    #expect(world.keys == ["SUP-1", "SUP-2"])
    #expect(world.issues[1]["creator"]?["name"]?.string == "Service Account")
    try await world.expectAtRest()
  }

  @Test("Whoever's webhook comes next and shows the case open makes the issue; nobody waits with it")
  func somebodyElse() async throws {
    let (world, id, _) = try await overtaken()
    try world.crm.comment(on: id, as: "7", text: "It is back", now: world.clock.now)
    try await world.settle()
    #expect(world.keys == ["SUP-1", "SUP-2"])
    #expect(world.issues[1]["creator"]?["name"]?.string == "Rohit R")
    #expect(world.comments(world.issues[1]) == ["Rohit R: It is back"])
    try await world.expectAtRest()
  }

  @Test("An older webhook that does not show the case open is taken over meanwhile, and changes nothing about the wait")
  func older() async throws {
    let (world, id, delivery) = try await overtaken()
    let body =
      #"{"events":[{"id":"x1","type":"case.commented","time":"2026-01-01T00:00:00Z","actor":{"id":"7","name":"Rohit"},"#
      + #""case":{"id":"\#(id)","subject":"Checkout fails","status":"Closed"},"#
      + #""comment":{"id":"c900","body":"An old word","public":true,"author":"Rohit"}}]}"#
    #expect(await world.deliver(body, id: "older") == world.accepted)
    try await world.settle()
    #expect(world.keys == ["SUP-1"])
    #expect(world.comments(world.issues[0]).contains { $0.contains("An old word") })
    try await arrive(delivery, world)
    #expect(world.keys == ["SUP-1", "SUP-2"])
    #expect(world.issues[1]["creator"]?["name"]?.string == "Mark M")
    try await world.expectAtRest()
  }
}
