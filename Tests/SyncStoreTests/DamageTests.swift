import GRDB
import SyncCore
import SyncModel
import Testing

@testable import SyncStore

/// "A corrupted row is isolated, and named."
@Suite("Damaged rows")
struct DamageTests {
  private let now = OutboxTests.now

  private func damage(_ store: Store, _ sql: String) async throws {
    try await store.commit { try $0.execute(sql: sql) }
  }

  @Test("An operation that cannot be read back dies alone, by name, and the next one is claimed")
  func operation() async throws {
    let store = try Store()
    try await OutboxTests.plan(store, delivery: "a", [OutboxTests.create])
    try await OutboxTests.plan(store, case: "2", delivery: "b", [OutboxTests.create])
    try await damage(store, "UPDATE operation SET call = '{\"project\":' WHERE id = 1")
    #expect(try await OutboxTests.claim(store).caseID == "2")
    #expect(try await store.causes().map(\.cause) == ["create-issue/damaged"])
    let story = try #require(try await store.stories(of: "1").first)
    #expect(story.operations.first?.reason == "its row cannot be read back, so it cannot be carried out")
  }

  @Test("Values of a link that cannot be read back count as unknown, and its events go on")
  func fieldState() async throws {
    let store = try Store()
    try await OutboxTests.linked(store)
    try await OutboxTests.plan(store, delivery: "b", [], seen: ["priority": .text("P1"), "summary": .text("x")])
    try await damage(
      store, "UPDATE field_state SET seen_crm = '{', base_crm = '}', base_jira = '' WHERE field = 'priority'")
    try await OutboxTests.plan(store, delivery: "c", [OutboxTests.edit("P2")])
    let claimed = try await OutboxTests.claim(store)
    #expect(claimed.link.fields["priority"] == FieldState(seenCRM: nil, base: nil))
    #expect(claimed.link.fields["summary"]?.seenCRM == .text("x"))
  }

  @Test("An event of which something cannot be written down dies alone, and the others of its group are planned")
  func event() async throws {
    let store = try Store()
    for id in ["1", "2", "3"] as [CaseID] {
      let event = CaseEvent(kind: .updated, caseID: id, actor: nil, occurredAt: nil, comment: nil)
      _ = try await store.accept(
        NewDelivery(
          connection: "acme", id: DeliveryID("\(id)"), knownFor: nil, receivedAt: now, body: [1],
          content: .events([event])))
    }
    try await damage(
      store,
      """
      CREATE TRIGGER poison BEFORE INSERT ON link WHEN NEW.case_id = '2'
      BEGIN SELECT RAISE(ABORT, 'a rule of the tables'); END
      """)
    let count = try await store.planPending(limit: 12, now: now) { event in
      let plan = Plan(newLink: Plan.NewLink(project: "SUP", label: "l"))
      return .planned([EventDecision.MappedPlan(mapping: "support", digest: "d", plan: plan)])
    }
    #expect(count > 0)
    #expect(try await store.events(limit: 9).map(\.state) == ["planned", "dead", "planned"])
    #expect(try await store.event(2)?.reason?.hasPrefix("what follows from it cannot be written down: ") == true)
  }
}
