import JSON
import Simulation
import SyncEngine
import SyncModel
import SyncStore
import Synchronization
import Testing
import Wire

import struct FoundationEssentials.Data
import class FoundationEssentials.FileManager
import struct FoundationEssentials.URL
import struct FoundationEssentials.UUID

/// Records a stretch of an installation's life, so that it can be cut off between any two steps of it: after each commit to
/// the database, and before and after each request to Jira.
///
/// SQLite's write-ahead log holds every commit one after the other (https://www.sqlite.org/fileformat2.html#walformat):
/// what a process leaves that is killed between two commits is the log as far as the first.
final class PowerCut: Sendable {
  /// What is left when everything stops.
  struct Remains: Sendable {
    var log: Data
    var jira: JSONValue
    var time: Timestamp
  }

  private struct Look {
    var logBytes: Int
    var jira: JSONValue
    var time: Timestamp
  }

  let world: World
  private let folder: URL
  private let looks = Mutex<[Look]>([])

  private var database: URL { folder.appending(path: "store.db") }
  private var log: URL { folder.appending(path: "store.db-wal") }

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "counterpart-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let file = folder.appending(path: "store.db").path
    // Closed once, the log begins anew.
    try Store(path: file).close()
    world = try World(store: try Store(path: file))
  }

  func end() throws {
    try world.store.close()
    try FileManager.default.removeItem(at: folder)
  }

  /// The world's services, with every request to Jira looked at.
  var services: Services {
    var services = world.services
    services.transport = Watched(cut: self)
    return services
  }

  func look() {
    let bytes = (try? Data(contentsOf: log))?.count ?? 0
    looks.withLock { $0.append(Look(logBytes: bytes, jira: world.jira.snapshot, time: world.clock.now)) }
  }

  /// Everything that can be left when the recorded stretch is cut off, in its order, each once.
  func remains() throws -> [Remains] {
    look()
    let bytes = try Data(contentsOf: log)
    let looks = looks.withLock { $0 }
    let first = try #require(looks.first)
    var remains: [Remains] = []
    for end in try commits(bytes) where end >= first.logBytes {
      // At the moment of the commit Jira was as it had been seen last; and it went on before the next commit.
      let before = looks.last { $0.logBytes < end } ?? first
      for look in [before] + looks.filter({ $0.logBytes == end })
      where remains.last?.jira != look.jira
        || remains.last?.log.count != end
      { remains.append(Remains(log: bytes.prefix(end), jira: look.jira, time: look.time)) }
    }
    return remains
  }

  /// Where each commit ends in the log.
  private func commits(_ bytes: Data) throws -> [Int] {
    func number(at offset: Int) -> Int { bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) } }
    let frame = 24 + number(at: 8)
    // From a thousand pages on the log is written into the database, and begins anew.
    try #require((bytes.count - 32) / frame < 1000 && (bytes.count - 32).isMultiple(of: frame))
    return stride(from: 32, to: bytes.count, by: frame).filter { number(at: $0 + 4) > 0 }.map { $0 + frame }
  }

  /// The next process on what was left, later by a while.
  func revive(_ remains: Remains, after pause: Duration) throws -> Revived {
    let copy = FileManager.default.temporaryDirectory.appending(path: "counterpart-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: copy, withIntermediateDirectories: true)
    try Data(contentsOf: database).write(to: copy.appending(path: "store.db"))
    try remains.log.write(to: copy.appending(path: "store.db-wal"))
    let clock = World.Clock()
    clock.advance(by: remains.time - clock.now + pause)
    let jira = SimulatedJira(configuration: world.jira.configuration, restoring: remains.jira)
    return try Revived(
      world, store: Store(path: copy.appending(path: "store.db").path), jira: jira, clock, folder: copy)
  }

  private struct Watched: Transport {
    let cut: PowerCut

    func send(_ request: WireRequest) async throws(TransportFailure) -> WireResponse {
      cut.look()
      defer { cut.look() }
      return try await cut.world.network.send(request)
    }

    func pipe(_ pipe: WirePipe) async -> WirePipe.Outcome { await cut.world.network.pipe(pipe) }
  }
}

/// An installation that goes on after a power cut, with the same keys.
struct Revived {
  let store: Store
  let jira: SimulatedJira
  let crm: SimulatedCRM
  let clock: World.Clock
  let connect: ConnectFlow
  let engine: Engine
  private let network: SimulatedNetwork
  private let folder: URL

  init(_ world: World, store: Store, jira: SimulatedJira, _ clock: World.Clock, folder: URL) throws {
    (self.store, self.jira, self.clock, self.folder) = (store, jira, clock, folder)
    crm = SimulatedCRM(configuration: world.crm.configuration, restoring: world.crm.snapshot)
    let bell = Bell()
    let intake = Intake(store: store, live: world.services.live, bell: bell)
    network = SimulatedNetwork(
      routes: [
        World.jiraOrigin: .jira(jira), World.crmOrigin: .crm(crm),
        World.origin: .server { request in
          let answer = await intake.receive(
            connection: World.connection, body: request.body, headers: request.headers, now: clock.now)
          guard case .accepted = answer else { return WireResponse(status: 503) }
          return WireResponse(status: 202)
        },
      ], clock: { clock.now })
    let services = Services(
      store: store, live: world.services.live, vault: world.services.vault, transport: network, bell: bell,
      pace: JiraPace(store: store, live: world.services.live, clock: { clock.now }),
      redirectURI: World.origin + "/oauth/callback")
    connect = ConnectFlow(services: services, app: world.app)
    engine = Engine(services: services, app: world.app, worker: "test", clock: { clock.now })
  }

  func end() throws {
    try store.close()
    try FileManager.default.removeItem(at: folder)
  }

  func settle(for span: Duration) async throws {
    let end = clock.now + span
    while true {
      await crm.sendDue(through: network, now: clock.now)
      try await engine.drain()
      guard clock.now < end else { return }
      clock.advance(by: .seconds(1))
    }
  }

  /// A person begins anew, with a fresh link.
  func connectAfresh(_ user: CRMUser, as account: AccountID) async throws {
    let link = SignedLink(
      connection: World.connection, user: user, expires: clock.now + .seconds(777), secret: Secret("connect-secret"))
    var random = SystemRandomNumberGenerator()
    let start = await connect.start(
      connection: World.connection, query: link.query.map { (name: $0.0, value: $0.1) },
      browser: World.browser(of: user), now: clock.now, using: &random)
    guard case .authorize(let url, let browser) = start else { throw SimulationError("the link is not taken") }
    let query = try #require(URLEncoding.pairs(of: url.split(separator: "?")[1]))
    let state = Secret(try #require(query.first { $0.name == "state" }?.value))
    let scopes = try #require(query.first { $0.name == "scope" }?.value).split(separator: " ").map(String.init)
    let code = Secret(jira.authorizationCode(for: account, scopes: scopes, now: clock.now))
    _ = await connect.callback(state: state, code: code, isDenied: false, browser: browser, now: clock.now)
    guard case .connected = await connect.confirm(state: state, browser: browser, now: clock.now) else {
      throw SimulationError("not connected")
    }
  }

  /// Who made each issue.
  var creators: [String] {
    (jira.state["issues"]?.array ?? []).map { $0["creator"]?["name"]?.string ?? "?" }
  }
}
