package import SyncCore
package import Wire

/// Turns an answer that is no success, or none at all, into its class. One table for all requests.
package enum JiraFailures {
  /// What the request asked for: a lost answer to a read lost nothing.
  package enum Intent: String, Hashable, Sendable, CaseIterable { case read, write }

  /// The class of an answer outside 200–299.
  package static func failure(_ response: WireResponse, _ intent: Intent) -> CallFailure {
    let body = JiraErrorBody(response)
    let status = "Jira answered \(response.status)"
    let words = body.message.isEmpty ? status : body.message
    switch response.status {
    case 300...399: return .redirected("Jira answered with a redirect (\(response.status))")
    // Whether a person may not or the request is wrong, and which field, only the words tell.
    case 400 where !body.isReadable, 422 where !body.isReadable:
      return .unreadable("\(status) without words that can be read")
    // So Jira answers who may not create issues in a project, or comment; it may name a field in the same breath.
    case 400 where deniesPermission(body.message): return .forbidden(permission(body.message))
    case 400: return .rejected(body.message, fields: body.fields)
    case 401 where isScopeMissing(body): return .scopeMissing
    case 401: return .unauthorised
    case 403 where refusesApp(body.message) != nil: return .appForbidden(refusesApp(body.message) ?? status)
    case 403: return .forbidden(permission(body.message))
    case 404 where body.isOfGateway: return .gone("Atlassian's gateway knows no such site or address")
    case 404: return .notFound(body.message.isEmpty ? "Jira does not show it to this person" : body.message)
    case 405, 406, 415: return .unsupported(words)
    case 408: return lost(status, intent, retryAfter: nil)
    case 409: return .conflict(words)
    case 410: return .gone(words)
    case 413: return .tooLarge(words)
    case 422 where body.fields.isEmpty: return .misconfigured(words)
    case 422: return .rejected(body.message, fields: body.fields)
    case 429: return .rateLimited(rateLimit(response))
    case 402...499: return .rejected(words, fields: body.fields)
    case 500...599: return lost(status, intent, retryAfter: retryAfter(response))
    default: return intent == .write ? .unknown(status) : .unreadable(status)
    }
  }

  private static func lost(_ reason: String, _ intent: Intent, retryAfter: Duration?) -> CallFailure {
    switch intent {
    case .write: .unknown(reason, retryAfter: retryAfter)
    case .read: .unavailable(reason, retryAfter: retryAfter)
    }
  }

  /// The class of an exchange without an answer.
  package static func failure(_ failure: TransportFailure, _ intent: Intent) -> CallFailure {
    switch failure {
    case .notSent(let reason): .unreachable(reason)
    case .maybeSent(let reason): lost(reason, intent, retryAfter: nil)
    }
  }

  private static func isScopeMissing(_ body: JiraErrorBody) -> Bool {
    body.message.lowercased().contains("scope does not match")
  }

  private static func deniesPermission(_ message: String) -> Bool {
    ["You do not have permission", "You do not have the permission"].contains { message.contains($0) }
  }

  /// The words with which Jira's gateway or a site's policy turns the app away, whoever asks.
  private static func refusesApp(_ message: String) -> String? {
    ["OAuth 2.0 is not enabled for this method", "Your site admin must authorize this app"]
      .first { message.contains($0) }
  }

  /// Only phrases that are known to be about permissions; others may quote what this person may not see.
  private static func permission(_ message: String) -> String {
    let known = [
      "You do not have the permission to comment on this issue",
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
