import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import MappingLanguage
import NIOCore
import SyncEngine
import SyncModel
import SyncStore
import Synchronization
import Testing
import Wire

@testable import WebServer

/// What anybody may send to the connect pages: each gets a plain page with a way forward and a line in the log, and
/// changes nothing.
@Suite("Bad input to the connect pages")
struct BadInputTests {
  /// A person who has begun, and how far.
  struct Begun: Sendable {
    var state: String
    var cookie: String
  }

  struct BadRequest: Sendable {
    var uri: String
    var cookie: String?
    /// A form; nil: the request is a GET.
    var form: String?
  }

  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var problem: ConnectFlow.Problem
    var step: String
    /// The line names the connection and the CRM user: a genuine link began it.
    var isKnown = false
    /// The line names the connection only.
    var namesConnection = false
    /// Atlassian's answer counts once, also where it is a refusal: the attempt is over, and nothing else is changed.
    var endsAttempt = false
    /// What happens before, and is in order.
    var before: [@Sendable (Begun) -> BadRequest] = []
    /// How much later the bad request comes.
    var later: Duration = .zero
    var request: @Sendable (Begun) -> BadRequest
  }

  static func get(_ uri: String, _ cookie: String? = nil) -> BadRequest { BadRequest(uri: uri, cookie: cookie) }

  static func confirm(_ form: String, _ cookie: String?) -> BadRequest {
    BadRequest(uri: "/connect/confirm", cookie: cookie, form: form)
  }

  static let callback: @Sendable (Begun) -> BadRequest = { get("/oauth/callback?code=a&state=\($0.state)", $0.cookie) }
  static let agreed: @Sendable (Begun) -> BadRequest = { confirm("state=\($0.state)", $0.cookie) }
  static let other = "__Host-counterpart-connect=" + String(repeating: "a", count: 64)
  static let long = String(repeating: "a", count: 4097)

  static let links: [Row] = [
    Row(testDescription: "a forged link", problem: .linkForged, step: "link", namesConnection: true) { _ in
      get(TestInstallation.link("/connect/acme", secret: "another"))
    },
    Row(testDescription: "a link of another connection", problem: .unknownConnection, step: "link") { _ in
      get(TestInstallation.link("/connect/nobody"))
    },
    Row(testDescription: "a connection that is markup", problem: .unknownConnection, step: "link") { _ in
      get(TestInstallation.link("/connect/%3Cscript%3E"))
    },
    Row(testDescription: "an expired link", problem: .linkExpired, step: "link", namesConnection: true) { _ in
      get(TestInstallation.link("/connect/acme", expires: TestInstallation.now))
    },
    Row(testDescription: "a link without its signature", problem: .linkMalformed, step: "link", namesConnection: true) {
      _ in get("/connect/acme?user=rohit&expires=1800000600")
    },
    Row(testDescription: "a link with a user twice", problem: .linkMalformed, step: "link", namesConnection: true) {
      _ in get(TestInstallation.link("/connect/acme") + "&user=mark")
    },
    Row(testDescription: "a link with a long name", problem: .linkMalformed, step: "link", namesConnection: true) {
      _ in get(TestInstallation.link("/connect/acme") + "&more=\(long)")
    },
    Row(testDescription: "a link that is no query", problem: .linkMalformed, step: "link") { _ in
      get("/connect/acme?user=%ZZ")
    },
    Row(testDescription: "a link that somebody else opened", problem: .linkTaken, step: "link", isKnown: true) { _ in
      get(TestInstallation.link("/connect/acme"), other)
    },
    Row(testDescription: "the own page in another browser", problem: .linkTaken, step: "own-page", isKnown: true) { _ in
      get(TestInstallation.link("/me/acme"))
    },
    Row(testDescription: "a disconnect from elsewhere", problem: .linkTaken, step: "disconnect", isKnown: true) { _ in
      BadRequest(uri: "/me/acme/disconnect", form: String(TestInstallation.link("").dropFirst()))
    },
    Row(testDescription: "a forged own page", problem: .linkForged, step: "own-page", namesConnection: true) { _ in
      get(TestInstallation.link("/me/acme", secret: "another"))
    },
    Row(testDescription: "a forged disconnect", problem: .linkForged, step: "disconnect", namesConnection: true) { _ in
      let query = TestInstallation.link("", secret: "another").dropFirst()
      return BadRequest(uri: "/me/acme/disconnect", form: String(query))
    },
  ]

  static let callbacks: [Row] = [
    Row(testDescription: "a forged state", problem: .stateUnknown, step: "callback") {
      get("/oauth/callback?code=a&state=b", $0.cookie)
    },
    Row(testDescription: "no state", problem: .answerMalformed, step: "callback") {
      get("/oauth/callback?code=a", $0.cookie)
    },
    Row(testDescription: "a state twice", problem: .answerMalformed, step: "callback") {
      get("/oauth/callback?code=a&state=\($0.state)&state=\($0.state)", $0.cookie)
    },
    Row(testDescription: "a code twice", problem: .answerMalformed, step: "callback") {
      get("/oauth/callback?code=a&code=b&state=\($0.state)", $0.cookie)
    },
    Row(testDescription: "an oversized code", problem: .answerMalformed, step: "callback") {
      get("/oauth/callback?code=\(long)&state=\($0.state)", $0.cookie)
    },
    Row(testDescription: "an oversized state", problem: .answerMalformed, step: "callback") {
      get("/oauth/callback?code=a&state=\(long)", $0.cookie)
    },
    Row(testDescription: "a callback that is no query", problem: .answerMalformed, step: "callback") {
      get("/oauth/callback?code=%ZZ&state=\($0.state)", $0.cookie)
    },
    Row(testDescription: "a foreign state", problem: .otherBrowser, step: "callback", isKnown: true) {
      get("/oauth/callback?code=a&state=\($0.state)", other)
    },
    Row(testDescription: "a callback without the cookie", problem: .cookieMissing, step: "callback", isKnown: true) {
      get("/oauth/callback?code=a&state=\($0.state)")
    },
    Row(
      testDescription: "a reused state", problem: .stateUsed, step: "callback", isKnown: true, before: [callback],
      request: callback),
    Row(
      testDescription: "a state after it has connected", problem: .stateUnknown, step: "callback",
      before: [callback, agreed], request: callback),
    Row(
      testDescription: "an expired state", problem: .stateExpired, step: "callback", isKnown: true,
      later: .seconds(600), request: callback),
    Row(testDescription: "a refusal", problem: .denied, step: "callback", isKnown: true, endsAttempt: true) {
      get("/oauth/callback?error=access_denied&error_description=no&state=\($0.state)", $0.cookie)
    },
    Row(testDescription: "another error", problem: .codeRefused, step: "callback", isKnown: true, endsAttempt: true) {
      get("/oauth/callback?error=%3Cscript%3E&error_description=%3Cscript%3E&state=\($0.state)", $0.cookie)
    },
    Row(
      testDescription: "neither a code nor an error", problem: .codeRefused, step: "callback", isKnown: true,
      endsAttempt: true
    ) { get("/oauth/callback?state=\($0.state)", $0.cookie) },
    Row(testDescription: "a replayed code", problem: .codeRefused, step: "callback", isKnown: true, endsAttempt: true) {
      get("/oauth/callback?code=used&state=\($0.state)", $0.cookie)
    },
  ]

  static let confirmations: [Row] = [
    Row(testDescription: "a confirmation of nothing", problem: .stateUnknown, step: "confirm", before: [callback]) {
      confirm("state=b", $0.cookie)
    },
    Row(testDescription: "a confirmation without a state", problem: .answerMalformed, step: "confirm") {
      confirm("", $0.cookie)
    },
    Row(testDescription: "a confirmation with two states", problem: .answerMalformed, step: "confirm") {
      confirm("state=\($0.state)&state=\($0.state)", $0.cookie)
    },
    Row(
      testDescription: "a confirmation before Atlassian answered", problem: .stateUnknown, step: "confirm",
      isKnown: true, request: agreed),
    Row(
      testDescription: "a confirmation in another browser", problem: .otherBrowser, step: "confirm", isKnown: true,
      before: [callback]
    ) { confirm("state=\($0.state)", other) },
    Row(
      testDescription: "a confirmation without the cookie", problem: .cookieMissing, step: "confirm", isKnown: true,
      before: [callback]
    ) { confirm("state=\($0.state)", nil) },
    Row(
      testDescription: "a second confirmation", problem: .stateUnknown, step: "confirm", before: [callback, agreed],
      request: agreed),
    Row(
      testDescription: "a late confirmation", problem: .stateExpired, step: "confirm", isKnown: true,
      before: [callback], later: .seconds(600), request: agreed),
  ]

  static func token(_ form: String, _ cookie: String?) -> BadRequest {
    BadRequest(uri: "/connect/token", cookie: cookie, form: form)
  }

  static let tokens: [Row] = [
    Row(testDescription: "a token without a state", problem: .answerMalformed, step: "token") {
      token("token=a", $0.cookie)
    },
    Row(testDescription: "two tokens", problem: .answerMalformed, step: "token") {
      token("state=\($0.state)&token=a&token=b", $0.cookie)
    },
    Row(testDescription: "an oversized token", problem: .answerMalformed, step: "token") {
      token("state=\($0.state)&token=\(long)", $0.cookie)
    },
    Row(testDescription: "a token with a forged state", problem: .stateUnknown, step: "token") {
      token("state=b&token=a", $0.cookie)
    },
    Row(testDescription: "a token in another browser", problem: .otherBrowser, step: "token", isKnown: true) {
      token("state=\($0.state)&token=a", other)
    },
    Row(testDescription: "a token without the cookie", problem: .cookieMissing, step: "token", isKnown: true) {
      token("state=\($0.state)&token=a", nil)
    },
    Row(
      testDescription: "a token after the attempt was used", problem: .stateUsed, step: "token", isKnown: true,
      before: [callback]
    ) { token("state=\($0.state)&token=a", $0.cookie) },
    Row(
      testDescription: "a token where the site takes none", problem: .noApp, step: "token", isKnown: true,
      endsAttempt: true
    ) { token("state=\($0.state)&token=a", $0.cookie) },
  ]

  @Test(
    "It gets a plain page with a way forward, its status and a line in the log, and changes nothing",
    arguments: links + callbacks + confirmations + tokens)
  func row(_ row: Row) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "counterpart-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let passed = Mutex(Duration.zero)
    let installation = try TestInstallation(
      store: try Store(path: folder.appending(path: "store.db").path),
      clock: { TestInstallation.now + passed.withLock { $0 } })
    let log = CapturedLog()
    try await installation.withClient(logger: log.logger) { client in
      let (state, cookie) = try await ConnectTests.begin(client)
      let begun = Begun(state: state, cookie: cookie)
      for step in row.before { #expect(try await Self.send(step(begun), client).status == .ok) }
      passed.withLock { $0 = row.later }
      let (bytes, grants, lines) = (try Self.bytes(folder), try await installation.store.grants(), log.steps.count)
      let answer = try await Self.send(row.request(begun), client)
      #expect(answer.status == row.problem.status)
      for words in [row.problem.title, row.problem.sentence, row.problem.advice] {
        #expect(answer.text.contains(HTMLText().escapeText(words)))
      }
      #expect(!answer.text.contains("<script") && answer.headers[.location] == nil && answer.cookies == [])
      Self.expectSafe(answer)
      var line = ["connect.step": row.step, "connect.outcome": row.problem.name]
      if row.isKnown || row.namesConnection { line["connection"] = "acme" }
      if row.isKnown { line["crm.user"] = "rohit" }
      #expect(Array(log.steps.dropFirst(lines)) == [line])
      #expect(try await installation.store.grants() == grants)
      if !row.endsAttempt { #expect(try Self.bytes(folder) == bytes) }
    }
    try installation.store.close()
  }

  @Test(
    "A body that is too large is refused with its own page and a line", arguments: ["confirm", "disconnect", "token"])
  func large(_ step: String) async throws {
    let log = CapturedLog()
    try await TestInstallation().withClient(logger: log.logger) { client in
      let answer = try await client.execute(
        uri: step == "disconnect" ? "/me/acme/disconnect" : "/connect/\(step)", method: .post,
        body: ByteBuffer(string: "state=" + String(repeating: "a", count: 65 * 1024)))
      #expect(answer.status == .contentTooLarge)
      Self.expectSafe(answer)
    }
    #expect(log.steps.map { $0["connect.step"] } == [step])
  }

  @Test(
    "Nothing in an address sends the browser anywhere but to the site's Atlassian",
    arguments: [
      "&redirect_uri=https%3A%2F%2Fevil.example", "&return=https%3A%2F%2Fevil.example", "&next=%2F%2Fevil.example",
      "&url=javascript%3Aalert(1)", "&to=%0D%0ALocation%3A%20https%3A%2F%2Fevil.example",
    ])
  func openRedirect(_ more: String) async throws {
    try await TestInstallation().withClient { client in
      let answer = try await client.execute(uri: TestInstallation.link("/connect/acme") + more, method: .get)
      let location = answer.headers[.location] ?? ""
      #expect(answer.status == .badRequest || location.hasPrefix("https://auth.atlassian.com/authorize?"))
      #expect(!location.contains("evil") && !location.contains("javascript"))
      let own = try await client.execute(
        uri: TestInstallation.link("/me/acme") + more, method: .get, headers: [.cookie: answer.cookiePair])
      #expect(!own.text.contains("evil") && !own.text.contains("javascript"))
    }
    for path in ["//evil.example/connect/acme", "/connect//evil.example", "/connect/acme/..%2F..%2Fevil.example"] {
      try await TestInstallation().withClient { client in
        let answer = try await client.execute(uri: TestInstallation.link(path), method: .get)
        #expect(answer.headers[.location] == nil && answer.status == .notFound)
        #expect(!answer.text.contains("evil"))
      }
    }
  }

  @Test("However many refusals somebody causes, so many lines are written a minute, and all are counted")
  func flood() async throws {
    let passed = Mutex(Duration.zero)
    let installation = try TestInstallation(clock: { TestInstallation.now + passed.withLock { $0 } })
    let log = CapturedLog()
    try await installation.withClient(logger: log.logger) { client in
      for _ in 0..<100 { _ = try await client.execute(uri: "/oauth/callback?code=a&state=b", method: .get) }
      #expect(log.steps.count == 30)
      _ = try await client.execute(uri: TestInstallation.link("/connect/acme", secret: "another"), method: .get)
      #expect(log.steps.last?["connect.outcome"] == "linkForged")
      passed.withLock { $0 = .seconds(60) }
      _ = try await client.execute(uri: "/oauth/callback?code=a&state=b", method: .get)
      #expect(log.steps.last?["connect.withheld"] == "70")
      let metrics = try await client.execute(uri: "/metrics", method: .get).text
      #expect(metrics.contains("counterpart_connect_steps_total{outcome=\"stateUnknown\"} 101\n"))
    }
  }

  @Test("Each step that is in order has its line, and a CRM user that is an e-mail address is not shown in it")
  func inOrder() async throws {
    let log = CapturedLog()
    try await TestInstallation().withClient(logger: log.logger) { client in
      let user = CRMUser(id: "rohit@example.com", name: "Rohit", email: "rohit@example.com")
      let (state, cookie) = try await ConnectTests.begin(client, user: user)
      let begun = Begun(state: state, cookie: cookie)
      for step in [Self.callback, Self.agreed] { #expect(try await Self.send(step(begun), client).status == .ok) }
      let query = TestInstallation.link("", user: user).dropFirst()
      _ = try await client.execute(
        uri: "/me/acme/disconnect", method: .post, headers: [.cookie: cookie], body: ByteBuffer(string: String(query)))
      for secret in [state, String(cookie.split(separator: "=")[1]), "rohit@example.com", "signature"] {
        #expect(!log.text.contains(secret))
      }
    }
    #expect(log.steps.map { $0["connect.outcome"] } == ["sentToAtlassian", "allowed", "connected", "disconnected"])
    #expect(Set(log.steps.map { $0["crm.user"] }).count == 1)
    #expect(log.steps.allSatisfy { $0["crm.user"]?.hasPrefix("sha256:") == true && $0["connection"] == "acme" })
  }

  @Test("Markup in the names of either side is text on every page, and every page is safe")
  func markup() async throws {
    let hurt = "<img src=x onerror=alert(1)><script>alert(1)</script>'`"
    let installation = try TestInstallation(
      adminToken: nil, isSandbox: true, atlassian: Atlassian(accountName: hurt))
    let user = CRMUser(id: CRMUserID(hurt), name: hurt, email: hurt)
    try await installation.makeOperation(as: .held, case: hurt, reason: hurt)
    try await installation.makeOperation(as: .dead, case: "C-2", reason: hurt)
    try await installation.withClient { client in
      let (state, cookie) = try await ConnectTests.begin(client, user: user)
      let begun = Begun(state: state, cookie: cookie)
      var pages = [try await Self.send(Self.callback(begun), client), try await Self.send(Self.agreed(begun), client)]
      let admin = [
        "", "/events", "/events/1", "/cases/acme/C-2", "/cases/acme/\(URLEncoding.component(hurt))", "/work", "/people",
        "/mappings", "/site", "/nothing",
      ]
      let own = TestInstallation.link("/me/acme", user: user)
      for path in admin.map({ "/admin" + $0 }) + [own, "/connect/\(URLEncoding.component(hurt))", "/nothing"] {
        pages.append(try await Self.send(Self.get(path, cookie), client))
      }
      for page in pages {
        #expect(!page.text.contains("<script") && !page.text.contains("<img"))
        Self.expectSafe(page)
      }
      let shown = pages.filter { $0.text.contains(HTMLText().escapeText(hurt)) }
      #expect(shown.count >= 6)
    }
  }

  /// What every page carries, whatever is shown on it.
  static func expectSafe(_ answer: TestResponse) {
    #expect(answer.headers[.contentSecurityPolicy] == SecurityHeaders.policy)
    #expect(answer.headers[.xContentTypeOptions] == "nosniff")
    #expect(answer.headers[.frameOptions] == "DENY")
    #expect(answer.headers[.cacheControl] == "no-store")
    #expect(answer.headers[.referrerPolicy] == "no-referrer")
    #expect(answer.headers[.strictTransportSecurity] != nil)
  }

  private static func send(_ request: BadRequest, _ client: any TestClientProtocol) async throws -> TestResponse {
    var headers: HTTPFields = [:]
    if let cookie = request.cookie { headers[.cookie] = cookie }
    return try await client.execute(
      uri: request.uri, method: request.form == nil ? .get : .post, headers: headers,
      body: request.form.map { ByteBuffer(string: $0) })
  }

  /// Every file of the database as it is on disk.
  private static func bytes(_ folder: URL) throws -> [String: Data] {
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { !$0.hasSuffix("-shm") }
    return try Dictionary(
      uniqueKeysWithValues: names.map { ($0, try Data(contentsOf: folder.appending(path: $0))) })
  }
}
