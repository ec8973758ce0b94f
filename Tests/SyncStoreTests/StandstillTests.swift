import SyncCore
import SyncModel
import Testing

@testable import SyncStore

@Suite("What stands still, by its cause")
struct StandstillTests {
  private let now = OutboxTests.now
  private let refused = Cause("create-issue", .fieldRefused, ["priority", "support.xml:5:3"])

  /// Cases whose creation is dead for one cause.
  private func dead(_ cases: [CaseID], in store: Store, cause: Cause? = nil) async throws {
    for id in cases {
      try await OutboxTests.plan(store, case: id, delivery: DeliveryID("d-\(id)"), [OutboxTests.create])
      try await store.settle(
        try await OutboxTests.claim(store),
        with: Settlement(transition: .bury, reason: "refused for \(id)", cause: cause ?? refused), now: now)
    }
  }

  private func held(_ cases: [CaseID], for user: CRMUserID, in store: Store) async throws {
    for id in cases {
      try await OutboxTests.plan(store, case: id, delivery: DeliveryID("h-\(id)"), actor: user, [OutboxTests.create])
      try await store.settle(
        try await OutboxTests.claim(store), with: Settlement(transition: .hold(.grant), reason: "waits"), now: now)
    }
  }

  @Test("What has one cause is one group, with its count, its times and an example; the largest first")
  func groups() async throws {
    let store = try Store()
    try await held(["1"], for: "8", in: store)
    try await dead(["2", "3", "4"], in: store)
    let groups = try await store.causes()
    #expect(groups.map(\.cause) == [refused.text, "person/grant/acme/8"])
    #expect(groups.map(\.count) == [3, 1])
    #expect(groups.map(\.isHeld) == [false, true])
    #expect(groups[0].example.caseID == "2")
    #expect(groups[0].example.reason == "refused for 2")
    #expect(groups[0].known == refused)
  }

  @Test("Events that could not be planned stand beside operations, without the numbers in their reasons")
  func events() async throws {
    let store = try Store()
    for number in 1...2 {
      let event = CaseEvent(kind: .updated, caseID: CaseID("c\(number)"), actor: nil, occurredAt: nil, comment: nil)
      _ = try await store.accept(
        NewDelivery(
          connection: "acme", id: DeliveryID("\(number)"), knownFor: nil, receivedAt: now, body: [1],
          content: .events([event])))
      _ = try await store.planPending(limit: 1, now: now) { _ in .dead(reason: "the delivery has no event \(number)") }
    }
    let group = try #require(try await store.causes().first)
    #expect(group.events == 2)
    #expect(try await store.retry(.cause(group.cause), now: now) == (operations: 0, events: 2))
    #expect(try await store.counts().pendingEvents == 2)
    #expect(try await store.causes() == [])
  }

  @Test("Trying a cause again puts its operations in line one after the other, at the pace that is asked for")
  func pace() async throws {
    let store = try Store()
    try await dead(["1", "2", "3"], in: store)
    try await dead(["4"], in: store, cause: Cause("create-issue", .notFound))
    let counts = try await store.retry(.cause(refused.text), spacing: .milliseconds(500), now: now)
    #expect(counts == (operations: 3, events: 0))
    for (index, id) in (["1", "2", "3"] as [CaseID]).enumerated() {
      let due = now + .milliseconds(500 * index)
      #expect(try await OutboxTests.claim(store, at: due).caseID == id)
      #expect(try await store.claim(worker: "w", now: due) == nil)
    }
    #expect(try await store.operations(in: [.dead], limit: 9).map(\.caseID) == ["4"])
  }

  @Test("All that is dead, or all that is held, is tried again at one word")
  func all() async throws {
    let store = try Store()
    try await dead(["1", "2"], in: store)
    try await held(["3"], for: "8", in: store)
    #expect(try await store.retry(.allDead, now: now) == (operations: 2, events: 0))
    #expect(try await store.retry(.allHeld, now: now) == (operations: 1, events: 0))
    #expect(try await store.counts().operations == [.ready: 3])
  }

  @Test("What is tried again and fails for the same cause stays one story, and counts its attempts anew")
  func oneStory() async throws {
    let store = try Store()
    try await dead(["1"], in: store)
    let id = try #require(try await store.operations(in: [.dead], limit: 1).first).id
    #expect(try await store.retryOperation(id, now: now))
    let again = try await OutboxTests.claim(store)
    #expect((again.attempt, again.tries) == (2, 1))
    try await store.settle(
      again, with: Settlement(transition: .bury, reason: "refused for 1", cause: refused), now: now)
    #expect(try await store.causes().map(\.count) == [1])
    #expect(
      try await store.stories(of: "1").first?.lines.map(\.text) == [
        "refused for 1", "somebody has it tried again", "the same came of it as before",
      ])
  }

  @Test("What is looked at again by itself and still waits for the same person writes no further line")
  func quietHold() async throws {
    let store = try Store()
    try await OutboxTests.plan(store, delivery: "a", [OutboxTests.create])
    for second in 0..<3 {
      let time = now + .seconds(60 * second)
      try await store.settle(
        try await OutboxTests.claim(store, at: time),
        with: Settlement(transition: .hold(.grant), reason: "waits", holdUntil: time + .seconds(60)), now: time)
    }
    #expect(try await store.stories(of: "1").first?.lines.map(\.text) == ["waits"])
  }

  @Test("A cause is given up with a reason, which stands in each story; what waited behind goes on")
  func discard() async throws {
    let store = try Store()
    try await dead(["1", "2"], in: store)
    #expect(try await store.discard(.cause(refused.text), reason: "test data", now: now) == (operations: 2, events: 0))
    #expect(try await store.causes() == [])
    #expect(
      try await store.operations(in: [.skipped], limit: 9).map(\.reason)
        == Array(repeating: "discarded: test data", count: 2))
    #expect(try await store.stories(of: "2").first?.lines.last?.text == "discarded: test data")
  }

  @Test("What was handed back is as if it had not been claimed")
  func handedBack() async throws {
    let store = try Store()
    try await OutboxTests.plan(store, delivery: "a", [OutboxTests.create])
    for _ in 0..<3 {
      try await store.settle(
        try await OutboxTests.claim(store), with: Settlement(transition: .handBack), now: now)
    }
    let claimed = try await OutboxTests.claim(store)
    #expect(claimed.tries == 1)
    #expect(!claimed.mustLook)
  }
}
