package import JSON
package import MappingLanguage
import SyncCore
package import SyncModel
package import SyncStore

/// Plans recorded events with the live mappings and with a draft, and tells in what the two differ. Nothing is sent, and
/// nothing is written down.
///
/// Case by case, each case's events in their order, with what is remembered of the case carried from one to the next,
/// separately for the two sides; so its memory does not grow with the number of events. What Counterpart itself wrote to
/// a case is known from the journal, and is no change. What people did in Jira is not known: of a two-way field Jira is
/// taken to hold what was last agreed on.
package struct Replay: Sendable {
  /// In what the two plans of one event differ.
  package struct Difference: Hashable, Sendable {
    package enum Change: Hashable, Sendable {
      /// Only the draft sends it.
      case added(PlannedContent)
      /// Only the live mappings send it.
      case removed(PlannedContent)
      /// Both do, with other values: of each part, what is sent now and what would be.
      case changed(PlannedContent, parts: [String: Part])
      /// One of the two can make nothing of the event; why.
      case failing(live: String?, draft: String?)
    }

    package struct Part: Hashable, Sendable {
      package var live: JSONValue?
      package var draft: JSONValue?
    }

    package var event: Int64
    package var delivery: Int64
    package var connection: ConnectionName
    package var caseID: CaseID
    package var kind: CaseEvent.Kind
    package var receivedAt: Timestamp
    package var mapping: MappingName?
    package var change: Change
  }

  package struct Summary: Hashable, Sendable {
    package var events = 0
    package var unchanged = 0
    package var changed = 0
    /// Events that the live mappings can make nothing of, or of which an operation is dead from the start.
    package var failingLive = 0
    package var failingDraft = 0
    /// Events whose body is kept no longer.
    package var unreadable = 0
    /// Cases that were linked before the time, and of which no event from before it is kept: their first event counts
    /// as how they stood.
    package var withoutBeginning = 0

    package init() {}
  }

  private static let casesAtOnce = 200
  private static let eventsAtOnce = 100

  private let store: Store
  private let live: EventPlanning
  private let draft: EventPlanning

  /// - Parameter store: is only read.
  package init(store: Store, live: MappingSet, draft: MappingSet) {
    self.store = store
    self.live = EventPlanning(installation: Installation(mappings: live, secrets: [:]))
    self.draft = EventPlanning(installation: Installation(mappings: draft, secrets: [:]))
  }

  /// - Parameters:
  ///   - limit: more events than this are not looked at.
  ///   - report: is told each difference, and how far it got: after each event, how many there were.
  package func run(
    since time: Timestamp, connection: ConnectionName?, limit: Int = Int.max,
    report: (_ differences: [Difference], _ events: Int) -> Void
  ) async throws -> Summary {
    var summary = Summary()
    guard let first = try await store.firstEvent(since: time) else { return summary }
    var last: RecordedCase?
    var people: [ConnectionName: People] = [:]
    while summary.events < limit {
      let cases = try await store.recordedCases(from: first, of: connection, after: last, limit: Self.casesAtOnce)
      guard !cases.isEmpty else { break }
      last = cases.last
      for recorded in cases where summary.events < limit {
        if people[recorded.connection] == nil {
          people[recorded.connection] = try await store.people(of: recorded.connection)
        }
        try await replay(
          recorded, from: first, limit: limit, people: people[recorded.connection] ?? People(), &summary, report)
      }
    }
    return summary
  }

  private func replay(
    _ recorded: RecordedCase, from first: Int64, limit: Int, people: People, _ summary: inout Summary,
    _ report: ([Difference], Int) -> Void
  ) async throws {
    let history = try await store.history(of: recorded)
    var writes = history.writes[...]
    var sides: (live: CarriedCase, draft: CarriedCase)?
    var next = first
    while summary.events < limit {
      let events = try await store.recordedEvents(
        of: recorded, from: next, limit: min(Self.eventsAtOnce, limit - summary.events))
      guard let newest = events.last else { return }
      next = newest.id + 1
      for event in events {
        summary.events += 1
        guard !event.body.isEmpty else {
          summary.unreadable += 1
          report([], summary.events)
          continue
        }
        var now: (live: CarriedCase, draft: CarriedCase)
        if let sides { now = sides } else { now = try await begin(event, history, people, &summary) }
        while let write = writes.first, write.at <= event.receivedAt {
          now.live.learn(write)
          now.draft.learn(write)
          writes.removeFirst()
        }
        let differences = plan(event, people, &now, &summary)
        sides = now
        report(differences, summary.events)
      }
    }
  }

  private func begin(
    _ event: RecordedEvent, _ history: RecordedHistory, _ people: People, _ summary: inout Summary
  ) async throws -> (live: CarriedCase, draft: CarriedCase) {
    var sides = (live: CarriedCase(), draft: CarriedCase())
    guard history.linkedAt.values.contains(where: { $0 < event.receivedAt }) else { return sides }
    let recorded = RecordedCase(connection: event.connection, caseID: event.caseID)
    let before = try await store.recordedEvent(of: recorded, before: event.id)
    if before == nil { summary.withoutBeginning += 1 }
    let earlier = before ?? event
    let input = EventToPlan(earlier, links: [:], people: people)
    sides.live.begin(with: live.decide(input), of: earlier)
    sides.draft.begin(with: draft.decide(input), of: earlier)
    return sides
  }

  /// Plans one event on both sides and carries on from there.
  private func plan(
    _ event: RecordedEvent, _ people: People, _ sides: inout (live: CarriedCase, draft: CarriedCase),
    _ summary: inout Summary
  ) -> [Difference] {
    let liveDecision = sides.live.carry(
      live.decide(EventToPlan(event, links: sides.live.links, people: people)), of: event)
    let draftDecision = sides.draft.carry(
      draft.decide(EventToPlan(event, links: sides.draft.links, people: people)), of: event)
    let (liveSide, draftSide) = (Outcome(liveDecision), Outcome(draftDecision))
    if liveSide.problem != nil { summary.failingLive += 1 }
    if draftSide.problem != nil { summary.failingDraft += 1 }
    let changes = liveSide.changes(to: draftSide)
    if changes.isEmpty { summary.unchanged += 1 } else { summary.changed += 1 }
    return changes.map { mapping, change in
      Difference(
        event: event.id, delivery: event.delivery, connection: event.connection, caseID: event.caseID,
        kind: event.kind, receivedAt: event.receivedAt, mapping: mapping, change: change)
    }
  }

  /// What one event leads to under one of the two.
  private struct Outcome {
    var contents: [MappingName: [PlannedContent]] = [:]
    /// Why nothing, or not all of it, can succeed.
    var problem: String?

    init(_ decision: EventDecision) {
      switch decision {
      case .ignored: break
      case .dead(let reason): problem = reason
      case .planned(let plans):
        for mapped in plans { contents[mapped.mapping] = mapped.plan.operations.map { PlannedContent($0) } }
        problem = plans.flatMap(\.plan.operations).compactMap(\.problem).first
      }
    }

    func changes(to other: Outcome) -> [(MappingName?, Difference.Change)] {
      var changes: [(MappingName?, Difference.Change)] = []
      if problem != other.problem { changes.append((nil, .failing(live: problem, draft: other.problem))) }
      for mapping in Set(contents.keys).union(other.contents.keys).sorted() {
        var after = other.contents[mapping] ?? []
        for content in contents[mapping] ?? [] {
          guard let index = after.firstIndex(where: { $0.kind == content.kind && $0.subject == content.subject }) else {
            changes.append((mapping, .removed(content)))
            continue
          }
          let parts = content.differences(to: after.remove(at: index))
          if !parts.isEmpty { changes.append((mapping, .changed(content, parts: parts))) }
        }
        changes += after.map { (mapping, .added($0)) }
      }
      return changes
    }
  }
}

extension PlannedContent {
  fileprivate func differences(to other: PlannedContent) -> [String: Replay.Difference.Part] {
    Set(parts.keys).union(other.parts.keys).reduce(into: [:]) { differences, key in
      guard parts[key] != other.parts[key] else { return }
      differences[key] = Replay.Difference.Part(live: parts[key], draft: other.parts[key])
    }
  }
}
