import JSON
import Simulation
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Testing

/// semantics.md, "Authorization in detail": connected once, for years.
@Suite("Keeping grants alive")
struct GrantCareTests {
  private static let day: Duration = .seconds(86_400)

  /// Looks as often as the work loop does while there is something to renew.
  private func keep(_ world: World) async throws -> Int {
    var renewed = 0
    while true {
      let more = try await world.engine.keepGrants()
      guard more > 0 else { return renewed }
      renewed += more
      world.clock.advance(by: .seconds(1))
    }
  }

  @Test("A grant that nobody uses is renewed before Atlassian ends it, again and again")
  func unused() async throws {
    let world = try World()
    try await world.connectAll()
    world.clock.advance(by: Self.day * 59)
    #expect(try await keep(world) == 0)
    world.clock.advance(by: Self.day * 2)
    for _ in 0..<4 {
      #expect(try await keep(world) == 3)
      #expect(try await keep(world) == 0)
      world.clock.advance(by: Self.day * 61)
    }
    #expect(try await keep(world) == 3)
    let ends = try await world.store.grants().compactMap(\.endsUnused)
    #expect(ends.count == 3 && ends.allSatisfy { $0 > world.clock.now + Self.day * 89 })
    try await world.openCase()
    #expect(world.issues.map { $0["creator"]?["name"]?.string } == ["Rohit R"])
  }

  @Test("A grant that Atlassian ended for want of use lapses, and the next change waits for its person")
  func ended() async throws {
    let world = try World()
    try await world.connectAll()
    world.clock.advance(by: Self.day * 91)
    _ = try await keep(world)
    #expect(try await world.store.grants().map(\.state) == [.lapsed, .lapsed, .lapsed])
    try await world.openCase()
    #expect(world.issues.isEmpty)
    try await world.connect(World.rohit, as: "acc-rohit")
    try await world.settle()
    #expect(world.issues.map { $0["creator"]?["name"]?.string } == ["Rohit R"])
  }

  @Test("A refresh that a crash cut off is made again, though nobody waits for it")
  func cutOff() async throws {
    let world = try World()
    try await world.connectAll()
    let grant = try #require(try await world.store.grant(connection: World.connection, user: "7"))
    let until = world.clock.now + .seconds(45)
    #expect(try await world.store.claimRefresh(of: grant, until: until, now: world.clock.now))
    #expect(try await keep(world) == 0)
    world.clock.advance(by: .seconds(46))
    #expect(try await keep(world) == 1)
    #expect(try await world.store.grant(connection: World.connection, user: "7")?.generation == grant.generation + 1)
  }

  @Test("While Atlassian is down, old grants stay as they are and are renewed later")
  func down() async throws {
    let world = try World()
    try await world.connectAll()
    world.clock.advance(by: Self.day * 61)
    for _ in 0..<3 { world.jira.arm(ArmedFault(.htmlError(status: 502), method: "POST", pathSuffix: "/oauth/token")) }
    for _ in 0..<4 {
      _ = try await world.engine.keepGrants()
      world.clock.advance(by: .seconds(60))
    }
    _ = try await keep(world)
    let grants = try await world.store.grants()
    #expect(grants.map(\.state) == [.active, .active, .active])
    #expect(grants.allSatisfy { $0.refreshedAt > world.clock.now - Self.day })
  }

  @Test("However many grants end at once, tokens are asked for evenly, and everybody's turn comes")
  func pace() {
    let pace = RefreshPace(perSecond: 20)
    let start = Timestamp(seconds: 1_780_000_000)
    var waiting = (0..<10_000).map { (user: CRMUserID("\($0)"), at: start) }
    var turns: [Timestamp] = []
    while !waiting.isEmpty {
      waiting = waiting.compactMap { person in
        guard let later = pace.wait(connection: "acme", user: person.user, now: person.at) else {
          turns.append(person.at)
          return nil
        }
        return (user: person.user, at: later)
      }
    }
    turns.sort()
    #expect(turns.count == 10_000)
    #expect(zip(turns, turns.dropFirst()).allSatisfy { $0 + .milliseconds(50) <= $1 })
    #expect(turns.last.map { $0 <= start + .seconds(500) } == true)
  }

