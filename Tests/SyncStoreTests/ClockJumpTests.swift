import SyncCore
import SyncModel
import Testing

@testable import SyncStore

@Suite("A clock that is set")
struct ClockJumpTests {
  private let now = OutboxTests.now

  @Test(
    "What waits for a time ends when it would have, after the clock was set back or forward", arguments: [-7200, 7200])
  func dueTimes(_ seconds: Int) async throws {
    let store = try Store()
    try await OutboxTests.plan(store, delivery: "a", [OutboxTests.create])
    try await store.settle(
      try await OutboxTests.claim(store), with: Settlement(transition: .verify(at: now + .seconds(60))), now: now)
    try await store.moveTimes(by: .seconds(seconds), from: now)
    let after = now + .seconds(seconds)
    #expect(try await store.claim(worker: "w", now: after + .seconds(59)) == nil)
    let claimed = try await OutboxTests.claim(store, at: after + .seconds(60))
    // The patience with which it is looked up counts from when it was sent.
    #expect(claimed.sentAt == after)
    #expect(try await store.newestTime() == after)
  }

  @Test("What was due before the clock was set back is due at once")
  func ready() async throws {
    let store = try Store()
    try await OutboxTests.plan(store, delivery: "a", [OutboxTests.create])
    try await store.moveTimes(by: .seconds(-7200), from: now + .seconds(1))
    #expect(try await store.claim(worker: "w", now: now - .seconds(7199)) != nil)
  }

  @Test("A limit ends when it would have")
  func pace() async throws {
    let store = try Store()
    try await OutboxTests.plan(store, delivery: "a", [OutboxTests.create])
    try await store.settle(
      try await OutboxTests.claim(store), with: Settlement(transition: .pace(.site, until: now + .seconds(60))),
      now: now)
    try await store.moveTimes(by: .seconds(-7200), from: now)
    #expect(try await store.claim(worker: "w", now: now - .seconds(7200 - 60)) != nil)
  }

  @Test("A lease of a clock that was ahead holds nobody up, and one that runs is respected")
  func lease() async throws {
    let store = try Store()
    func take(_ owner: String, at time: Timestamp) async throws -> Bool {
      try await store.takeLease("reconcile/acme", owner: owner, until: time + .seconds(600), now: time)
    }
    #expect(try await take("a", at: now + .seconds(86_400)))
    #expect(try await take("b", at: now))
    #expect(try await take("a", at: now + .seconds(1)) == false)
    #expect(try await take("a", at: now + .seconds(600)))
  }

  @Test("An event that the CRM dates years ahead does not make what comes after it old")
  func datedAhead() async throws {
    let store = try Store()
    try await OutboxTests.linked(store)
    let event = CaseEvent(
      kind: .updated, caseID: "1", actor: nil, occurredAt: now + .seconds(300_000_000), comment: nil)
    _ = try await store.accept(
      NewDelivery(
        connection: "acme", id: "ahead", knownFor: nil, receivedAt: now, body: [1], content: .events([event])))
    _ = try await store.planPending(limit: 1, now: now) { _ in
      .planned([EventDecision.MappedPlan(mapping: "support", digest: "d", plan: Plan(seen: ["priority": .text("P1")]))])
    }
    try await OutboxTests.plan(store, delivery: "next", [OutboxTests.edit("P2")])
    #expect(try await OutboxTests.claim(store).link.seenAt == now + .seconds(300))
  }
}
