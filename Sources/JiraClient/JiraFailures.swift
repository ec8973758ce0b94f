package import SyncCore
package import SyncModel
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
    case .notYet(let deferral):
      .rateLimited(limit(deferral))
    }
  }

  /// Our own account says that something has to wait.
  package static func deferral(_ limit: CallFailure.RateLimit, until end: Timestamp) -> TransportFailure.Deferral {
    TransportFailure.Deferral(
      scope: "\(limit.level.rawValue) \(limit.source.rawValue)", untilMilliseconds: end.milliseconds)
  }

  private static func limit(_ deferral: TransportFailure.Deferral) -> CallFailure.RateLimit {
    let words = deferral.scope.split(separator: " ").map(String.init)
    return CallFailure.RateLimit(
      level: words.first.flatMap(CallFailure.RateLimit.Level.init(rawValue:)) ?? .grant, retryAfter: nil,
      reset: Timestamp(milliseconds: deferral.untilMilliseconds),
      source: words.last.flatMap(CallFailure.RateLimit.Source.init(rawValue:)) ?? .ours)
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
  package static func rateLimit(_ response: WireResponse) -> CallFailure.RateLimit {
    let reason = response.header("RateLimit-Reason")?.lowercased() ?? ""
    let level: CallFailure.RateLimit.Level =
      switch reason {
      case "jira-quota-global-based": .app
      case "jira-quota-tenant-based": .site
      case "jira-burst-based": .endpoint
      case "jira-per-issue-on-write": .issue
      default: JiraQuota(response).map { $0.remaining == 0 ? ($0.isOfApp ? .app : .site) : .grant } ?? .grant
      }
    return CallFailure.RateLimit(
      level: level, retryAfter: retryAfter(response),
      reset: ["X-RateLimit-Reset", "X-Beta-RateLimit-Reset"].lazy.compactMap { response.header($0) }.first
        .flatMap { Timestamp($0) },
      isHourly: level == .app || level == .site)
  }

  /// Whole seconds, at least one and at most an hour.
  private static func retryAfter(_ response: WireResponse) -> Duration? {
    guard let text = response.header("Retry-After") ?? response.header("Beta-Retry-After"), let seconds = Int64(text),
      seconds >= 0
    else { return nil }
    return .seconds(min(max(seconds, 1), 3600))
  }
}

/// What an answer of Jira's says of the quota by the hour, if it does.
package struct JiraQuota: Hashable, Sendable {
  /// The quota is the app's, for all its tenants; else it is this tenant's own.
  package var isOfApp: Bool
  /// Nil: less than a fifth is left.
  package var remaining: Int?

  /// `Beta-RateLimit: "global-app-quota";r=64000;t=1800`, or the header that only warns.
  package init?(_ response: WireResponse) {
    if let text = response.header("Beta-RateLimit") ?? response.header("RateLimit") {
      for policy in text.split(separator: ",") {
        let parts = policy.split(separator: ";").map { $0.drop { $0 == " " } }
        guard let name = parts.first?.lowercased(), name.contains("quota"),
          let left = parts.lazy.compactMap({ $0.hasPrefix("r=") ? Int($0.dropFirst(2)) : nil }).first
        else { continue }
        self.init(isOfApp: name.contains("global"), remaining: left)
        return
      }
    }
    let isNear = ["X-RateLimit-NearLimit", "X-Beta-RateLimit-NearLimit"].contains {
      response.header($0)?.lowercased() == "true"
    }
    guard isNear else { return nil }
    self.init(isOfApp: true, remaining: nil)
  }

  package init(isOfApp: Bool, remaining: Int?) {
    self.isOfApp = isOfApp
    self.remaining = remaining
  }
}
