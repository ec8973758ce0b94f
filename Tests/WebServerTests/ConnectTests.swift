import HTTPTypes
import Hummingbird
import HummingbirdTesting
import MappingLanguage
import NIOCore
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Testing

@testable import WebServer

struct ConnectTests {
  @Test("A signed link sends the browser to Atlassian with a cookie that no script and no other site can use")
  func start() async throws {
    let response = try await TestInstallation().withClient {
      try await $0.execute(uri: TestInstallation.link("/connect/acme"), method: .get)
    }
    #expect(response.status == .found)
    #expect(response.headers[.location]?.hasPrefix("https://auth.atlassian.com/authorize?") == true)
    #expect(response.headers[.cacheControl] == "no-store")
    #expect(response.headers[.referrerPolicy] == "no-referrer")
    let cookie = try #require(response.cookies.first)
    let attributes = Set(cookie.split(separator: "; ").dropFirst().map(String.init))
    #expect(cookie.hasPrefix("__Host-counterpart-connect="))
    #expect(attributes == ["HttpOnly", "SameSite=Lax", "Secure", "Path=/", "Max-Age=86400"])
  }

  @Test("Without TLS the cookie has a plain name and is not marked secure")
  func startWithoutTLS() async throws {
    let response = try await TestInstallation(publicURL: "http://127.0.0.1:8080").withClient {
      try await $0.execute(uri: TestInstallation.link("/connect/acme"), method: .get)
    }
    let cookie = try #require(response.cookies.first)
    #expect(cookie.hasPrefix("counterpart-connect="))
    #expect(!cookie.contains("Secure"))
  }

  @Test("A person who confirms is connected, and what was held for them goes out")
  func connects() async throws {
    let installation = try TestInstallation()
    try await installation.makeOperation(as: .held, reason: "no grant")
    try await installation.withClient { client in
      let (state, cookie) = try await Self.begin(client)
      let asked = try await client.execute(
        uri: "/oauth/callback?code=abc&state=\(state)", method: .get, headers: [.cookie: cookie])
      #expect(asked.status == .ok)
      for text in ["Rohit Rao", "rohit@example.com", "https://acme.atlassian.net"] {
        #expect(asked.text.contains(text))
      }
      let form = ByteBuffer(string: "state=" + (try asked.hidden("state")))
      let done = try await client.execute(
        uri: "/connect/confirm", method: .post, headers: [.cookie: cookie], body: form)
      #expect(done.status == .ok)
      #expect(done.text.contains("One change that was held for you goes out now."))
    }
    #expect(try await installation.store.grant(connection: "acme", user: "rohit")?.accountName == "Rohit Rao")
    #expect(try await installation.store.operations(in: [.held], limit: 10).isEmpty)
  }

  @Test("Every problem has a sentence of its own and a way forward")
  func problems() {
    let problems = ConnectFlow.Problem.everyKind
    #expect(Set(problems.map(\.sentence)).count == problems.count)
    #expect(Set(problems.map(\.name)).count == problems.count)
    #expect(problems.allSatisfy { !$0.advice.isEmpty && [400, 403, 404, 409, 410, 502, 503].contains($0.status.code) })
  }

  @Test("Who did not grant all that is needed reads which permissions are missing")
  func missingScopes() async throws {
    let scopes = JiraSite.defaultScopes.filter { $0 != "read:jira-user" && $0 != "write:jira-work" }
    let installation = try TestInstallation(atlassian: Atlassian(scopes: scopes))
    let answer = try await installation.withClient { client in
      let (state, cookie) = try await Self.begin(client)
      return try await client.execute(
        uri: "/oauth/callback?code=abc&state=\(state)", method: .get, headers: [.cookie: cookie])
    }
    #expect(answer.status == .forbidden)
    #expect(answer.text.contains("Missing: write:jira-work, read:jira-user."))
  }

  @Test("Who has no access to the site reads which site it is")
  func missingSite() async throws {
    let installation = try TestInstallation(atlassian: Atlassian(site: "https://another.atlassian.net"))
    let answer = try await installation.withClient { client in
      let (state, cookie) = try await Self.begin(client)
      return try await client.execute(
        uri: "/oauth/callback?code=abc&state=\(state)", method: .get, headers: [.cookie: cookie])
    }
    #expect(answer.status == .forbidden)
    #expect(answer.text.contains("no access to https://acme.atlassian.net"))
  }

