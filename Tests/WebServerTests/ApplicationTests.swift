import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import NIOPosix
import Testing

@testable import SyncStore
@testable import WebServer

struct ApplicationTests {
  @Test("The server answers over the network, within its limits")
  func live() async throws {
    let installation = try TestInstallation(bodyLimitBytes: 1024)
    let application = try WebRoutes.application(
      dependencies: installation.dependencies, host: "127.0.0.1", port: 0, logger: Logger(label: "test"))
    try await application.test(.live) { client in
      let accepted = try await TestInstallation.Delivery().send(to: client)
      #expect(accepted.status == .accepted)
      let long = TestInstallation.Delivery(body: String(repeating: "[", count: 2000), id: "d-2")
      let refused = try await long.send(to: client)
      #expect(refused.status == .contentTooLarge)
    }
    #expect(try await installation.store.counts().pendingEvents == 1)
  }

  @Test("A connection that falls silent in the middle of a body is closed")
  func silent() async throws {
    let installation = try TestInstallation()
    let application = try WebRoutes.application(
      dependencies: installation.dependencies, host: "127.0.0.1", port: 0, logger: Logger(label: "test"),
      idleTimeout: .milliseconds(400))
    try await application.test(.live) { client in
      let port = try #require(client.port)
      let connection = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
        .connect(host: "127.0.0.1", port: port).get()
      // Where the machine is too busy to write in time, the connection has been silent even longer.
      try? await connection.writeAndFlush(
        ByteBuffer(string: "POST /webhooks/acme HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{"))
      try await connection.closeFuture.get()
    }
    #expect(try await installation.store.counts() == StoreCounts())
  }
}
