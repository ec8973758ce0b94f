package import SyncCore
package import Wire

/// Turns an answer that is no success, or none at all, into its class. One table for all requests.
package enum JiraFailures {
  /// What the request asked for: a lost answer to a read lost nothing.
  package enum Intent: String, Hashable, Sendable, CaseIterable { case read, write }

  /// The class of an answer outside 200–299.
  package static func failure(_ response: WireResponse, _ intent: Intent) -> CallFailure {
    let body = JiraErrorBody(response)
    switch response.status {
    case 400 where body.fields.isEmpty && deniesPermission(body.message):
      // So Jira answers who may not create issues in a project, or comment.
      return .forbidden(permission(body.message))
    case 400, 413, 422: return .rejected(body.message, fields: body.fields)
    case 401: return isScopeMissing(body) ? .scopeMissing : .unauthorised
    case 403: return .forbidden(permission(body.message))
    case 404: return .notFound(body.message.isEmpty ? "Jira does not show it to this person" : body.message)
    case 409: return .conflict(body.message)
    case 429: return .rateLimited(rateLimit(response))
    case 500...599:
      switch intent {
      case .write: return .unknown("Jira answered \(response.status)")
      case .read: return .unavailable("Jira answered \(response.status)", retryAfter: retryAfter(response))
      }
    case 300...399: return .rejected("Jira answered with a redirect (\(response.status))", fields: [:])
    case 402...499:
      let reason = body.message.isEmpty ? "Jira answered \(response.status)" : body.message
      return .rejected(reason, fields: body.fields)
    default:
      switch intent {
      case .write: return .unknown("Jira answered \(response.status)")
      case .read: return .unreadable("Jira answered \(response.status)")
      }
    }
  }

  /// The class of an exchange without an answer.
  package static func failure(_ failure: TransportFailure, _ intent: Intent) -> CallFailure {
    switch (failure, intent) {
    case (.notSent(let reason), _): .unreachable(reason)
    case (.maybeSent(let reason), .write): .unknown(reason)
    case (.maybeSent(let reason), .read): .unavailable(reason, retryAfter: nil)
    }
  }

  private static func isScopeMissing(_ body: JiraErrorBody) -> Bool {
    body.message.lowercased().contains("scope does not match")
  }

  private static func deniesPermission(_ message: String) -> Bool {
    ["You do not have permission", "You do not have the permission"].contains { message.contains($0) }
  }

  /// Only phrases that are known to be about permissions; others may quote what this person may not see.
  private static func permission(_ message: String) -> String {
    let known = [
      "OAuth 2.0 is not enabled for this method", "You do not have the permission to comment on this issue",
      "You do not have permission", "does not have permission", "not permitted",
    ]
    return known.first { message.contains($0) } ?? "Jira does not permit this to this person"
  }

  /// After https://developer.atlassian.com/cloud/jira/platform/rate-limiting/: without a reason, the grant waits.
  private static func rateLimit(_ response: WireResponse) -> CallFailure.RateLimit {
    let level: CallFailure.RateLimit.Level =
      switch response.header("RateLimit-Reason")?.lowercased() {
      case "jira-quota-global-based": .app
      case "jira-quota-tenant-based", "jira-burst-based": .site
      case "jira-per-issue-on-write": .issue
      default: .grant
      }
    return CallFailure.RateLimit(level: level, retryAfter: retryAfter(response) ?? .seconds(30))
  }

  /// Whole seconds, at least one and at most an hour.
  private static func retryAfter(_ response: WireResponse) -> Duration? {
    guard let text = response.header("Retry-After"), let seconds = Int64(text), seconds >= 0 else { return nil }
    return .seconds(min(max(seconds, 1), 3600))
  }
}
