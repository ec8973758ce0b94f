package import SyncModel

// The case as the CRM holds it when a write is carried out. An event shows how the case was when its webhook left; a
// run, how it was when the run asked. Either may be old by then, and whoever wrote in between must not be overwritten
// unseen. The CRM's clock is not ours and a webhook may take hours, so no time decides: the case itself is asked.

/// What became of a value that an event showed.
package enum ValueFate: Hashable, Sendable {
  /// The case holds it still.
  case stands
  /// The event left the CRM before our write, and shows what that replaced: no change.
  case replaced
  /// Somebody entered it before our write, which nobody knew of then: it lost.
  case overwritten
  /// Somebody entered something else since, of which another event tells.
  case changedAgain
}

extension LinkState {
  /// The case holds again what our write had replaced. It may be the event's own change, or somebody else's after it,
  /// while the event is older than our write. Should that be, its echo and their event arrive meanwhile, and tell.
  package static let echoTime: Duration = .seconds(30)

  /// Whether an event may be older than a write of ours to that field.
  package func isWrittenByUs(_ key: FieldKey) -> Bool { fields[key]?.replaced != nil || sentToCRM[key] != nil }

  /// - Parameters:
  ///   - value: what the event showed.
  ///   - now: what the case holds.
  package func fate(of key: FieldKey, _ value: FieldValue, now: FieldValue) -> ValueFate {
    if value == now { return .stands }
    let isOurs = sentToCRM[key]?.crm == now || fields[key]?.replaced != nil && fields[key]?.base?.crm == now
    guard isOurs else { return .changedAgain }
    return value == fields[key]?.replaced || value == fields[key]?.base?.crm ? .replaced : .overwritten
  }
}

extension FieldState {
  /// The value that our write to the CRM replaced, kept as the one that lost.
  package func lost(_ value: FieldValue, of key: FieldKey) -> Conflict {
    Conflict(field: key, winner: .jira, crm: value, jira: base?.jira ?? .empty)
  }
}

extension CaseEdit {
  /// What is left to write, once it is known how things stand.
  package struct Remainder: Hashable, Sendable {
    package var edit: CaseEdit
    /// The case holds these values already.
    package var agreed: [FieldKey: FieldState.Base] = [:]
    /// The case holds something else than what was to be replaced.
    package var moved: Set<FieldKey> = []

    package var isEmpty: Bool { edit.fields.isEmpty && edit.status == nil }
  }

  /// - Parameters:
  ///   - now: what the case holds; nil: not known.
  ///   - fields: what is agreed by now. Where that is not what this was decided from, a write to the issue was carried
  ///     out since, and what this would write stands there no longer.
  package func remainder(now: (FieldKey) -> FieldValue?, fields states: [FieldKey: FieldState]) -> Remainder {
    var rest = Remainder(edit: self)
    func isLeft(_ write: FieldWrite) -> Bool {
      guard let expected = assumed[write.key] else { return true }
      guard states[write.key]?.base == expected.base else {
        rest.moved.insert(write.key)
        return false
      }
      guard let value = now(write.key), let replaced = expected.crm else { return true }
      if value == write.crm {
        rest.agreed[write.key] = FieldState.Base(crm: write.crm, jira: write.jira)
        return false
      }
      if value != replaced { rest.moved.insert(write.key) }
      return value == replaced
    }
    rest.edit.fields = fields.filter(isLeft)
    rest.edit.status = status.flatMap { isLeft($0) ? $0 : nil }
    return rest
  }
}
