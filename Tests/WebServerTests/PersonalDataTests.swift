import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSON
import NIOCore
import SyncEngine
import SyncModel
import SyncStore
import Testing
import Wire

@testable import WebServer

@Suite("Personal data on the pages and in the API")
struct PersonalDataTests {
  private static let authorization: HTTPFields = [.authorization: "Bearer " + TestInstallation.adminToken]

  private static func connected() async throws -> TestInstallation {
    let installation = try TestInstallation()
    let grant = StoredGrant(
      connection: "acme", user: CRMUser(id: "8", name: "Mark", email: "mark@example.com"), account: "acc-mark",
      accountName: "Mark M", timeZone: nil, cloudID: "cloud", scopes: [], state: .active, lapseReason: nil,
      generation: 1, accessToken: Array("sealed".utf8), refreshToken: nil, expiresAt: TestInstallation.now,
      connectedAt: TestInstallation.now)
    _ = try await installation.store.connect(grant, now: TestInstallation.now)
    return installation
  }

  private static func json(_ response: TestResponse) throws -> JSONValue {
    try JSONReader.read(Array(response.body.readableBytesView))
  }

  @Test("The API tells what is stored about a person and erases it, with the admin token only")
  func api() async throws {
    let installation = try await Self.connected()
    try await installation.withClient { client in
      let form = ByteBuffer(string: URLEncoding.query([("connection", "acme"), ("user", "8")]))
      #expect(try await client.execute(uri: "/api/v1/people/8", method: .get).status == .unauthorized)
      #expect(
        try await client.execute(uri: "/api/v1/people/purge", method: .post, body: form).status == .unauthorized)
      let report = try await client.execute(
        uri: "/api/v1/people/acc-mark", method: .get, headers: Self.authorization)
      #expect(report.status == .ok && !report.text.contains("sealed"))
      #expect(try Self.json(report)["people"]?[0]?["places"]?[0]?["values"]?["e-mail"] == "mark@example.com")
      let purged = try await client.execute(
        uri: "/api/v1/people/purge", method: .post, headers: Self.authorization, body: form)
      #expect(try Self.json(purged)["purged"]?["erased"]?["grants"] == 1)
      let after = try await client.execute(uri: "/api/v1/people/8", method: .get, headers: Self.authorization)
      #expect(after.status == .notFound)
      let bad = try await client.execute(uri: "/api/v1/people/purge", method: .post, headers: Self.authorization)
      #expect(bad.status == .badRequest)
    }
    #expect(try await installation.store.grants().isEmpty)
  }

  @Test("The page of people says whether stored accounts are reported, and lets an admin erase a person")
  func page() async throws {
    let installation = try await Self.connected()
    try await installation.store.keep(
      ReportTurn(api: "https://api.example.com", dueAt: TestInstallation.now, problem: "no scope"))
    try await installation.withClient { client in
      let headers: HTTPFields = [.cookie: try await AdminTests.signIn(client).cookiePair]
      let page = try await client.execute(uri: "/admin/people", method: .get, headers: headers)
      #expect(page.text.contains("Stored accounts are not reported to Atlassian: no scope."))
      #expect(page.text.contains("Erase Mark"))
      let form = "csrf=\(try page.hidden("csrf"))&connection=acme&user=8"
      let done = try await client.execute(
        uri: "/admin/people/purge", method: .post, headers: headers, body: ByteBuffer(string: form))
      #expect(done.status == .ok && done.text.contains("was disconnected and erased"))
    }
    #expect(try await installation.store.grants().isEmpty)
  }
}
