import JSON
import Simulation
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Testing

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

/// What several suites expect.
extension World {
  /// Everything was done: a further run plans nothing, and nothing waits or is dead.
  func expectAtRest(sourceLocation: SourceLocation = #_sourceLocation) async throws {
    _ = try await reconcile()
    #expect(try await reconcile().planned == 0, sourceLocation: sourceLocation)
    let open = try await store.operations(in: [.dead, .held, .ready, .verifying, .waiting], limit: 9)
    #expect(open.isEmpty, sourceLocation: sourceLocation)
    #expect(try await store.counts().pendingEvents == 0, sourceLocation: sourceLocation)
  }

  /// A further run writes nothing on either side.
  func expectQuiet(sourceLocation: SourceLocation = #_sourceLocation) async throws {
    _ = try await reconcile()
    jira.clearLog()
    crm.clearLog()
    #expect(try await reconcile().planned == 0, sourceLocation: sourceLocation)
    #expect(jiraWrites == [], sourceLocation: sourceLocation)
    #expect(crmWrites == [], sourceLocation: sourceLocation)
  }

  /// The keys of the issues, in the order in which they were made.
  var keys: [String] { issues.compactMap { $0["key"]?.string } }
}
