package import SyncModel

/// What becomes of the issue when its case is deleted, and of the case when its issue is (`<deletion>`).
package struct DeletionRule: Hashable, Sendable {
  /// The case was deleted. Everything is done by who deleted it.
  package enum OfCase: String, Hashable, Sendable, CaseIterable {
    /// The issue stays as it is.
    case keep
    /// A comment on the issue says so.
    case comment
    /// The issue is moved to ``DeletionRule/status``.
    case close
    /// The issue is deleted, too; Jira asks for the permission to do so.
    case delete
  }

  /// The issue was deleted, or is where the service user cannot see it: Jira does not tell which.
  package enum OfIssue: String, Hashable, Sendable, CaseIterable {
    /// An internal comment on the case says so; the case goes on trying.
    case note
    /// Only the case's story says so.
    case keep
    /// As ``note``, and the two are not linked any more.
    case unlink
    /// As ``unlink``, and the next change of the case makes a new issue, by who makes that change.
    case recreate
  }

  package var ofCase: OfCase
  /// With `close`: the status to reach.
  package var status: String?
  /// With `close`: set on the way there; nil: as the status's own pair says.
  package var resolution: String?
  package var ofIssue: OfIssue
  /// Where `issue=` says it; nil: the case is told as far as the profile can.
  package var ofIssuePosition: SourcePosition?
  /// Nil: the mapping says nothing.
  package var position: SourcePosition?

  package init(
    ofCase: OfCase = .keep, status: String? = nil, resolution: String? = nil, ofIssue: OfIssue = .note,
    ofIssuePosition: SourcePosition? = nil, position: SourcePosition? = nil
  ) {
    self.ofCase = ofCase
    self.status = status
    self.resolution = resolution
    self.ofIssue = ofIssue
    self.ofIssuePosition = ofIssuePosition
    self.position = position
  }
}

/// What becomes of a closed issue when its case is opened again, and the other way round (`<reopening>`).
package struct ReopeningRule: Hashable, Sendable {
  /// The case was closed, and is opened again.
  package enum OfCase: String, Hashable, Sendable, CaseIterable {
    /// The status map moves the issue, as at any other time.
    case follow
    /// The closed issue stays, and the case gets a new one, by who opened the case again.
    case newIssue = "new-issue"
    /// The issue stays closed, and an internal comment on it says so.
    case comment
    /// The issue stays closed.
    case ignore
  }

  /// The issue was closed, and is opened again.
  package enum OfIssue: String, Hashable, Sendable, CaseIterable {
    /// The status map opens the case again, as at any other time.
    case follow
    /// The case stays closed, and an internal comment on it says so.
    case comment
    /// The case stays closed.
    case ignore
  }

  package var ofCase: OfCase
  package var ofIssue: OfIssue
  /// The CRM's statuses in which a case counts as closed.
  package var closed: Set<String>
  /// Of the element; nil: the mapping says nothing.
  package var position: SourcePosition?
  /// Where `closed=` names them; nil: they are those whose pairs set a resolution.
  package var closedPosition: SourcePosition?

  package init(ofCase: OfCase = .follow, ofIssue: OfIssue = .follow, closed: Set<String> = []) {
    self.ofCase = ofCase
    self.ofIssue = ofIssue
    self.closed = closed
  }

  /// Whether a status of the CRM's is one of those.
  package func isClosed(_ status: FieldValue?) -> Bool {
    if case .text(let name)? = status { closed.contains(name) } else { false }
  }
}
