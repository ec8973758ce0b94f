package import SyncCore
package import Wire

/// What a CRM's answers mean. Pure, and told by the status alone: bodies are full of customers' words.
package enum CRMResponses {
  /// Whether the request may have changed something, which decides what a lost answer means.
  package enum Purpose: String, Hashable, Sendable, CaseIterable { case read, write }

  /// Why a request did not do what it should; nil for a success.
  package static func failure(of response: WireResponse, purpose: Purpose) -> CallFailure? {
    let status = "it answered with status \(response.status)"
    switch response.status {
    case 200..<300: return nil
    case 300..<400: return .redirected("it answered with a redirect (status \(response.status))")
    case 400, 422: return .rejected(status, fields: [:])
    case 401: return .unauthorised
    case 403: return .forbidden(status)
    case 404: return .notFound(status)
    case 405, 406, 415: return .unsupported(status)
    case 408: return lost(status, purpose, retryAfter: nil)
    // 412: a version that is no longer the newest; 423: the record is locked by somebody who edits it.
    case 409, 412, 423: return .conflict(status)
    case 410: return .gone(status)
    case 413: return .tooLarge(status)
    // 425: surely not acted on, and meant to be sent again (RFC 8470, 5.2).
    case 425: return .unavailable(status, retryAfter: retryAfter(response))
    case 429: return .rateLimited(.init(level: .site, retryAfter: retryAfter(response) ?? .seconds(60), source: .crm))
    case 400..<500: return .rejected(status, fields: [:])
    default: return lost(status, purpose, retryAfter: retryAfter(response))
    }
  }

  /// What a failure of the transport means.
  package static func failure(of failure: TransportFailure, purpose: Purpose) -> CallFailure {
    switch failure {
    case .notSent(let reason): .unreachable(reason)
    case .maybeSent(let reason): lost(reason, purpose, retryAfter: nil)
    case .notYet: .unreachable("nothing may be sent yet")
    }
  }

  private static func lost(_ reason: String, _ purpose: Purpose, retryAfter: Duration?) -> CallFailure {
    switch purpose {
    case .write: .unknown(reason, retryAfter: retryAfter)
    case .read: .unavailable(reason, retryAfter: retryAfter)
    }
  }

  /// Whole seconds up to a day; the header's other form, a date, is not read.
  private static func retryAfter(_ response: WireResponse) -> Duration? {
    guard let text = response.header("Retry-After"), let seconds = Int64(text), seconds >= 0 else { return nil }
    return .seconds(min(seconds, 86_400))
  }
}
