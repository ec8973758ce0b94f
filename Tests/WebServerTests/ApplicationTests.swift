import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import SyncStore
import Testing

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
}
