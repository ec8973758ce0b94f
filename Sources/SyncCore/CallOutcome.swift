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
  case issueDeleted
  /// The issue that was to be deleted is not there any more, or hidden from who deleted the case.
  case issueGone
  case caseAttached(AttachmentID)
  case caseWritten
  /// The CRM's answer may not name the new comment.
  case caseCommented(CommentID?)
  case caseCommentEdited
  case caseCommentDeleted
  case caseAsked(CaseAnswer)
  /// The far side was already as it should be.
  case nothingToDo
}

/// Why a call did not do what it should. Each case has its own consequence in ``OperationLifecycle``, and its own
/// ``Cause`` where it leads to one.
///
/// Texts are a far side's own words about fields and rules, bounded in length; never a header, a token or a body.
package enum CallFailure: Error, Hashable, Sendable {
  /// The request surely had no effect: refused connection, DNS, host not allowed.
  case unreachable(String)
  /// The request may have had its effect: timeout, connection lost, 408 or 5xx on a write, unreadable success.
  case unknown(String, retryAfter: Duration? = nil)
  /// The far side could not answer, and nothing was asked of it but to read (408 or 5xx on a read).
  case unavailable(String, retryAfter: Duration?)
  case rateLimited(RateLimit)
  /// 401: the access token is expired or revoked; one refresh is tried.
  case unauthorised
  /// 401 "scope does not match": a refresh will not help.
  case scopeMissing
  /// 403, and Jira's 400 that says so: this person may not.
  case forbidden(String)
  /// 403 by a site's policy or by Jira's gateway: nobody may, through this app.
  case appForbidden(String)
  /// 404: deleted, or hidden from whose token it was.
  case notFound(String)
  /// 410, and the gateway's own 404: the address, or the whole site, is no longer there.
  case gone(String)
  /// 409, 412: somebody wrote at the same moment.
  case conflict(String)
  /// 400: will not succeed as it stands. `fields` are the fields that the answer names, with its words.
  case rejected(String, fields: [String: String])
  /// 413: too large, or more than an issue may have.
  case tooLarge(String)
  /// Jira's 422: the project's or the workflow's configuration does not let it.
  case misconfigured(String)
  /// 405, 406, 415: the far side does not understand this way of asking.
  case unsupported(String)
  /// 3xx: the far side has moved, or something stands before it. Redirects are never followed.
  case redirected(String)
  /// No grant to act with, or one that needs its person.
  case noGrant
  /// The answer was of a shape that we do not know, and the request was only a read.
  case unreadable(String)
}

extension CallFailure: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unreachable(let reason): "could not be reached: \(reason)"
    case .unknown(let reason, _): "the answer was lost, so it may have happened: \(reason)"
    case .unavailable(let reason, _): "could not answer: \(reason)"
    case .rateLimited(let limit): limit.description
    case .unauthorised: "the access token was refused"
    case .scopeMissing: "the connection lacks a scope that this needs"
    case .forbidden(let reason): "not permitted: \(reason)"
    case .appForbidden(let reason): "not permitted through this app, to anybody: \(reason)"
    case .notFound(let reason): "not found: \(reason)"
    case .gone(let reason): "no longer there: \(reason)"
    case .conflict(let reason): "somebody wrote at the same moment: \(reason)"
    case .rejected(let reason, let fields):
      fields.isEmpty
        ? "refused: \(reason)"
        : "refused: "
          + ([reason].filter { !$0.isEmpty } + fields.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" })
          .joined(separator: "; ")
    case .tooLarge(let reason): "too large, or more than there may be: \(reason)"
    case .misconfigured(let reason): "the configuration there does not let it: \(reason)"
    case .unsupported(let reason): "not understood there: \(reason)"
    case .redirected(let reason): "sent elsewhere, which is never followed: \(reason)"
    case .noGrant: "the acting user has not connected"
    case .unreadable(let reason): "the answer could not be read: \(reason)"
    }
  }
}
