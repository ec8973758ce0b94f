import JSON
package import SyncCore
import SyncModel
package import Wire

/// What an answer of Jira means, by its status: the one table of this client. Pure.
package enum JiraAnswer {
  /// Whether the request asked only to read: then an answer that fails left nothing behind.
  package enum Intent: Hashable, Sendable, CaseIterable { case read, write }

  /// - Returns: nil for success.
  package static func failure(_ response: WireResponse, intent: Intent) -> CallFailure? {
    switch response.status {
    case 200..<300: return nil
    case 300..<400: return .rejected("Jira answered with a redirect, which is never followed", fields: [:])
    case 401: return text(response).contains("scope does not match") ? .scopeMissing : .unauthorised
    case 403: return .forbidden(words(response))
    case 404, 410: return .notFound(words(response))
    case 408, 425:
      return intent == .read
        ? .unavailable("it gave up waiting", retryAfter: nil) : .unknown("Jira gave up waiting (\(response.status))")
    case 409: return .conflict(words(response))
    case 429: return .rateLimited(rateLimit(response))
    case 400..<500: return .rejected(words(response), fields: fields(response))
    default:
      let reason = "Jira answered \(response.status)"
      return intent == .read
        ? .unavailable(reason, retryAfter: seconds(response, "Retry-After")) : .unknown(reason)
    }
  }

  /// Why nothing came back, for a read or a write.
  package static func failure(_ failure: TransportFailure, intent: Intent) -> CallFailure {
    switch failure {
    case .notSent(let reason): .unreachable(reason)
    case .maybeSent(let reason): intent == .read ? .unavailable(reason, retryAfter: nil) : .unknown(reason)
    }
  }

  /// The answer's JSON; nil where it is none.
  static func json(_ response: WireResponse) -> JSONValue? { try? JSONReader.read(response.body) }

  // MARK: - Words

  /// Jira's own words. The shapes: ErrorCollection, `{code,message}`, Spring's, problem+json, OAuth's; else none.
  private static func words(_ response: WireResponse) -> String {
    guard let json = json(response) else { return "status \(response.status)" }
    var parts = json["errorMessages"]?.array?.compactMap(\.string) ?? []
    for key in ["message", "detail", "error_description"] where parts.isEmpty {
      parts += [json[key]?.string].compactMap { $0 }
    }
    let text = parts.joined(separator: " ")
    return text.isEmpty && fields(response).isEmpty ? "status \(response.status)" : bounded(text)
  }

  private static func fields(_ response: WireResponse) -> [String: String] {
    var result: [String: String] = [:]
    for member in json(response)?["errors"]?.members ?? [] {
      result[member.key] = bounded(member.value.string ?? "refused")
    }
    return result
  }

  private static func bounded(_ text: String) -> String {
    let printable = text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }
    return String(String.UnicodeScalarView(printable.prefix(300)))
  }

  private static func text(_ response: WireResponse) -> String {
    String(decoding: response.body.prefix(2000), as: UTF8.self)
  }

  // MARK: - Limits

  /// Which limit was met, by `RateLimit-Reason`; without one the narrowest is assumed, the person's own.
  private static func rateLimit(_ response: WireResponse) -> CallFailure.RateLimit {
    let level: CallFailure.RateLimit.Level =
      switch response.header("RateLimit-Reason") {
      case "jira-quota-global-based": .app
      case "jira-quota-tenant-based", "jira-burst-based": .site
      case "jira-per-issue-on-write": .issue
      default: .grant
      }
    let wait = seconds(response, "Retry-After") ?? seconds(response, "Beta-Retry-After") ?? .seconds(30)
    return CallFailure.RateLimit(level: level, retryAfter: min(wait, .seconds(3600)))
  }

  private static func seconds(_ response: WireResponse, _ header: String) -> Duration? {
    guard let text = response.header(header), let seconds = Int64(text), seconds >= 0 else { return nil }
    return .seconds(min(seconds, 86_400))
  }
}
