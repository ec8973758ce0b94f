import JSON
import MappingLanguage
import Simulation
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Testing

/// semantics.md, "Authorization in detail": accounts are reported on Atlassian's cycle, and closed ones erased.
@Suite("Personal data is reported and erased")
struct PersonalDataTests {
  private static let day: Duration = .seconds(86_400)

  private static func installation(_ table: String, scope: Bool) throws -> Installation {
    var files = World.files(mapping: PeopleBothWaysTests.mapping)
    for index in files.indices where files[index].path == "site.xml" && scope {
      let text = String(decoding: files[index].bytes, as: UTF8.self)
      let scopes =
        "<scopes>read:jira-work write:jira-work read:jira-user report:personal-data offline_access</scopes>"
      files[index] = SourceFile(
        path: "site.xml", bytes: Array(text.replacingOccurrences("</jira>", scopes + "</jira>").utf8))
    }
    if !table.isEmpty {
      let text = "<people xmlns=\"urn:counterpart:people:1\" crm=\"acme\">\(table)</people>"
      files.append(SourceFile(path: "who.xml", bytes: Array(text.utf8)))
    }
    let (set, diagnostics) = MappingSet.compile(files: files)
    #expect(diagnostics.filter { $0.severity == .error }.map(\.description) == [])
    return Installation(
      mappings: try #require(set),
      secrets: [
        World.connection: [
          "webhook": [Secret("whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0")], "api": [Secret("api-key")],
          "connect": [Secret("connect-secret")],
        ]
      ])
  }

  private func world(_ table: String = "", scope: Bool = true) async throws -> World {
    let world = try World(adjust: { $0.scopes.append("report:personal-data") })
    world.services.live.replace(with: try Self.installation(table, scope: scope))
    try await world.connectAll()
    return world
  }

  /// What the work loop does, for so many hours.
  private func pass(_ hours: Int, _ world: World) async throws {
    for _ in 0..<hours {
      try await world.engine.reportAccounts()
      world.clock.advance(by: .seconds(3600))
      _ = try await world.engine.keepGrants()
    }
  }

  private static let everybody: Set<AccountID> = ["acc-sync", "acc-rohit", "acc-mark"]

