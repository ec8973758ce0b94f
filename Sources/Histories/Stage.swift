import MappingLanguage
import Simulation
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import TokenVault
import Wire

/// One installation of Counterpart between a simulated help desk and a simulated Jira, all of one seed.
///
/// The engine, the store and the clients are what ships. A restart makes new ones of all that lives in memory only.
final class Stage {
  static let connection: ConnectionName = "desk"
  static let origin = "https://counterpart.example.com"
  static let jiraOrigin = "https://jira.example.com"
  static let crmOrigin = "https://crm.example.com"
  static let siteURL = "https://site.atlassian.net"
  static let webhookSecret = Secret("whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0")
  static let apiKey = Secret("api-key")
  static let clientSecret = Secret("app-secret")
  static let connectSecret = Secret("connect-secret")

  static let service = CRMUser(id: "1", name: "Sync", email: "sync@example.com")
  static let users = [
    CRMUser(id: "7", name: "Rohit", email: "rohit@example.com"),
    CRMUser(id: "8", name: "Mark", email: "mark@example.com"),
    CRMUser(id: "9", name: "Asha", email: "asha@example.com"),
  ]
  /// People who only work in Jira.
  static let developers: [AccountID] = ["acc-dana", "acc-luis"]

  /// As whom a CRM user works in Jira.
  static func account(of user: CRMUserID) -> AccountID { AccountID("acc-\(user)") }

  let options: HistoryOptions
  let clock = HistoryClock()
  let jira: SimulatedJira
  let crm: SimulatedCRM
  let live: LiveInstallation
  let network: HistoryNetwork
  private(set) var store: Store
  private(set) var intake: Intake
  private(set) var connect: ConnectFlow
  private(set) var engine: Engine
  private let vault: Vault
  private let bell = Bell()

  init(_ options: HistoryOptions, store: Store, mutant: Mutant?) {
    self.options = options
    self.store = store
    jira = SimulatedJira(configuration: Self.jiraConfiguration(options))
    crm = SimulatedCRM(configuration: Self.crmConfiguration(options))
    jira.recordEffects()
    crm.recordEffects()
    live = LiveInstallation(options.mapping.compiled(options).usual)
    network = HistoryNetwork(jira: jira, crm: crm, clock: clock, mutant: mutant)
    vault = Vault(keys: Self.keys)
    intake = Intake(store: store, live: live, bell: bell)
    let services = Self.services(store, live, vault, network, bell, clock)
    connect = ConnectFlow(services: services, app: Self.app)
    engine = Self.engine(services, clock)
  }

  private static func services(
    _ store: Store, _ live: LiveInstallation, _ vault: Vault, _ network: HistoryNetwork, _ bell: Bell,
    _ clock: HistoryClock
  ) -> Services {
    Services(
      store: store, live: live, vault: vault, transport: network, bell: bell,
      pace: JiraPace(store: store, live: live, clock: { clock.ours }), redirectURI: origin + "/oauth/callback")
  }

  /// Another process of the same name on the same database, or on the one that a power cut left.
  func restart(on store: Store? = nil) {
    if let store { self.store = store }
    intake = Intake(store: self.store, live: live, bell: bell)
    let services = Self.services(self.store, live, vault, network, bell, clock)
    connect = ConnectFlow(services: services, app: Self.app)
    engine = Self.engine(services, clock)
  }

  private static func engine(_ services: Services, _ clock: HistoryClock) -> Engine {
    Engine(
      services: services, app: app, worker: "process", clock: { clock.ours },
      elapsed: { clock.world - HistoryClock.start })
  }

  /// One for all histories: what it seals never enters a trace.
  private static let keys: KeyRing = {
    do { return try KeyRing(text: KeyRing.newKey()) } catch { preconditionFailure("a new key is a key: \(error)") }
  }()

  private static let app = OAuthApp(
    clientID: "client", clientSecret: clientSecret)

  private static func jiraConfiguration(_ options: HistoryOptions) -> SimulatedJiraConfiguration {
    var support = SimulatedProject(key: "SUP", name: "Support")
    let names = support.workflow.statuses.map(\.name)
    support.workflow.transitions = names.enumerated().map { index, name in
      SimulatedWorkflow.Transition(
        id: String(11 + 10 * index), name: "To \(name)", from: names.filter { $0 != name }, to: name,
        screen: name == "Done" ? ["resolution"] : [])
    }
    var operations = support
    operations.key = "OPS"
    operations.name = "Operations"
    let people = ([service] + users).map { user in
      SimulatedAccount(id: account(of: user.id), name: user.name ?? "", email: user.email ?? "")
    }
    let others = developers.map { SimulatedAccount(id: $0, name: "Developer \($0)", email: "\($0)@example.com") }
    var configuration = SimulatedJiraConfiguration(
      clientID: "client", clientSecret: clientSecret, redirectURI: origin + "/oauth/callback",
      accounts: people + others, projects: [support, operations])
    configuration.siteURL = siteURL
    configuration.isDataCenter = options.site == .dataCenter
    configuration.searchLag = options.searchLag
    configuration.seed = options.seed &+ 1
    return configuration
  }

  private static func crmConfiguration(_ options: HistoryOptions) -> SimulatedCRMConfiguration {
    var configuration = SimulatedCRMConfiguration(
      users: [service] + users, apiUser: service.id, apiKey: apiKey, webhookURL: origin + "/webhooks/desk",
      webhookSecret: webhookSecret, counterpartURL: origin, connection: connection, connectSecret: connectSecret)
    configuration.deliveryAttempts = Int.max
    configuration.seed = options.seed &+ 2
    return configuration
  }
}
