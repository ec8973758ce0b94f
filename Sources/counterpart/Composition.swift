import Logging
import MappingLanguage
import Outbound
import ServiceLifecycle
import SyncEngine
import SyncModel
import SyncStore
import TokenVault
import WebServer
import XML

/// Puts the parts of one installation together; the only place that knows them all.
struct Composition: Sendable {
  let settings: Settings
  let store: Store
  let live: LiveInstallation
  let services: Services
  let app: OAuthApp?
  let transport: HTTPTransport
  /// Some tokens want keys that are not there.
  private(set) var keyProblem: KeyProblem?

  /// - Parameter keys: the encryption keys' text.
  /// - Throws: ``CommandError`` where the keys open no token that is in the database: they are the wrong ones.
  init(settings: Settings, folder: MappingsFolder, keys: Secret) async throws {
    let keys = try KeyRing(text: keys.reveal())
    let store = try Store(path: settings.database)
    let custody = TokenCustody(store: store, vault: Vault(keys: keys))
    let problem = try await KeyProblem(custody, keys: keys.ids, now: SystemClock.now)
    if let problem, problem.isTotal { throw CommandError(problem.description) }
    try await custody.reseal(formOnly: true, now: SystemClock.now)
    let installation = try await MappingReload.start(
      folder.content, store: store, secret: folder.secret, now: SystemClock.now)
    self.init(settings: settings, store: store, installation: installation, keys: keys)
    keyProblem = problem
  }

  /// Around an installation that was made elsewhere; nothing is recorded of it.
  init(settings: Settings, store: Store, installation: Installation, keys: KeyRing) {
    self.settings = settings
    self.store = store
    let live = LiveInstallation(installation)
    self.live = live
    transport = HTTPTransport(
      limits: HTTPTransport.Limits(connectionsPerHost: max(8, settings.workers)),
      allowedOrigins: { live.current.mappings.addresses })
    services = Services(
      store: store, live: live, vault: KeyFile.vault(keys, file: settings.keyFile), transport: transport,
      bell: Bell(), refreshPace: RefreshPace(perSecond: settings.refreshesPerSecond, clock: Self.clock),
      pace: JiraPace(store: store, live: live, limits: settings.paceLimits, clock: Self.clock),
      redirectURI: settings.publicURL + "/oauth/callback")
    if let id = settings.jiraClientID, let secret = settings.jiraClientSecret {
      app = OAuthApp(clientID: id, clientSecret: secret)
    } else {
      app = nil
    }
  }

  /// The server's name in the journal.
  static let server = "serve"

  static let clock: @Sendable () -> Timestamp = { SystemClock.now }

  func engine(worker: String) -> Engine {
    let start = ContinuousClock.now
    // Two processes that both moved the times would move them twice.
    let elapsed: @Sendable () -> Duration = { ContinuousClock.now - start }
    return Engine(
      services: services, app: app, worker: worker, clock: Self.clock,
      elapsed: worker == Self.server ? elapsed : nil)
  }

  private static let pause: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }

  /// Holds mappings against their sites.
  var liveCheck: LiveCheck { LiveCheck(services: services, app: app, clock: Self.clock, pause: Self.pause) }

  /// The server's services in the order in which they start; they stop in reverse, each waiting for its work in hand.
  ///
  /// - Parameter onListening: told the port once requests are taken.
  func serverServices(
    logger: Logger, isSandbox: Bool, watching folder: MappingsFolder?,
    onListening: @escaping @Sendable (Int) async -> Void
  ) throws -> [any Service] {
    let engine = engine(worker: Self.server)
    let reconcile: @Sendable (ConnectionName) async -> String = { connection in
      do {
        let report = try await engine.reconcile.run(connection, owner: "pages")
        return "\(report.end.words): \(report.issues) changed issue(s), \(report.planned) write(s) planned"
      } catch { return "the run failed: \(error)" }
    }
    let drift = DriftWatch(
      check: liveCheck, services: services, at: settings.liveCheckAt, clock: Self.clock, pause: Self.pause)
    let dependencies = WebDependencies(
      services: services, intake: Intake(store: store, live: live, bell: services.bell, traffic: services.traffic),
      connect: ConnectFlow(services: services, app: app), adminToken: settings.adminToken,
      publicURL: settings.publicURL, isSandbox: isSandbox, bodyLimitBytes: settings.bodyLimitBytes,
      clock: Self.clock, runReconcile: reconcile, checkSite: drift.check)
    var list: [any Service] = [ClosingService(transport: transport, store: store)]
    if let folder {
      let reload = MappingReload(store: store, live: live, secret: folder.secret)
      list.append(MappingsWatch(folder: folder, reload: reload, interval: .milliseconds(500)))
    }
    list.append(BodyRetention(store: store, keeping: .seconds(settings.retentionDays * 86_400)))
    list.append(drift)
    list.append(
      WorkLoop(
        engine: engine, workers: settings.workers, reconcileEvery: settings.reconcileEvery, owner: "serve",
        clock: Self.clock))
    list.append(
      try WebRoutes.application(
        dependencies: dependencies, host: settings.listen.host, port: settings.listen.port, logger: logger,
        onListening: onListening))
    return list
  }
}

/// Closes what everything else uses, after everything else has stopped.
struct ClosingService: Service {
  let transport: HTTPTransport
  let store: Store

  func run() async throws {
    // The wait ends by the shutdown that it waits for.
    try? await gracefulShutdown()
    await transport.shutdown()
    try store.close()
  }
}

extension MappingSet {
  /// Every address that requests may go to: nothing else is spoken to, whatever a mapping or an answer says.
  var addresses: Set<String> {
    var addresses: Set<String> = []
    for site in sites.values {
      addresses.formUnion([site.authorizeURL, site.tokenURL, site.apiBase])
      if site.connect.takesTokens { addresses.insert(site.url) }
    }
    for connection in connections.values where !connection.base.isEmpty { addresses.insert(connection.base) }
    return addresses
  }
}

extension Settings {
  /// Within what Jira allows.
  var paceLimits: JiraPace.Limits {
    JiraPace.Limits(budget: points, burstPercent: burstPercent)
  }
}
