import JSON
import MappingLanguage
import Simulation
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Synchronization
import Testing
import TokenVault
import Wire

/// One installation of Counterpart between a simulated help desk and a simulated Jira, with a clock that only we move.
///
/// Everything in it is what ships, the clients included; the network, the clock and the dice are not.
struct World: Sendable {
  final class Clock: Sendable {
    private let time = Mutex(Timestamp(seconds: 1_780_000_000))
    var now: Timestamp { time.withLock { $0 } }
    func advance(by duration: Duration) { time.withLock { $0 = $0 + duration } }
  }

  static let connection: ConnectionName = "acme"
  static let rohit = CRMUser(id: "7", name: "Rohit", email: "rohit@example.com")
  static let mark = CRMUser(id: "8", name: "Mark", email: "mark@example.com")
  static let service = CRMUser(id: "1", name: "Sync", email: "sync@example.com")
  static let origin = "https://counterpart.example.com"
  static let jiraOrigin = "https://jira.example.com"
  static let crmOrigin = "https://crm.example.com"

  let clock = Clock()
  let jira: SimulatedJira
  let crm: SimulatedCRM
  let store: Store
  let services: Services
  let intake: Intake
  let connect: ConnectFlow
  let engine: Engine
  let network: SimulatedNetwork
  let limits: JiraPace.Limits
  let app = OAuthApp(
    clientID: "client", clientSecret: Secret("app-secret"))

  /// - Parameters:
  ///   - others: mappings of the same connection beside it.
  ///   - connection: attributes of the connection's own element.
  ///   - site: the document of the Jira site.
  ///   - limits: what the pace of requests keeps within.
  ///   - tenants: other connections to the same site, of whom nobody acts.
  ///   - adjust: what is to be different about the Jira site.
  ///   - adjustCRM: what is to be different about the help desk.
  init(
    mapping: String = World.mapping, others: [String] = [],
    echo: SimulatedCRMConfiguration.Echo = .afterAnswer, store: Store? = nil, connection: String = "",
    site: String = World.site, limits: JiraPace.Limits = JiraPace.Limits(), tenants: [ConnectionName] = [],
    adjust: (inout SimulatedJiraConfiguration) -> Void = { _ in },
    adjustCRM: (inout SimulatedCRMConfiguration) -> Void = { _ in }
  ) throws {
    let clock = self.clock
    var configuration = Self.jiraConfiguration
    adjust(&configuration)
    jira = SimulatedJira(configuration: configuration)
    var desk = Self.crmConfiguration(echo: echo)
    adjustCRM(&desk)
    crm = SimulatedCRM(configuration: desk)
    let store = try store ?? Store()
    self.store = store
    self.limits = limits
    var installation = try Self.installation(mapping: mapping, others: others, connection: connection, site: site)
    for name in tenants { installation.mappings.connections[name] = installation.mappings.connections[Self.connection] }
    let live = LiveInstallation(installation)
    let bell = Bell()
    let receiver = Intake(store: store, live: live, bell: bell)
    intake = receiver
    network = SimulatedNetwork(
      routes: [
        Self.jiraOrigin: .jira(jira), Self.crmOrigin: .crm(crm),
        Self.origin: .server { await Self.receive($0, by: receiver, now: clock.now) },
      ], clock: { clock.now })
    services = Services(
      store: store, live: live, vault: Vault(keys: try KeyRing(text: KeyRing.newKey())), transport: network,
      bell: bell, pace: JiraPace(store: store, live: live, limits: limits, clock: { clock.now }),
      redirectURI: Self.origin + "/oauth/callback")
    connect = ConnectFlow(services: services, app: app)
    engine = Engine(services: services, app: app, worker: "test", clock: { clock.now })
  }

  // MARK: - Moving

  /// Delivers what the CRM has to tell and works until nothing is due, moving the clock over every wait.
  func settle(for span: Duration = .seconds(30)) async throws {
    let end = clock.now + span
    while true {
      await crm.sendDue(through: network, now: clock.now)
      try await engine.drain()
      guard clock.now < end else { return }
      clock.advance(by: .milliseconds(500))
    }
  }

  func reconcile() async throws -> ReconcileStep.Report {
    let report = try await engine.reconcile.run(Self.connection, owner: "test")
    try await settle()
    return report
  }

  /// Everybody who acts in most stories, connected.
  func connectAll() async throws {
    try await connect(Self.service, as: "acc-sync")
    try await connect(Self.rohit, as: "acc-rohit")
    try await connect(Self.mark, as: "acc-mark")
  }