  @Test("Those who come late come together, and still no more go in any second than may")
  func late() {
    let pace = RefreshPace(perSecond: 500)
    var dice = SeededRandom(seed: 7)
    let start = Timestamp(seconds: 1_780_000_000)
    var waiting = (0..<10_000).map { (user: CRMUserID("\($0)"), at: start) }
    var gone: [Timestamp] = []
    while let next = waiting.min(by: { $0.at < $1.at })?.at {
      // Everybody whose turn came up to half a second before arrives at once.
      let now = next + .milliseconds(Int64(dice.next() % 500))
      waiting = waiting.compactMap { person in
        guard person.at <= now else { return person }
        let later =
          pace.wait(connection: "acme", user: person.user, now: now)
          ?? pace.go(connection: "acme", user: person.user, now: now)
        if let later { return (user: person.user, at: later) }
        gone.append(now)
        return nil
      }
    }
    #expect(gone.count == 10_000)
    #expect(zip(gone, gone.dropFirst(500)).allSatisfy { $0 + .seconds(1) <= $1 })
    #expect(gone.last.map { $0 <= start + .seconds(30) } == true)
  }

  @Test("All who wait for one grant wait for one turn, and what nobody waits for takes none")
  func sharedTurn() {
    let pace = RefreshPace(perSecond: 1)
    let now = Timestamp(seconds: 1_780_000_000)
    #expect(pace.wait(connection: "acme", user: "7", now: now) == nil)
    let turn = pace.wait(connection: "acme", user: "8", now: now)
    #expect(turn == now + .seconds(1))
    for _ in 0..<1000 { #expect(pace.wait(connection: "acme", user: "8", now: now) == turn) }
    #expect(pace.wait(connection: "other", user: "8", now: now) == now + .seconds(2))
    #expect(!pace.takeFree(now: now + .seconds(3)))
    #expect(pace.wait(connection: "acme", user: "8", now: now + .seconds(1)) == nil)
    #expect(pace.wait(connection: "other", user: "8", now: now + .seconds(2)) == nil)
    #expect(pace.takeFree(now: now + .seconds(3)))
  }

  @Test("A token of an earlier generation that is put back into its person's own row does not open")
  func putBack() async throws {
    let world = try World()
    try await world.connectAll()
    let before = try #require(try await world.store.grant(connection: World.connection, user: "7"))
    world.clock.advance(by: .seconds(3600))
    try await world.openCase()
    let after = try #require(try await world.store.grant(connection: World.connection, user: "7"))
    #expect(after.generation == before.generation + 1)
    #expect(
      try await world.store.reseal(after, accessToken: before.accessToken, refreshToken: after.refreshToken))
    _ = try world.crm.openCase(as: "7", subject: "Another", now: world.clock.now)
    try await world.settle()
    let grant = try #require(try await world.store.grant(connection: World.connection, user: "7"))
    #expect((grant.state, grant.lapseReason) == (.lapsed, "the stored connection is damaged"))
    #expect(world.issues.count == 1)
  }

  @Test("What waits for a reconnect after a refusal that passed goes out once the same grant has done something else")
  func passingRefusal() async throws {
    let world = try World()
    try await world.connectAll()
    for _ in 0..<2 { world.jira.arm(ArmedFault(.unauthorised, method: "POST", pathSuffix: "/issue")) }
    try await world.openCase()
    #expect(world.issues.isEmpty)
    #expect(try await world.store.grant(connection: World.connection, user: "7")?.state == .active)
    _ = try world.crm.openCase(as: "7", subject: "Another", now: world.clock.now)
    try await world.settle()
    #expect(world.issues.map { $0["creator"]?["name"]?.string } == ["Rohit R", "Rohit R"])
  }

