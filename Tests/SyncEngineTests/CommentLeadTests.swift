import JSON
import RichText
import Simulation
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Testing

/// semantics.md, promise 6: what we put before a comment's text is ours, and never becomes part of the text.
@Suite("What stands before a comment")
struct CommentLeadTests {
  private static let comments = #"<comments sync="both" edits="both" prefix-jira="{$author} (CRM): "/>"#

  /// A case with a comment of Mark's that stands in Jira.
  private static func commented(
    _ comments: String = comments, markup: String = "plain", text: String = "Hello"
  ) async throws -> (World, CaseID, CommentID, CommentID) {
    let mapping = World.mapping([(#"<comments sync="both"/>"#, comments)])
    let world = try World(mapping: mapping)
    let profile = String(decoding: try Fixtures.bytes("mappings/crm/generic.xml"), as: UTF8.self)
      .replacing("<text markup=\"plain\"/>", with: "<text markup=\"\(markup)\"/>")
    world.engine.services.live.replace(with: try World.installation(mapping: mapping, profile: profile))
    try await world.connectAll()
    let id = try await world.openCase()
    let comment = try world.crm.comment(on: id, as: "8", text: text, now: world.clock.now)
    try await world.settle()
    _ = try await world.reconcile()
    return (world, id, comment, CommentID(try #require(world.issues[0]["comments"]?[0]?["id"]?.text)))
  }

  private static func edit(_ world: World, _ comment: CommentID, _ change: (String) -> String) async throws {
    world.clock.advance(by: .seconds(5))
    let document = try #require(world.jira.document(ofComment: comment)).compact
    try world.jira.editComment(
      comment, issue: "SUP-1", as: "acc-dev", document: try JSONReader.read(change(document)), now: world.clock.now)
    try await world.settle()
    _ = try await world.reconcile()
  }

  struct Markup: Sendable, CustomTestStringConvertible {
    var name: String
    var prefix: String
    /// Before and after a text that is one paragraph.
    var tags = ("", "")
    var testDescription: String { "\(name): \(prefix)" }

    func text(_ words: String) -> String { tags.0 + words + tags.1 }

    static let all = [
      Markup(name: "plain", prefix: "{$author} (CRM): "), Markup(name: "plain", prefix: "{$author} wrote:&#10;"),
      Markup(name: "markdown", prefix: "**{$author}**: "),
      Markup(name: "markdown", prefix: "_{$author}_ wrote:&#10;&#10;"),
      Markup(name: "wiki", prefix: "*{$author}*: "), Markup(name: "html", prefix: "&lt;b&gt;{$author}&lt;/b&gt;: "),
      Markup(name: "html", prefix: "&lt;p&gt;{$author} wrote:&lt;/p&gt;", tags: ("<p>", "</p>")),
    ]
  }

  @Test(
    "What the mapping puts before a comment in Jira does not come back with a change of its text", arguments: Markup.all
  )
  func prefix(markup: Markup) async throws {
    let comments = #"<comments sync="both" edits="both" prefix-jira="\#(markup.prefix)"/>"#
    let (world, id, comment, jira) = try await Self.commented(
      comments, markup: markup.name, text: markup.text("Hello"))
    let first = try #require(world.jira.document(ofComment: jira)).compact
    #expect(first.contains("Mark"))
    func agree(_ text: String, _ word: String) async throws {
      #expect(world.caseComments(id).map { Self.words($0, markup.name) } == ["public " + text])
      #expect(world.jira.document(ofComment: jira)?.compact == first.replacing("Hello", with: word))
      #expect(try await world.reconcile().planned == 0)
    }
    try await Self.edit(world, jira) { $0.replacing("Hello", with: "Goodbye") }
    try await agree("Goodbye", "Goodbye")
    try world.crm.editComment(comment, on: id, as: "8", text: markup.text("Thanks"), now: world.clock.now)
    try await world.settle()
    try await agree("Thanks", "Thanks")
    try await Self.edit(world, jira) { $0.replacing("Thanks", with: "Farewell") }
    try await agree("Farewell", "Farewell")
  }

  private static func words(_ text: String, _ markup: String) -> String {
    markup == "html" ? text.replacing("<p>", with: "").replacing("</p>", with: "") : text
  }

  @Test(
    "What somebody changed or took away of what stood before a comment is theirs; the text goes over as it reads in Jira",
    arguments: [("Mark (CRM): ", ""), ("Mark (CRM): ", "Mark (Sales): "), ("Mark (CRM): ", "Mark (CRM):")])
  func changedPrefix(ours: String, theirs: String) async throws {
    let (world, id, _, jira) = try await Self.commented()
    try await Self.edit(world, jira) { $0.replacing(ours, with: theirs).replacing("Hello", with: "Goodbye") }
    #expect(world.caseComments(id) == ["public \(theirs)Goodbye"])
    #expect(try await world.reconcile().planned == 0)
  }

  @Test("A text of the CRM's that itself begins like what we put before it loses ours and keeps its own")
  func sameWords() async throws {
    let (world, id, _, jira) = try await Self.commented(text: "Mark (CRM): Hello")
    try await Self.edit(world, jira) { $0.replacing("Hello", with: "Goodbye") }
    #expect(world.caseComments(id) == ["public Mark (CRM): Goodbye"])
  }

  @Test("Where nothing is left but what we put before a comment, the case keeps its text")
  func nothingLeft() async throws {
    let (world, id, _, jira) = try await Self.commented()
    try await Self.edit(world, jira) { $0.replacing("Hello", with: "") }
    #expect(world.caseComments(id) == ["public Hello"])
    #expect(try await world.reconcile().planned == 0)
    let said = try await world.story(id).lines.map(\.text).filter { $0.contains("was changed in Jira") }
    #expect(said.count == 1)
  }

  @Test(
    "The line by which the service user says for whom it writes does not come back", arguments: [nil, "{$author}: "])
  func standIn(prefix: String?) async throws {
    let attribute = prefix.map { #" prefix-jira="\#($0)""# } ?? ""
    let comments = #"<comments sync="both" edits="both"\#(attribute)/>"#
    let world = try World(
      mapping: World.mapping(
        [(#"<comments sync="both"/>"#, comments)], adding: #"<missing-grant action="service"/>"#))
    try await world.connect(World.service, as: "acc-sync")
    try await world.connect(World.rohit, as: "acc-rohit")
    let id = try await world.openCase()
    let comment = try world.crm.comment(on: id, as: "8", text: "Hello", now: world.clock.now)
    // The answer is lost, so that the comment is found by looking.
    world.jira.arm(ArmedFault(.lostAfterApply, method: "POST", pathSuffix: "/comment"))
    try await world.settle()
    _ = try await world.reconcile()
    let jira = CommentID(try #require(world.issues[0]["comments"]?[0]?["id"]?.text))
    try await Self.edit(world, jira) { $0.replacing("Hello", with: "Goodbye") }
    let lead = "Service Account: Mark wrote in the CRM:\n" + (prefix ?? "").replacing("{$author}", with: "Mark")
    #expect(world.caseComments(id) == ["public Goodbye"])
    #expect(world.comments(world.issues[0]) == [lead + "Goodbye"])
    try world.crm.editComment(comment, on: id, as: "8", text: "Thanks", now: world.clock.now)
    try await world.settle()
    #expect(world.comments(world.issues[0]) == [lead + "Thanks"])
    #expect(try await world.reconcile().planned == 0)
  }

  @Test(
    "A copy of Jira's comment that is changed in the CRM stays as it is in Jira, and Jira's changes name its author once"
  )
  func copyInCRM() async throws {
    let (world, id, _, _) = try await Self.commented()
    let jira = try world.jira.comment(issue: "SUP-1", as: "acc-dev", text: "Fixed", now: world.clock.now)
    try await world.settle()
    _ = try await world.reconcile()
    let marker = "\n[Jira SUP-1 comment \(jira)]"
    #expect(world.caseComments(id).last == "public Dana Developer (SUP-1): Fixed" + marker)
    let copy = CommentID(try #require(world.caseState(id)?["comments"]?[1]?["id"]?.text))
    for text in ["Dana Developer (SUP-1): Broken" + marker, "Broken"] {
      try world.crm.editComment(copy, on: id, as: "1", text: text, now: world.clock.now)
      try await world.settle()
      _ = try await world.reconcile()
      #expect(world.comments(world.issues[0]).last == "Dana Developer: Fixed")
      #expect(world.comments(world.issues[0]).count == 2)
    }
    try await Self.edit(world, jira) { $0.replacing("Fixed", with: "Fixed in 1.2") }
    #expect(world.caseComments(id).last == "public Dana Developer (SUP-1): Fixed in 1.2" + marker)
    #expect(try await world.reconcile().planned == 0)
  }
}
