import JSON
import Wire

extension WireResponse {
  static func json(
    _ status: Int, _ value: JSONValue, contentType: String = "application/json;charset=UTF-8"
  ) -> WireResponse {
    WireResponse(status: status, headers: [WireHeader("Content-Type", contentType)], body: value.utf8)
  }

  static func html(_ status: Int, _ text: String) -> WireResponse {
    WireResponse(
      status: status, headers: [WireHeader("Content-Type", "text/html;charset=UTF-8")], body: Array(text.utf8))
  }

  /// 303 after a form, 302 at the end of an authorization: the browser goes on with GET.
  static func redirect(_ status: Int = 303, to address: String) -> WireResponse {
    WireResponse(status: status, headers: [WireHeader("Location", address)])
  }

  static func empty(_ status: Int) -> WireResponse { WireResponse(status: status) }

  static func rateLimited(reason: String?, retryAfter: Duration?) -> WireResponse {
    var headers = [
      WireHeader("Content-Type", "application/json;charset=UTF-8"), WireHeader("X-RateLimit-Remaining", "0"),
    ]
    if let reason { headers.append(WireHeader("RateLimit-Reason", reason)) }
    if let retryAfter { headers.append(WireHeader("Retry-After", String(retryAfter.components.seconds))) }
    let body: JSONValue = ["errorMessages": ["Rate limit exceeded."], "errors": [:]]
    return WireResponse(status: 429, headers: headers, body: body.utf8)
  }
}

/// A request that is answered without being carried out.
struct Refusal: Error {
  var response: WireResponse

  init(_ response: WireResponse) { self.response = response }
}
