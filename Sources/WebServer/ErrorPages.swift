import HTTPTypes
import Hummingbird
import Logging

/// Turns what a route threw into a page, or into JSON for programs; of unknown errors only the request's id is told.
struct ErrorPages: RouterMiddleware {
  typealias Context = BasicRequestContext

  let pages: PageMaker

  func handle(
    _ request: Request, context: BasicRequestContext,
    next: (Request, BasicRequestContext) async throws -> Response
  ) async throws -> Response {
    do { return try await next(request, context) } catch let problem as BodyProblem {
      switch problem {
      case .tooLarge: return answer(request, context, .contentTooLarge, "What was sent is too large.")
      case .tooSlow: return answer(request, context, .requestTimeout, "What was sent did not arrive in time.")
      }
    } catch let error as HTTPError where error.status == .notFound {
      return answer(request, context, .notFound, "There is nothing at this address.")
    } catch let error as HTTPError where error.status.code < 500 {
      return answer(request, context, error.status, "The request cannot be answered as it stands.")
    } catch {
      context.logger.error("request failed", metadata: ["error.type": "\(type(of: error))"])
      return answer(request, context, .internalServerError, "Something failed here. It is not your doing.")
    }
  }

  private func answer(
    _ request: Request, _ context: BasicRequestContext, _ status: HTTPResponse.Status, _ sentence: String
  ) -> Response {
    let path = request.uri.path
    guard !path.hasPrefix("/api/"), !path.hasPrefix("/webhooks/"), !path.hasPrefix("/health/") else {
      return .jsonError(status, "\(sentence) Request \(context.requestID).")
    }
    let title = status == .notFound ? "Not found" : "That did not work"
    return pages.message(title, [sentence], status: status, requestID: context.requestID)
  }
}
