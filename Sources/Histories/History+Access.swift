import Simulation
import SyncEngine
import SyncModel
import SyncStore
import Wire

/// People connect with Jira, and lose what lets us act for them.
extension History {
  func changeAccess(_ action: Action) async throws -> String? {
    let user = dice.pick([Stage.service] + Stage.users.prefix(options.people))
    let name = user.name ?? user.id.rawValue
    switch action {
    case .connect: return "\(name) connects: \(await connect(user))"
    case .disconnect:
      let wasConnected = try await stage.store.disconnect(
        connection: Stage.connection, user: user.id, now: stage.clock.ours)
      return wasConnected ? "\(name) disconnects" : nil
    case .revoke:
      stage.jira.revokeGrants(of: Stage.account(of: user.id))
      stage.jira.deleteTokens(of: Stage.account(of: user.id))
      return "\(name) takes the grant back at Atlassian"
    default:
      stage.jira.endAccessTokens(of: Stage.account(of: user.id))
      return "\(name)'s access token ends early"
    }
  }

  /// The one browser of a person.
  private static func browser(of user: CRMUser) -> Secret {
    let digits = user.id.rawValue.utf8.map { String($0, radix: 16) }.joined()
    return Secret(digits + String(repeating: "0", count: max(0, 64 - digits.utf8.count)))
  }

  /// Walks the consent as a person's browser does: signed link, Atlassian's page, callback, confirmation.
  func connect(_ user: CRMUser) async -> Bool {
    let clock = stage.clock
    let link = SignedLink(
      connection: Stage.connection, user: user, expires: clock.ours + .seconds(600), secret: Stage.connectSecret)
    var random = SeededRandom(seed: dice.next())
    let start = await stage.connect.start(
      connection: Stage.connection, query: link.query.map { (name: $0.0, value: $0.1) },
      browser: Self.browser(of: user), now: clock.ours, using: &random)
    let url: String
    let browser: Secret
    switch start {
    case .authorize(let address, let cookie): (url, browser) = (address, cookie)
    case .enter(let form, let cookie):
      if dice.happens(0.5) { return await enterToken(user, form, cookie, using: &random) }
      guard let address = form.authorizeURL else { return false }
      (url, browser) = (address, cookie)
    case .confirm, .connected, .problem: return false
    }
    guard let query = url.split(separator: "?").last.flatMap({ URLEncoding.pairs(of: $0) }) else { return false }
    let form = query.map { ("q_" + $0.name, $0.value) } + [("account", Stage.account(of: user.id).rawValue)]
    let page = stage.jira.respond(
      to: WireRequest(
        .post, Stage.jiraOrigin + "/authorize/approve",
        headers: [WireHeader("Content-Type", "application/x-www-form-urlencoded")],
        body: Array(URLEncoding.query(form).utf8)), now: clock.world)
    guard let back = page.header("Location")?.split(separator: "?").last.flatMap({ URLEncoding.pairs(of: $0) }),
      let code = back.first(where: { $0.name == "code" })?.value,
      let state = back.first(where: { $0.name == "state" }).map({ Secret($0.value) })
    else { return false }
    let asked = await stage.connect.callback(
      state: state, code: Secret(code), isDenied: false, browser: browser, now: clock.ours)
    return await confirm(asked, browser)
  }

  private func enterToken(
    _ user: CRMUser, _ form: ConnectFlow.TokenForm, _ browser: Secret, using random: inout SeededRandom
  ) async -> Bool {
    let token = stage.jira.makeToken(for: Stage.account(of: user.id), isScoped: dice.happens(0.3))
    let asked = await stage.connect.enter(
      ConnectFlow.Entry(token: Secret(token), email: user.email ?? "", ends: ""), state: form.state, browser: browser,
      now: stage.clock.ours, using: &random)
    return await confirm(asked, browser)
  }

  private func confirm(_ asked: ConnectFlow.Step, _ browser: Secret) async -> Bool {
    guard case .confirm(let confirmation) = asked else { return false }
    let done = await stage.connect.confirm(state: confirmation.state, browser: browser, now: stage.clock.ours)
    if case .connected = done { return true }
    return false
  }
}
