import JSON
import MappingLanguage
import Simulation
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Testing
import Wire

@Suite("The mappings are reloaded")
struct MappingReloadTests {
  private let secret: SecretReading = { source in
    switch source {
    case .environment("A"): Secret("whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0")
    case .environment("B"): Secret("api-key")
    case .environment("C"): Secret("connect-secret")
    case .environment, .file: nil
    }
  }

  private func reload(_ world: World) -> MappingReload {
    MappingReload(store: world.store, live: world.services.live, secret: secret)
  }

  @Test("An event keeps in mind the version that it was planned with, and that leads to the files of then")
  func eventsVersion() async throws {
    let world = try World()
    let first = World.files(mapping: World.mapping)
    _ = try await reload(world).take(first, now: world.clock.now)
    try await world.connectAll()
    let id = try await world.openCase(subject: "One")
    let changed = World.mapping([("[{number}] {subject}", "{subject}")])
    let outcome = try await reload(world).take(World.files(mapping: changed), now: world.clock.now)
    #expect(outcome == .live(version: 2, changed: ["mapping.xml"]))
    try world.crm.edit(id, as: "7", fields: [("subject", "Two")], now: world.clock.now)
    try await world.settle()
    #expect(world.field("summary") == "Two")
    let events = try await world.store.events(limit: 50)
    #expect(events.first { $0.kind == .created }?.mappingVersion == 1)
    #expect(events.first?.mappingVersion == 2)
    #expect(try await world.store.mappingFiles(of: 1).map { SourceFile($0) } == first)
  }

  @Test("Files with an error are refused whole, and the last good version keeps running, until they are mended")
  func refused() async throws {
    let world = try World()
    let good = World.files(mapping: World.mapping)
    _ = try await reload(world).take(good, now: world.clock.now)
    let broken = World.files(mapping: World.mapping([("<route ", "<rout ")]))
    guard case .refused(let diagnostics) = try await reload(world).take(broken, now: world.clock.now) else {
      Issue.record("the broken files were taken")
      return
    }
    #expect(diagnostics.contains { $0.message.contains("'rout'") })
    #expect(world.services.live.current.isBehind && world.services.live.current.version?.id == 1)
    #expect(try await world.store.mappingVersions().count == 1)
    // Put back as they were, they are what runs, and nothing is wrong any more.
    #expect(try await reload(world).take(good, now: world.clock.now) == .live(version: 1, changed: []))
    #expect(!world.services.live.current.isBehind)
    #expect(try await reload(world).take(good, now: world.clock.now) == .unchanged)
  }

  @Test("A secret that is missing is an error of the files that name it")
  func missingSecret() async throws {
    let world = try World()
    let none = MappingReload(store: world.store, live: world.services.live, secret: { _ in nil })
    guard
      case .refused(let diagnostics) = try await none.take(
        World.files(mapping: World.mapping), now: world.clock.now)
    else {
      Issue.record("files without their secrets were taken")
      return
    }
    #expect(diagnostics.map(\.message).contains("the secret 'api' is missing: the environment variable B is not set"))
  }

  @Test("After a restart with broken files the version that ran last runs, and says so")
  func restartWithBrokenFiles() async throws {
    let world = try World()
    _ = try await reload(world).take(World.files(mapping: World.mapping), now: world.clock.now)
    for content in [
      MappingsFolderContent.files(World.files(mapping: "<rout")),
      .unreadable(Diagnostic(.error, at: SourcePosition(file: "mappings", line: 1), "the folder cannot be read")),
    ] {
      let installation = try await MappingReload.start(
        content, store: world.store, secret: secret, now: world.clock.now)
      #expect(installation.isBehind)
      #expect(installation.version?.id == 1)
      #expect(installation.mappings.mappings.map(\.name) == ["support"])
      #expect(installation.secrets("acme", "api").map { $0.reveal() } == ["api-key"])
    }
  }

  @Test("What lies in the folder at the start runs, and is a version where it changed while nothing ran")
  func start() async throws {
    let store = try Store()
    let now = Timestamp(seconds: 1_780_000_000)
    for (mapping, expected) in [
      (World.mapping, 1), (World.mapping, 1), (World.mapping([("{subject}", "{number}")]), 2),
    ] {
      let installation = try await MappingReload.start(
        .files(World.files(mapping: mapping)), store: store, secret: secret, now: now)
      #expect(installation.version?.id == Int64(expected))
      #expect(installation.version?.origin == .start)
    }
  }

  @Test("With broken files and nothing that ever ran, nothing starts, and the findings are the reason")
  func nothingRuns() async throws {
    let store = try Store()
    let error = await #expect(throws: NothingRuns.self) {
      try await MappingReload.start(
        .files(World.files(mapping: "<rout")), store: store, secret: secret, now: Timestamp(seconds: 1))
    }
    #expect(error?.description.contains("mapping.xml:1") == true)
  }

  @Test("An operation is carried out with the mappings that it was begun with, whatever is swapped meanwhile")
  func begunKeepsItsSet() async throws {
    let mapping = World.mapping(adding: #"<attachments sync="to-jira"/>"#)
    let world = try World(mapping: mapping)
    try await world.connectAll()
    let id = try await world.openCase()
    try world.crm.attach(to: id, as: "7", name: "log.txt", content: [1, 2, 3], now: world.clock.now)
    await world.crm.sendDue(through: world.network, now: world.clock.now)
    while try await world.engine.planNext() {}
    // The person's token has to be refreshed first; while Atlassian answers, the connection goes from the folder.
    world.clock.advance(by: .seconds(7200))
    let live = world.services.live
    var services = world.services
    services.transport = SwappingTransport(network: world.network, live: live)
    let outbox = OutboxStep(services: services, app: world.app, worker: "test")
    let claimed = try #require(try await outbox.claim(now: world.clock.now))
    var random = SystemRandomNumberGenerator()
    let settlement = try await outbox.perform(claimed, now: world.clock.now, using: &random)
    #expect(live.current.mappings.connections.isEmpty)
    guard case .done(.attached(_)) = settlement.transition else {
      Issue.record("it came to \(settlement.transition): \(settlement.reason ?? "")")
      return
    }
    #expect(world.issues[0]["attachments"]?.array?.count == 1)
  }
}

/// Empties the mappings while a token is being refreshed.
private struct SwappingTransport: Transport {
  let network: SimulatedNetwork
  let live: LiveInstallation

  func send(_ request: WireRequest) async throws(TransportFailure) -> WireResponse {
    if request.url.hasSuffix("/oauth/token") {
      live.replace(
        with: Installation(
          mappings: MappingSet(sites: [:], profiles: [:], connections: [:], mappings: []), secrets: [:]))
    }
    return try await network.send(request)
  }

  func pipe(_ pipe: WirePipe) async -> WirePipe.Outcome { await network.pipe(pipe) }
}