  @Test("What Jira refuses whenever it is tried is not tried for ever because the grant does other things")
  func lastingRefusal() async throws {
    let world = try World()
    try await world.connectAll()
    for _ in 0..<200 { world.jira.arm(ArmedFault(.unauthorised, method: "POST", pathSuffix: "/comment")) }
    let id = try await world.openCase()
    _ = try world.crm.comment(on: id, as: "7", text: "Refused whenever it is sent", now: world.clock.now)
    try await world.settle()
    world.jira.clearLog()
    for number in 0..<30 {
      _ = try world.crm.openCase(as: "7", subject: "Case \(number)", now: world.clock.now)
      try await world.settle()
    }
    #expect(world.issues.count == 31)
    let tries = world.jiraRequests("POST", "/comment").count
    #expect((1...OperationLifecycle.patience * 2).contains(tries))
  }

  @Test("Where the mapping says so, an internal comment tells on the case that its author must connect, once")
  func told() async throws {
    let world = try World(mapping: World.mapping(adding: #"<missing-grant action="hold" tell="note"/>"#))
    try await world.connect(World.service, as: "acc-sync")
    let id = try await world.openCase()
    let others = try world.crm.openCase(as: "7", subject: "Another", now: world.clock.now)
    _ = try world.crm.comment(on: id, as: "7", text: "And more", now: world.clock.now)
    try await world.settle()
    #expect(world.issues.isEmpty)
    let told = world.caseComments(id).filter { $0.contains("has not connected") }
    #expect(told.count == 1)
    #expect(told[0].hasPrefix("internal") && told[0].contains("Rohit has not connected to Jira yet"))
    #expect(world.caseComments(others) == [])
    // Connected, everything goes out in order, and our own words do not go with it.
    try await world.connect(World.rohit, as: "acc-rohit")
    try await world.settle()
    #expect(world.issues.map(world.comments) == [["Rohit R: And more"], []])
    world.jira.revokeGrants(of: "acc-rohit")
    world.clock.advance(by: .seconds(3700))
    _ = try world.crm.comment(on: id, as: "7", text: "Later", now: world.clock.now)
    try await world.settle()
    #expect(world.caseComments(id).filter { $0.contains("Rohit must connect to Jira again") }.count == 1)
  }

  @Test("Where the mapping says so, a field of the case says for whom its changes wait, and is empty when nothing does")
  func toldInField() async throws {
    // The help desk of the tests has one field for us, which holds the issue's key elsewhere.
    let world = try World(
      mapping: World.mapping(
        [(#"<link issue-key="jira_key"/>"#, "")], adding: #"<missing-grant action="hold" tell-field="jira_key"/>"#))
    try await world.connect(World.service, as: "acc-sync")
    let id = try await world.openCase()
    #expect(world.caseState(id)?["jira_key"]?.string == "Waits for Rohit to connect to Jira")
    try world.crm.edit(id, as: "8", fields: [("priority", "P1")], now: world.clock.now)
    try await world.settle()
    try await world.connect(World.rohit, as: "acc-rohit")
    try await world.settle()
    #expect(world.caseState(id)?["jira_key"]?.string == "Waits for Mark to connect to Jira")
    try await world.connect(World.mark, as: "acc-mark")
    try await world.settle()
    #expect(world.caseState(id)?["jira_key"]?.string == "")
    // Given up, it waits for nobody either.
    world.jira.revokeGrants(of: "acc-rohit")
    world.clock.advance(by: .seconds(3700))
    try world.crm.edit(id, as: "7", fields: [("priority", "P3")], now: world.clock.now)
    try await world.settle()
    #expect(world.caseState(id)?["jira_key"]?.string == "Waits for Rohit to connect to Jira")
    _ = try await world.store.discard(.allHeld, reason: "not needed", now: world.clock.now)
    try await world.settle()
    #expect(world.caseState(id)?["jira_key"]?.string == "")
    // What was written there is nobody's change.
    #expect(world.issues.count == 1)
    #expect(try await world.store.operations(in: [.dead, .held], limit: 9).isEmpty)
  }

  @Test("Where the mapping does not say so, nothing is written on the case")
  func notTold() async throws {
    let world = try World()
    let id = try await world.openCase()
    #expect(world.caseComments(id) == [])
  }
}
