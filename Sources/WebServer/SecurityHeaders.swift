import HTTPTypes
import Hummingbird

/// What every answer carries: no script runs, nothing frames us, nothing is guessed.
///
/// Images may only stand in the page itself: the empty icon does, so that browsers do not ask for another.
struct SecurityHeaders: RouterMiddleware {
  typealias Context = BasicRequestContext

  static let policy =
    "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

  let isHTTPS: Bool

  func handle(
    _ request: Request, context: BasicRequestContext,
    next: (Request, BasicRequestContext) async throws -> Response
  ) async throws -> Response {
    var response = try await next(request, context)
    response.headers[.contentSecurityPolicy] = Self.policy
    response.headers[.xContentTypeOptions] = "nosniff"
    response.headers[.frameOptions] = "DENY"
    if response.headers[.referrerPolicy] == nil { response.headers[.referrerPolicy] = "same-origin" }
    if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
    if isHTTPS { response.headers[.strictTransportSecurity] = "max-age=31536000" }
    return response
  }
}
