package import SyncModel

/// What is remembered of one case and its issue when a decision about them is made.
package struct LinkState: Hashable, Sendable {
  /// The row's id.
  package var id: Int64
  package var issue: IssueReference?
  package var fields: [FieldKey: FieldState]
  /// The time of the newest event whose fields were taken over; older events bring comments only.
  package var seenAt: Timestamp?
  /// Jira's `updated` when the issue was last reconciled.
  package var issueUpdatedAt: Timestamp?
  /// The fields that operations on their way to Jira write: their bases may be about to move.
  package var unsettled: Set<FieldKey>
  /// The label by which the issue is found again.
  package var label: String
  package var standing = LinkStanding.linked
  /// Since when it stands so; nil: since ever, or nobody knows.
  package var standingSince: Timestamp?
  /// The project that the issue was made in, and as what; nil: not remembered.
  package var project: String?
  package var issueType: String?
  /// Where a new case like this one would go by now, if not where the issue is; see ``Planner``.
  package var stray: String?
  /// How many issues the case has had under this mapping, this one included.
  package var generation = 1
  /// The key of the one before.
  package var formerKey: IssueKey?
  /// What was sent to the CRM at least once and is not settled: an event that shows just this is its echo.
  package var sentToCRM: [FieldKey: FieldState.Base] = [:]
  /// What was sent to Jira and got no answer: Jira may hold it, and then nobody there changed anything.
  package var perhapsInJira: [FieldKey: [FieldState.Base]] = [:]

  package init(
    id: Int64, issue: IssueReference?, fields: [FieldKey: FieldState], seenAt: Timestamp?, issueUpdatedAt: Timestamp?,
    unsettled: Set<FieldKey> = [], label: String = ""
  ) {
    self.label = label
    self.id = id
    self.issue = issue
    self.fields = fields
    self.seenAt = seenAt
    self.issueUpdatedAt = issueUpdatedAt
    self.unsettled = unsettled
  }
}

/// An issue by its lasting id, and by the key that people know.
package struct IssueReference: Hashable, Sendable {
  package var id: IssueID
  package var key: IssueKey

  package init(id: IssueID, key: IssueKey) {
    self.id = id
    self.key = key
  }
}

/// One field of a link.
package struct FieldState: Hashable, Sendable {
  /// The CRM's value that was last planned from: what differs from it is a change of the event that shows it.
  package var seenCRM: FieldValue?
  /// The base: the values on which both sides last agreed; nil before the first agreement.
  package var base: Base?

  /// It went back and forth, and is written on neither side until somebody releases it.
  package var isFrozen: Bool
  /// The CRM's value before the one that we wrote last, or that a run found before any event told of it; nil: neither
  /// ever happened.
  package var replaced: FieldValue?

  package init(seenCRM: FieldValue?, base: Base?, isFrozen: Bool = false, replaced: FieldValue? = nil) {
    self.replaced = replaced
    self.seenCRM = seenCRM
    self.base = base
    self.isFrozen = isFrozen
  }

  /// One agreed value, in the canonical form of either side.
  package struct Base: Hashable, Sendable {
    package var crm: FieldValue
    package var jira: FieldValue

    package init(crm: FieldValue, jira: FieldValue) {
      self.crm = crm
      self.jira = jira
    }
  }
}
