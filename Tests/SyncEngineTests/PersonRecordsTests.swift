import JSON
import MappingLanguage
import Simulation
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Testing

/// What is stored about a person is told to who asks, and ends when it is to end.
@Suite("A person's data is told and purged")
struct PersonRecordsTests {
  private func world() async throws -> (world: World, id: CaseID) {
    let world = try World(
      mapping: PeopleBothWaysTests.mapping,
      others: [
        #"<people xmlns="urn:counterpart:people:1" crm="acme"><person crm="9" account="acc-dev" name="Dana"/></people>"#
      ])
    try await world.connectAll()
    let id = try await world.openCase(description: "8")
    _ = try world.crm.comment(on: id, as: "8", text: "Hello", now: world.clock.now)
    try await world.settle()
    return (world, id)
  }

  private func records(_ world: World) -> PersonRecords {
    PersonRecords(store: world.store, mappings: world.services.live.current.mappings)
  }

  private func purge(_ user: CRMUserID, _ world: World) async throws -> PersonRecords.Purge {
    var random = SeededRandom(seed: 7)
    return try await records(world).purge(user, in: World.connection, now: world.clock.now, using: &random)
  }

  private func kinds(_ data: PersonalData?) -> Set<PersonalData.Place.Kind> { Set((data?.places ?? []).map(\.kind)) }

  @Test("A report says what is stored about a person, by the CRM's id and by the account, and no token")
  func report() async throws {
    let (world, _) = try await world()
    let byUser = try await records(world).find("8")
    #expect(byUser.map(\.connection) == ["acme"])
    let data = try #require(byUser.first)
    #expect(data.user == "8" && data.account == "acc-mark" && data.unfinished == 0)
    #expect(kinds(data) == [.grant, .event, .operation, .line, .delivery, .field, .mention])
    let grant = try #require(data.places.first { $0.kind == .grant })
    #expect(
      grant.values == [
        "user": "8", "name": "Mark", "e-mail": "mark@example.com", "account": "acc-mark", "account name": "Mark M",
        "time zone": "Etc/UTC",
      ])
    #expect(try await records(world).find("acc-mark") == byUser)
    #expect(try await records(world).find("4711").isEmpty)
    #expect(kinds(try await records(world).find("9").first) == [.table])
  }

  @Test("A purge leaves no name, no id and no token of who acted, and the case goes on as before")
  func purge() async throws {
    let (world, id) = try await world()
    let purge = try await purge("8", world)
    #expect(purge.erased.grants == 1 && purge.erased.events == 1 && purge.erased.operations == 1)
    let left = try await world.store.everything()
    #expect(left.filter { $0.contains("Mark") || $0.contains("mark@example.com") } == [])
    #expect(left.contains { $0.contains("Rohit R") })
    #expect(try await world.store.events(limit: 9, before: nil).filter { $0.actorID == "8" } == [])
    #expect(purge.left.places.map(\.kind).contains(.field))
    // The comment is known as ever: what comes back of it is an echo, and what comes again has no effect.
    world.jira.clearLog()
    world.crm.clearLog()
    world.clock.advance(by: .seconds(60))
    _ = try await world.reconcile()
    #expect(world.jiraWrites.isEmpty && world.crmWrites.isEmpty)
    #expect(world.caseComments(id).count == 1)
    #expect(world.comments(world.issues[0]) == ["Mark M: Hello"])
  }

  @Test("A purge may be repeated, and finds nothing the second time")
  func again() async throws {
    let (world, _) = try await world()
    _ = try await purge("8", world)
    let before = try await world.store.everything()
    let second = try await purge("8", world)
    #expect(second.erased.isEmpty)
    #expect(try await world.store.everything() == before)
  }

  @Test("What waits keeps its person, who can connect again, and then it goes out")
  func waiting() async throws {
    let (world, id) = try await world()
    _ = try await world.store.disconnect(connection: World.connection, user: "8", now: world.clock.now)
    _ = try world.crm.comment(on: id, as: "8", text: "Held", now: world.clock.now)
    try await world.settle()
    let purge = try await purge("8", world)
    #expect(purge.left.unfinished == 1)
    try await world.connect(World.mark, as: "acc-mark")
    try await world.settle()
    #expect(world.comments(world.issues[0]) == ["Mark M: Hello", "Mark M: Held"])
  }

  @Test("Who acts again after a purge is a new person")
  func comesBack() async throws {
    let (world, id) = try await world()
    _ = try await purge("8", world)
    _ = try world.crm.comment(on: id, as: "8", text: "Again", now: world.clock.now)
    try await world.settle()
    #expect(try await world.store.operations(in: [.held], limit: 9).map(\.actorID) == ["8"])
    try await world.connect(World.mark, as: "acc-mark")
    try await world.settle()
    #expect(world.comments(world.issues[0]) == ["Mark M: Hello", "Mark M: Again"])
  }

  @Test("The service user's name stays where it wrote for the person who is purged")
  func standIn() async throws {
    let world = try World(
      mapping: World.mapping(adding: #"<missing-grant action="service"/>"#))
    try await world.connect(World.service, as: "acc-sync")
    try await world.openCase()
    _ = try await purge("7", world)
    let left = try await world.store.everything()
    #expect(left.contains { $0.contains("Service Account") })
    #expect(left.filter { $0 == "Rohit" } == [])
  }
}
