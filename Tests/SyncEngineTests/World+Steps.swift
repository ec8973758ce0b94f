import Simulation
import SyncEngine
import SyncStore

/// The engine's steps one at a time, for what happens between them.
extension World {
  /// Takes over what the CRM told, and sends nothing.
  func plan() async throws {
    await crm.sendDue(through: network, now: clock.now)
    while try await engine.inbox.run(now: clock.now) > 0 {}
  }

  /// Takes what is due in hand.
  func claim() async throws -> [ClaimedOperation] {
    try await plan()
    return try await store.claim(limit: 9, worker: "w", now: clock.now)
  }

  /// Carries out what is in hand.
  func perform(_ hands: [ClaimedOperation]) async throws {
    var dice = SeededRandom(seed: 1)
    for hand in hands {
      let settlement = try await engine.outbox.perform(hand, now: clock.now, using: &dice)
      try await engine.outbox.settle(hand, with: settlement, now: clock.now)
    }
  }
}
