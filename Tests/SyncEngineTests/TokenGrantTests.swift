import JSON
import Simulation
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Testing
import Wire

/// semantics.md, "Authorization in detail": where OAuth does not fit, people enter tokens of their own.
@Suite("Connecting with a token of one's own")
struct TokenGrantTests {
  static let both = """
    <jira xmlns="urn:counterpart:jira:1" name="sandbox" kind="cloud" site="\(World.jiraOrigin)" connect="both">
      <service-user ref="1"/>
      <addresses authorize="\(World.jiraOrigin)/authorize" token="\(World.jiraOrigin)/oauth/token"
        api="\(World.jiraOrigin)"/>
      <patience search="10s" comment="3s"/>
    </jira>
    """

  private func world(connection: String = "") throws -> World {
    try World(connection: connection, site: Self.both) { $0.siteURL = World.jiraOrigin }
  }

  /// The form, filled in.
  private func enter(
    _ token: String, email: String = "rohit@example.com", ends: String = "", as user: CRMUser = World.rohit,
    in world: World
  ) async throws -> ConnectFlow.Step {
    let start = try await world.startConnecting(user)
    guard case .enter(let form, let browser) = start else { return start }
    return await world.enter(token, email: email, ends: ends, form, browser)
  }

  private func connect(
    _ token: String, email: String = "rohit@example.com", ends: String = "", as user: CRMUser = World.rohit,
    in world: World
  ) async throws {
    let start = try await world.startConnecting(user)
    guard case .enter(let form, let browser) = start else {
      Issue.record("no form: \(start)")
      return
    }
    let asked = await world.enter(token, email: email, ends: ends, form, browser)
    guard case .confirm(let confirmation) = asked else {
      Issue.record("nothing to confirm: \(asked)")
      return
    }
    let done = await world.connect.confirm(state: confirmation.state, browser: browser, now: world.clock.now)
    guard case .connected = done else {
      Issue.record("not connected: \(done)")
      return
    }
    try await world.settle()
  }

  @Test("An API token is tried at once, and what was held goes out under its owner's name", arguments: [false, true])
  func apiToken(isScoped: Bool) async throws {
    let world = try world()
    try await world.openCase()
    #expect(world.issues.isEmpty)
    try await connect(world.jira.makeToken(for: "acc-rohit", isScoped: isScoped), in: world)
    #expect(world.issues.map { $0["creator"]?["name"]?.string } == ["Rohit R"])
    let grant = try #require(try await world.store.grant(connection: World.connection, user: "7"))
    #expect((grant.kind, grant.refreshToken, grant.account) == (.apiToken, nil, "acc-rohit"))
    #expect(grant.cloudID.isEmpty != isScoped)
    #expect(try await world.engine.keepGrants() == 0)
  }

  @Test("Both accounts are named, and nothing is connected, before the person confirms")
  func confirmation() async throws {
    let world = try world()
    let asked = try await enter(world.jira.makeToken(for: "acc-rohit"), in: world)
    guard case .confirm(let confirmation) = asked else {
      Issue.record("\(asked)")
      return
    }
    #expect((confirmation.user.name, confirmation.accountName) == ("Rohit", "Rohit R"))
    #expect(try await world.store.grants().isEmpty)
  }

  @Test(
    "What Jira does not accept leads back to the form, with the reason and without what was entered",
    arguments: [
      ("wrong-token", "rohit@example.com", "", "does not accept"),
      ("", "rohit@example.com", "", "That is no API token"),
      ("two words", "rohit@example.com", "", "That is no API token"),
      ("header\r\nX: y", "rohit@example.com", "", "That is no API token"),
      (String(repeating: "t", count: 5000), "rohit@example.com", "", "That is no API token"),
      ("good", "mark@example.com", "", "does not accept"), ("good", "", "", "goes with the e-mail address"),
      ("good", "rohit:x@example.com", "", "goes with the e-mail address"),
      ("good", "rohit@example.com", "2020-01-01", "one to come"), ("good", "rohit@example.com", "soon", "one to come"),
    ])
  func refused(_ token: String, _ email: String, _ ends: String, _ words: String) async throws {
    let world = try world()
    let good = world.jira.makeToken(for: "acc-rohit")
    let start = try await world.startConnecting(World.rohit)
    guard case .enter(let form, let browser) = start else {
      Issue.record("\(start)")
      return
    }
    let entered = token == "good" ? good : token
    let answer = await world.enter(entered, email: email, ends: ends, form, browser)
    guard case .enter(let again, browser: let same) = answer else {
      Issue.record("\(answer)")
      return
    }
    #expect(again.refusal?.contains(words) == true, "\(again.refusal ?? "")")
    #expect(entered.isEmpty || again.refusal?.contains(entered) == false)
    #expect(same == browser && again.state != form.state)
    #expect(try await world.store.grants().isEmpty)
    // The first form is over, and the second one goes on.
    #expect(await world.enter(good, form, browser) == .problem(.stateUsed))
    let done = await world.enter(good, again, browser)
    guard case .confirm = done else {
      Issue.record("\(done)")
      return
    }
  }

