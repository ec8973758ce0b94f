import JSON
package import Wire

/// What becomes of one request to a simulated far side.
package enum SimulatedExchange: Hashable, Sendable {
  case answer(WireResponse)
  /// The answer comes, but after this long.
  case slowAnswer(WireResponse, after: Duration)
  /// The request took effect; its answer never arrives.
  case lostAfterApply
  /// The request never arrived.
  case refusedConnection
}

extension SimulatedExchange {
  /// Carries a request to `apply` through a fault: some faults stop it before, some spoil the answer after.
  static func through(_ fault: Fault?, apply: () -> WireResponse) -> SimulatedExchange {
    switch fault {
    case nil: return .answer(apply())
    case .refusedConnection: return .refusedConnection
    case .unavailable: return .answer(.json(503, ["message": "Service temporarily unavailable"]))
    case .lostAfterApply:
      _ = apply()
      return .lostAfterApply
    case .rateLimited(let reason, let retryAfter):
      return .answer(.rateLimited(reason: reason, retryAfter: retryAfter))
    case .unauthorised: return .answer(.json(401, ["code": 401, "message": "Unauthorized"]))
    case .forbidden: return .answer(.json(403, ["errorMessages": ["This action is not permitted."], "errors": [:]]))
    case .brokenAfterApply:
      _ = apply()
      return .answer(.json(500, ["errorMessages": ["Internal server error"], "errors": [:]]))
    case .htmlError(let status):
      return .answer(.html(status, "<html><body><h1>\(status) Bad Gateway</h1></body></html>"))
    case .malformed:
      var spoilt = apply()
      spoilt.body = [UInt8(ascii: "{")]
      return .answer(spoilt)
    case .slow(let delay): return .slowAnswer(apply(), after: delay)
    }
  }

  /// The exchange for callers that can only take an answer: a lost one becomes 502, a refused one 503.
  var response: WireResponse {
    switch self {
    case .answer(let response), .slowAnswer(let response, _): response
    case .lostAfterApply: .html(502, "<html><body><h1>502 Bad Gateway</h1></body></html>")
    case .refusedConnection: .html(503, "<html><body><h1>503 Service Unavailable</h1></body></html>")
    }
  }
}
