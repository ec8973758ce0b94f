import JSON
import Simulation
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Testing
import TokenVault
import Wire

import struct FoundationEssentials.Data
import class FoundationEssentials.FileManager
import struct FoundationEssentials.URL
import struct FoundationEssentials.UUID

/// semantics.md, "Authorization in detail" and promise 9.
@Suite("Connecting an account")
struct ConnectTests {
  typealias Query = [(name: String, value: String)]

  struct LinkCase: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var problem: ConnectFlow.Problem
    var change: @Sendable (inout Query) -> Void
  }

  @Test(
    "A link that the CRM did not sign so is not taken",
    arguments: [
      LinkCase(testDescription: "another user", problem: .linkForged) { $0[0].value = "9" },
      LinkCase(testDescription: "another name", problem: .linkForged) { $0[1].value = "Somebody" },
      LinkCase(testDescription: "a later expiry", problem: .linkForged) { $0[3].value = "1780000900" },
      LinkCase(testDescription: "no signature", problem: .linkMalformed) { $0.removeLast() },
      LinkCase(testDescription: "a short signature", problem: .linkMalformed) { $0[4].value = "00" },
      LinkCase(testDescription: "no number", problem: .linkMalformed) { $0[3].value = "soon" },
      LinkCase(testDescription: "a user twice", problem: .linkMalformed) { $0.append((name: "user", value: "7")) },
      LinkCase(testDescription: "no user", problem: .linkMalformed) { $0[0].value = "" },
      LinkCase(testDescription: "a line break", problem: .linkMalformed) { $0[1].value = "A\nB" },
      LinkCase(testDescription: "nothing", problem: .linkMalformed) { $0 = [] },
    ])
  func links(_ row: LinkCase) async throws {
    let world = try World()
    var query = world.link(for: World.rohit)
    row.change(&query)
    #expect(await world.start(query) == .problem(row.problem))
    #expect(try await world.store.grants() == [])
  }

  @Test("A link ends when it says, and one that is good for too long is not taken")
  func expiry() async throws {
    let world = try World()
    #expect(await world.start(world.link(for: World.rohit, life: .seconds(0))) == .problem(.linkExpired))
    #expect(await world.start(world.link(for: World.rohit, life: .seconds(90_000))) == .problem(.linkExpired))
    let link = world.link(for: World.rohit, life: .seconds(60))
    world.clock.advance(by: .seconds(61))
    #expect(await world.start(link) == .problem(.linkExpired))
    var random = SystemRandomNumberGenerator()
    let unknown = await world.connect.start(
      connection: "nobody", query: link, browser: World.browser(of: World.rohit), now: world.clock.now, using: &random)
    #expect(unknown == .problem(.unknownConnection))
  }

  @Test("A link works again in the browser that opened it first, and in no other")
  func replay() async throws {
    let world = try World()
    let link = world.link(for: World.rohit)
    for _ in 0..<2 {
      guard case .authorize(_, let browser) = await world.start(link) else {
        Issue.record("the link is not taken")
        return
      }
      #expect(browser == World.browser(of: World.rohit))
    }
    #expect(await world.start(link, of: World.mark) == .problem(.linkTaken))
    try await world.connect(World.rohit, as: "acc-rohit")
    #expect(await world.start(link, of: World.mark) == .problem(.linkTaken))
    guard case .authorize = await world.start(link) else {
      Issue.record("the link is not taken again")
      return
    }
  }

  @Test("A state works once, in the browser that it was given to, and for ten minutes")
  func state() async throws {
    let world = try World()
    let started = try await world.begin(World.rohit, as: "acc-rohit")
    let foreign = await world.back(started, browser: Secret("another browser"))
    #expect(foreign == .problem(.otherBrowser))
    guard case .confirm = await world.back(started, browser: started.browser) else {
      Issue.record("the right browser is refused")
      return
    }
    #expect(await world.back(started, browser: started.browser) == .problem(.stateUsed))
    let confirm = world.connect.confirm
    #expect(
      await confirm(started.state, Secret("another browser"), world.clock.now) == .problem(.otherBrowser))
    guard case .connected = await confirm(started.state, started.browser, world.clock.now) else {
      Issue.record("the confirmation is refused")
      return
    }
    #expect(await confirm(started.state, started.browser, world.clock.now) == .problem(.stateUnknown))
    let late = try await world.begin(World.mark, as: "acc-mark")
    world.clock.advance(by: .seconds(601))
    #expect(await world.back(late, browser: late.browser) == .problem(.stateExpired))
    #expect(try await world.store.grants().map(\.user.id) == ["7"])
  }

  @Test("Who denies, or comes back without a code, is connected to nothing")
  func denied() async throws {
    let world = try World()
    var started = try await world.begin(World.rohit, as: "acc-rohit")
    started.code = nil
    #expect(await world.back(started, browser: started.browser, isDenied: true) == .problem(.denied))
    var second = try await world.begin(World.rohit, as: "acc-rohit")
    second.code = Secret("made up")
    #expect(await world.back(second, browser: second.browser) == .problem(.codeRefused))
    #expect(try await world.store.grants() == [])
  }

  @Test("An account without the site, or without the scopes, is not connected")
  func siteAndScopes() async throws {
    let elsewhere = try World { $0.siteURL = "https://elsewhere.atlassian.net" }
    #expect(
      try await elsewhere.connect(World.rohit, as: "acc-rohit")
        == .problem(.siteMissing(site: "https://sandbox.atlassian.net")))
    let world = try World()
    var started = try await world.begin(World.rohit, as: "acc-rohit")
    started.code = Secret(
      world.jira.authorizationCode(
        for: "acc-rohit", scopes: ["read:jira-work", "offline_access"], now: world.clock.now))
    #expect(
      await world.back(started, browser: started.browser)
        == .problem(.scopesMissing(["write:jira-work", "read:jira-user"])))
    #expect(try await world.store.grants() == [])
  }

  @Test("Of several sites the configured one is chosen, by its address and Jira's scopes")
  func severalSites() async throws {
    let others = ["https://elsewhere.atlassian.net", "https://sandbox.atlassian.net.elsewhere.example"]
    let world = try World { $0.otherSites = others }
    try await world.connect(World.rohit, as: "acc-rohit")
    #expect(try await world.store.grants().map(\.cloudID) == [world.jira.configuration.cloudID])
    let absent = try World {
      $0.otherSites = others
      $0.siteURL = "https://third.atlassian.net"
    }
    let problem = ConnectFlow.Problem.siteMissing(site: "https://sandbox.atlassian.net")
    #expect(try await absent.connect(World.rohit, as: "acc-rohit") == .problem(problem))
    #expect(try await absent.store.grants() == [])
  }

  @Test("Where the connection asks for it, both accounts must have one e-mail address")
  func email() async throws {
    let world = try World(connection: "match-email=\"yes\"")
    #expect(try await world.connect(World.rohit, as: "acc-mark") == .problem(.emailDiffers))
    var shouting = World.rohit
    shouting.email = "ROHIT@EXAMPLE.COM"
    guard case .connected = try await world.connect(shouting, as: "acc-rohit") else {
      Issue.record("not connected")
      return
    }
    #expect(try await world.store.grants().map(\.account) == ["acc-rohit"])
  }

  @Test("Connecting again replaces the grant, and a second user of one account is warned of")
  func again() async throws {
    let world = try World()
    try await world.connect(World.rohit, as: "acc-mark")
    try await world.connect(World.rohit, as: "acc-rohit")
    #expect(try await world.store.grants().map(\.account) == ["acc-rohit"])
    try await world.openCase()
    #expect(world.issues.map { $0["creator"]?["name"]?.string } == ["Rohit R"])
    let started = try await world.begin(World.mark, as: "acc-rohit")
    guard case .confirm(let asked) = await world.back(started, browser: started.browser) else {
      Issue.record("not asked")
      return
    }
    #expect(asked.sharedWith == "Rohit")
    #expect(asked.user == World.mark)
    #expect(asked.accountName == "Rohit R")
  }

  @Test("No token stands in the database in clear")
  func secrecy() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "counterpart-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "store.db").path
    let world = try World(store: try Store(path: file)) { $0.accessTokenLife = .seconds(600) }
    try await world.connectAll()
    _ = try await world.begin(World.rohit, as: "acc-rohit")
    let pending = try await world.begin(World.mark, as: "acc-mark")
    guard case .confirm = await world.back(pending, browser: pending.browser) else {
      Issue.record("not asked")
      return
    }
    try await world.openCase()
    world.clock.advance(by: .seconds(600))
    try await world.openCase()
    let sessions = world.jira.snapshot["sessions"]
    let issued = ["access", "refresh", "codes"].flatMap { sessions?[$0]?.array ?? [] }
    let secrets = issued.compactMap { $0["token"]?.string } + [pending.state.reveal(), "app-secret"]
    #expect(secrets.count > 9)
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
      let bytes = try Array(Data(contentsOf: folder.appending(path: name)))
      for secret in secrets { #expect(!bytes.contains(Array(secret.utf8)), "a secret in \(name)") }
    }
    #expect(world.issues.count == 2)
    try world.store.close()
  }

  @Test("An access token is refreshed ahead of its end, without a request that fails")
  func ahead() async throws {
    let world = try World()
    try await world.connectAll()
    try await world.openCase()
    world.clock.advance(by: .seconds(3500))
    world.jira.clearLog()
    try await world.openCase()
    #expect(world.jiraRequests("POST", "/oauth/token").count == 1)
    #expect(world.jira.log.allSatisfy { $0.status.map { $0 < 300 } ?? false })
  }

  @Test("Many operations at once share one refresh")
  func singleFlight() async throws {
    let world = try World()
    try await world.connectAll()
    world.clock.advance(by: .seconds(3500))
    for number in 0..<20 {
      _ = try world.crm.openCase(as: "7", subject: "Case \(number)", now: world.clock.now)
    }
    await world.crm.sendDue(through: world.network, now: world.clock.now)
    while try await world.engine.planNext() {}
    world.jira.clearLog()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<8 { group.addTask { while try await world.engine.carryOutNext() {} } }
      try await group.waitForAll()
    }
    try await world.settle()
    #expect(world.issues.count == 20)
    #expect(world.jiraRequests("POST", "/oauth/token").count == 1)
  }

  @Test("A token that Jira refuses before its time is refreshed once, for everything that waits for it")
  func refusedEarly() async throws {
    let world = try World()
    try await world.connectAll()
    let grant = try #require(try await world.store.grant(connection: World.connection, user: "7"))
    let vault = world.services.vault
    var renewed = grant
    renewed.generation += 1
    func sealedAnew(_ token: [UInt8], _ purpose: Vault.Purpose) throws -> [UInt8] {
      try vault.seal(vault.open(token, for: grant.label(purpose)), for: renewed.label(purpose))
    }
    let tokens = StoredGrant.Tokens(
      access: try sealedAnew(grant.accessToken, .accessToken),
      refresh: try sealedAnew(#require(grant.refreshToken), .refreshToken))
    _ = try await world.store.storeRefreshed(
      grant, tokens: tokens, expiresAt: world.clock.now + .seconds(36_000), now: world.clock.now)
    world.clock.advance(by: .seconds(3700))
    for number in 0..<12 {
      _ = try world.crm.openCase(as: "7", subject: "Case \(number)", now: world.clock.now)
    }
    await world.crm.sendDue(through: world.network, now: world.clock.now)
    while try await world.engine.planNext() {}
    world.jira.clearLog()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<8 { group.addTask { while try await world.engine.carryOutNext() {} } }
      try await group.waitForAll()
    }
    try await world.settle()
    #expect(world.issues.map { $0["creator"]?["name"]?.string } == Array(repeating: "Rohit R", count: 12))
    let refreshes = world.jiraRequests("POST", "/oauth/token").filter { $0.account == "acc-rohit" }
    #expect(refreshes.count == 1)
  }

  @Test("A refresh that fails for a passing reason lapses nothing, and the operation goes out later")
  func passing() async throws {
    let world = try World()
    try await world.connectAll()
    world.clock.advance(by: .seconds(3500))
    world.jira.arm(ArmedFault(.htmlError(status: 502), method: "POST", pathSuffix: "/oauth/token"))
    try await world.openCase()
    #expect(try await world.store.grants().map(\.state) == [.active, .active, .active])
    #expect(world.issues.count == 1)
  }

  @Test("A refresh whose answer was lost is made again within the leeway")
  func lostRefresh() async throws {
    let world = try World()
    try await world.connectAll()
    world.clock.advance(by: .seconds(3500))
    world.jira.arm(ArmedFault(.lostAfterApply, method: "POST", pathSuffix: "/oauth/token"))
    try await world.openCase()
    #expect(world.issues.count == 1)
    #expect(try await world.store.grants().map(\.state) == [.active, .active, .active])
  }
}

