import CustomDump
import JSON
import Simulation
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Testing

/// Two mappings of one connection take the same case: the support project's issue, and one of operations.
@Suite("A case that two mappings take has an issue for each")
struct SeveralMappingsTests {
  static let operations = """
    <mapping xmlns="urn:counterpart:mapping:1" name="operations" crm="acme">
      <route when="priority = 'P1' or priority = 'P2'" project="OPS" issue-type="Task"/>
      <field jira="summary" crm="subject"/>
      <field jira="priority" crm="priority" sync="both" on-conflict="crm">
        <pair crm="P1" jira="Highest"/><pair crm="P2" jira="High"/><pair crm="P3" jira="Medium"/>
      </field>
      <comments sync="both"/>
      <attachments sync="to-jira"/>
    </mapping>
    """

  private static func world() async throws -> World {
    let world = try World(
      others: [operations], adjust: { $0.projects.append(SimulatedProject(key: "OPS", name: "Operations")) })
    try await world.connectAll()
    return world
  }

  private func keys(_ world: World) -> [String] { world.issues.compactMap { $0["key"]?.string }.sorted() }

  private func issue(_ key: String, _ world: World) throws -> JSONValue {
    try #require(world.issues.first { $0["key"]?.string == key })
  }

  private func priority(_ key: String, _ world: World) throws -> String? {
    try issue(key, world)["fields"]?["priority"]?.text
  }

  @Test("Creation, comments, files and edits go to both, by who made them, once; a further run writes nothing")
  func bothIssues() async throws {
    let world = try await Self.world()
    let id = try await world.openCase()
    #expect(keys(world) == ["OPS-1", "SUP-1"])
    let labels = try ["SUP-1", "OPS-1"].map { try issue($0, world)["fields"]?["labels"]?[0]?.string }
    #expect(labels == ["acme-1-support", "acme-1-operations"])
    try world.crm.comment(on: id, as: "8", text: "Called again", now: world.clock.now)
    try world.crm.attach(to: id, as: "8", name: "log.txt", content: [1, 2], now: world.clock.now)
    try world.crm.edit(id, as: "7", fields: [("priority", "P1"), ("status", "Working")], now: world.clock.now)
    try await world.settle()
    for key in keys(world) {
      #expect(world.comments(try issue(key, world)) == ["Mark M: Called again"])
      #expect(try priority(key, world) == "Highest")
    }
    #expect(try issue("OPS-1", world)["attachments"]?.array?.count == 1)
    #expect(try issue("SUP-1", world)["status"]?.string == "In Progress")
    #expect(try issue("OPS-1", world)["status"]?.string == "To Do")
    try await world.expectQuiet()
    let story = try await world.story(id)
    expectNoDifference(
      story.links.map { "\($0.mapping) \($0.issueKey?.rawValue ?? "")" }, ["operations OPS-1", "support SUP-1"])
    #expect(try await world.store.stories(of: "OPS-1").map(\.caseID) == [id])
  }

  @Test("A case that only one of them takes has one issue, and gets the other when it comes to fit")
  func later() async throws {
    let world = try await Self.world()
    let id = try await world.openCase(priority: "P3")
    #expect(keys(world) == ["SUP-1"])
    try world.crm.edit(id, as: "8", fields: [("priority", "P1")], now: world.clock.now)
    try await world.settle()
    #expect(keys(world) == ["OPS-1", "SUP-1"])
    #expect(try issue("OPS-1", world)["creator"]?["name"]?.string == "Mark M")
    try await world.expectQuiet()
  }

  @Test("A comment on one issue reaches the case, and not the other issue: a mirror is never the original")
  func mirrors() async throws {
    let world = try await Self.world()
    let id = try await world.openCase()
    let comment = try world.jira.comment(issue: "SUP-1", as: "acc-dev", text: "Fixed in 4.2", now: world.clock.now)
    try await world.settle()
    _ = try await world.reconcile()
    #expect(world.caseComments(id) == ["public Dana Developer (SUP-1): Fixed in 4.2\n[Jira SUP-1 comment \(comment)]"])
    #expect(world.comments(try issue("OPS-1", world)) == [])
    try world.jira.editComment(
      comment, issue: "SUP-1", as: "acc-dev", text: "Fixed in 4.3", now: world.clock.now)
    try await world.settle()
    _ = try await world.reconcile()
    #expect(world.caseComments(id).first?.contains("Fixed in 4.3") == true)
    #expect(world.comments(try issue("OPS-1", world)) == [])
    try await world.expectQuiet()
  }

  @Test("A field that both write goes from one issue over the case to the other")
  func chain() async throws {
    let world = try await Self.world()
    let id = try await world.openCase()
    try world.jira.edit(
      issue: "OPS-1", as: "acc-dev", fields: ["priority": ["name": "Highest"]], now: world.clock.now)
    try await world.settle()
    _ = try await world.reconcile()
    #expect(world.caseState(id)?["priority"]?.string == "P1")
    #expect(try priority("SUP-1", world) == "Highest")
    try await world.expectQuiet()
  }

  @Test("Both issues change a field before a run: one value stands everywhere, and the other is kept")
  func together() async throws {
    let world = try await Self.world()
    let id = try await world.openCase()
    for (key, value) in [("SUP-1", "Medium"), ("OPS-1", "Highest")] {
      try world.jira.edit(
        issue: key, as: "acc-dev", fields: ["priority": ["name": .string(value)]], now: world.clock.now)
    }
    try await world.settle()
    _ = try await world.reconcile()
    try await world.expectQuiet()
    let jira = try keys(world).map { try priority($0, world) }
    let crm = world.caseState(id)?["priority"]?.string
    #expect(Set(jira).count == 1)
    #expect(jira.first == (crm == "P1" ? "Highest" : "Medium"))
    #expect(try await world.story(id).conflicts.count == 1)
  }

  @Test("An answer lost while both are created makes one issue each")
  func lostAnswers() async throws {
    let world = try await Self.world()
    for _ in 0..<2 { world.jira.arm(ArmedFault(.lostAfterApply, method: "POST", pathSuffix: "/issue")) }
    let id = try world.crm.openCase(as: "7", subject: "Checkout fails", priority: "P2", now: world.clock.now)
    try await world.settle(for: .seconds(120))
    #expect(keys(world) == ["OPS-1", "SUP-1"])
    let links = try await world.story(id).links.map { "\($0.mapping) \($0.issueKey?.rawValue ?? "")" }
    #expect(links == ["operations OPS-1", "support SUP-1"])
  }
}
