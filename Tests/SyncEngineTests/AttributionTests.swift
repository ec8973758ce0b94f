import JSON
import Simulation
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Testing

/// semantics.md, promise 3 and the part of promise 4 that concerns people.
@Suite("Attribution")
struct AttributionTests {
  @Test("Who connects while their operation is in hand is not waited for after that")
  func connectedMeanwhile() async throws {
    let world = try World()
    try await world.connect(World.service, as: "acc-sync")
    _ = try world.crm.openCase(as: "7", subject: "A", description: "B", priority: "P2", now: world.clock.now)
    await world.crm.sendDue(through: world.network, now: world.clock.now)
    while try await world.engine.planNext() {}
    let outbox = world.engine.outbox
    let claimed = try #require(try await outbox.claim(now: world.clock.now))
    var random = SeededRandom(seed: 1)
    let settlement = try await outbox.perform(claimed, now: world.clock.now, using: &random)
    #expect(settlement.transition == .hold(.grant))
    try await world.connect(World.rohit, as: "acc-rohit")
    try await outbox.settle(claimed, with: settlement, now: world.clock.now)
    try await world.settle()
    #expect(world.issues.count == 1)
  }

  @Test("Every write is sent with the token of who caused it, and nobody else's")
  func interleaved() async throws {
    let world = try World()
    try await world.connectAll()
    let first = try world.crm.openCase(as: "7", subject: "One", now: world.clock.now)
    let second = try world.crm.openCase(as: "8", subject: "Two", now: world.clock.now)
    try await world.settle()
    for round in 0..<4 {
      let (user, other) = round.isMultiple(of: 2) ? ("7", "8") : ("8", "7")
      _ = try world.crm.comment(
        on: first, as: CRMUserID(user), text: "\(user) on one, \(round)", now: world.clock.now)
      _ = try world.crm.comment(
        on: second, as: CRMUserID(other), text: "\(other) on two, \(round)", now: world.clock.now)
      try world.crm.edit(
        first, as: CRMUserID(other), fields: [("description", "by \(other), \(round)")], now: world.clock.now)
      try await world.settle(for: .seconds(2))
    }
    #expect(world.issues.map { $0["creator"]?["name"]?.string } == ["Rohit R", "Mark M"])
    #expect(
      world.comments(world.issues[0]) == [
        "Rohit R: 7 on one, 0", "Mark M: 8 on one, 1", "Rohit R: 7 on one, 2", "Mark M: 8 on one, 3",
      ])
    #expect(
      world.comments(world.issues[1]) == [
        "Mark M: 8 on two, 0", "Rohit R: 7 on two, 1", "Mark M: 8 on two, 2", "Rohit R: 7 on two, 3",
      ])
    let editors = (world.issues[0]["changes"]?.array ?? []).map { $0["author"]?["name"]?.string }
    #expect(editors == ["Mark M", "Rohit R", "Mark M", "Rohit R"])
    #expect(world.jiraWrites.allSatisfy { $0.account == "acc-rohit" || $0.account == "acc-mark" })
    let sent = try await world.store.operations(in: [.done], limit: 100).filter { $0.kind.side == .jira }
    #expect(sent.allSatisfy { $0.sentAs == ($0.actorID == "7" ? "Rohit R" : "Mark M") })
  }

  @Test("What is held goes out when its person connects, in order, as that person")
  func heldUntilConnected() async throws {
    let world = try World()
    try await world.connect(World.rohit, as: "acc-rohit")
    let id = try await world.openCase()
    for number in 1...3 {
      _ = try world.crm.comment(on: id, as: "8", text: "held \(number)", now: world.clock.now)
      _ = try world.crm.comment(on: id, as: "7", text: "Rohit \(number)", now: world.clock.now)
      try await world.settle()
    }
    // A held comment keeps nobody else from commenting.
    #expect(world.comments(world.issues[0]) == ["Rohit R: Rohit 1", "Rohit R: Rohit 2", "Rohit R: Rohit 3"])
    try await world.connect(World.mark, as: "acc-mark")
    try await world.settle()
    #expect(
      Array(world.comments(world.issues[0]).dropFirst(3)) == [
        "Mark M: held 1", "Mark M: held 2", "Mark M: held 3",
      ])
    #expect(try await world.store.operations(in: [.held, .dead], limit: 10) == [])
  }

  @Test("A case of somebody who has not connected waits whole, and is created by them")
  func heldCreation() async throws {
    let world = try World()
    try await world.connect(World.rohit, as: "acc-rohit")
    let id = try world.crm.openCase(as: "8", subject: "Marks case", now: world.clock.now)
    _ = try world.crm.comment(on: id, as: "7", text: "I know this one", now: world.clock.now)
    try await world.settle()
    #expect(world.issues == [])
    try await world.connect(World.mark, as: "acc-mark")
    try await world.settle()
    #expect(world.issues.map { $0["creator"]?["name"]?.string } == ["Mark M"])
    #expect(world.comments(world.issues[0]) == ["Rohit R: I know this one"])
  }

  @Test("A grant that Atlassian revoked lapses, holds only its own person, and asks them to reconnect")
  func lapsed() async throws {
    let world = try World()
    try await world.connectAll()
    let id = try await world.openCase()
    world.jira.revokeGrants(of: "acc-mark")
    _ = try world.crm.comment(on: id, as: "8", text: "from Mark", now: world.clock.now)
    _ = try world.crm.comment(on: id, as: "7", text: "from Rohit", now: world.clock.now)
    try await world.settle()
    #expect(world.comments(world.issues[0]) == ["Rohit R: from Rohit"])
    let held = try await world.store.operations(in: [.held], limit: 10)
    #expect(held.map(\.holdReason) == [.reconnect])
    #expect(held.map(\.reason) == ["waits for Mark to connect to Jira again"])
    let grant = try #require(try await world.store.grant(connection: World.connection, user: "8"))
    #expect(grant.state == .lapsed)
    try await world.connect(World.mark, as: "acc-mark")
    try await world.settle()
    #expect(world.comments(world.issues[0]) == ["Rohit R: from Rohit", "Mark M: from Mark"])
  }

  @Test("A resumed edit does not overwrite what later events changed")
  func resumedEdit() async throws {
    let world = try World()
    try await world.connect(World.rohit, as: "acc-rohit")
    let id = try await world.openCase()
    try world.crm.edit(
      id, as: "8", fields: [("priority", "P3"), ("description", "Mark's words")], now: world.clock.now)
    try await world.settle()
    try world.crm.edit(id, as: "7", fields: [("priority", "P1")], now: world.clock.now)
    try await world.settle()
    #expect(world.field("priority") == "Highest")
    try await world.connect(World.mark, as: "acc-mark")
    try await world.settle()
    #expect(world.field("priority") == "Highest")
    #expect(world.issues[0]["fields"]?["description"]?.compact.contains("Mark's words") == true)
  }

  @Test("A resumed edit does not overwrite what a run has brought to the case since")
  func resumedAfterRun() async throws {
    let world = try World(mapping: World.mapping([("on-conflict=\"crm\"", "on-conflict=\"jira\"")]))
    try await world.connect(World.rohit, as: "acc-rohit")
    try await world.connect(World.service, as: "acc-sync")
    let id = try await world.openCase()
    try world.crm.edit(id, as: "8", fields: [("priority", "P1")], now: world.clock.now)
    try await world.settle()
    try world.jira.edit(
      issue: "SUP-1", as: "acc-dev", fields: ["priority": ["name": "Medium"]], now: world.clock.now)
    try await world.settle()
    _ = try await world.reconcile()
    #expect(world.caseState(id)?["priority"]?.string == "P3")
    try await world.connect(World.mark, as: "acc-mark")
    try await world.settle()
    _ = try await world.reconcile()
    #expect(world.field("priority") == "Medium")
    #expect(world.caseState(id)?["priority"]?.string == "P3")
  }

  @Test("Where the mapping says so, the service user posts for who has not connected, and says for whom")
  func service() async throws {
    let world = try World(mapping: World.mapping(adding: "<missing-grant action=\"service\"/>"))
    try await world.connect(World.service, as: "acc-sync")
    let id = try await world.openCase()
    _ = try world.crm.comment(on: id, as: "8", text: "Hello", now: world.clock.now)
    try await world.settle()
    #expect(world.issues.map { $0["creator"]?["name"]?.string } == ["Service Account"])
    #expect(world.issues[0]["fields"]?["description"]?.compact.contains("Reported by Rohit in the CRM") == true)
    let comments = world.comments(world.issues[0])
    #expect(comments.count == 1)
    #expect(comments[0].hasPrefix("Service Account: Mark wrote in the CRM:"))
    #expect(comments[0].hasSuffix("Hello"))
    #expect(try await world.reconcile().planned == 0)
  }

  @Test("After the time for which the mapping holds it, a held comment is posted by the service user")
  func holdThenService() async throws {
    let world = try World(
      mapping: World.mapping(adding: "<missing-grant action=\"hold\" after=\"1h\" then=\"service\"/>"))
    try await world.connect(World.service, as: "acc-sync")
    try await world.connect(World.rohit, as: "acc-rohit")
    let id = try await world.openCase()
    _ = try world.crm.comment(on: id, as: "8", text: "Hello", now: world.clock.now)
    try await world.settle()
    #expect(world.comments(world.issues[0]) == [])
    world.clock.advance(by: .seconds(3500))
    try await world.settle(for: .seconds(10))
    #expect(world.comments(world.issues[0]) == [])
    world.clock.advance(by: .seconds(120))
    try await world.settle()
    #expect(world.comments(world.issues[0]).count == 1)
    #expect(world.comments(world.issues[0])[0].hasPrefix("Service Account: Mark wrote in the CRM:"))
  }

  @Test("Where the mapping says skip, what has no grant is left out and said")
  func skip() async throws {
    let world = try World(mapping: World.mapping(adding: "<missing-grant action=\"skip\"/>"))
    try await world.connect(World.rohit, as: "acc-rohit")
    let id = try await world.openCase()
    _ = try world.crm.comment(on: id, as: "8", text: "Hello", now: world.clock.now)
    try await world.settle()
    try await world.connect(World.mark, as: "acc-mark")
    try await world.settle()
    #expect(world.comments(world.issues[0]) == [])
    let skipped = try await world.store.operations(in: [.skipped], limit: 10)
    #expect(skipped.map(\.reason) == ["left out, as the mapping says: waits for Mark to connect to Jira"])
  }

  struct AnonymousCase: Sendable, CustomTestStringConvertible {
    var action: String
    var comments: Int
    var state: OperationLifecycle.State
    var testDescription: String { action }
  }

  @Test(
    "A change of nobody's is treated as the mapping says",
    arguments: [
      AnonymousCase(action: "hold", comments: 0, state: .held),
      AnonymousCase(action: "service", comments: 1, state: .done),
      AnonymousCase(action: "skip", comments: 0, state: .skipped),
    ])
  func anonymous(_ row: AnonymousCase) async throws {
    let world = try World(
      mapping: World.mapping(adding: "<missing-grant action=\"hold\" anonymous=\"\(row.action)\"/>"))
    try await world.connectAll()
    let id = try await world.openCase()
    let body = """
      {"events": [{"id": "evt_x", "type": "case.commented", "time": "\(world.clock.now)", "actor": {},
        "case": \(world.caseState(id)?.compact ?? ""),
        "comment": {"id": "900", "body": "From a form", "public": true}}]}
      """
    #expect(await world.deliver(body, id: "msg_x") != .refused)
    try await world.settle()
    #expect(world.comments(world.issues[0]).count == row.comments)
    let states = try await world.story(id).operations.filter { $0.kind == .addComment }.map(\.state)
    #expect(states == [row.state])
    #expect(world.comments(world.issues[0]).allSatisfy { $0.contains("somebody whom the CRM does not name") })
  }

  @Test("Who may not do it in Jira gets what the mapping says of a missing grant")
  func permission() async throws {
    let held = try World()
    try await held.connectAll()
    let id = try await held.openCase()
    held.jira.setPermissions([.browse], of: "acc-mark", in: "SUP")
    _ = try held.crm.comment(on: id, as: "8", text: "Hello", now: held.clock.now)
    _ = try held.crm.comment(on: id, as: "7", text: "Me too", now: held.clock.now)
    try await held.settle()
    #expect(try await held.store.operations(in: [.held], limit: 9).map(\.holdReason) == [.permission])
    #expect(held.comments(held.issues[0]) == ["Rohit R: Me too"])

    let served = try World(mapping: World.mapping(adding: "<missing-grant action=\"service\"/>"))
    try await served.connectAll()
    let other = try await served.openCase()
    served.jira.setPermissions([.browse], of: "acc-mark", in: "SUP")
    _ = try served.crm.comment(on: other, as: "8", text: "Hello", now: served.clock.now)
    try await served.settle()
    #expect(served.comments(served.issues[0]).map { $0.hasPrefix("Service Account: Mark wrote") } == [true])

    let created = try World()
    try await created.connectAll()
    created.jira.setPermissions([.browse], of: "acc-rohit", in: "SUP")
    try await created.openCase()
    #expect(try await created.store.operations(in: [.held], limit: 9).map(\.holdReason) == [.permission])
  }

  @Test("A service user who has not connected keeps nobody else from commenting")
  func serviceMissing() async throws {
    let world = try World(mapping: World.mapping(adding: "<missing-grant action=\"service\"/>"))
    try await world.connect(World.rohit, as: "acc-rohit")
    let id = try await world.openCase()
    _ = try world.crm.comment(on: id, as: "8", text: "Mark", now: world.clock.now)
    _ = try world.crm.comment(on: id, as: "7", text: "Rohit", now: world.clock.now)
    try await world.settle()
    #expect(world.comments(world.issues[0]) == ["Rohit R: Rohit"])
    try await world.connect(World.service, as: "acc-sync")
    try await world.settle(for: .seconds(90))
    #expect(world.comments(world.issues[0]).count == 2)
  }
}