/// A person's way through the consent, as far as the callback.
struct Started: Sendable {
  var state: Secret
  var browser: Secret
  var code: Secret?
}

extension World {
  func link(for user: CRMUser, life: Duration = .seconds(600)) -> [(name: String, value: String)] {
    SignedLink(
      connection: Self.connection, user: user, expires: clock.now + life, secret: Secret("connect-secret")
    ).query.map { (name: $0.0, value: $0.1) }
  }

  func start(_ query: [(name: String, value: String)], of user: CRMUser = World.rohit) async -> ConnectFlow.Step {
    var random = SystemRandomNumberGenerator()
    return await connect.start(
      connection: Self.connection, query: query, browser: Self.browser(of: user), now: clock.now, using: &random)
  }

  func begin(_ user: CRMUser, as account: AccountID) async throws -> Started {
    guard case .authorize(let url, let browser) = await start(link(for: user), of: user) else {
      throw SimulationError("the link is not taken")
    }
    let query = try #require(URLEncoding.pairs(of: url.split(separator: "?")[1]))
    let state = try #require(query.first { $0.name == "state" }?.value)
    let scopes = try #require(query.first { $0.name == "scope" }?.value).split(separator: " ").map(String.init)
    let code = jira.authorizationCode(for: account, scopes: scopes, now: clock.now)
    return Started(state: Secret(state), browser: browser, code: Secret(code))
  }

  func back(_ started: Started, browser: Secret, isDenied: Bool = false) async -> ConnectFlow.Step {
    await connect.callback(
      state: started.state, code: started.code, isDenied: isDenied, browser: browser, now: clock.now)
  }
}
