package import SyncModel

/// Everything that one answer changes, to be committed in one transaction under the attempt that brought it.
package struct Settlement: Hashable, Sendable {
  package var transition: OperationLifecycle.Transition
  /// Why, in plain words, for the operation's row and the ledger; never a customer's text.
  package var reason: String?
  /// Whether the case's story has a line of it; not of what passes in a moment.
  package var isTold = true
  /// The fields on which both sides now agree.
  package var bases: [FieldKey: FieldState.Base]
  package var conflicts: [Conflict]
  /// The two-way fields that the request wrote: what is counted when a field goes back and forth.
  package var written: Set<FieldKey> = []
  /// What the CRM was found to hold, where it is not what the operation's event had shown.
  package var seen: [FieldKey: FieldValue] = [:]
  /// What Jira held in two-way fields just before they were written: the next run holds it against the changelog.
  package var jiraBefore: [FieldKey: FieldValue] = [:]
  /// The next run looks at the issue again, whenever it was changed.
  package var leavesToNextRun = false
  /// What stands before a comment's text in Jira, where a comment was written.
  package var lead: CommentLead?
  /// The account that the request was sent as.
  package var sentAs: String?
  /// With `hold`: when the mapping's patience ends; nil: never.
  package var holdUntil: Timestamp?
  /// What follows from this answer, such as the key for the case.
  package var followUps: [PlannedOperation] = []
  /// With `hold`: what tells the person on the case, unless something waits for them already.
  package var telling: PlannedOperation?
  /// The CRM's field that says for whom the case's changes wait, and is to be brought up to date.
  package var toldIn: ToldField?
  /// The rest of the call, when some of its fields were left behind.
  package var remainder: RemoteCall?
  /// The fields left behind, each as a dead operation of its own.
  package var leftBehind: [PlannedOperation]
  /// With `hold` and `bury`: why, for what has the same cause to be shown and mended together.
  package var cause: Cause?

  package init(
    transition: OperationLifecycle.Transition, reason: String? = nil, bases: [FieldKey: FieldState.Base] = [:],
    conflicts: [Conflict] = [], sentAs: String? = nil, holdUntil: Timestamp? = nil,
    remainder: RemoteCall? = nil, leftBehind: [PlannedOperation] = [], cause: Cause? = nil
  ) {
    self.transition = transition
    self.reason = reason
    self.bases = bases
    self.conflicts = conflicts
    self.sentAs = sentAs
    self.holdUntil = holdUntil
    self.remainder = remainder
    self.leftBehind = leftBehind
    self.cause = cause
  }
}

/// A field of the case that says for whom its changes wait.
package struct ToldField: Hashable, Sendable {
  /// Its name in the CRM.
  package var name: String
  /// Where the mapping says so.
  package var place: String

  package init(name: String, place: String) {
    self.name = name
    self.place = place
  }
}

/// Both sides changed one field since the base; the value that lost is kept here.
package struct Conflict: Hashable, Sendable {
  package var field: FieldKey
  /// Nil: the policy is to ask, so neither has won yet.
  package var winner: Side?
  package var crm: FieldValue
  package var jira: FieldValue

  package init(field: FieldKey, winner: Side?, crm: FieldValue, jira: FieldValue) {
    self.field = field
    self.winner = winner
    self.crm = crm
    self.jira = jira
  }
}
