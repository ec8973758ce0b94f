import HTTPTypes
import Hummingbird
import HummingbirdTesting
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
    #expect(attributes == ["HttpOnly", "SameSite=Lax", "Secure", "Path=/", "Max-Age=600"])
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
      #expect(done.cookies.first?.contains("Max-Age=0") == true)
    }
    #expect(try await installation.store.grant(connection: "acme", user: "rohit")?.accountName == "Rohit Rao")
    #expect(try await installation.store.operations(in: [.held], limit: 10).isEmpty)
  }

  struct WrongCallback: Sendable, CustomTestStringConvertible {
    var name: String
    var problem: ConnectFlow.Problem
    var query: @Sendable (String) -> String
    var hasCookie = true
    var testDescription: String { name }
  }

  static let wrongCallbacks = [
    WrongCallback(name: "another browser", problem: .stateUnknown, query: { "code=a&state=\($0)" }, hasCookie: false),
    WrongCallback(name: "an unknown state", problem: .stateUnknown, query: { _ in "code=a&state=b" }),
    WrongCallback(name: "a repeated state", problem: .stateUnknown, query: { "code=a&state=\($0)&state=\($0)" }),
    WrongCallback(
      name: "an oversized code", problem: .stateUnknown,
      query: { "code=" + String(repeating: "a", count: 4097) + "&state=\($0)" }),
    WrongCallback(name: "a refusal", problem: .denied, query: { "error=access_denied&state=\($0)" }),
    WrongCallback(name: "another error", problem: .codeRefused, query: { "error=server_error&state=\($0)" }),
  ]

  @Test("A callback that is not in order connects nobody and says how to go on", arguments: wrongCallbacks)
  func wrongCallback(_ wrong: WrongCallback) async throws {
    let installation = try TestInstallation()
    let response = try await installation.withClient { client in
      let (state, cookie) = try await Self.begin(client)
      return try await client.execute(
        uri: "/oauth/callback?" + wrong.query(state), method: .get, headers: wrong.hasCookie ? [.cookie: cookie] : [:])
    }
    #expect(response.status == wrong.problem.status)
    #expect(response.text.contains(HTMLText().escapeText(wrong.problem.sentence)))
    #expect(response.text.contains(HTMLText().escapeText(wrong.problem.advice)))
    #expect(try await installation.store.grants().isEmpty)
  }

  struct WrongLink: Sendable, CustomTestStringConvertible {
    var problem: ConnectFlow.Problem
    var link: String
    var testDescription: String { problem.rawValue }
  }

  @Test(
    "A link that is not in order opens neither the connect page nor the user's own page",
    arguments: [
      WrongLink(problem: .linkForged, link: TestInstallation.link("/acme", secret: "another")),
      WrongLink(problem: .linkExpired, link: TestInstallation.link("/acme", expires: TestInstallation.now)),
      WrongLink(problem: .linkMalformed, link: "/acme?user=rohit"),
      WrongLink(problem: .unknownConnection, link: TestInstallation.link("/nobody")),
    ])
  func wrongLink(_ wrong: WrongLink) async throws {
    try await TestInstallation().withClient { client in
      for start in ["/connect", "/me"] {
        let response = try await client.execute(uri: start + wrong.link, method: .get)
        #expect(response.status == wrong.problem.status)
        #expect(response.text.contains(HTMLText().escapeText(wrong.problem.sentence)))
        #expect(response.cookies.isEmpty)
      }
    }
  }

  @Test("Every problem has a sentence of its own and a way forward")
  func problems() {
    let problems = ConnectFlow.Problem.allCases
    #expect(Set(problems.map(\.sentence)).count == problems.count)
    #expect(problems.allSatisfy { !$0.advice.isEmpty && [400, 403, 404, 409, 410, 502, 503].contains($0.status.code) })
  }

  @Test("The user's own page shows who they are in Jira and what waits, and disconnects")
  func ownPage() async throws {
    let installation = try TestInstallation()
    try await installation.withClient { client in
      let before = try await client.execute(uri: TestInstallation.link("/me/acme"), method: .get)
      #expect(before.text.contains("You are not connected to Jira."))
      let (state, cookie) = try await Self.begin(client)
      let headers: HTTPFields = [.cookie: cookie]
      _ = try await client.execute(uri: "/oauth/callback?code=abc&state=\(state)", method: .get, headers: headers)
      _ = try await client.execute(
        uri: "/connect/confirm", method: .post, headers: headers, body: ByteBuffer(string: "state=\(state)"))
      let after = try await client.execute(uri: TestInstallation.link("/me/acme"), method: .get)
      #expect(after.text.contains("In Jira you are <strong>Rohit Rao</strong>"))
      let query = TestInstallation.link("").dropFirst()
      let gone = try await client.execute(
        uri: "/me/acme/disconnect", method: .post, body: ByteBuffer(string: String(query)))
      #expect(gone.text.contains("deleted its access"))
    }
    #expect(try await installation.store.grants().isEmpty)
  }

  /// The first step: the state that Atlassian gets, and the browser's cookie.
  private static func begin(_ client: any TestClientProtocol) async throws -> (state: String, cookie: String) {
    let response = try await client.execute(uri: TestInstallation.link("/connect/acme"), method: .get)
    let location = try #require(response.headers[.location])
    let pair = try #require(location.split(separator: "&").first { $0.hasPrefix("state=") })
    return (String(pair.dropFirst("state=".count)), response.cookiePair)
  }
}
