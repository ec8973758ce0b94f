import GRDB
import JSON
import Simulation
import SyncCore
import SyncEngine
import SyncModel
import Synchronization
import Testing

@testable import SyncStore

/// Clocks that jump, disks that fill, grants and events that cannot be read.
@Suite("Bad weather")
struct BadWeatherTests {
  /// Our clock, which is set while the world's only passes.
  private final class SetClock: Sendable {
    private let world: World.Clock
    private let start: Timestamp
    private let set = Mutex(Duration.zero)

    init(_ world: World.Clock) {
      self.world = world
      start = world.now
    }

    var now: Timestamp { world.now + set.withLock { $0 } }
    var elapsed: Duration { world.now - start }
    func move(by duration: Duration) { set.withLock { $0 += duration } }
  }

  private func engine(_ world: World, _ clock: SetClock) -> Engine {
    let app = OAuthApp(
      clientID: "client", clientSecret: Secret("app-secret"))
    return Engine(
      services: world.services, app: app, worker: "test", clock: { clock.now }, elapsed: { clock.elapsed })
  }

  private func settle(_ world: World, _ engine: Engine, seconds: Int) async throws {
    for _ in 0..<(seconds * 2) {
      await world.crm.sendDue(through: world.network, now: world.clock.now)
      try await engine.drain()
      world.clock.advance(by: .milliseconds(500))
    }
  }

  @Test(
    "A clock that is set while an answer is lost neither makes a second issue nor keeps the first one waiting",
    arguments: [-86_400, 86_400])
  func clockJump(_ seconds: Int) async throws {
    let world = try World { $0.searchLag = .seconds(6) }
    try await world.connectAll()
    let clock = SetClock(world.clock)
    let engine = engine(world, clock)
    try await engine.recover()
    world.jira.arm(ArmedFault(.lostAfterApply, method: "POST", pathSuffix: "/issue"))
    let id = try world.crm.openCase(as: "7", subject: "Once", now: world.clock.now)
    try await settle(world, engine, seconds: 1)
    #expect(world.issues.count == 1)
    clock.move(by: .seconds(seconds))
    try await settle(world, engine, seconds: 12)
    #expect(world.issues.count == 1)
    #expect(world.caseState(id)?["jira_key"]?.string == "SUP-1")
  }

  @Test("A process that starts after the clock was set back goes on at once")
  func clockSetBackWhileDown() async throws {
    let world = try World()
    try await world.connectAll()
    let clock = SetClock(world.clock)
    try await engine(world, clock).recover()
    _ = try world.crm.openCase(as: "7", subject: "Once", now: world.clock.now)
    await world.crm.sendDue(through: world.network, now: world.clock.now)
    while try await world.engine.planNext() {}
    clock.move(by: .seconds(-7200))
    let next = engine(world, clock)
    try await next.recover()
    try await next.drain()
    #expect(world.issues.count == 1)
  }

  @Test(
    "While the disk is full nothing is accepted and nothing is lost; when there is space again, all goes on by itself")
  func fullDisk() async throws {
    let world = try World()
    try await world.connectAll()
    let id = try await world.openCase()
    let pages = try await world.store.commit { try Int.fetchOne($0, sql: "PRAGMA page_count") ?? 0 }
    try await world.store.commit { try $0.execute(sql: "PRAGMA max_page_count = \(pages)") }
    let text = String(repeating: "x", count: 20_000)
    for _ in 0..<3 { _ = try world.crm.comment(on: id, as: "8", text: text, now: world.clock.now) }
    await world.crm.sendDue(through: world.network, now: world.clock.now)
    #expect(world.crm.waitingDeliveries > 0)
    let body =
      #"{"events":[{"id":"e","type":"case.updated","time":"2026-06-01T00:00:00Z","case":{"id":"1"}}],"x":"\#(text)"}"#
    #expect(await world.deliver(body, id: "full") == .unavailable)
    try await world.store.commit { try $0.execute(sql: "PRAGMA max_page_count = 1000000") }
    try await world.settle(for: .seconds(90))
    #expect(world.crm.waitingDeliveries == 0)
    #expect(world.comments(world.issues[0]).count == 3)
  }

