import JSON
import Simulation
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Testing

/// semantics.md: "A loop breaker counts alternations per field".
@Suite("Fields that go back and forth")
struct LoopTests {
  static let mapping = World.mapping([
    (
      #"<field jira="summary" value="[{number}] {subject}" max-length="255"/>"#,
      #"<field jira="summary" crm="subject" sync="both" on-conflict="crm"/>"#
    )
  ])

  /// A help desk that writes subjects in capitals, and a Jira that does not: whatever one is given, the other undoes.
  private func loopingWorld() async throws -> (World, CaseID) {
    let world = try World(
      mapping: Self.mapping, adjust: { $0.lowerCased = ["summary"] }, adjustCRM: { $0.upperCased = ["subject"] })
    try await world.connectAll()
    let id = try await world.openCase(subject: "checkout fails")
    try world.jira.edit(issue: "SUP-1", as: "acc-dev", fields: ["summary": "payment fails"], now: world.clock.now)
    for _ in 0..<12 {
      world.clock.advance(by: .seconds(30))
      _ = try await world.reconcile()
    }
    return (world, id)
  }

  @Test("A field that each side changes back is stopped, and the story, the counts and the list say so")
  func stopped() async throws {
    let (world, id) = try await loopingWorld()
    let frozen = try await world.store.frozenFields(limit: 9)
    try #require(frozen.map(\.field) == ["summary"])
    #expect(frozen.map(\.turns) == [LoopBreaker().bound])
    #expect(try await world.store.counts().frozenFields == 1)
    let story = try await world.story(id)
    #expect(story.frozen == frozen)
    #expect(story.lines.contains { $0.text == OperationWords.stopped("summary", after: LoopBreaker().bound) })
    let writes = (world.jiraWrites.count, world.crmWrites.count)
    for _ in 0..<3 {
      world.clock.advance(by: .seconds(30))
      #expect(try await world.reconcile().planned == 0)
    }
    #expect((world.jiraWrites.count, world.crmWrites.count) == writes)
  }

  @Test("Other fields and comments of the case go on, and what was changed meanwhile waits for the release")
  func othersGoOn() async throws {
    let (world, id) = try await loopingWorld()
    try world.crm.edit(id, as: "7", fields: [("subject", "NEW"), ("priority", "P1")], now: world.clock.now)
    _ = try world.crm.comment(on: id, as: "8", text: "Hello", now: world.clock.now)
    try await world.settle()
    #expect(world.field("priority") == "Highest")
    #expect(world.comments(world.issues[0]).last == "Mark M: Hello")
    #expect(world.issues[0]["summary"]?.string != "new")
    let causes = try await world.store.causes()
    try #require(causes.map(\.cause) == ["field/frozen/summary/support"])
    // Trying it again without releasing it changes nothing.
    _ = try await world.store.retry(.cause(causes[0].cause), now: world.clock.now)
    try await world.settle()
    #expect(world.issues[0]["summary"]?.string != "new")
    #expect(try await world.store.causes().map(\.cause) == causes.map(\.cause))
    #expect(try await world.store.releaseField("summary", case: id, connection: nil, now: world.clock.now) == 1)
    try await world.settle()
    #expect(world.issues[0]["summary"]?.string == "new")
    #expect(try await world.store.causes() == [])
    #expect(try await world.story(id).lines.contains { $0.text == "somebody released the field 'summary'" })
  }

  @Test("People who take turns on a field, with an hour between them, are never stopped")
  func people() async throws {
    let world = try World()
    try await world.connectAll()
    let id = try await world.openCase()
    for round in 0..<8 {
      let (crm, jira) = round.isMultiple(of: 2) ? ("P1", "Medium") : ("P2", "Medium")
      try world.crm.edit(id, as: "7", fields: [("priority", crm)], now: world.clock.now)
      try await world.settle()
      world.clock.advance(by: .seconds(3700))
      try world.jira.edit(
        issue: "SUP-1", as: "acc-dev", fields: ["priority": ["name": .string(jira)]], now: world.clock.now)
      try await world.settle()
      _ = try await world.reconcile()
      world.clock.advance(by: .seconds(3700))
    }
    #expect(try await world.store.frozenFields(limit: 9) == [])
    #expect(world.caseState(id)?["priority"]?.string == "P3")
  }
}
