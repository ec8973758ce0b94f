import AsyncHTTPClient
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
package import Wire

/// Carries requests over HTTP/1.1 to the origins that the mappings name, and nowhere else.
///
/// Redirects are reported as answers, since a followed one would carry secret headers to another host. The deadline
/// covers the whole exchange: the client's own timeout ends with the answer's head, and a body could drip for ever, so it is
/// looked at with each part of the body; silence is the read timeout's. No timer is set for each request: thousands a
/// second would outlive the requests that set them.
/// No compression is offered or undone, so that the size limit holds for what is read.
package struct HTTPTransport: Transport {
  /// How long one exchange may take and how much may come back.
  package struct Limits: Hashable, Sendable {
    package var deadline: Duration
    package var connect: Duration
    package var answerBytes: Int
    package var connectionsPerHost: Int
    /// How long a file may take from one far side to the other.
    package var pipeDeadline: Duration

    package init(
      deadline: Duration = .seconds(30), connect: Duration = .seconds(5), answerBytes: Int = 8 << 20,
      connectionsPerHost: Int = 16, pipeDeadline: Duration = .seconds(300)
    ) {
      self.pipeDeadline = pipeDeadline
      self.deadline = deadline
      self.connect = connect
      self.answerBytes = answerBytes
      self.connectionsPerHost = connectionsPerHost
    }
  }

  let client: HTTPClient
  let limits: Limits
  private let allowedOrigins: @Sendable () -> Set<String>

  /// Call ``shutdown()`` before the last reference goes.
  ///
  /// - Parameters:
  ///   - allowedOrigins: `scheme://host[:port]`, asked for at every request, so that mappings can be reloaded.
  package init(limits: Limits = Limits(), allowedOrigins: @escaping @Sendable () -> Set<String>) {
    var configuration = HTTPClient.Configuration(
      redirectConfiguration: .disallow,
      timeout: .init(
        connect: TimeAmount(limits.connect), read: TimeAmount(limits.deadline), write: TimeAmount(limits.deadline)),
      decompression: .disabled)
    configuration.httpVersion = .http1Only
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = limits.connectionsPerHost
    client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    self.limits = limits
    self.allowedOrigins = allowedOrigins
  }

  /// Sends one request; an origin that is not allowed is refused before anything is resolved or connected.
  package func send(_ request: WireRequest) async throws(TransportFailure) -> WireResponse {
    guard isAllowed(request.url) else { throw .notSent("host not allowed") }
    guard !Task.isCancelled else { throw .notSent("the process is stopping") }
    return try await exchange(request).get()
  }

  func isAllowed(_ url: String) -> Bool {
    guard let origin = HTTPOrigin.of(url) else { return false }
    return allowedOrigins().contains { HTTPOrigin.of($0) == origin }
  }

  /// Closes every connection. An error of closing has no consequence for anybody, so none is thrown.
  package func shutdown() async {
    try? await client.shutdown()
  }

  private func exchange(_ request: WireRequest) async -> Result<WireResponse, TransportFailure> {
    var outgoing = Self.outgoing(request)
    if !request.body.isEmpty { outgoing.body = .bytes(ByteBuffer(bytes: request.body)) }
    do {
      let end = ContinuousClock.now + limits.deadline
      let answer = try await client.execute(outgoing, timeout: TimeAmount(limits.deadline))
      var body: [UInt8] = []
      for try await part in answer.body {
        guard body.count + part.readableBytes <= limits.answerBytes else {
          return .failure(.maybeSent("the answer is too large"))
        }
        body += part.readableBytesView
        guard ContinuousClock.now < end else {
          return .failure(.maybeSent("no complete answer before the deadline"))
        }
      }
      return .success(Self.response(answer, body))
    } catch {
      return .failure(Self.failure(error))
    }
  }

  /// The request without its body.
  static func outgoing(_ request: WireRequest) -> HTTPClientRequest {
    var outgoing = HTTPClientRequest(url: request.url)
    outgoing.method = HTTPMethod(rawValue: request.method.rawValue)
    for header in request.headers { outgoing.headers.add(name: header.name, value: header.value) }
    return outgoing
  }

  static func response(_ answer: HTTPClientResponse, _ body: [UInt8]) -> WireResponse {
    WireResponse(
      status: Int(answer.status.code), headers: answer.headers.map { WireHeader($0.name, $0.value) }, body: body)
  }

  /// Surely not sent is only what fails before a request can be written; everything else may have been acted on.
  static func failure(_ error: any Error) -> TransportFailure {
    switch error {
    case is NIOConnectionError: return .notSent("the connection was refused or the name could not be resolved")
    case let error as IOError where [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH].contains(error.errnoCode):
      return .notSent("the connection was refused or no way leads there")
    case is CancellationError: return .maybeSent("cancelled")
    case let error as HTTPClientError: return failure(error)
    default: return .maybeSent("the connection failed")
    }
  }

  private static func failure(_ error: HTTPClientError) -> TransportFailure {
    switch error {
    case .connectTimeout: .notSent("no connection before the timeout")
    case .tlsHandshakeTimeout: .notSent("no TLS handshake before the timeout")
    case .getConnectionFromPoolTimeout: .notSent("no free connection before the timeout")
    case .invalidURL, .emptyHost, .emptyScheme: .notSent("the address cannot be used")
    case .alreadyShutdown: .notSent("the client is shut down")
    case .readTimeout: .maybeSent("no answer before the read timeout")
    case .writeTimeout: .maybeSent("the request could not be written in time")
    case .deadlineExceeded: .maybeSent("no answer before the deadline")
    case .remoteConnectionClosed: .maybeSent("the far side closed the connection")
    case .cancelled: .maybeSent("cancelled")
    default: .maybeSent("the exchange failed")
    }
  }
}