  @Test(
    "An answer that cannot be written down while the disk is full is written before anything else, and not sent again")
  func fullDiskAtSettlement() async throws {
    let world = try World()
    try await world.connectAll()
    _ = try world.crm.openCase(as: "7", subject: "Once", now: world.clock.now)
    await world.crm.sendDue(through: world.network, now: world.clock.now)
    while try await world.engine.planNext() {}
    try await world.store.commit { database in
      try database.execute(
        sql: """
          CREATE TRIGGER full BEFORE UPDATE OF issue_id ON link WHEN (SELECT COUNT(*) FROM lease WHERE name = 'full') > 0
          BEGIN INSERT INTO ledger (at, connection, line) VALUES (0, '', hex(zeroblob(3000000))); END
          """)
      try database.execute(sql: "INSERT INTO lease VALUES ('full', 'test', 0)")
      let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
      try database.execute(sql: "PRAGMA max_page_count = \(pages + 100)")
    }
    await #expect(throws: StoreError.busy) { try await world.engine.carryOutNext() }
    #expect(world.issues.count == 1)
    await #expect(throws: StoreError.busy) { try await world.engine.carryOutNext() }
    try await world.store.commit { try $0.execute(sql: "DELETE FROM lease WHERE name = 'full'") }
    try await world.settle()
    #expect(world.jiraRequests("POST", "/issue").count == 1)
    #expect(world.jiraRequests("POST", "/search/jql").isEmpty)
    #expect(world.caseState("1")?["jira_key"]?.string == "SUP-1")
  }

  @Test("An answer that breaks a rule of the tables stops its own operation, by name, and no other")
  func unwritableAnswer() async throws {
    let world = try World()
    try await world.connectAll()
    try await world.store.commit { database in
      try database.execute(
        sql: """
          CREATE TRIGGER rule BEFORE UPDATE OF issue_id ON link WHEN NEW.case_id = '1'
          BEGIN SELECT RAISE(ABORT, 'a rule'); END
          """)
    }
    for subject in ["First", "Second"] { _ = try world.crm.openCase(as: "7", subject: subject, now: world.clock.now) }
    try await world.settle()
    #expect(world.caseState("2")?["jira_key"]?.string?.isEmpty == false)
    let dead = try #require(try await world.store.operations(in: [.dead], limit: 9).first)
    #expect(dead.caseID == "1")
    #expect(dead.reason?.hasPrefix("creating the issue: what came of it cannot be written down: ") == true)
  }

  @Test("A connection that is damaged asks its person to connect again, and holds nobody else up")
  func damagedGrant() async throws {
    let world = try World()
    try await world.connectAll()
    let id = try await world.openCase()
    try await world.store.commit {
      try $0.execute(sql: "UPDATE grant_ SET access_token = x'00ff' WHERE crm_user = '8'")
    }
    _ = try world.crm.comment(on: id, as: "8", text: "Mark's", now: world.clock.now)
    _ = try world.crm.comment(on: id, as: "7", text: "Rohit's", now: world.clock.now)
    try await world.settle()
    #expect(world.comments(world.issues[0]) == ["Rohit R: Rohit's"])
    #expect(try await world.store.operations(in: [.held], limit: 9).map(\.holdReason) == [.reconnect])
    try await world.connect(World.mark, as: "acc-mark")
    try await world.settle()
    #expect(world.comments(world.issues[0]) == ["Rohit R: Rohit's", "Mark M: Mark's"])
  }

  @Test("An event whose stored body cannot be read is a dead letter of its own, and the next ones are planned")
  func damagedBody() async throws {
    let world = try World()
    try await world.connectAll()
    for subject in ["First", "Second"] { _ = try world.crm.openCase(as: "7", subject: subject, now: world.clock.now) }
    await world.crm.sendDue(through: world.network, now: world.clock.now)
    try await world.store.commit { try $0.execute(sql: "UPDATE delivery SET body = x'7bff' WHERE id = 1") }
    try await world.settle()
    #expect(world.issues.count == 1)
    #expect(try await world.store.causes().map(\.events) == [1])
    #expect(try await world.story("1").events.first?.state == "dead")
  }
}
