import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
package import Wire

/// The real network: AsyncHTTPClient, with everything bounded.
///
/// Redirects are never followed (they would carry tokens along), only named origins are spoken to, and one deadline
/// covers the whole exchange, the body included: the client's own ends when the head arrives.
package struct HTTPTransport: Transport {
  /// What an exchange may take and bring.
  package struct Limits: Sendable {
    package var connect: Duration
    package var exchange: Duration
    package var responseBytes: Int
    package var connectionsPerHost: Int

    package init(
      connect: Duration = .seconds(5), exchange: Duration = .seconds(30), responseBytes: Int = 8 << 20,
      connectionsPerHost: Int = 16
    ) {
      self.connect = connect
      self.exchange = exchange
      self.responseBytes = responseBytes
      self.connectionsPerHost = connectionsPerHost
    }
  }

  private let client: HTTPClient
  private let limits: Limits
  private let allowedOrigins: @Sendable () -> Set<String>

  /// - Parameter allowedOrigins: `scheme://host[:port]`, asked at each request, since mappings are reloaded.
  package init(limits: Limits = Limits(), allowedOrigins: @escaping @Sendable () -> Set<String>) {
    var configuration = HTTPClient.Configuration(
      redirectConfiguration: .disallow,
      timeout: .init(
        connect: .nanoseconds(limits.connect.nanoseconds), read: .nanoseconds(limits.exchange.nanoseconds),
        write: .nanoseconds(limits.exchange.nanoseconds)))
    configuration.httpVersion = .http1Only
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = limits.connectionsPerHost
    client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    self.limits = limits
    self.allowedOrigins = allowedOrigins
  }

  /// Closes every connection; call it when nothing sends any more.
  package func shutdown() async throws { try await client.shutdown() }

  package func send(_ request: WireRequest) async throws(TransportFailure) -> WireResponse {
    guard let origin = Origin.of(request.url), allowedOrigins().contains(origin) else {
      throw .notSent("the host is not one that the sites and connections name")
    }
    var outgoing = HTTPClientRequest(url: request.url)
    outgoing.method = HTTPMethod(rawValue: request.method.rawValue)
    for header in request.headers { outgoing.headers.add(name: header.name, value: header.value) }
    if !request.body.isEmpty { outgoing.body = .bytes(ByteBuffer(bytes: request.body)) }
    do {
      return try await withDeadline(outgoing)
    } catch { throw Self.failure(error) }
  }

  private func withDeadline(_ request: HTTPClientRequest) async throws -> WireResponse {
    let (client, limits) = (self.client, self.limits)
    return try await withThrowingTaskGroup(of: WireResponse.self) { group in
      group.addTask {
        let response = try await client.execute(request, timeout: .nanoseconds(limits.exchange.nanoseconds))
        let body = try await response.body.collect(upTo: limits.responseBytes)
        return WireResponse(
          status: Int(response.status.code), headers: response.headers.map { WireHeader($0.name, $0.value) },
          body: Array(body.readableBytesView))
      }
      group.addTask {
        try await Task.sleep(for: limits.exchange)
        throw HTTPClientError.deadlineExceeded
      }
      defer { group.cancelAll() }
      guard let first = try await group.next() else { throw CancellationError() }
      return first
    }
  }

  /// Whether the far side can have seen the request; what is not surely unsent may have been acted on.
  private static func failure(_ error: any Error) -> TransportFailure {
    switch error {
    case let error as HTTPClientError:
      switch error {
      case .connectTimeout: .notSent("no connection within the time allowed")
      case .tlsHandshakeTimeout: .notSent("the TLS handshake took too long")
      case .getConnectionFromPoolTimeout: .notSent("no connection was free")
      case .invalidURL, .emptyHost, .emptyScheme: .notSent("the address is not valid")
      case .readTimeout, .writeTimeout, .deadlineExceeded: .maybeSent("no complete answer within the time allowed")
      case .remoteConnectionClosed: .maybeSent("the connection was closed before the answer was complete")
      case .cancelled: .maybeSent("cancelled")
      default: .maybeSent("the exchange failed")
      }
    case is NIOConnectionError: .notSent("the connection was refused")
    case is NIOTooManyBytesError: .maybeSent("the answer is larger than allowed")
    case is CancellationError: .maybeSent("cancelled")
    default: .maybeSent("the exchange failed")
    }
  }
}

extension Duration {
  fileprivate var nanoseconds: Int64 {
    components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
  }
}
