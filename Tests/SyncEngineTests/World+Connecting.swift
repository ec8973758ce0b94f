import Simulation
import SyncEngine
import SyncModel
import Testing
import Wire

/// The ways by which people connect in tests.
extension World {
  /// The one browser of a person.
  static func browser(of user: CRMUser) -> Secret {
    let digits = user.id.rawValue.utf8.map { String($0, radix: 16) }.joined()
    return Secret(digits + String(repeating: "0", count: max(0, 64 - digits.utf8.count)))
  }

  /// Follows the CRM's signed link.
  func startConnecting(_ user: CRMUser) async throws -> ConnectFlow.Step {
    let link = SignedLink(
      connection: Self.connection, user: user, expires: clock.now + .seconds(600), secret: Secret("connect-secret"))
    var random = SystemRandomNumberGenerator()
    return await connect.start(
      connection: Self.connection, query: link.query.map { (name: $0.0, value: $0.1) },
      browser: Self.browser(of: user), now: clock.now, using: &random)
  }

  /// Sends the form of a token.
  func enter(
    _ token: String, email: String = "rohit@example.com", ends: String = "", _ form: ConnectFlow.TokenForm,
    _ browser: Secret
  ) async -> ConnectFlow.Step {
    var random = SystemRandomNumberGenerator()
    return await connect.enter(
      ConnectFlow.Entry(token: Secret(token), email: email, ends: ends), state: form.state, browser: browser,
      now: clock.now, using: &random)
  }

  /// Walks the consent as a person's browser does: signed link, Atlassian's page, callback, confirmation.
  @discardableResult
  func connect(_ user: CRMUser, as account: AccountID) async throws -> ConnectFlow.Step {
    let url: String
    let browser: Secret
    switch try await startConnecting(user) {
    case .authorize(let address, let cookie): (url, browser) = (address, cookie)
    case .enter(let form, let cookie): (url, browser) = (try #require(form.authorizeURL), cookie)
    case let other: return other
    }
    let code = try consent(at: url, as: account)
    let state = Secret(
      try #require(URLEncoding.pairs(of: url.split(separator: "?")[1])?.first { $0.name == "state" }?.value))
    let asked = await connect.callback(
      state: state, code: Secret(code), isDenied: false, browser: browser, now: clock.now)
    guard case .confirm = asked else { return asked }
    return await connect.confirm(state: state, browser: browser, now: clock.now)
  }

  /// Allows the access on Atlassian's page.
  ///
  /// - Returns: the code that the browser brings back.
  func consent(at url: String, as account: AccountID) throws -> String {
    let query = try #require(URLEncoding.pairs(of: url.split(separator: "?")[1]))
    let form = query.map { ("q_" + $0.name, $0.value) } + [("account", account.rawValue)]
    let answer = jira.respond(
      to: WireRequest(
        .post, Self.jiraOrigin + "/authorize/approve",
        headers: [WireHeader("Content-Type", "application/x-www-form-urlencoded")],
        body: Array(URLEncoding.query(form).utf8)), now: clock.now)
    let location = try #require(answer.header("Location"))
    let back = try #require(URLEncoding.pairs(of: location.split(separator: "?")[1]))
    #expect(back.first { $0.name == "state" }?.value == query.first { $0.name == "state" }?.value)
    return try #require(back.first { $0.name == "code" }?.value)
  }
}
