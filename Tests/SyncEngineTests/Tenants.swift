import JSON
import MappingLanguage
import Simulation
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Testing
import TokenVault
import Wire

/// One installation with two customers, `acme` and `zenith`, whose CRMs know people and cases by the same ids.
struct Tenants: Sendable {
  struct Tenant: Sendable {
    let connection: ConnectionName
    let jira: SimulatedJira
    let crm: SimulatedCRM
    let connectSecret: Secret
  }

  static let names = ["acme", "zenith"]

  let clock = World.Clock()
  let acme: Tenant
  let zenith: Tenant
  let store: Store
  let services: Services
  let intake: Intake
  let connect: ConnectFlow
  let engine: Engine
  let network: SimulatedNetwork

  init() throws {
    let clock = self.clock
    acme = Self.tenant("acme")
    zenith = Self.tenant("zenith")
    let store = try Store()
    self.store = store
    let live = LiveInstallation(try Self.installation())
    let bell = Bell()
    let intake = Intake(store: store, live: live, bell: bell)
    self.intake = intake
    network = SimulatedNetwork(
      routes: [
        "https://jira.acme.example": .jira(acme.jira), "https://jira.zenith.example": .jira(zenith.jira),
        "https://crm.acme.example": .crm(acme.crm), "https://crm.zenith.example": .crm(zenith.crm),
        World.origin: .server { request in
          let connection = ConnectionName(String(request.url.split(separator: "/").last ?? ""))
          let answer = await intake.receive(
            connection: connection, body: request.body, headers: request.headers, now: clock.now)
          guard case .accepted = answer else { return WireResponse(status: 401) }
          return WireResponse(status: 202)
        },
      ], clock: { clock.now })
    services = Services(
      store: store, live: live, vault: Vault(keys: try KeyRing(text: KeyRing.newKey())), transport: network,
      bell: bell, pace: JiraPace(store: store, live: live, clock: { clock.now }),
      redirectURI: World.origin + "/oauth/callback")
    let app = OAuthApp(
      clientID: "client", clientSecret: Secret("app-secret"))
    connect = ConnectFlow(services: services, app: app)
    engine = Engine(services: services, app: app, worker: "test", clock: { clock.now })
  }

  // MARK: - What people do

  func settle(for span: Duration = .seconds(20)) async throws {
    let end = clock.now + span
    while true {
      for tenant in [acme, zenith] { await tenant.crm.sendDue(through: network, now: clock.now) }
      try await engine.drain()
      guard clock.now < end else { return }
      clock.advance(by: .milliseconds(500))
    }
  }

  @discardableResult
  func openCase(_ tenant: Tenant, by user: CRMUser = World.rohit, subject: String) async throws -> CaseID {
    let id = try tenant.crm.openCase(as: user.id, subject: subject, now: clock.now)
    try await settle()
    return id
  }

  @discardableResult
  func connect(_ tenant: Tenant, _ user: CRMUser, as account: AccountID) async throws -> ConnectFlow.Step {
    let started = try await begin(tenant, user)
    let scopes = ["read:jira-work", "write:jira-work", "read:jira-user", "offline_access"]
    let code = Secret(tenant.jira.authorizationCode(for: account, scopes: scopes, now: clock.now))
    let asked = await connect.callback(
      state: started.state, code: code, isDenied: false, browser: started.browser, now: clock.now)
    guard case .confirm = asked else { return asked }
    return await connect.confirm(state: started.state, browser: started.browser, now: clock.now)
  }

  func begin(_ tenant: Tenant, _ user: CRMUser) async throws -> Started {
    guard case .authorize(let url, let browser) = await start(tenant, user, secret: tenant.connectSecret) else {
      throw SimulationError("the link is not taken")
    }
    let query = try #require(URLEncoding.pairs(of: url.split(separator: "?")[1]))
    let state = try #require(query.first { $0.name == "state" }?.value)
    return Started(state: Secret(state), browser: browser)
  }

