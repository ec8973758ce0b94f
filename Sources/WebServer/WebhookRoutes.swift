import HTTPTypes
import Hummingbird
import MappingLanguage
import NIOCore
import SyncEngine
import SyncModel
import Wire

/// The receiver. Its answers hold nothing of the delivery, and tell nobody why a proof failed.
struct WebhookRoutes: Sendable {
  let dependencies: WebDependencies

  /// `POST /webhooks/{connection}`
  func receive(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    let body: [UInt8]
    do {
      body = try await request.bytes(upTo: dependencies.bodyLimitBytes, within: dependencies.bodyDeadline)
    } catch let problem as BodyProblem { return answer(problem) }
    let headers = request.headers.map { WireHeader($0.name.rawName, $0.value) }
    let connection = ConnectionName(context.pathPart("connection"))
    switch await dependencies.intake.receive(
      connection: connection, body: body, headers: headers, now: dependencies.clock())
    {
    case .accepted(let rule):
      var answer = Response(status: HTTPResponse.Status(code: rule.status))
      if let text = rule.body { answer.body = ResponseBody(byteBuffer: ByteBuffer(string: text)) }
      if let type = rule.contentType { answer.headers[.contentType] = type }
      return answer
    case .refused: return .jsonError(.unauthorized, Self.refusal)
    case .unknown: return .jsonError(.notFound, Self.refusal)
    case .unreadable(let reason): return .jsonError(.badRequest, reason)
    case .unavailable:
      var answer = Response.jsonError(.serviceUnavailable, "The delivery cannot be stored now; send it again.")
      answer.headers[.retryAfter] = "5"
      return answer
    }
  }

  /// The same words for every reason.
  static let refusal = "The delivery is not accepted: no such connection, or its signature does not fit."

  private func answer(_ problem: BodyProblem) -> Response {
    var answer =
      switch problem {
      case .tooLarge:
        Response.jsonError(
          .contentTooLarge, "The body is larger than \(dependencies.bodyLimitBytes) bytes.")
      case .tooSlow: Response.jsonError(.requestTimeout, "The body did not arrive in time.")
      }
    answer.headers[.connection] = "close"
    return answer
  }
}
