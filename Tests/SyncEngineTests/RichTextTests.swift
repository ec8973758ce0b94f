import JSON
import RichText
import Simulation
import SyncCore
import SyncEngine
import SyncModel
import Testing

/// semantics.md, "Mapping in detail": a change of one sentence changes one sentence.
@Suite("Rich text, both ways")
struct RichTextTests {
  private static func mapping(_ markup: String) -> String {
    World.mapping([
      (
        "<field jira=\"description\" crm=\"description\" as=\"plain\"/>",
        "<field jira=\"description\" crm=\"description\" as=\"\(markup)\" sync=\"both\"/>"
      )
    ])
  }

  private static let mention: JSONValue = ["type": "mention", "attrs": ["id": "acc-dev", "text": "@Dana"]]

  private static func paragraph(_ inlines: JSONValue...) -> JSONValue {
    ["type": "paragraph", "content": .array(inlines)]
  }

  private static func text(_ text: String) -> JSONValue { ["type": "text", "text": .string(text)] }

  private static let document: JSONValue = [
    "version": 1, "type": "doc",
    "content": [
      paragraph(text("Checkout fails."), ["type": "hardBreak"], text("Since Monday.")),
      [
        "type": "panel", "attrs": ["panelType": "warning"],
        "content": [paragraph(text("Ask "), mention, text(" first."))],
      ],
      paragraph(text("Thanks.")),
    ],
  ]

  @Test(
    "A panel and a mention in Jira outlive the change of one sentence in the CRM",
    arguments: ["plain", "html", "markdown", "wiki"])
  func panelOutlives(markup: String) async throws {
    let world = try World(mapping: Self.mapping(markup))
    try await world.connectAll()
    let id = try await world.openCase(description: "Checkout fails.")
    try world.jira.edit(
      issue: "SUP-1", as: "acc-dev", fields: ["description": Self.document], now: world.clock.now)
    _ = try await world.reconcile()
    let inCRM = try #require(world.caseState(id)?["description"]?.string)
    #expect(inCRM.contains("Ask") && inCRM.contains("@Dana"))

    try world.crm.edit(
      id, as: "7", fields: [("description", inCRM.replacing("Monday", with: "Tuesday"))], now: world.clock.now)
    try await world.settle()
    let expected = try JSONReader.read(Self.document.compact.replacing("Monday", with: "Tuesday"))
    #expect(world.issues[0]["fields"]?["description"] == expected)

    // Both sides agree: nothing more is written, and neither side's text comes back.
    let writes = (world.jiraWrites.count, world.crmWrites.count)
    let again = try await world.reconcile()
    try await world.settle(for: .seconds(60))
    #expect(again.planned == 0)
    #expect(world.jiraWrites.count == writes.0)
    #expect(world.crmWrites.count == writes.1)
  }

  @Test(
    "A panel and a mention in a comment in Jira outlive the change of one sentence in the CRM",
    arguments: ["markdown", "wiki"], ["edits=\"both\"", "edits=\"to-jira\""])
  func panelInComment(markup: String, edits: String) async throws {
    let isBoth = edits.contains("both")
    let mapping = World.mapping([(#"<comments sync="both"/>"#, #"<comments sync="both" \#(edits)/>"#)])
    let world = try World(mapping: mapping)
    let profile = String(decoding: try Fixtures.bytes("mappings/crm/generic.xml"), as: UTF8.self)
      .replacing("<text markup=\"plain\"/>", with: "<text markup=\"\(markup)\"/>")
    world.engine.services.live.replace(with: try World.installation(mapping: mapping, profile: profile))
    try await world.connectAll()
    let id = try await world.openCase()
    let comment = try world.crm.comment(on: id, as: "8", text: "Checkout fails.", now: world.clock.now)
    try await world.settle()
    let jira = CommentID(try #require(world.issues[0]["comments"]?[0]?["id"]?.text))
    world.clock.advance(by: .seconds(5))
    try world.jira.editComment(jira, issue: "SUP-1", as: "acc-mark", document: Self.document, now: world.clock.now)
    try await world.settle()
    _ = try await world.reconcile()
    let inCRM = RichTextFormat(rawValue: markup)?.text(fromADF: Self.document) ?? ""
    if isBoth { #expect(world.caseComments(id) == ["public " + inCRM]) }
    world.jira.clearLog()

    try world.crm.editComment(
      comment, on: id, as: "8", text: inCRM.replacing("Monday", with: "Tuesday"), now: world.clock.now)
    try await world.settle()
    let expected = try JSONReader.read(Self.document.compact.replacing("Monday", with: "Tuesday"))
    // Where Jira's own edits do not count nothing of Jira's is read, and the text is written whole: without the mention,
    // if the markup has none.
    let isSaid = markup == "wiki"
    #expect((world.jira.document(ofComment: jira) == expected) == (isBoth || isSaid))
    #expect(
      world.jira.log.filter { $0.template.hasPrefix("/rest") }.map(\.method) == (isBoth ? ["GET", "PUT"] : ["PUT"]))
    #expect(try await world.reconcile().planned == 0)
  }

  @Test("What Jira changed in one place leaves the CRM's own HTML as it is elsewhere")
  func crmOutlives() async throws {
    let world = try World(mapping: Self.mapping("html"))
    try await world.connectAll()
    let html = "<div class=\"body\"><p style=\"margin:0\">It fails.</p><p>Since <b class=\"x\">Monday</b>.</p></div>"
    let id = try await world.openCase(description: html)
    let adf = try #require(world.issues[0]["fields"]?["description"])
    try world.jira.edit(
      issue: "SUP-1", as: "acc-dev",
      fields: ["description": try JSONReader.read(adf.compact.replacing("It fails", with: "It works"))],
      now: world.clock.now)
    _ = try await world.reconcile()
    #expect(world.caseState(id)?["description"]?.string == html.replacing("It fails", with: "It works"))
    #expect(try await world.reconcile().planned == 0)
  }
}
