import Dispatch
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing

import class FoundationEssentials.FileManager
import struct FoundationEssentials.UUID

@testable import SyncStore
@testable import WebServer

/// What is answered while the database fails; each test has a file of its own.
struct StoreFailureTests {
  @Test("While another program holds the database, a delivery gets 503 with Retry-After and is not stored")
  func deliveryWhileLocked() async throws {
    try await whileLocked { installation in
      let response = try await installation.withClient { try await TestInstallation.Delivery(id: "d-2").send(to: $0) }
      #expect(response.status == .serviceUnavailable)
      #expect(response.headers[.retryAfter] == "5")
      // The one that came before the lock.
      #expect(try await installation.store.counts().pendingEvents == 1)
    }
  }

  @Test("While another program holds the database, the process is not ready")
  func readinessWhileLocked() async throws {
    try await whileLocked { installation in
      let ready = try await installation.withClient { try await $0.execute(uri: "/health/ready", method: .get) }
      #expect(ready.status == .serviceUnavailable)
      #expect(ready.text == #"{"database":{"writable":false},"mappings":{"diagnostics":0,"good":true}}"# + "\n")
    }
  }

  @Test("An error inside becomes a page that names the request and nothing else")
  func unknownError() async throws {
    try await withDatabaseFile { path in
      let installation = try TestInstallation(store: try Store(path: path))
      try installation.store.close()
      let response = try await installation.withClient { try await $0.execute(uri: "/metrics", method: .get) }
      #expect(response.status == .internalServerError)
      #expect(response.text.contains("Something failed here."))
      #expect(!response.text.contains("SQLite"))
    }
  }

  /// Runs something while a transaction of another connection stands open; SQLite then waits for its five seconds.
  private func whileLocked(_ body: (TestInstallation) async throws -> Void) async throws {
    try await withDatabaseFile { path in
      let installation = try TestInstallation(store: try Store(path: path))
      let other = try Store(path: path)
      let first = try await installation.withClient { try await TestInstallation.Delivery().send(to: $0) }
      #expect(first.status == .accepted)
      let (entered, entry) = AsyncStream<Void>.makeStream()
      let leave = DispatchSemaphore(value: 0)
      async let holder: Void = other.commit { _ in
        entry.finish()
        leave.wait()
      }
      for await _ in entered {}
      defer { leave.signal() }
      try await body(installation)
      leave.signal()
      try await holder
    }
  }

  private func withDatabaseFile(_ body: (String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "counterpart-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer {
      // A leftover folder harms nobody.
      try? FileManager.default.removeItem(at: folder)
    }
    try await body(folder.appending(path: "test.sqlite").path)
  }
}
