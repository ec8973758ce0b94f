import JSON
import MappingLanguage
import Simulation
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Testing

/// semantics.md, "Users known through grants give the user mapping for free", and what an admin's table adds to them.
///
/// The help desk's description holds who a case is assigned to, by the CRM's id.
@Suite("People, both ways")
struct PeopleBothWaysTests {
  static let mapping = World.mapping([
    (
      #"<field jira="description" crm="description" as="plain"/>"#,
      #"""
      <field crm="description" jira="assignee" as="user" sync="both" on-conflict="crm"/>
      <field crm="opened_by" jira="reporter" as="user"/>
      """#
    )
  ])

  /// With everybody of the story connected, and a table of these lines.
  private func world(_ table: String = "") async throws -> World {
    let others =
      table.isEmpty ? [] : ["<people xmlns=\"urn:counterpart:people:1\" crm=\"acme\">\(table)</people>"]
    let world = try World(mapping: Self.mapping, others: others)
    try await world.connectAll()
    return world
  }

  private static let dana = #"<person crm="9" account="acc-dev" name="Dana of the CRM"/>"#

  @Test("Assignee and reporter become the accounts of the CRM users who have connected")
  func toJira() async throws {
    let world = try await world()
    let id = try await world.openCase(description: "8")
    #expect(world.assignee == "acc-mark")
    #expect(world.issues.first?["reporter"]?["name"]?.string == "Rohit R")
    try await world.assign(id, to: "7")
    #expect(world.assignee == "acc-rohit")
  }

  @Test("The reporter is who opened the case, whoever's event makes the issue")
  func reporter() async throws {
    let world = try await world()
    world.jira.setPermissions(SimulatedPermission.usual.union([.modifyReporter]), of: "acc-rohit", in: "SUP")
    let body = """
      {"events":[{"id":"e1","type":"case.created","time":"\(world.clock.now)","actor":{"id":"7","name":"Rohit"},
      "case":{"id":"77","number":"C-77","subject":"S","description":"8","priority":"P2","status":"New",
      "opened_by":"8"}}]}
      """
    #expect(await world.deliver(body, id: "d1") == world.accepted)
    try await world.settle()
    #expect(world.issues.map { $0["reporter"]?["name"]?.string } == ["Mark M"])
    #expect(world.issues.map { $0["creator"]?["name"]?.string } == ["Rohit R"])
  }

  @Test("An assignee in Jira becomes the CRM user who has connected with that account")
  func toCRM() async throws {
    let world = try await world()
    let id = try await world.openCase(description: "8")
    try await world.assignIssue(["accountId": "acc-rohit"])
    #expect(world.caseState(id)?["description"]?.string == "7")
    world.crm.clearLog()
    world.jira.clearLog()
    _ = try await world.reconcile()
    #expect(world.crmWrites.isEmpty && world.jiraWrites.isEmpty)
  }

  @Test("People who have not connected are known from the table, as assignees both ways and as authors")
  func table() async throws {
    let world = try await world(Self.dana)
    let id = try await world.openCase(description: "9")
    #expect(world.assignee == "acc-dev")
    try await world.assignIssue(["accountId": "acc-rohit"])
    #expect(world.caseState(id)?["description"]?.string == "7")
    try world.jira.comment(issue: "SUP-1", as: "acc-dev", text: "Looking", now: world.clock.now)
    try await world.assignIssue(["accountId": "acc-dev"])
    #expect(world.caseState(id)?["description"]?.string == "9")
    #expect(world.caseComments(id).contains { $0.contains("Dana of the CRM") && $0.contains("Looking") })
  }

  @Test("Who stands in the table is written for by nobody: their changes wait for their own grant")
  func tableIsNoGrant() async throws {
    let table = #"<person crm="8" account="acc-mark"/>"#
    let world = try World(
      mapping: Self.mapping, others: ["<people xmlns=\"urn:counterpart:people:1\" crm=\"acme\">\(table)</people>"])
    try await world.connect(World.service, as: "acc-sync")
    _ = try world.crm.openCase(as: "8", subject: "A", now: world.clock.now)
    try await world.settle()
    #expect(world.issues.isEmpty)
    #expect(try await world.store.operations(in: [.held], limit: 9).count == 1)
  }

  @Test("What a grant says is believed, whatever the table says")
  func grantWins() async throws {
    let world = try await world(#"<person crm="8" account="acc-dev"/><person crm="9" account="acc-mark"/>"#)
    let id = try await world.openCase(description: "8")
    #expect(world.assignee == "acc-mark")
    try await world.assignIssue(["accountId": "acc-rohit"])
    try await world.assignIssue(["accountId": "acc-mark"])
    #expect(world.caseState(id)?["description"]?.string == "8")
  }

  @Test("A CRM user whom nothing names leaves Jira's assignee alone, and the case's story says so")
  func unknownToJira() async throws {
    let world = try await world()
    let id = try await world.openCase(description: "8")
    try await world.assign(id, to: "99")
    #expect(world.assignee == "acc-mark")
    #expect(try await world.lines(id).contains { $0.contains("'assignee'") && $0.contains("'99'") })
    _ = try await world.reconcile()
    #expect(world.assignee == "acc-mark" && world.caseState(id)?["description"]?.string == "99")
  }

  @Test("An assignee in Jira whom nothing names leaves the CRM's alone, and the case's story says so")
  func unknownToCRM() async throws {
    let world = try await world()
    let id = try await world.openCase(description: "8")
    try await world.assignIssue(["accountId": "acc-dev"])
    #expect(world.caseState(id)?["description"]?.string == "8" && world.assignee == "acc-dev")
    #expect(try await world.lines(id).contains { $0.contains("assignee") && $0.contains("no CRM user is known") })
  }

  @Test("An account that two CRM users share is taken for neither, and clears nothing")
  func shared() async throws {
    let world = try await world(#"<person crm="9" account="acc-dev"/><person crm="10" account="acc-dev"/>"#)
    let id = try await world.openCase(description: "8")
    try await world.assignIssue(["accountId": "acc-dev"])
    #expect(world.caseState(id)?["description"]?.string == "8")
    #expect(try await world.lines(id).contains { $0.contains("several CRM users share") })
  }

  @Test("Two grants on one account are taken for neither, too")
  func sharedGrants() async throws {
    let world = try await world()
    try await world.connect(CRMUser(id: "9", name: "Ninth"), as: "acc-mark")
    let id = try await world.openCase(description: "7")
    try await world.assignIssue(["accountId": "acc-mark"])
    #expect(world.caseState(id)?["description"]?.string == "7")
  }

  @Test("Who is taken off on purpose is taken off on the other side, both ways")
  func cleared() async throws {
    let world = try await world()
    let id = try await world.openCase(description: "8")
    try await world.assign(id, to: "")
    #expect(world.assignee == nil)
    try await world.assign(id, to: "7")
    #expect(world.assignee == "acc-rohit")
    try await world.assignIssue(.null)
    #expect(world.caseState(id)?["description"]?.string == "")
  }

  @Test("Comments in Jira carry the CRM name of an author who has connected, and Jira's own of one whom nothing names")
  func authors() async throws {
    let world = try await world()
    let id = try await world.openCase(description: "8")
    try world.jira.comment(issue: "SUP-1", as: "acc-mark", text: "From Mark", now: world.clock.now)
    try world.jira.comment(issue: "SUP-1", as: "acc-dev", text: "From Dana", now: world.clock.now)
    world.clock.advance(by: .seconds(10))
    _ = try await world.reconcile()
    let comments = world.caseComments(id)
    #expect(comments.contains { $0.contains("Mark") && !$0.contains("Mark M") && $0.contains("From Mark") })
    #expect(comments.contains { $0.contains("Dana Developer") && $0.contains("From Dana") })
  }
}
