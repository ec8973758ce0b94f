import JSON

/// How often a far side misbehaves: probabilities from 0 to 1 for each request, at most one fault per request.
package struct FaultPlan: Hashable, Sendable {
  /// The connection is refused; the request surely had no effect.
  package var refusedConnection = 0.0
  /// 503, nothing applied.
  package var unavailable = 0.0
  /// Applied, but the answer is lost.
  package var lostAfterApply = 0.0
  /// 429 with a reason and, mostly, a Retry-After; nothing applied.
  package var rateLimited = 0.0
  /// 429 without a word of why or until when; nothing applied.
  package var rateLimitedSilently = 0.0
  /// 401 although the token is good; nothing applied. Not at the token endpoint.
  package var unauthorised = 0.0
  /// 403; nothing applied. Not at the token endpoint.
  package var forbidden = 0.0
  /// 500, after the request was applied.
  package var brokenAfterApply = 0.0
  /// 502 with an HTML page; nothing applied.
  package var htmlError = 0.0
  /// 200 with a body that is not JSON, after the request was applied.
  package var malformed = 0.0
  /// Answered, but late by ``delay``.
  package var slow = 0.0
  package var delay: Duration = .seconds(5)
  /// The search index is older than usual for one search.
  package var staleSearch = 0.0

  package init() {}

  package static let none = FaultPlan()

  /// The fault of one request, if it has one.
  mutating func fault(using random: inout SeededRandom) -> Fault? {
    let total =
      refusedConnection + unavailable + lostAfterApply + rateLimited + rateLimitedSilently + unauthorised + forbidden
      + brokenAfterApply + htmlError + malformed + slow
    guard total > 0 else { return nil }
    var drawn = random.fraction()
    let table: [(Double, Fault)] = [
      (refusedConnection, .refusedConnection), (unavailable, .unavailable), (lostAfterApply, .lostAfterApply),
      (rateLimited, .rateLimited(reason: Self.reasons[Int(random.next() % 4)], retryAfter: .seconds(2))),
      (htmlError, .htmlError(status: 502)), (malformed, .malformed), (slow, .slow(delay)),
      (rateLimitedSilently, .rateLimited(reason: nil, retryAfter: nil)), (unauthorised, .unauthorised),
      (forbidden, .forbidden), (brokenAfterApply, .brokenAfterApply),
    ]
    for (probability, fault) in table {
      if drawn < probability { return fault }
      drawn -= probability
    }
    return nil
  }

  private static let reasons = [
    "jira-burst-based", "jira-per-issue-on-write", "jira-quota-tenant-based", "jira-quota-global-based",
  ]
}

extension FaultPlan {
  /// `lost=0.02,unavailable=0.01,…`, as `simulate jira --faults` and `POST /simulated/faults {"plan": …}` take it; nothing
  /// in it: no faults. Nil where a name is not known or a probability is none.
  package init?(text: String) {
    self.init()
    for part in text.split(separator: ",") {
      let pair = part.split(separator: "=", maxSplits: 1)
      guard pair.count == 2, let probability = Double(pair[1]), (0...1).contains(probability) else { return nil }
      switch pair[0] {
      case "lost": lostAfterApply = probability
      case "unavailable": unavailable = probability
      case "refused": refusedConnection = probability
      case "html": htmlError = probability
      case "malformed": malformed = probability
      case "rate-limited": rateLimited = probability
      default: return nil
      }
    }
  }
}

/// One way for a request to go wrong.
package enum Fault: Hashable, Sendable {
  case refusedConnection
  case unavailable
  case lostAfterApply
  case rateLimited(reason: String?, retryAfter: Duration?)
  case unauthorised
  case forbidden
  case brokenAfterApply
  case htmlError(status: Int)
  case malformed
  case slow(Duration)
}

/// A fault that waits for the requests it is meant for, and goes when it has struck often enough.
package struct ArmedFault: Hashable, Sendable {
  /// `POST` and the like; nil: any.
  package var method: String?
  /// The end of the path, without the query: `/comment`, `/oauth/token`.
  package var pathSuffix: String
  package var fault: Fault
  package var remaining: Int

  package init(_ fault: Fault, method: String? = nil, pathSuffix: String, times: Int = 1) {
    self.method = method
    self.pathSuffix = pathSuffix
    self.fault = fault
    remaining = times
  }
}

extension ArmedFault {
  /// `{"fault": "lost", "method": "POST", "pathSuffix": "/comment", "times": 1, "seconds": 5}`, as
  /// `POST /simulated/faults` takes it; nil where there is no such fault.
  init?(json: JSONValue) {
    let seconds = json["seconds"]?.int ?? 5
    let fault: Fault
    switch json["fault"]?.string {
    case "refused": fault = .refusedConnection
    case "unavailable": fault = .unavailable
    case "lost": fault = .lostAfterApply
    case "rate-limited":
      fault = .rateLimited(reason: json["reason"]?.string ?? "jira-burst-based", retryAfter: .seconds(seconds))
    case "html": fault = .htmlError(status: 502)
    case "malformed": fault = .malformed
    case "unauthorised": fault = .unauthorised
    case "forbidden": fault = .forbidden
    case "broken": fault = .brokenAfterApply
    case "slow": fault = .slow(.seconds(seconds))
    default: return nil
    }
    self.init(
      fault, method: json["method"]?.string, pathSuffix: json["pathSuffix"]?.string ?? "",
      times: Int(json["times"]?.int ?? 1))
  }
}

extension [ArmedFault] {
  /// The armed fault that this request meets, if any; takes one of its strikes.
  mutating func strike(method: String, path: String) -> Fault? {
    guard
      let index = firstIndex(where: { ($0.method ?? method) == method && path.hasSuffix($0.pathSuffix) })
    else { return nil }
    let fault = self[index].fault
    self[index].remaining -= 1
    if self[index].remaining <= 0 { remove(at: index) }
    return fault
  }
}