  func start(_ tenant: Tenant, _ user: CRMUser, secret: Secret, signedFor: ConnectionName? = nil) async
    -> ConnectFlow.Step
  {
    let link = SignedLink(
      connection: signedFor ?? tenant.connection, user: user, expires: clock.now + .seconds(600), secret: secret)
    var random = SystemRandomNumberGenerator()
    return await connect.start(
      connection: tenant.connection, query: link.query.map { (name: $0.0, value: $0.1) },
      browser: World.browser(of: user), now: clock.now, using: &random)
  }

  /// Who made the issues of a tenant's site, with their summaries.
  func issues(_ tenant: Tenant) -> [String] {
    (tenant.jira.state["issues"]?.array ?? []).map {
      "\($0["creator"]?["name"]?.string ?? "?"): \($0["summary"]?.string ?? "")"
    }
  }

  // MARK: - Parts

  private static func tenant(_ name: String) -> Tenant {
    var site = SimulatedJiraConfiguration(
      clientID: "client", clientSecret: Secret("app-secret"), redirectURI: World.origin + "/oauth/callback",
      accounts: [
        SimulatedAccount(id: AccountID("\(name)-rohit"), name: "Rohit of \(name)", email: "rohit@\(name).example"),
        SimulatedAccount(id: AccountID("\(name)-mark"), name: "Mark of \(name)", email: "mark@\(name).example"),
        SimulatedAccount(id: "shared", name: "Somebody of both", email: "both@example.com"),
      ], projects: [SimulatedProject(key: "SUP", name: "Support")])
    site.siteURL = "https://\(name).atlassian.net"
    site.cloudID = "cloud-of-\(name)"
    site.seed = name == "acme" ? 1 : 2
    var desk = SimulatedCRMConfiguration(
      users: [World.rohit, World.mark, World.service], apiUser: "1", apiKey: Secret("api-key-of-\(name)"),
      webhookURL: World.origin + "/webhooks/\(name)", webhookSecret: webhookSecret(name), counterpartURL: World.origin,
      connection: ConnectionName(name), connectSecret: Secret("connect-secret-of-\(name)"))
    desk.echo = .afterAnswer
    return Tenant(
      connection: ConnectionName(name), jira: SimulatedJira(configuration: site),
      crm: SimulatedCRM(configuration: desk), connectSecret: desk.connectSecret)
  }

  private static func webhookSecret(_ name: String) -> Secret {
    Secret(name == "acme" ? "whsec_YWNtZS1hY21lLWFjbWUtYWNtZQ==" : "whsec_emVuaXRoLXplbml0aC16ZW5pdGg=")
  }

  private static func installation() throws -> Installation {
    var files = [SourceFile(path: "crm/generic.xml", bytes: Array(try Fixtures.bytes("mappings/crm/generic.xml")))]
    for name in names {
      files += [
        (
          "\(name)-crm.xml",
          """
          <crm xmlns="urn:counterpart:crm:1" name="\(name)" profile="generic" base="https://crm.\(name).example" \
          jira="\(name)-site">
            <secret name="webhook" from="env:A"/><secret name="api" from="env:B"/><secret name="connect" from="env:C"/>
          </crm>
          """
        ),
        (
          "\(name)-site.xml",
          """
          <jira xmlns="urn:counterpart:jira:1" name="\(name)-site" kind="cloud" site="https://\(name).atlassian.net">
            <service-user ref="1"/>
            <addresses authorize="https://jira.\(name).example/authorize" \
          token="https://jira.\(name).example/oauth/token" api="https://jira.\(name).example"/>
          </jira>
          """
        ),
        (
          "\(name)-support.xml",
          World.mapping.replacing("name=\"support\" crm=\"acme\"", with: "name=\"\(name)-support\" crm=\"\(name)\"")
        ),
      ].map { SourceFile(path: $0.0, bytes: Array($0.1.utf8)) }
    }
    let (set, diagnostics) = MappingSet.compile(files: files.sorted { $0.path < $1.path })
    #expect(diagnostics.filter { $0.severity == .error }.map(\.description) == [])
    let secrets = names.map { name in
      (
        ConnectionName(name),
        [
          "webhook": [webhookSecret(name)], "api": [Secret("api-key-of-\(name)")],
          "connect": [Secret("connect-secret-of-\(name)")],
        ]
      )
    }
    return Installation(
      mappings: try #require(set), secrets: Dictionary(uniqueKeysWithValues: secrets))
  }
}
