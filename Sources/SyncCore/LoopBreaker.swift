package import SyncModel

/// Stops a field that the CRM and Jira keep changing back: each stores something else than it was given (capitals,
/// trimmed blanks, another rounding), so that each write comes back as a change. Pure; the counts are the link's.
///
/// A turn is a write to the other side than the one before it. People take turns too, but not ten times, each within an
/// hour of the last; where they do, one click lets them go on. A loop through runs that are more than ``window`` apart
/// is not recognised: it costs two writes a run.
package struct LoopBreaker: Hashable, Sendable {
  /// How often a field has gone back and forth.
  package struct Turns: Hashable, Sendable {
    package var count: Int
    /// The side that was written last.
    package var last: Side?
    package var at: Timestamp?

    package init(count: Int = 0, last: Side? = nil, at: Timestamp? = nil) {
      self.count = count
      self.last = last
      self.at = at
    }
  }

  /// So many turns stop a field.
  package var bound: Int
  /// Turns that are further apart have nothing to do with each other.
  package var window: Duration

  package init(bound: Int = 10, window: Duration = .seconds(3600)) {
    self.bound = bound
    self.window = window
  }

  /// What a write to a side makes of the turns before it.
  package func after(_ turns: Turns, writing side: Side, now: Timestamp) -> Turns {
    guard let last = turns.last, let at = turns.at, now - at <= window else {
      return Turns(count: 1, last: side, at: now)
    }
    return Turns(count: turns.count + (last == side ? 0 : 1), last: side, at: now)
  }

  package func stops(_ turns: Turns) -> Bool { turns.count >= bound }
}

extension Cause {
  /// A field of a mapping that was stopped.
  package static func frozen(_ field: FieldKey, in mapping: MappingName) -> Cause {
    Cause("field", .frozen, [field.rawValue, mapping.rawValue])
  }
}

extension OperationWords {
  package static func stopped(_ field: FieldKey, after turns: Int) -> String {
    "the field '\(field)' went back and forth \(turns) times: what is written to one side comes back from it changed. "
      + "It is stopped on both sides until somebody releases it"
  }

  package static func frozen(_ field: FieldKey) -> String {
    "the field '\(field)' is stopped, because it went back and forth between the CRM and Jira"
  }
}
