import Simulation
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Testing
import Wire

/// semantics.md, promise 1 and "What bad input gets".
@Suite("Taking deliveries")
struct IntakeTests {
  struct ForgedCase: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var change: @Sendable (inout [WireHeader], inout [UInt8]) -> Void
  }

  @Test(
    "A delivery that is not proved stores nothing but a counter",
    arguments: [
      ForgedCase(testDescription: "no headers") { headers, _ in headers = [] },
      ForgedCase(testDescription: "another body") { _, body in body.append(0x20) },
      ForgedCase(testDescription: "another id") { headers, _ in
        headers = headers.map { $0.name == "webhook-id" ? WireHeader("webhook-id", "msg_other") : $0 }
      },
      ForgedCase(testDescription: "a later time") { headers, _ in
        headers = headers.map { $0.name == "webhook-timestamp" ? WireHeader("webhook-timestamp", "1780000001") : $0 }
      },
      ForgedCase(testDescription: "no signature") { headers, _ in
        headers.removeAll { $0.name == "webhook-signature" }
      },
    ])
  func forged(_ row: ForgedCase) async throws {
    let world = try World()
    _ = try world.crm.openCase(as: "7", subject: "One", now: world.clock.now)
    let delivery = try #require(world.crm.dueDeliveries(now: world.clock.now).first)
    let request = world.crm.request(for: delivery, now: world.clock.now)
    var (headers, body) = (request.headers, request.body)
    row.change(&headers, &body)
    var expected = try await world.store.counts()
    let answer = await world.intake.receive(
      connection: World.connection, body: body, headers: headers, now: world.clock.now)
    #expect(answer == .refused)
    expected.refusedDeliveries = 1
    #expect(try await world.store.counts() == expected)
  }

  @Test("A delivery whose signature is older than the tolerance is refused")
  func stale() async throws {
    let world = try World()
    let earlier = world.clock.now
    world.clock.advance(by: .seconds(301))
    #expect(await world.deliver("{\"events\": []}", id: "msg_1", at: earlier) == .refused)
    #expect(try await world.store.counts().refusedDeliveries == 1)
  }

  @Test("A connection that does not exist is answered like a wrong signature")
  func unknownConnection() async throws {
    let world = try World()
    let answer = await world.intake.receive(
      connection: "nobody", body: [], headers: [], now: world.clock.now)
    #expect(answer == .unknown)
    #expect(try await world.store.counts().refusedDeliveries == 1)
  }

  @Test(
    "What is genuine and cannot be read is kept as a dead letter, and said again when it comes again",
    arguments: [
      "not JSON", "{\"events\": [", "{\"events\": [{\"type\": \"case.created\", \"case\": {\"subject\": \"x\"}}]}",
      "{\"events\": [{\"type\": \"case.exploded\", \"case\": {\"id\": \"1\"}}]}",
      String(repeating: "[", count: 100_000), "{\"events\": 1, \"events\": 2}",
    ])
  func unreadable(_ body: String) async throws {
    let world = try World()
    var expected = try await world.store.counts()
    let first = await world.deliver(body, id: "msg_1")
    guard case .unreadable(let reason) = first else {
      Issue.record("not unreadable: \(first)")
      return
    }
    #expect(!reason.isEmpty)
    #expect(await world.deliver(body, id: "msg_1") == first)
    expected.deadDeliveries = 1
    #expect(try await world.store.counts() == expected)
    #expect(try await world.store.deadDeliveries(limit: 9).map(\.reason) == [reason])
  }

  @Test("A known delivery id gets the first answer again, and nothing is done")
  func known() async throws {
    let world = try World()
    let body = """
      {"events": [{"id": "e1", "type": "case.created", "actor": {"id": "7"}, "case": {"id": "1", "subject": "x"}}]}
      """
    #expect(await world.deliver(body, id: "msg_1") == world.accepted)
    #expect(await world.deliver(body, id: "msg_1") == world.accepted)
    #expect(try await world.store.counts().pendingEvents == 1)
    #expect(try await world.store.events(limit: 9).map(\.caseID) == ["1"])
  }
}
