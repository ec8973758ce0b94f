import JSON
import MappingLanguage
import Simulation
import SyncCore
import SyncEngine
import SyncModel
import Testing

@Suite("People whom texts mention, both ways")
struct MentionTests {
  private static let mapping = World.mapping([
    (#"<comments sync="both"/>"#, #"<comments sync="both" edits="both"/>"#),
    (
      #"<field jira="description" crm="description" as="plain"/>"#,
      #"<field jira="description" crm="description" as="plain" sync="both"/>"#
    ),
  ])

  private func world(
    form: String = #"<mention before="@[" after="]"/>"#, isDataCenter: Bool = false
  ) async throws -> World {
    let site = isDataCenter ? World.dataCenter : World.site
    let world = try World(mapping: Self.mapping, site: site) { $0.isDataCenter = isDataCenter }
    try world.mention(form, mapping: Self.mapping, site: site)
    try await world.connectAll()
    return world
  }

  private static func mention(_ id: String, _ text: String) -> JSONValue {
    ["type": "mention", "attrs": ["id": .string(id), "text": .string(text)]]
  }

  private static func document(_ inlines: JSONValue...) -> JSONValue {
    ["version": 1, "type": "doc", "content": [["type": "paragraph", "content": .array(inlines)]]]
  }

  private static func text(_ text: String) -> JSONValue { ["type": "text", "text": .string(text)] }

  private func firstComment(_ world: World) throws -> (id: CommentID, body: JSONValue?) {
    let id = CommentID(try #require(world.issues[0]["comments"]?[0]?["id"]?.text))
    return (id, world.jira.document(ofComment: id))
  }

  @Test(
    "A mention in the CRM mentions the person in Jira; of somebody who is not known it stays text",
    arguments: [false, true])
  func toJira(isDataCenter: Bool) async throws {
    let world = try await world(isDataCenter: isDataCenter)
    let id = try await world.openCase(description: "See @[8]")
    _ = try world.crm.comment(on: id, as: "7", text: "Ask @[8] or @[99]", now: world.clock.now)
    try await world.settle()
    #expect(
      world.issues[0]["fields"]?["description"] == Self.document(Self.text("See "), Self.mention("acc-mark", "@Mark")))
    #expect(
      try firstComment(world).body
        == Self.document(Self.text("Ask "), Self.mention("acc-mark", "@Mark"), Self.text(" or @[99]")))
  }

  @Test(
    "A mention in Jira mentions the person in the CRM; of somebody who is not known the name stands there",
    arguments: [false, true])
  func toCRM(isDataCenter: Bool) async throws {
    let world = try await world(isDataCenter: isDataCenter)
    let id = try await world.openCase()
    let body = Self.document(
      Self.text("Ask "), Self.mention("acc-mark", "@Mark M"), Self.text(" or "), Self.mention("acc-dev", "@Dana D"))
    let comment = try world.jira.comment(issue: "SUP-1", as: "acc-dev", text: "x", now: world.clock.now)
    try world.jira.editComment(comment, issue: "SUP-1", as: "acc-dev", document: body, now: world.clock.now)
    try world.jira.edit(issue: "SUP-1", as: "acc-dev", fields: ["description": body], now: world.clock.now)
    world.clock.advance(by: .seconds(10))
    _ = try await world.reconcile()
    #expect(world.caseComments(id).contains { $0.contains("Ask @[8] or @Dana D") })
    #expect(world.caseState(id)?["description"]?.string == "Ask @[8] or @Dana D")
  }

  @Test("A change of another word on either side leaves mentions alone, and then both sides are quiet")
  func edits() async throws {
    let world = try await world()
    let id = try await world.openCase(description: "Ask @[8] today")
    let comment = try world.crm.comment(on: id, as: "7", text: "Ask @[8] today", now: world.clock.now)
    try await world.settle()
    // In Jira, where names are shown in Jira's way.
    let shown = Self.document(Self.text("Ask "), Self.mention("acc-mark", "@Mark M"), Self.text(" on Monday"))
    let inJira = try firstComment(world).id
    world.clock.advance(by: .seconds(60))
    try world.jira.editComment(inJira, issue: "SUP-1", as: "acc-rohit", document: shown, now: world.clock.now)
    try world.jira.edit(issue: "SUP-1", as: "acc-dev", fields: ["description": shown], now: world.clock.now)
    world.clock.advance(by: .seconds(10))
    _ = try await world.reconcile()
    #expect(world.caseState(id)?["description"]?.string == "Ask @[8] on Monday")
    #expect(world.caseComments(id) == ["public Ask @[8] on Monday"])
    // And in the CRM.
    world.clock.advance(by: .seconds(60))
    try world.crm.edit(id, as: "7", fields: [("description", "Ask @[8] on Tuesday")], now: world.clock.now)
    try world.crm.editComment(comment, on: id, as: "7", text: "Ask @[8] on Tuesday", now: world.clock.now)
    try await world.settle()
    let expected = Self.document(Self.text("Ask "), Self.mention("acc-mark", "@Mark M"), Self.text(" on Tuesday"))
    #expect(world.issues[0]["fields"]?["description"] == expected)
    #expect(try firstComment(world).body == expected)
    world.jira.clearLog()
    world.crm.clearLog()
    world.clock.advance(by: .seconds(60))
    _ = try await world.reconcile()
    #expect(world.jiraWrites.isEmpty && world.crmWrites.isEmpty)
  }

  @Test("Whom a change in the CRM mentions for the first time is mentioned in Jira, too")
  func added() async throws {
    let world = try await world()
    let id = try await world.openCase(description: "Nobody knows")
    world.clock.advance(by: .seconds(60))
    try world.crm.edit(id, as: "7", fields: [("description", "Perhaps @[8] knows")], now: world.clock.now)
    try await world.settle()
    #expect(
      world.issues[0]["fields"]?["description"]
        == Self.document(Self.text("Perhaps "), Self.mention("acc-mark", "@Mark"), Self.text(" knows")))
  }

  @Test("Without a form in the profile nobody is mentioned, and names stay text")
  func noForm() async throws {
    let world = try await world(form: "")
    let id = try await world.openCase()
    _ = try world.crm.comment(on: id, as: "7", text: "Ask @[8]", now: world.clock.now)
    try await world.settle()
    #expect(try firstComment(world).body == Self.document(Self.text("Ask @[8]")))
  }
}