  /// A case of Rohit's whose issue exists, and is settled.
  @discardableResult
  func openCase(
    subject: String = "Checkout fails", description: String = "Error 500", priority: String = "P2"
  ) async throws -> CaseID {
    let id = try crm.openCase(
      as: "7", subject: subject, description: description, priority: priority, now: clock.now)
    try await settle()
    return id
  }

  /// The next process after a crash: another engine of the same name on the same store.
  func restarted() async throws -> Engine {
    let clock = self.clock
    let engine = Engine(services: services, app: app, worker: "test", clock: { clock.now })
    try await engine.recover()
    return engine
  }

  /// What the receiver answers to a success.
  var accepted: IntakeAnswer { .accepted(AnswerRule(status: 202)) }

  /// Delivers a body, signed as the CRM signs it at that moment.
  func deliver(_ body: String, id: String, at time: Timestamp? = nil) async -> IntakeAnswer {
    let delivery = SimulatedDelivery(id: DeliveryID(id), body: Array(body.utf8), dueAt: clock.now)
    let request = crm.request(for: delivery, now: time ?? clock.now)
    return await intake.receive(
      connection: Self.connection, body: request.body, headers: request.headers, now: clock.now)
  }

  // MARK: - Looking

  /// A field of an issue as Jira keeps it.
  func field(_ name: String, of issue: Int = 0) -> String? { issues[issue]["fields"]?[name]?.text }

  func status(of issue: Int = 0) -> String? { issues[issue]["status"]?.string }

  /// `public|internal body` of a case's comments.
  func caseComments(_ id: CaseID) -> [String] {
    (caseState(id)?["comments"]?.array ?? []).map { comment in
      (comment["public"]?.bool == true ? "public " : "internal ") + (comment["body"]?.string ?? "")
    }
  }