  @Test("A form that another browser sends connects nobody")
  func foreignBrowser() async throws {
    let world = try world()
    let token = world.jira.makeToken(for: "acc-rohit")
    guard case .enter(let form, _) = try await world.startConnecting(World.rohit),
      case .enter(_, let other) = try await world.startConnecting(World.mark)
    else {
      Issue.record("no form")
      return
    }
    #expect(await world.enter(token, form, other) == .problem(.otherBrowser))
    #expect(try await world.store.grants().isEmpty)
  }

  @Test("Where e-mail addresses must be the same, the token of another account is refused")
  func matchingEmail() async throws {
    let world = try world(connection: #"match-email="yes""#)
    let mark = world.jira.makeToken(for: "acc-mark")
    #expect(try await enter(mark, email: "mark@example.com", in: world) == .problem(.emailDiffers))
  }

  @Test("A token that its person deleted in Jira lapses, and what they do waits until they enter another")
  func deleted() async throws {
    let world = try world()
    try await connect(world.jira.makeToken(for: "acc-rohit"), in: world)
    world.jira.deleteTokens(of: "acc-rohit")
    try await world.openCase()
    let grant = try #require(try await world.store.grant(connection: World.connection, user: "7"))
    #expect((grant.state, grant.lapseReason) == (.lapsed, "Jira no longer accepts the API token"))
    #expect(world.issues.isEmpty)
    try await connect(world.jira.makeToken(for: "acc-rohit"), in: world)
    #expect(world.issues.map { $0["creator"]?["name"]?.string } == ["Rohit R"])
  }

  @Test("One refusal that passes does not end the connection of somebody who entered a token")
  func passingRefusal() async throws {
    let world = try world()
    try await connect(world.jira.makeToken(for: "acc-rohit"), in: world)
    world.jira.arm(ArmedFault(.unauthorised, method: "POST", pathSuffix: "/issue"))
    try await world.openCase()
    #expect(try await world.store.grant(connection: World.connection, user: "7")?.state == .active)
    #expect(world.issues.count == 1)
  }

  @Test("The end that a person gives their token is forecast, and ends it when it comes")
  func expiry() async throws {
    let world = try world()
    let last = (world.clock.now + .seconds(40 * 86_400)).description.prefix(10)
    try await connect(world.jira.makeToken(for: "acc-rohit"), ends: String(last), in: world)
    let grant = try #require(try await world.store.grant(connection: World.connection, user: "7"))
    #expect(grant.endsUnused?.description.prefix(10) == last)
    world.clock.advance(by: .seconds(41 * 86_400))
    try await world.openCase()
    let ended = try #require(try await world.store.grant(connection: World.connection, user: "7"))
    #expect((ended.state, ended.lapseReason) == (.lapsed, "the API token has expired"))
  }

  @Test("Where both ways are open, the form leads to Atlassian's consent as well, and one attempt connects once")
  func bothWays() async throws {
    let world = try world()
    guard case .enter(let form, let browser) = try await world.startConnecting(World.rohit) else {
      Issue.record("no form")
      return
    }
    #expect(form.authorizeURL?.hasPrefix(World.jiraOrigin + "/authorize?") == true)
    try await world.connect(World.rohit, as: "acc-rohit")
    #expect(try await world.store.grant(connection: World.connection, user: "7")?.kind == .oauth)
    let token = world.jira.makeToken(for: "acc-rohit")
    guard case .confirm = await world.enter(token, form, browser) else {
      Issue.record("nothing to confirm")
      return
    }
    let state = form.state
    let late = await world.connect.callback(
      state: state, code: Secret("code"), isDenied: false, browser: browser, now: world.clock.now)
    #expect(late == .problem(.stateUsed))
  }

  @Test("An operator connects somebody with a token of theirs, where the site takes tokens")
  func byOperator() async throws {
    let world = try world()
    try await world.openCase()
    let entry = ConnectFlow.Entry(
      token: Secret(world.jira.makeToken(for: "acc-rohit")), email: "rohit@example.com", ends: "")
    let done = try await world.connect.enter(entry, for: World.rohit, in: World.connection, now: world.clock.now)
    #expect((done.accountName, done.released) == ("Rohit R", 1))
    try await world.settle()
    #expect(world.issues.map { $0["creator"]?["name"]?.string } == ["Rohit R"])
    await #expect(throws: ConnectFlow.Refusal.self) {
      let wrong = ConnectFlow.Entry(token: Secret("wrong"), email: "rohit@example.com", ends: "")
      _ = try await world.connect.enter(wrong, for: World.rohit, in: World.connection, now: world.clock.now)
    }
    let oauthOnly = try World()
    await #expect(throws: ConnectFlow.Refusal.self) {
      _ = try await oauthOnly.connect.enter(entry, for: World.rohit, in: World.connection, now: oauthOnly.clock.now)
    }
  }
}
