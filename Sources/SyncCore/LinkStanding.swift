/// What is said of what was to be done for a case that was deleted before it had an issue.
package enum CaseDeletion {
  package static let leftOut = "left out: the case was deleted before it had an issue"
}

/// What is said of what was to be done for an issue that is its case's no more.
package enum FormerIssue {
  package static let leftOut = "left out: the issue is the case's no more"
  package static let sentToNext = "goes to the case's new issue"
}

/// How a case and its issue stand to each other.
package enum LinkStanding: String, Hashable, Sendable, CaseIterable {
  case linked
  /// The case was deleted: nothing more is taken to it.
  case caseDeleted = "case-deleted"
  /// The issue was deleted, or the service user cannot see it: nothing comes from it until it can be seen again.
  case outOfReach = "out-of-reach"
  /// They are linked no more, and the case stays without an issue.
  case ended
  /// They are linked no more, and the next change of the case makes a new issue.
  case vacant
  /// The case was deleted before its issue was ever asked for; should it come back, its next change makes the first.
  case neverLinked = "never-linked"

  /// Whether a run looks at the issue.
  package var isReconciled: Bool {
    switch self {
    case .linked, .outOfReach: true
    case .caseDeleted, .ended, .vacant, .neverLinked: false
    }
  }

  /// Whether the case's next change makes an issue.
  package var awaitsIssue: Bool { self == .vacant || self == .neverLinked }
}
