import HTTPTypes
import HummingbirdTesting
import JSON
import NIOCore
import SyncCore
import SyncModel
import SyncStore
import Testing
import Wire

@testable import WebServer

struct APITests {
  static let addresses = [
    "/api/v1/causes", "/api/v1/events", "/api/v1/operations", "/api/v1/grants", "/api/v1/cases/C-1",
  ]

  @Test(
    "Without the admin token the API tells nothing",
    arguments: addresses + ["/api/v1/operations/1/retry", "/api/v1/causes/retry"])
  func withoutToken(_ address: String) async throws {
    try await TestInstallation().withClient { client in
      for value in ["", "Bearer wrong", "Basic " + TestInstallation.adminToken, "Bearer"] {
        let response = try await client.execute(
          uri: address, method: address.hasSuffix("retry") ? .post : .get, headers: [.authorization: value])
        #expect(response.status == .unauthorized)
        #expect(response.headers[.wwwAuthenticate] == "Bearer")
        #expect(try JSONReader.read(Array(response.body.readableBytesView))["error"] != nil)
      }
    }
  }

  @Test("An empty admin token opens nothing")
  func emptyToken() async throws {
    let response = try await TestInstallation(adminToken: "").withClient {
      try await $0.execute(uri: "/api/v1/events", method: .get, headers: [.authorization: "Bearer "])
    }
    #expect(response.status == .unauthorized)
  }

  @Test("The API tells what the pages show")
  func reads() async throws {
    let installation = try TestInstallation()
    try await installation.makeOperation(as: .dead, reason: "priority is refused")
    try await installation.withClient { client in
      for (address, name) in zip(Self.addresses, ["causes", "events", "operations", "grants", "cases"]) {
        let response = try await client.execute(uri: address, method: .get, headers: Self.authorization)
        #expect(response.status == .ok)
        let json = try JSONReader.read(Array(response.body.readableBytesView))
        #expect(json[name]?.array?.count == (name == "grants" ? 0 : 1))
      }
    }
  }

  @Test("An operation is retried once")
  func retry() async throws {
    let installation = try TestInstallation()
    try await installation.makeOperation(as: .dead, reason: "refused")
    try await installation.withClient { client in
      for (id, status) in [(1, HTTPResponse.Status.accepted), (1, .conflict), (2, .notFound)] {
        let response = try await client.execute(
          uri: "/api/v1/operations/\(id)/retry", method: .post, headers: Self.authorization)
        #expect(response.status == status)
      }
    }
    #expect(try await installation.store.operation(1)?.state == .ready)
  }

  @Test("What stands still for one cause is tried again, and given up, together")
  func causes() async throws {
    let installation = try TestInstallation()
    for id in ["C-1", "C-2"] { try await installation.makeOperation(as: .dead, case: id, reason: "refused") }
    let cause = try #require(try await installation.store.causes().first).cause
    func send(_ address: String, _ fields: [(String, String)]) async throws -> HTTPResponse.Status {
      try await installation.withClient { client in
        try await client.execute(
          uri: address, method: .post, headers: Self.authorization, body: ByteBuffer(string: URLEncoding.query(fields))
        ).status
      }
    }
    func claim(after wait: Duration = .zero) async throws -> CaseID? {
      try await installation.store.claim(worker: "w", now: TestInstallation.now + wait)?.caseID
    }
    #expect(try await send("/api/v1/causes/retry", [("cause", cause), ("rate", "fast")]) == .badRequest)
    #expect(try await send("/api/v1/causes/retry", [("cause", cause), ("rate", "1")]) == .accepted)
    #expect(try await claim() == "C-1")
    #expect(try await claim() == nil)
    #expect(try await claim(after: .seconds(1)) == "C-2")
    #expect(try await send("/api/v1/causes/discard", [("cause", cause)]) == .badRequest)
    #expect(try await send("/api/v1/causes/discard", [("cause", cause), ("reason", "old")]) == .conflict)
  }

  @Test("The OpenAPI document describes every address of the API")
  func document() async throws {
    let response = try await TestInstallation().withClient {
      try await $0.execute(uri: "/api/v1/openapi.json", method: .get)
    }
    let paths = try JSONReader.read(Array(response.body.readableBytesView))["paths"]?.members?.map(\.key)
    #expect(
      paths == [
        "/api/v1/cases/{id}", "/api/v1/causes", "/api/v1/causes/discard", "/api/v1/causes/retry", "/api/v1/events",
        "/api/v1/fields/frozen", "/api/v1/fields/release", "/api/v1/grants", "/api/v1/operations",
        "/api/v1/operations/{id}/retry", "/api/v1/pace", "/api/v1/people/purge", "/api/v1/people/{person}",
        "/api/v1/site-checks",
      ])
  }

  private static let authorization: HTTPFields = [.authorization: "Bearer " + TestInstallation.adminToken]
}