  @Test("Every account of which anything is stored is reported, once in a cycle")
  func cycle() async throws {
    let world = try await world(#"<person crm="9" account="acc-dev"/>"#)
    try await world.openCase(description: "8")
    try await pass(24 * 22, world)
    let desk = world.jira.personalData
    #expect(Set(desk.reports.keys) == Self.everybody.union(["acc-dev"]))
    #expect(desk.reports.values.allSatisfy { $0.count == 4 })
    #expect(desk.tooEarly == [])
    let turn = try #require(try await world.store.reportTurns().first)
    #expect(turn.problem == nil && turn.doneAt != nil)
  }

  @Test("The cycle is the one that Atlassian asks for")
  func otherCycle() async throws {
    let world = try await world()
    world.jira.setReportCycle(days: 3)
    try await pass(24 * 10, world)
    #expect(world.jira.personalData.reports["acc-rohit"]?.count == 4)
    #expect(world.jira.personalData.tooEarly == [])
  }

  @Test("At most ninety accounts go in one request")
  func batches() async throws {
    let lines = (0..<200).map { "<person crm=\"c\($0)\" account=\"a\($0)\"/>" }.joined()
    let world = try await world(lines)
    try await pass(1, world)
    #expect(world.jira.personalData.sizes == [90, 90, 23])
  }

  @Test("An id that Atlassian refuses does not keep the others from being reported")
  func refusedID() async throws {
    let world = try await world(#"<person crm="9" account="no account"/><person crm="10" account="acc-dev"/>"#)
    try await pass(24 * 8, world)
    #expect(Set(world.jira.personalData.reports.keys) == Self.everybody.union(["acc-dev"]))
    #expect(world.jira.personalData.tooEarly == [])
  }

  @Test("Without a grant that has the scope nothing is reported, which is said, and done as soon as there is one")
  func noScope() async throws {
    let world = try await world(scope: false)
    try await pass(2, world)
    #expect(world.jira.personalData.reports.isEmpty)
    #expect(try await world.store.reportTurns().first?.problem?.contains("report:personal-data") == true)
    world.services.live.replace(with: try Self.installation("", scope: true))
    try await world.connect(World.service, as: "acc-sync")
    try await pass(2, world)
    #expect(Set(world.jira.personalData.reports.keys) == Self.everybody)
    #expect(try await world.store.reportTurns().first.map { $0.problem == nil } == true)
  }

  @Test(
    "Whatever goes wrong on the way, every account is reported, and none too early",
    arguments: [Fault.htmlError(status: 502), .rateLimited(reason: nil, retryAfter: .seconds(20))])
  func faults(_ fault: Fault) async throws {
    let world = try await world()
    for _ in 0..<3 { world.jira.arm(ArmedFault(fault, method: "POST", pathSuffix: "/report-accounts/")) }
    try await pass(24 * 8, world)
    let desk = world.jira.personalData
    #expect(Set(desk.reports.keys) == Self.everybody && desk.tooEarly == [])
  }

  @Test("A closed account is erased: its grant, its id and its name; the others stay, and so does the case's state")
  func closed() async throws {
    let world = try await world()
    let id = try await world.openCase(description: "8")
    _ = try world.crm.comment(on: id, as: "8", text: "Hello", now: world.clock.now)
    try await world.settle()
    try await pass(1, world)
    world.jira.close("acc-mark")
    try await pass(24 * 8, world)
    #expect(try await world.store.grants().map(\.account).sorted() == ["acc-rohit", "acc-sync"])
    let left = try await world.store.everything()
    #expect(left.filter { $0.contains("acc-mark") || $0.contains("Mark M") } == [])
    #expect(left.contains { $0.contains("Rohit R") })
    #expect(left.contains { $0.contains("a former user") })
    world.jira.clearLog()
    world.crm.clearLog()
    world.clock.advance(by: .seconds(60))
    _ = try await world.reconcile()
    #expect(world.caseState(id)?["description"]?.string == "8")
    #expect(world.crmWrites.isEmpty && world.jiraWrites.isEmpty)
    _ = try world.crm.comment(on: id, as: "8", text: "Still there?", now: world.clock.now)
    try await world.settle()
    #expect(try await world.store.operations(in: [.held], limit: 9).map(\.actorID) == ["8"])
  }

  @Test("A closed account in an admin's table is as good as not there, and reported no more")
  func closedInTable() async throws {
    let world = try await world(#"<person crm="9" account="acc-dev" name="Dana"/>"#)
    let id = try await world.openCase(description: "9")
    try await pass(1, world)
    world.jira.close("acc-dev")
    try await pass(24 * 16, world)
    #expect(world.jira.personalData.reports["acc-dev"]?.count == 2)
    #expect(try await world.store.everything().filter { $0.contains("acc-dev") } == [])
    try world.crm.edit(id, as: "7", fields: [("description", "8")], now: world.clock.now)
    try await world.settle()
    try world.crm.edit(id, as: "7", fields: [("description", "9")], now: world.clock.now)
    try await world.settle()
    #expect(world.issues.first?["fields"]?["assignee"]?.text == "acc-mark")
  }

  @Test("A changed account is read anew with its own grant, and what it was called is erased")
  func updated() async throws {
    let world = try await world()
    try await world.openCase()
    try await pass(1, world)
    world.jira.rename("acc-rohit", to: "Rohit Rao", now: world.clock.now)
    try await pass(24 * 8, world)
    #expect(try await world.store.grants().map(\.accountName).sorted() == ["Mark M", "Rohit Rao", "Service Account"])
    let left = try await world.store.everything()
    #expect(left.filter { $0.contains("Rohit R") && !$0.contains("Rohit Rao") } == [])
    // What is read anew is not told of again.
    try await pass(24 * 8, world)
    #expect(world.jira.personalData.tooEarly == [])
  }

  @Test("While Jira cannot be asked what a changed account is called now, it is asked again, and nothing is erased")
  func updatedLater() async throws {
    let world = try await world()
    try await pass(24 * 7, world)
    world.jira.rename("acc-mark", to: "Marcus", now: world.clock.now)
    world.jira.arm(ArmedFault(.htmlError(status: 502), method: "GET", pathSuffix: "/myself", times: 3))
    try await pass(2, world)
    #expect(try await world.store.grant(connection: World.connection, user: "8")?.accountName == "Mark M")
    try await pass(4, world)
    #expect(try await world.store.grant(connection: World.connection, user: "8")?.accountName == "Marcus")
    #expect(world.jira.personalData.tooEarly == [])
  }

  @Test("A changed account that cannot be asked is erased by name")
  func updatedUnasked() async throws {
    let world = try await world()
    try await pass(1, world)
    world.jira.rename("acc-mark", to: "Marcus", now: world.clock.now)
    world.jira.revokeGrants(of: "acc-mark")
    try await pass(24 * 8, world)
    let grant = try #require(try await world.store.grant(connection: World.connection, user: "8"))
    #expect(grant.accountName == "a former user" && grant.state == .lapsed)
  }

  @Test("Deleted users are nobody: what they wrote comes over under no id, and nobody is made of them")
  func deletedUsers() async throws {
    let world = try await world()
    let id = try await world.openCase(description: "8")
    try world.jira.comment(issue: "SUP-1", as: "acc-dev", text: "Old words", now: world.clock.now)
    try world.jira.edit(
      issue: "SUP-1", as: "acc-dev", fields: ["assignee": ["accountId": "acc-dev"]], now: world.clock.now)
    world.jira.close("acc-dev")
    world.clock.advance(by: .seconds(60))
    _ = try await world.reconcile()
    #expect(world.caseComments(id).contains { $0.contains("Old words") })
    #expect(world.caseState(id)?["description"]?.string == "8")
    try await pass(24 * 8, world)
    #expect(Set(world.jira.personalData.reports.keys) == Self.everybody)
  }
}

extension String {
  fileprivate func replacingOccurrences(_ old: String, _ new: String) -> String {
    split(separator: old, omittingEmptySubsequences: false).joined(separator: new)
  }
}
