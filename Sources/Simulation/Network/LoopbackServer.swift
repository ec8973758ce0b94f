import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
package import SyncModel
package import Wire

/// Serves a simulated far side over HTTP on this machine's loopback address, so that real clients can be held against it.
package struct LoopbackServer: Service {
  private let port: Int
  private let name: String
  private let bodyLimitBytes = 24 << 20
  private let onReady: @Sendable (Int) async -> Void
  private let exchange: @Sendable (WireRequest) async -> SimulatedExchange

  /// - Parameters:
  ///   - port: 0 for any that is free.
  ///   - name: stands in the log and in the header `Server`.
  ///   - onReady: told the real port once requests are taken.
  package init(
    port: Int, name: String = "simulation", onReady: @escaping @Sendable (Int) async -> Void = { _ in },
    exchange: @escaping @Sendable (WireRequest) async -> SimulatedExchange
  ) {
    self.port = port
    self.name = name
    self.onReady = onReady
    self.exchange = exchange
  }

  /// Serves a function that always answers.
  package init(
    port: Int, name: String = "simulation", onReady: @escaping @Sendable (Int) async -> Void = { _ in },
    respond: @escaping @Sendable (WireRequest) async -> WireResponse
  ) {
    self.init(port: port, name: name, onReady: onReady) { request in
      SimulatedExchange.answer(await respond(request))
    }
  }

  package init(
    _ jira: SimulatedJira, port: Int, clock: @escaping @Sendable () -> Timestamp,
    onReady: @escaping @Sendable (Int) async -> Void = { _ in }
  ) {
    self.init(port: port, name: "simulated-jira", onReady: onReady) { request in
      jira.exchange(request, now: clock())
    }
  }

  /// - Parameter transport: carries webhooks that go out before an answer; needed only where the CRM is configured so.
  package init(
    _ crm: SimulatedCRM, port: Int, transport: (any Transport)? = nil, clock: @escaping @Sendable () -> Timestamp,
    onReady: @escaping @Sendable (Int) async -> Void = { _ in }
  ) {
    self.init(port: port, name: "simulated-crm", onReady: onReady) { request in
      let exchange = crm.exchange(request, now: clock())
      if let transport, crm.configuration.echo == .beforeAnswer { await crm.sendDue(through: transport, now: clock()) }
      return exchange
    }
  }

  /// Serves until graceful shutdown.
  package func run() async throws {
    let responder = CallbackResponder<BasicRequestContext> { request, _ in try await answer(request) }
    let onReady = onReady
    let application = Application(
      responder: responder, server: .http1(configuration: .init(idleTimeout: .seconds(60))),
      configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port), serverName: name),
      onServerRunning: { channel in await onReady(channel.localAddress?.port ?? 0) }, logger: Logger(label: name))
    try await application.run()
  }

  private func answer(_ request: Request) async throws -> Response {
    guard let method = WireRequest.Method(rawValue: request.method.rawValue) else {
      return Response(status: .methodNotAllowed)
    }
    let body = try await request.body.collect(upTo: bodyLimitBytes)
    let authority = request.head.authority ?? "127.0.0.1"
    let wire = WireRequest(
      method, "http://\(authority)\(request.uri.string)",
      headers: request.headers.map { WireHeader($0.name.rawName, $0.value) }, body: Array(body.readableBytesView))
    switch await exchange(wire) {
    case .answer(let response): return Self.response(response)
    case .slowAnswer(let response, let delay):
      try await Task.sleep(for: delay)
      return Self.response(response)
    case .lostAfterApply, .refusedConnection:
      // A body that fails ends the connection before the answer is whole; a client cannot tell what happened.
      return Response(status: .ok, body: ResponseBody(contentLength: 1) { _ in throw AnswerIsLost() })
    }
  }

  private static func response(_ wire: WireResponse) -> Response {
    var fields = HTTPFields()
    for header in wire.headers {
      guard let name = HTTPField.Name(header.name) else { continue }
      fields.append(HTTPField(name: name, value: header.value))
    }
    return Response(
      status: HTTPResponse.Status(code: wire.status), headers: fields,
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: wire.body)))
  }
}

/// Thrown where an answer is not to arrive.
private struct AnswerIsLost: Error {}
