import SyncCore
import SyncModel
import SyncStore

extension Settlement {
  /// What becomes of an operation that was journaled before one of its fields was stopped; nil where none is.
  ///
  /// On its way to Jira the field is left behind, for whoever releases it. On its way to the CRM nothing is kept: the
  /// run after the release finds Jira's value again.
  init?(stopping operation: ClaimedOperation) {
    let stopped = operation.call.twoWayFields.filter { operation.link.fields[$0]?.isFrozen == true }.sorted()
    guard let first = stopped.first, !operation.mustLook else { return nil }
    let cause = Cause.frozen(first, in: operation.mapping)
    let words = OperationWords.frozen(first)
    if operation.call.kind.side == .crm {
      self.init(transition: .skip, reason: "left out: " + words)
    } else if let rest = operation.call.leaving(Set(stopped)) {
      self.init(
        transition: .leaveBehind(Dictionary(uniqueKeysWithValues: stopped.map { ($0, "") })),
        reason: words + "; the rest is sent without it", remainder: rest,
        leftBehind: stopped.compactMap { key in
          operation.call.only(key).map { alone in
            PlannedOperation(
              call: alone, actor: operation.actor, problem: OperationWords.frozen(key),
              cause: .frozen(key, in: operation.mapping))
          }
        })
    } else {
      self.init(transition: .bury, reason: words, cause: cause)
    }
  }
}
