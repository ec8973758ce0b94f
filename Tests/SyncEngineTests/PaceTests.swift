import JSON
import Simulation
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Testing

/// semantics.md: "Limits live on four levels, and what waits is what the limit concerns, nothing more."
@Suite("The pace of requests")
struct PaceTests {
  /// 429s that Jira answered.
  private func refusals(_ world: World) -> Int { world.jira.log.count { $0.status == 429 } }

  private func points(_ perHour: Int, people: Int = 50) -> JiraPace.Limits {
    JiraPace.Limits(budget: PointsBudget(perHour: perHour, percentForPeople: people))
  }

  /// To the beginning of the next hour of the UTC clock.
  private func toNextHour(_ world: World) {
    world.clock.advance(by: PointsLedger.reset(after: world.clock.now) - world.clock.now)
  }

  private func comment(_ world: World, _ id: CaseID, as user: CRMUserID, _ text: String) throws {
    _ = try world.crm.comment(on: id, as: user, text: text, now: world.clock.now)
  }

  // MARK: - Issue

  @Test("A hundred comments on one issue never meet its limit on writes, and arrive in order")
  func issue() async throws {
    let world = try World { ($0.limitsBursts, $0.pointsPerHour) = (true, 65_000) }
    try await world.connectAll()
    let id = try await world.openCase()
    let other = try await world.openCase(subject: "Another")
    for number in 100..<200 { try comment(world, id, as: number % 2 == 0 ? "7" : "8", "\(number)") }
    try comment(world, other, as: "7", "not held up")
    try await world.settle(for: .seconds(1))
    #expect(world.comments(world.issues[1]) == ["Rohit R: not held up"])
    try await world.settle(for: .seconds(120))
    #expect(refusals(world) == 0)
    #expect(
      world.comments(world.issues[0]) == (100..<200).map { "\($0 % 2 == 0 ? "Rohit R" : "Mark M"): \($0)" })
    let story = try await world.story(id)
    #expect(!story.lines.contains { $0.text.contains("limit") }, "what passes in a moment needs no line")
  }

  @Test("A process that begins anew knows how often an issue was written a moment before")
  func issueAfterRestart() async throws {
    let world = try World()
    try await world.connectAll()
    let id = try await world.openCase()
    for number in 100..<116 { try comment(world, id, as: "7", "\(number)") }
    try await world.settle(for: .zero)
    #expect(world.comments(world.issues[0]).count == 16)
    let next = world.anotherProcess()
    for number in 116..<140 { try comment(world, id, as: "7", "\(number)") }
    await world.crm.sendDue(through: world.network, now: world.clock.now)
    try await next.drain()
    #expect(world.comments(world.issues[0]).count == 16)
    for _ in 0..<60 {
      world.clock.advance(by: .milliseconds(500))
      try await next.drain()
    }
    #expect(world.comments(world.issues[0]).count == 40)
    #expect(refusals(world) == 0)
  }

  @Test("What Jira says of one issue stops that issue")
  func issueRefused() async throws {
    let world = try World()
    try await world.connectAll()
    let id = try await world.openCase()
    let other = try await world.openCase(subject: "Another")
    world.jira.arm(
      ArmedFault(
        .rateLimited(reason: "jira-per-issue-on-write", retryAfter: .seconds(20)), method: "POST",
        pathSuffix: "/comment"))
    try comment(world, id, as: "7", "one")
    try await world.settle(for: .seconds(1))
    try comment(world, other, as: "7", "two")
    try world.crm.edit(id, as: "8", fields: [("description", "New")], now: world.clock.now)
    try await world.settle(for: .seconds(5))
    #expect(world.comments(world.issues[1]) == ["Rohit R: two"])
    #expect(world.field("description")?.contains("New") != true)
    try await world.settle(for: .seconds(20))
    #expect(world.comments(world.issues[0]) == ["Rohit R: one"])
    #expect(refusals(world) == 1)
  }

  // MARK: - Grant

  @Test("One person's exhaustion is not felt by others, and ends when Jira says")
  func grant() async throws {
    let world = try World()
    try await world.connectAll()
    let id = try await world.openCase()
    let other = try await world.openCase(subject: "Another")
    let end = world.clock.now + .seconds(60)
    world.jira.arm(ArmedFault(.rateLimited(reason: nil, retryAfter: .seconds(60)), pathSuffix: "/comment"))
    try comment(world, other, as: "8", "first")
    try await world.settle(for: .zero)
    try comment(world, id, as: "8", "second")
    try comment(world, id, as: "7", "Rohit's")
    try await world.settle(for: .seconds(5))
    #expect(world.comments(world.issues[0]) == ["Rohit R: Rohit's"])
    let waiting = try #require(try await world.story(id).operations.first { $0.state == .ready })
    #expect(
      waiting.standing(showsCommands: true, now: world.clock.now) { $0.clockTime }
        == Standing(
          state: "waits because Jira limits the requests of Mark",
          end: "Nobody needs to do anything: it goes on \(end.clockTime)."))
    try await world.settle(for: .seconds(60))
    #expect(world.comments(world.issues[0]) == ["Rohit R: Rohit's", "Mark M: second"])
    #expect(world.comments(world.issues[1]) == ["Mark M: first"])
    #expect(refusals(world) == 1)
  }

  // MARK: - Endpoint and site

  @Test("A burst that Jira refuses stops requests of that kind, and no others")
  func burst() async throws {
    let world = try World()
    try await world.connectAll()
    let id = try await world.openCase()
    let other = try await world.openCase(subject: "Another")
    world.jira.arm(
      ArmedFault(.rateLimited(reason: "jira-burst-based", retryAfter: .seconds(9)), pathSuffix: "/comment"))
    try comment(world, id, as: "7", "one")
    try await world.settle(for: .zero)
    try comment(world, other, as: "8", "two")
    _ = try await world.openCase(subject: "A third")
    #expect(world.issues.count == 3)
    try await world.settle(for: .seconds(30))
    #expect(world.comments(world.issues[0]) == ["Rohit R: one"])
    #expect(world.comments(world.issues[1]) == ["Mark M: two"])
    #expect(refusals(world) == 1)
  }

  @Test("Two hundred cases at once meet no limit on bursts")
  func noBurst() async throws {
    let world = try World { $0.limitsBursts = true }
    try await world.connectAll()
    for number in 0..<200 {
      _ = try world.crm.openCase(
        as: "7", subject: "\(number)", description: "", priority: "P2", now: world.clock.now)
    }
    try await world.settle(for: .seconds(20))
    #expect(world.issues.count == 200)
    #expect(refusals(world) == 0)
  }

  @Test("A site's quota stops every connection to that site, until Jira says, and no connection to another")
  func site() async throws {
    let world = try World(tenants: ["beta"])
    try await world.connectAll()
    _ = try await world.openCase()
    try await world.stop(reason: "jira-quota-tenant-based", for: .seconds(600))
    let record = try await world.store.paceRecord(hour: world.clock.now, now: world.clock.now)
    #expect(record.stops.keys.sorted() == ["site:acme", "site:beta"])
    try await world.settle(for: .seconds(599))
    #expect(refusals(world) == 1)
    try await world.settle(for: .seconds(30))
    #expect(world.issues.count == 2)
  }

  // MARK: - App

  @Test("The app's quota stops the Jira lanes of all connections, goes on at the reset, and says so meanwhile")
  func app() async throws {
    let world = try World(tenants: ["beta"])
    try await world.connectAll()
    let id = try await world.openCase()
    let end = PointsLedger.reset(after: world.clock.now)
    try await world.stop(reason: "jira-quota-global-based", for: nil)
    let record = try await world.store.paceRecord(hour: world.clock.now, now: world.clock.now)
    #expect(record.stops.keys.sorted() == ["app", "app:acme", "app:beta"])
    #expect(record.stops.values.allSatisfy { $0 == end })
    try comment(world, id, as: "8", "Mark's")
    #expect(
      try await world.reconcile().end == .stopped("searching Jira: Jira's hourly quota is used up until 21:00 UTC"))
    try await world.settle(for: .seconds(60))
    #expect(refusals(world) == 1)
    let waiting = try #require(try await world.story(id).operations.first { $0.kind == .addComment })
    let standing = waiting.standing(showsCommands: true, now: world.clock.now) { $0.clockTime }
    #expect(standing.state == "waits for Jira's hourly quota")
    #expect(standing.end == "Nobody needs to do anything: it goes on 21:00 UTC.")
    toNextHour(world)
    try await world.settle()
    #expect(world.comments(world.issues[0]) == ["Mark M: Mark's"])
    #expect(world.issues.count == 2)
  }

  @Test("The app's quota does not concern who has a token of their own, which costs no points")
  func ownToken() async throws {
    let world = try World(site: TokenGrantTests.both, limits: points(1000)) { $0.siteURL = World.jiraOrigin }
    try await world.connectAll()
    try await world.connectWithToken(World.mark, as: "acc-mark", email: "mark@example.com")
    let id = try await world.openCase()
    try comment(world, id, as: "8", "before")
    try await world.settle()
    let before = try await world.services.pace.report().spent
    try await world.stop(reason: "jira-quota-global-based", for: nil)
    try comment(world, id, as: "8", "after")
    try await world.settle(for: .seconds(5))
    #expect(world.comments(world.issues[0]) == ["Mark M: before", "Mark M: after"])
    #expect(try await world.services.pace.report().spent == before + 1, "only the refused request")
    #expect(world.issues.count == 1)
  }

  @Test("Our own account never lets Jira's quota be met: people go on until it is used up, and then at the next hour")
  func ownAccount() async throws {
    let world = try World(limits: points(120)) { $0.pointsPerHour = 120 }
    try await world.connectAll()
    toNextHour(world)
    let id = try await world.openCase()
    for number in 100..<250 {
      if number % 40 == 0 { try await world.settle(for: .seconds(40)) }
      try comment(world, id, as: "7", "\(number)")
    }
    try await world.settle(for: .seconds(120))
    #expect(refusals(world) == 0)
    #expect(world.jira.pointsUsed == 120)
    let held = try #require(try await world.story(id).operations.first { $0.state == .waiting })
    #expect(held.reason == "commenting in Jira: waits: Jira's hourly quota is used up until 22:00 UTC")
    toNextHour(world)
    try await world.settle(for: .seconds(120))
    #expect(world.comments(world.issues[0]) == (100..<250).map { "Rohit R: \($0)" })
    #expect(refusals(world) == 0)
  }

  @Test("Runs stop where their part ends, say so, and leave people theirs")
  func reserve() async throws {
    let world = try World(limits: points(200)) { $0.pointsPerHour = 200 }
    try await world.connectAll()
    toNextHour(world)
    var ids: [CaseID] = []
    for number in 0..<12 { ids.append(try await world.openCase(subject: "\(number)")) }
    var end = ReconcileStep.Report.End.finished
    for round in 0..<40 where end == .finished {
      for number in 0..<12 {
        _ = try world.jira.comment(
          issue: "SUP-\(number + 1)", as: "acc-dev", text: "Round \(round)", now: world.clock.now)
      }
      world.clock.advance(by: .seconds(5))
      end = try await world.reconcile().end
    }
    #expect(end.words.contains("what runs and checks may use of Jira's hourly quota is used up until 21:"))
    let report = try await world.services.pace.report()
    #expect(report.tenants.map(\.upkeep.points).reduce(0, +) <= 115, "a list may show a little more than was expected")
    #expect(report.tenants.first?.upkeepWaitsUntil != nil)
    #expect(report.tenants.first?.peopleWaitUntil == nil)
    for id in ids { try comment(world, id, as: "8", "Still heard") }
    try await world.settle(for: .seconds(1))
    #expect(world.issues.allSatisfy { world.comments($0).contains("Mark M: Still heard") })
    #expect(refusals(world) == 0)
    // Nothing is lost: the next hour's runs bring it over.
    toNextHour(world)
    for _ in 0..<30 {
      _ = try await world.reconcile()
      world.clock.advance(by: .seconds(120))
    }
    let rounds = world.comments(world.issues[0]).count { $0.hasPrefix("Dana") }
    #expect(world.caseComments(ids[0]).count { $0.contains("Round") } == rounds)
    #expect(refusals(world) == 0)
  }

  @Test("One tenant's sweeps leave another tenant its part")
  func fair() async throws {
    let world = try World(limits: points(400), tenants: ["beta"])
    try await world.connectAll()
    toNextHour(world)
    world.clock.advance(by: .seconds(600))
    try await world.spend(150, by: "acme", for: .upkeep)
    let report = try await world.services.pace.report()
    #expect(report.tenants.map(\.connection) == ["acme", "beta"])
    #expect(report.tenants[0].upkeepWaitsUntil != nil)
    #expect(report.tenants[1].upkeepWaitsUntil == nil)
  }

  @Test("What was spent, and what Jira stopped, survives a restart")
  func restart() async throws {
    let world = try World(limits: points(1000))
    try await world.connectAll()
    toNextHour(world)
    let id = try await world.openCase()
    for number in 0..<10 { try comment(world, id, as: "7", "\(number)") }
    try await world.settle()
    let before = try await world.services.pace.report()
    #expect(before.tenants.first?.people == PointsLedger.Spending(points: 11, requests: 11))
    let pace = world.anotherPace()
    #expect(try await pace.report().tenants == before.tenants)
    try await world.stop(reason: "jira-quota-global-based", for: .seconds(1200))
    #expect(try await world.anotherPace().report().appWaitsUntil != nil)
    let next = world.anotherProcess()
    world.clock.advance(by: .seconds(600))
    try await next.drain()
    #expect(refusals(world) == 1)
    world.clock.advance(by: .seconds(601))
    try await next.drain()
    #expect(world.issues.count == 2)
  }

  @Test("What Jira says is left of the points is believed before our own account")
  func announced() async throws {
    let world = try World(limits: points(65_000)) { ($0.pointsPerHour, $0.announcesPoints) = (300, true) }
    try await world.connectAll()
    try await world.openCase()
    let report = try await world.services.pace.report()
    #expect(report.remaining < 300)
    #expect(report.tenants.first?.upkeepWaitsUntil != nil)
    #expect(report.tenants.first?.peopleWaitUntil == nil)
  }

  @Test("A wrong clock stops nothing for longer than an hour")
  func clock() async throws {
    let world = try World(limits: points(1000))
    try await world.connectAll()
    try await world.openCase()
    try await world.store.stop(
      JiraStop(.app(["acme"]), until: world.clock.now + .seconds(90_000)), now: world.clock.now)
    let next = world.anotherPace()
    #expect(try await next.report().appWaitsUntil != nil)
    try await world.store.moveTimes(by: .seconds(-89_000), from: world.clock.now)
    #expect(try await world.anotherPace().report().appWaitsUntil == world.clock.now + .seconds(1000))
  }
}
