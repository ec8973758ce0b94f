import Hummingbird
import Logging

/// One line per request: the matched route, the status, the duration. Never the address itself: a query may hold an
/// OAuth code or a signed link. What is logged on the way to the answer bears the request's id.
struct AccessLog: RouterMiddleware {
  typealias Context = BasicRequestContext

  func handle(
    _ request: Request, context: BasicRequestContext,
    next: (Request, BasicRequestContext) async throws -> Response
  ) async throws -> Response {
    let clock = ContinuousClock()
    let start = clock.now
    let response = try await withLogger(context.logger) { _ in try await next(request, context) }
    let duration = (clock.now - start).components
    let milliseconds = duration.seconds * 1000 + duration.attoseconds / 1_000_000_000_000_000
    context.logger.info(
      "request answered",
      metadata: [
        "http.method": "\(request.method.rawValue)", "http.route": "\(context.endpointPath ?? "none")",
        "http.status": "\(response.status.code)", "http.milliseconds": "\(milliseconds)",
      ])
    return response
  }
}
