import JSON
import ServiceLifecycle
import ServiceLifecycleTestKit
import Simulation
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Synchronization
import Testing
import Wire

/// Issue-writing requests stop at a gate, so that a process can be ended while one is under way.
private final class Gate: Transport {
  private let network: SimulatedNetwork
  private let arrived: AsyncStream<Void>.Continuation
  /// Rings when a request stands at the gate.
  let arrivals: AsyncStream<Void>
  private let opened: AsyncStream<Void>.Continuation
  private let opening: AsyncStream<Void>

  init(_ network: SimulatedNetwork) {
    self.network = network
    (arrivals, arrived) = AsyncStream.makeStream()
    (opening, opened) = AsyncStream.makeStream()
  }

  func open() { opened.finish() }

  func send(_ request: WireRequest) async throws(TransportFailure) -> WireResponse {
    guard request.method == .post, request.url.hasSuffix("/issue") else { return try await network.send(request) }
    // The far side acts on it; whether the answer comes back is another matter.
    let answer = try await network.send(request)
    arrived.yield()
    for await _ in opening {}
    if Task.isCancelled { throw .maybeSent("cancelled") }
    return answer
  }
}

@Suite("Being asked to stop")
struct ShutdownTests {
  private func gated(_ world: World) -> (Gate, Engine) {
    let gate = Gate(world.network)
    var services = world.services
    services.transport = gate
    let clock = world.clock
    let app = OAuthApp(
      clientID: "client", clientSecret: Secret("app-secret"))
    return (gate, Engine(services: services, app: app, worker: "test", clock: { clock.now }))
  }

  @Test("What was claimed and not sent goes back unpunished")
  func handedBack() async throws {
    let world = try World()
    try await world.connectAll()
    _ = try world.crm.openCase(as: "7", subject: "Once", now: world.clock.now)
    await world.crm.sendDue(through: world.network, now: world.clock.now)
    while try await world.engine.planNext() {}
    try await withThrowingTaskGroup(of: Bool.self) { group in
      group.cancelAll()
      group.addTask { try await world.engine.carryOutNext() }
      try await group.waitForAll()
    }
    #expect(world.issues == [])
    let operation = try #require(try await world.store.operations(in: [.ready], limit: 9).first)
    #expect(operation.reason == nil)
    let again = try #require(try await world.engine.outbox.claim(now: world.clock.now))
    #expect((again.id, again.tries, again.mustLook) == (operation.id, 1, false))
  }

  @Test("A request that is cut off is neither lost nor sent again: the next process looks")
  func cutOff() async throws {
    let world = try World()
    try await world.connectAll()
    let id = try world.crm.openCase(as: "7", subject: "Once", now: world.clock.now)
    await world.crm.sendDue(through: world.network, now: world.clock.now)
    while try await world.engine.planNext() {}
    let (gate, engine) = gated(world)
    await withTaskGroup(of: Void.self) { group in
      group.addTask { _ = try? await engine.carryOutNext() }
      for await _ in gate.arrivals { break }
      group.cancelAll()
      await group.waitForAll()
    }
    #expect(world.issues.count == 1)
    #expect(try await world.store.operations(in: [.verifying], limit: 9).map(\.kind) == [.createIssue])
    let next = try await world.restarted()
    for _ in 0..<40 {
      try await next.drain()
      world.clock.advance(by: .milliseconds(500))
      await world.crm.sendDue(through: world.network, now: world.clock.now)
    }
    #expect(world.issues.count == 1)
    #expect(world.caseState(id)?["jira_key"]?.string == "SUP-1")
  }

  @Test("On a graceful shutdown the request under way is settled, and nothing new is begun", .timeLimit(.minutes(1)))
  func graceful() async throws {
    let world = try World()
    try await world.connectAll()
    for subject in ["First", "Second"] {
      _ = try world.crm.openCase(as: "7", subject: subject, now: world.clock.now)
    }
    await world.crm.sendDue(through: world.network, now: world.clock.now)
    while try await world.engine.planNext() {}
    let (gate, engine) = gated(world)
    let clock = world.clock
    let loop = WorkLoop(
      engine: engine, workers: 1, reconcileEvery: .seconds(3600), owner: "test", clock: { clock.now })
    try await testGracefulShutdown { trigger in
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await loop.run() }
        for await _ in gate.arrivals { break }
        trigger.triggerGracefulShutdown()
        gate.open()
        try await group.waitForAll()
      }
    }
    #expect(world.issues.count == 1)
    let states = try await world.story("1").operations.map(\.state)
    #expect(states == [.done, .ready])
    let second = try await world.story("2").operations
    #expect(second.map(\.state) == [.ready])
    #expect(second.map(\.attempt) == [0])
  }
}