  func story(_ id: CaseID) async throws -> CaseStory { try #require(try await store.stories(of: id.rawValue).first) }

  /// Requests to an address of Jira, by the end of its template.
  func jiraRequests(_ method: String, _ suffix: String) -> [LoggedRequest] {
    jira.log.filter { $0.method == method && $0.template.hasSuffix(suffix) }
  }

  /// The issues in Jira, as its people see them.
  var issues: [JSONValue] { jira.state["issues"]?.array ?? [] }

  /// `author: text` of an issue's comments.
  func comments(_ issue: JSONValue) -> [String] {
    (issue["comments"]?.array ?? []).map { "\($0["author"]?["name"]?.string ?? "?"): \($0["text"]?.string ?? "")" }
  }

  /// The case in the CRM.
  func caseState(_ id: CaseID) -> JSONValue? {
    crm.state["cases"]?.array?.first { $0["id"]?.text == id.rawValue }
  }

  /// Requests that changed something in Jira since the log was cleared.
  var jiraWrites: [LoggedRequest] {
    jira.log.filter { request in
      request.method != "GET" && !request.template.contains("search") && !request.template.contains("bulkfetch")
        && !request.template.contains("comment/list") && request.template.hasPrefix("/rest")
    }
  }

  var crmWrites: [LoggedRequest] { crm.log.filter { $0.method != "GET" } }

  // MARK: - Parts

  private static func receive(_ request: WireRequest, by intake: Intake, now: Timestamp) async -> WireResponse {
    switch await intake.receive(connection: connection, body: request.body, headers: request.headers, now: now) {
    case .accepted(let rule): WireResponse(status: rule.status)
    case .refused: WireResponse(status: 401)
    case .unknown: WireResponse(status: 404)
    case .unreadable: WireResponse(status: 400)
    case .unavailable: WireResponse(status: 503)
    }
  }

  private static var jiraConfiguration: SimulatedJiraConfiguration {
    var configuration = SimulatedJiraConfiguration(
      clientID: "client", clientSecret: Secret("app-secret"), redirectURI: origin + "/oauth/callback",
      accounts: [
        SimulatedAccount(id: "acc-rohit", name: "Rohit R", email: "rohit@example.com"),
        SimulatedAccount(id: "acc-mark", name: "Mark M", email: "mark@example.com"),
        SimulatedAccount(id: "acc-sync", name: "Service Account", email: "sync@example.com"),
        SimulatedAccount(id: "acc-dev", name: "Dana Developer", email: "dana@example.com"),
      ], projects: [SimulatedProject(key: "SUP", name: "Support")])
    configuration.siteURL = "https://sandbox.atlassian.net"
    return configuration
  }

  private static func crmConfiguration(echo: SimulatedCRMConfiguration.Echo) -> SimulatedCRMConfiguration {
    var configuration = SimulatedCRMConfiguration(
      users: [rohit, mark, service], apiUser: "1", apiKey: Secret("api-key"),
      webhookURL: origin + "/webhooks/acme", webhookSecret: Secret("whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"),
      counterpartURL: origin, connection: connection, connectSecret: Secret("connect-secret"))
    configuration.echo = echo
    return configuration
  }

  /// - Parameter profile: what is to run in place of the shipped profile.
  static func installation(
    mapping: String, others: [String] = [], connection attributes: String = "", profile text: String? = nil,
    site: String = World.site
  ) throws -> Installation {
    var files = files(mapping: mapping, connection: attributes, profile: text, site: site)
    for (index, other) in others.enumerated() {
      files.append(SourceFile(path: "other\(index).xml", bytes: Array(other.utf8)))
    }
    let (set, diagnostics) = MappingSet.compile(files: files)
    // What is legal and surely wrong is a warning, and what a test may be about.
    #expect(diagnostics.filter { $0.severity == .error }.map(\.description) == [])
    var installation = Installation(
      mappings: try #require(set),
      secrets: [
        connection: [
          "webhook": [Secret("whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0")], "api": [Secret("api-key")],
          "connect": [Secret("connect-secret")],
        ]
      ])
    installation.clientSecrets["sandbox"] = Secret("app-secret")
    return installation
  }

  /// The files of a mappings folder with this mapping, in the order of their paths.
  static func files(
    mapping: String, connection attributes: String = "", profile text: String? = nil, site: String = World.site
  ) -> [SourceFile] {
    let profile = text.map { Array($0.utf8) } ?? (try? Array(Fixtures.bytes("mappings/crm/generic.xml"))) ?? []
    return [
      SourceFile(path: "crm.xml", bytes: Array(crm(attributes).utf8)),
      SourceFile(path: "crm/generic.xml", bytes: profile), SourceFile(path: "mapping.xml", bytes: Array(mapping.utf8)),
      SourceFile(path: "site.xml", bytes: Array(site.utf8)),
    ]
  }

  static let site = """
    <jira xmlns="urn:counterpart:jira:1" name="sandbox" kind="cloud" site="https://sandbox.atlassian.net">
      <service-user ref="1"/>
      <addresses authorize="\(jiraOrigin)/authorize" token="\(jiraOrigin)/oauth/token" api="\(jiraOrigin)"/>
      <patience search="10s" comment="3s"/>
    </jira>
    """

  static let dataCenter = """
    <jira xmlns="urn:counterpart:jira:1" name="sandbox" kind="data-center" site="\(jiraOrigin)">
      <service-user ref="1"/>
      <oauth client-id="client" client-secret="env:D"/>
      <patience search="10s" comment="3s"/>
    </jira>
    """

  private static func crm(_ attributes: String) -> String {
    """
    <crm xmlns="urn:counterpart:crm:1" name="acme" profile="generic" base="\(crmOrigin)" jira="sandbox" \(attributes)>
      <secret name="webhook" from="env:A"/><secret name="api" from="env:B"/><secret name="connect" from="env:C"/>
    </crm>
    """
  }

  /// The mapping with another element in place of one of its own, and with elements added at its end.
  static func mapping(_ changes: [(String, String)] = [], adding: String = "") -> String {
    var text = mapping
    for (old, new) in changes {
      #expect(text.contains(old))
      text = text.split(separator: old, omittingEmptySubsequences: false).joined(separator: new)
    }
    return text.split(separator: "</mapping>").joined() + adding + "</mapping>"
  }

  static let mapping = """
    <mapping xmlns="urn:counterpart:mapping:1" name="support" crm="acme">
      <route project="SUP" issue-type="Task"/>
      <field jira="summary" value="[{number}] {subject}" max-length="255"/>
      <field jira="description" crm="description" as="plain"/>
      <field jira="priority" crm="priority" sync="both" on-conflict="crm">
        <pair crm="P1" jira="Highest"/><pair crm="P2" jira="High"/><pair crm="P3" jira="Medium"/>
      </field>
      <status crm="status" sync="both" on-conflict="jira">
        <pair crm="New" jira="To Do"/>
        <pair crm="Working" jira="In Progress"/>
        <pair crm="Closed" jira="Done" resolution="Done"/>
      </status>
      <comments sync="both"/>
      <link issue-key="jira_key"/>
    </mapping>
    """
}
