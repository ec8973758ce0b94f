package import SyncModel

/// What became of one call to a far side.
package typealias CallOutcome = Result<Receipt, CallFailure>

/// What a call that was carried out left behind.
package enum Receipt: Hashable, Sendable {
  case issueCreated(id: IssueID, key: IssueKey)
  case issueEdited
  case transitioned
  /// With the digest of what Jira holds now, where its answer shows that.
  case commented(CommentID, text: String? = nil)
  /// The comment that was to be changed or deleted is not there any more.
  case commentGone
  case commentDeleted
  case attached(AttachmentID)
  case linked
  case caseWritten
  /// The CRM's answer may not name the new comment.
  case caseCommented(CommentID?)
  case caseCommentEdited
  case caseCommentDeleted
  /// The far side was already as it should be.
  case nothingToDo
}

/// Why a call did not do what it should. Each case has its own consequence in ``OperationLifecycle``.
///
/// Texts are a far side's own words about fields and rules, bounded in length; never a header, a token or a body.
package enum CallFailure: Error, Hashable, Sendable {
  /// The request surely had no effect: refused connection, DNS, host not allowed.
  case unreachable(String)
  /// The request may have had its effect: timeout, connection lost, 5xx on a write, unreadable success.
  case unknown(String)
  /// The far side could not answer, and nothing was asked of it but to read (5xx on a read, 503).
  case unavailable(String, retryAfter: Duration?)
  case rateLimited(RateLimit)
  /// 401: the access token is expired or revoked; one refresh is tried.
  case unauthorised
  /// 401 "scope does not match": a refresh will not help.
  case scopeMissing
  /// 403: this person may not, or a site's policy does not let this app.
  case forbidden(String)
  case notFound(String)
  /// 409: somebody wrote at the same moment.
  case conflict(String)
  /// 400, 413, 422: will not succeed as it stands. `fields` are the fields that the answer names, with its words.
  case rejected(String, fields: [String: String])
  /// No grant to act with, or one that needs its person.
  case noGrant
  /// The answer was of a shape that we do not know, and the request was only a read.
  case unreadable(String)

  package struct RateLimit: Hashable, Sendable {
    /// What the limit concerns; without a word from Jira the narrowest is assumed.
    package enum Level: String, Hashable, Sendable, CaseIterable { case grant, issue, site, app }

    package var level: Level
    package var retryAfter: Duration

    package init(level: Level, retryAfter: Duration) {
      self.level = level
      self.retryAfter = retryAfter
    }
  }
}

extension CallFailure: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unreachable(let reason): "could not be reached: \(reason)"
    case .unknown(let reason): "the answer was lost, so it may have happened: \(reason)"
    case .unavailable(let reason, _): "could not answer: \(reason)"
    case .rateLimited(let limit): "asked to slow down (\(limit.level.rawValue) limit)"
    case .unauthorised: "the access token was refused"
    case .scopeMissing: "the grant lacks a scope that this needs"
    case .forbidden(let reason): "not permitted: \(reason)"
    case .notFound(let reason): "not found: \(reason)"
    case .conflict(let reason): "somebody wrote at the same moment: \(reason)"
    case .rejected(let reason, let fields):
      fields.isEmpty
        ? "refused: \(reason)"
        : "refused: "
          + ([reason].filter { !$0.isEmpty } + fields.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" })
          .joined(separator: "; ")
    case .noGrant: "the acting user has not connected"
    case .unreadable(let reason): "the answer could not be read: \(reason)"
    }
  }
}