  @Test("The user's own page shows who they are in Jira and what waits, and disconnects")
  func ownPage() async throws {
    let installation = try TestInstallation()
    try await installation.withClient { client in
      let before = try await client.execute(uri: TestInstallation.link("/me/acme"), method: .get)
      #expect(before.text.contains("You are not connected to Jira."))
      let (state, cookie) = try await Self.begin(client, cookie: before.cookiePair)
      #expect(cookie == before.cookiePair)
      let headers: HTTPFields = [.cookie: cookie]
      _ = try await client.execute(uri: "/oauth/callback?code=abc&state=\(state)", method: .get, headers: headers)
      _ = try await client.execute(
        uri: "/connect/confirm", method: .post, headers: headers, body: ByteBuffer(string: "state=\(state)"))
      let after = try await client.execute(uri: TestInstallation.link("/me/acme"), method: .get, headers: headers)
      #expect(after.text.contains("In Jira you are <strong>Rohit Rao</strong>"))
      let query = TestInstallation.link("").dropFirst()
      let gone = try await client.execute(
        uri: "/me/acme/disconnect", method: .post, headers: headers, body: ByteBuffer(string: String(query)))
      #expect(gone.text.contains("deleted its access"))
    }
    #expect(try await installation.store.grants().isEmpty)
  }

  @Test("A link of one customer opens no page of another's, and their pages tell nothing of each other")
  func strangers() async throws {
    let installation = try TestInstallation(other: "zenith")
    try await installation.makeOperation(as: .held, reason: "no grant")
    try await installation.withClient { client in
      let (state, cookie) = try await Self.begin(client)
      let headers: HTTPFields = [.cookie: cookie]
      for path in ["/connect/zenith", "/me/zenith"] {
        let answer = try await client.execute(uri: TestInstallation.link(path), method: .get, headers: headers)
        #expect(answer.status == .forbidden)
      }
      let link = TestInstallation.link("/me/zenith", connection: "zenith")
      for _ in 0..<2 {
        let page = try await client.execute(uri: link, method: .get, headers: headers)
        #expect(page.text.contains("You are not connected to Jira.") && page.text.contains("None."))
        #expect(!page.text.contains("acme") && !page.text.contains("C-1"))
        // Connecting with the one, between the two looks, is nothing to the other.
        _ = try await client.execute(uri: "/oauth/callback?code=abc&state=\(state)", method: .get, headers: headers)
        _ = try await client.execute(
          uri: "/connect/confirm", method: .post, headers: headers, body: ByteBuffer(string: "state=\(state)"))
      }
      let query = String(TestInstallation.link("", connection: "zenith").dropFirst())
      let answer = try await client.execute(
        uri: "/me/zenith/disconnect", method: .post, headers: headers, body: ByteBuffer(string: query))
      #expect(answer.text.contains("You were not connected, so nothing was changed."))
      let forged = try await client.execute(
        uri: "/me/acme/disconnect", method: .post, headers: headers, body: ByteBuffer(string: query))
      #expect(forged.status == .forbidden)
    }
    #expect(try await installation.store.grants().map(\.connection) == ["acme"])
  }

  /// The first step: the state that Atlassian gets, and the browser's cookie.
  static func begin(
    _ client: any TestClientProtocol, user: CRMUser = TestInstallation.rohit, cookie: String = ""
  ) async throws -> (state: String, cookie: String) {
    let response = try await client.execute(
      uri: TestInstallation.link("/connect/acme", user: user), method: .get, headers: [.cookie: cookie])
    let location = try #require(response.headers[.location])
    let pair = try #require(location.split(separator: "&").first { $0.hasPrefix("state=") })
    return (String(pair.dropFirst("state=".count)), response.cookiePair)
  }
}

extension ConnectFlow.Problem {
  static let everyKind: [Self] = [
    .unknownConnection, .linkMalformed, .linkExpired, .linkForged, .linkTaken, .noApp, .answerMalformed, .stateUnknown,
    .stateExpired, .stateUsed, .otherBrowser, .cookieMissing, .denied, .codeRefused, .appRefused,
    .atlassianUnavailable, .siteMissing(site: "https://acme.atlassian.net"), .scopesMissing(["read:jira-work"]),
    .emailDiffers, .damaged, .unavailable,
  ]
}
