package import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore

extension WebRoutes {
  /// The server with its limits; it is a service for the caller's own group, which also sets how long a graceful
  /// shutdown may take.
  ///
  /// It speaks HTTP/1.1 and belongs behind a proxy that speaks TLS. What is left of a refused body is drained without a
  /// limit of its own before the next request, so the number of connections is limited too.
  ///
  /// - Parameters:
  ///   - port: 0 lets the system choose.
  ///   - idleTimeout: how long a connection may be silent, also in the middle of a body.
  ///   - onListening: called with the port once connections are accepted.
  package static func application(
    dependencies: WebDependencies, host: String, port: Int, logger: Logger,
    maximumConnections: Int = 1024, idleTimeout: Duration = .seconds(30),
    onListening: @escaping @Sendable (Int) async -> Void = { _ in }
  ) throws -> Application<RouterResponder<BasicRequestContext>> {
    let limits = HTTP1Channel.Configuration(
      idleTimeout: .nanoseconds(Int64(idleTimeout / .nanoseconds(1))),
      httpDecoderConfiguration: HTTP1Channel.Configuration.DecoderConfiguration(
        maxHeaderFieldSize: 16 * 1024, maxHeaderListSize: 32 * 1024, maxHeaderFieldCount: 100))
    return Application(
      router: try router(dependencies: dependencies), server: .http1(configuration: limits),
      configuration: ApplicationConfiguration(
        address: .hostname(host, port: port), serverName: nil,
        availableConnectionsDelegate: MaximumAvailableConnections(maximumConnections, logger: logger)),
      onServerRunning: { channel in
        if let port = channel.localAddress?.port { await onListening(port) }
      }, logger: logger)
  }
}
