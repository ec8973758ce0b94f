import Simulation
import SyncEngine
import SyncModel
import SyncStore
import Testing
import Wire

/// semantics.md, "Authorization in detail": a process that ends between any two steps of connecting or of refreshing.
@Suite("Connecting and refreshing, cut off anywhere")
struct PowerCutTests {
  @Test(
    "Cut off between any two steps of connecting, the person is connected or begins anew, and their change goes once")
  func connecting() async throws {
    let cut = try PowerCut()
    let world = cut.world
    // The change waits before the CRM and Jira are recorded.
    _ = try world.crm.openCase(as: "7", subject: "Waits", now: world.clock.now)
    try await world.settle(for: .seconds(1))
    cut.look()
    let connect = ConnectFlow(services: cut.services, app: world.app)
    var random = SystemRandomNumberGenerator()
    let start = await connect.start(
      connection: World.connection, query: world.link(for: World.rohit), browser: World.browser(of: World.rohit),
      now: world.clock.now, using: &random)
    guard case .authorize(let url, let browser) = start else { throw SimulationError("the link is not taken") }
    let query = try #require(URLEncoding.pairs(of: url.split(separator: "?")[1]))
    let state = Secret(try #require(query.first { $0.name == "state" }?.value))
    let code = Secret(world.jira.authorizationCode(for: "acc-rohit", scopes: Self.scopes, now: world.clock.now))
    cut.look()
    _ = await connect.callback(state: state, code: code, isDenied: false, browser: browser, now: world.clock.now)
    cut.look()
    guard case .connected = await connect.confirm(state: state, browser: browser, now: world.clock.now) else {
      throw SimulationError("not connected")
    }
    let all = try cut.remains()
    #expect(all.count >= 9)
    var wentOn = 0
    for (index, remains) in all.enumerated() {
      let next = try cut.revive(remains, after: .seconds(5))
      try await next.engine.recover()
      // The browser does again what was cut off, whichever step that was.
      _ = await next.connect.callback(state: state, code: code, isDenied: false, browser: browser, now: next.clock.now)
      _ = await next.connect.confirm(state: state, browser: browser, now: next.clock.now)
      if try await next.store.grants().isEmpty {
        try await next.connectAfresh(World.rohit, as: "acc-rohit")
      } else {
        wentOn += 1
      }
      try await expectAlive(next, after: index, cases: 1)
      try next.end()
    }
    #expect(wentOn >= 3)
    try cut.end()
  }

  @Test(
    "Cut off between any two steps of a refresh, nobody's grant is lost within the leeway, and their change goes once")
  func refreshing() async throws {
    let cut = try await refreshed()
    for (index, remains) in try cut.remains().enumerated() {
      let next = try cut.revive(remains, after: .seconds(5))
      try await next.engine.recover()
      try await next.settle(for: .seconds(60))
      #expect(try await next.store.grants().map(\.state) == [.active], "cut \(index)")
      try await expectAlive(next, after: index, cases: 1)
      try next.end()
    }
    try cut.end()
  }

  @Test(
    "Where the process stays away longer than the leeway, the grant lapses at worst, and the change waits for its person"
  )
  func late() async throws {
    let cut = try await refreshed()
    var lapsed = 0
    for (index, remains) in try cut.remains().enumerated() {
      let next = try cut.revive(remains, after: .seconds(660))
      try await next.engine.recover()
      try await next.settle(for: .seconds(60))
      if try await next.store.grants().first?.state == .lapsed {
        lapsed += 1
        try await next.connectAfresh(World.rohit, as: "acc-rohit")
      }
      try await expectAlive(next, after: index, cases: 1)
      try next.end()
    }
    #expect(lapsed >= 1)
    try cut.end()
  }

  private static let scopes = ["read:jira-work", "write:jira-work", "read:jira-user", "offline_access"]

  /// Rohit's change goes out with a token that is refreshed for it.
  private func refreshed() async throws -> PowerCut {
    let cut = try PowerCut()
    let world = cut.world
    try await world.connect(World.rohit, as: "acc-rohit")
    world.clock.advance(by: .seconds(3500))
    _ = try world.crm.openCase(as: "7", subject: "Waits", now: world.clock.now)
    try await world.plan()
    cut.look()
    let clock = world.clock
    let engine = Engine(services: cut.services, app: world.app, worker: "test", clock: { clock.now })
    while try await engine.carryOutNext() {}
    #expect(world.issues.count == 1)
    return cut
  }

  /// The change of before is in Jira once, by its author; and so is one of an hour later.
  private func expectAlive(_ next: Revived, after index: Int, cases: Int) async throws {
    try await next.settle(for: .seconds(60))
    #expect(next.creators == Array(repeating: "Rohit R", count: cases), "cut \(index)")
    next.clock.advance(by: .seconds(3500))
    _ = try next.crm.openCase(as: "7", subject: "Later", now: next.clock.now)
    try await next.settle(for: .seconds(60))
    #expect(next.creators == Array(repeating: "Rohit R", count: cases + 1), "cut \(index)")
    #expect(try await next.store.grants().map(\.state) == [.active], "cut \(index)")
  }
}
