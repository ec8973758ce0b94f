import Simulation
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Testing

@Suite("The check that is made every night")
struct DriftWatchTests {
  static func watch(_ world: World, at time: String = "03:30") -> DriftWatch {
    let clock = world.clock
    return DriftWatch(
      check: LiveCheckTests.check(world), services: world.services, at: DailyTime(time), clock: { clock.now },
      pause: { clock.advance(by: $0) })
  }

  static func kept(_ world: World) async throws -> SiteCheck? { try await world.store.siteChecks()[World.connection] }

  @Test("It is made once a day at its time, and not before; a field that left a screen is found before a case fails")
  func nightly() async throws {
    let world = try await LiveCheckTests.world()
    let watch = Self.watch(world)
    try await watch.runDue()
    #expect(try await Self.kept(world) == nil)
    world.clock.advance(by: .seconds(86_400))
    try await watch.runDue()
    let first = try #require(try await Self.kept(world))
    #expect(first.findings == [])
    world.jira.change(project: "SUP") { $0.notOnCreateScreen = ["priority"] }
    try await watch.runDue()
    #expect(try await Self.kept(world) == first)
    world.clock.advance(by: .seconds(86_400))
    try await watch.runDue()
    let second = try #require(try await Self.kept(world))
    #expect(
      second.findings.map(\.words) == [
        "mapping.xml:5:3: error: priority is not on the create screen of SUP / Task, so Jira would refuse "
          + "the whole issue"
      ])
    world.clock.advance(by: .seconds(86_400))
    try await watch.runDue()
    let third = try #require(try await Self.kept(world))
    #expect(third.checkedAt > second.checkedAt)
    #expect(third.changedAt == second.changedAt)
  }

  @Test("A check that ends early keeps the findings of the last whole one, and says why it ended")
  func endedEarly() async throws {
    let world = try await LiveCheckTests.world { $0.projects[0].notOnCreateScreen = ["priority"] }
    let watch = Self.watch(world)
    let whole = try await watch.check(World.connection)
    #expect(whole.errors == 1)
    world.clock.advance(by: .seconds(3000))
    world.jira.arm(ArmedFault(.refusedConnection, pathSuffix: "/mypermissions"))
    let cut = try await watch.check(World.connection)
    #expect(cut.findings == whole.findings)
    #expect(cut.checkedAt == whole.checkedAt)
    #expect(cut.attemptedAt == world.clock.now)
    #expect(cut.problem?.hasPrefix("Jira could not be reached") == true)
    world.clock.advance(by: .seconds(60))
    #expect(try await watch.check(World.connection).problem == nil)
  }

  @Test("Where no time is set, it is made only by hand")
  func off() async throws {
    let world = try await LiveCheckTests.world()
    let watch = Self.watch(world, at: "off")
    world.clock.advance(by: .seconds(200_000))
    try await watch.runDue()
    #expect(try await Self.kept(world) == nil)
  }
}
