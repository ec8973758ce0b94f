import JSON
import MappingLanguage
import Simulation
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Testing

@Suite("A draft is held against what was recorded")
struct ReplayTests {
  /// What a replay found, in the order in which it found it.
  private func replay(
    _ world: World, draft: String, profile: String? = nil, since: Timestamp = Timestamp(seconds: 0),
    limit: Int = Int.max
  ) async throws -> (differences: [Replay.Difference], summary: Replay.Summary) {
    var found: [Replay.Difference] = []
    let replay = Replay(
      store: world.store, live: world.services.live.current.mappings,
      draft: try World.installation(mapping: draft, profile: profile).mappings)
    let summary = try await replay.run(since: since, connection: nil, limit: limit) { differences, _ in
      found += differences
    }
    return (found, summary)
  }

  /// Two cases with a history on both sides: created, commented, changed here and there, closed from Jira.
  private func world() async throws -> (World, CaseID) {
    let world = try World()
    try await world.connectAll()
    let id = try await world.openCase(subject: "One", priority: "P2")
    try await world.openCase(subject: "Other", priority: "P3")
    try world.crm.comment(on: id, as: "8", text: "Hello", now: world.clock.now)
    try await world.settle()
    try world.crm.edit(id, as: "7", fields: [("subject", "Two"), ("priority", "P1")], now: world.clock.now)
    try await world.settle()
    return (world, id)
  }

  private func words(_ difference: Replay.Difference) -> String {
    let change =
      switch difference.change {
      case .added(let content): "+ \(content.kind.rawValue)"
      case .removed(let content): "- \(content.kind.rawValue)"
      case .changed(let content, let parts):
        "~ \(content.kind.rawValue) "
          + parts.sorted { $0.key < $1.key }.map { name, part in
            "\(name) \(part.live?.canonical ?? "–") → \(part.draft?.canonical ?? "–")"
          }.joined(separator: ", ")
      case .failing(let live, let draft): "! \(live ?? "–") → \(draft ?? "–")"
      }
    return "\(difference.caseID) \(difference.kind.rawValue): \(change)"
  }

  @Test("The same mapping changes nothing, and what Counterpart itself wrote to a case is no change")
  func same() async throws {
    let (world, id) = try await world()
    // A developer closes the issue: the case is written, and its CRM tells of that.
    try world.jira.transition(issue: "SUP-1", as: "acc-dev", to: "In Progress", now: world.clock.now)
    _ = try await world.reconcile()
    #expect(world.caseState(id)?["status"]?.string == "Working")
    let (differences, summary) = try await replay(world, draft: World.mapping)
    #expect(differences == [])
    #expect(summary.events > 5 && summary.unchanged == summary.events)
    // A draft without the status rule would be told by a transition if the echo counted as a person's change.
    let none = World.mapping.split(separator: "<status").first.map(String.init) ?? ""
    let rest = World.mapping.split(separator: "</status>").last.map(String.init) ?? ""
    let (without, _) = try await replay(world, draft: none + rest)
    #expect(without.map(words).filter { $0.contains("transition") } == [])
  }

  @Test("What would be sent differently is told field by field, and what in addition or no longer")
  func differences() async throws {
    let (world, id) = try await world()
    let draft = World.mapping([
      ("[{number}] {subject}", "{subject}"), ("<comments sync=\"both\"/>", "<comments sync=\"to-crm\"/>"),
      (#"<pair crm="P1" jira="Highest"/>"#, #"<pair crm="P1" jira="Lowest"/>"#),
    ])
    let (differences, summary) = try await replay(world, draft: draft)
    #expect(
      differences.map(words) == [
        #"1 created: ~ create-issue summary "[1001] One" → "One""#,
        "1 commented: - add-comment",
        #"1 updated: ~ edit-issue priority {"name":"Highest"} → {"name":"Lowest"}, summary "[1001] Two" → "Two""#,
        #"2 created: ~ create-issue summary "[1002] Other" → "Other""#,
      ])
    #expect(id == "1")
    #expect(summary.changed == 4 && summary.failingDraft == 0)
  }

  @Test("A case that began before the time stands as its last event before it showed it")
  func window() async throws {
    let (world, id) = try await world()
    world.clock.advance(by: .seconds(60))
    let since = world.clock.now
    try world.crm.edit(id, as: "7", fields: [("subject", "Three")], now: world.clock.now)
    try await world.settle()
    let draft = World.mapping([("[{number}] {subject}", "{subject}")])
    let (differences, summary) = try await replay(world, draft: draft, since: since)
    #expect(differences.map(words) == [#"1 updated: ~ edit-issue summary "[1001] Three" → "Three""#])
    #expect(summary.withoutBeginning == 0)
    #expect(try await replay(world, draft: draft, since: world.clock.now + .seconds(1)).summary == Replay.Summary())
  }

  @Test("An event that the draft can make nothing of is told with the reason")
  func failing() async throws {
    let (world, _) = try await world()
    let profile = String(decoding: try Fixtures.bytes("mappings/crm/generic.xml"), as: UTF8.self)
    let changed = profile.split(separator: #"select="/*/events""#).joined(separator: #"select="/*/happenings""#)
    #expect(changed != profile)
    let (differences, summary) = try await replay(world, draft: World.mapping, profile: changed)
    #expect(summary.failingDraft == summary.events && summary.failingLive == 0)
    guard case .failing(nil, let reason?)? = differences.first?.change else {
      Issue.record("the first event does not fail")
      return
    }
    #expect(!reason.isEmpty)
  }

  @Test("No more events are looked at than asked for, and nothing is written down")
  func bounded() async throws {
    let (world, _) = try await world()
    let before = try await world.store.stories(of: "1")
    let (_, summary) = try await replay(world, draft: World.mapping, limit: 3)
    #expect(summary.events == 3)
    #expect(try await world.store.stories(of: "1") == before)
  }
}
