package import SyncModel

/// One change of what a far side holds: to which record, by whom, and whether a program's request or a person made it.
///
/// A checker that reads these in order knows everything that a far side ever held without asking for its state.
package struct SimulatedEffect: Hashable, Sendable {
  package enum Change: Hashable, Sendable {
    /// A new record; the values of its fields, by their names in the far side's own interface.
    case opened([Field])
    case changed([Field])
    case commented(CommentID, text: String, isPublic: Bool)
    case commentEdited(CommentID, text: String, isPublic: Bool)
    case commentDeleted(CommentID)
    case moved(key: String)
    case deleted
  }

  package struct Field: Hashable, Sendable {
    package var name: String
    /// Rich text as plain text.
    package var value: String
  }

  /// The case's or the id.
  package var record: String
  package var change: Change
  /// The CRM user or the Atlassian account.
  package var by: String
  /// Whether it came in by the interface for programs.
  package var isRequest: Bool
  package var at: Timestamp
}

/// Collects effects for whoever wants them; for nobody else, since a sandbox runs for days.
struct EffectRecord {
  var isWanted = false
  /// The request under way, if there is one.
  var isRequest = false
  private var effects: [SimulatedEffect] = []

  mutating func note(_ change: SimulatedEffect.Change, on record: String, by: String, now: Timestamp) {
    guard isWanted else { return }
    effects.append(SimulatedEffect(record: record, change: change, by: by, isRequest: isRequest, at: now))
  }

  /// What was noted since the last call.
  mutating func take() -> [SimulatedEffect] {
    defer { effects.removeAll(keepingCapacity: true) }
    return effects
  }
}
