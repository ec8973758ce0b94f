import JSON
import Testing
import XML

@Suite("What an expression may cost over an event body of one megabyte")
struct XPathCostTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var expression: String
    var document: JSONValue
  }

  /// 80,000 short values under two names.
  static let many = JSONValue.object([
    JSONMember("a", .array((0..<40_000).map { .integer($0) })),
    JSONMember("b", .array((0..<40_000).map { .integer(-1 - $0) })),
  ])
  /// One long text, and one that is nearly in it.
  static let long: JSONValue = [
    "a": .string(String(repeating: "a", count: 600_000)), "b": .string(String(repeating: "a", count: 400_000) + "b"),
    "c": .array((0..<5000).map { .integer($0) }),
  ]
  /// Records that share their beginnings.
  static let alike = JSONValue.object([
    JSONMember("a", .array((0..<5000).map { .string(String(repeating: "x", count: 90) + "a\($0)") })),
    JSONMember("b", .array((0..<5000).map { .string(String(repeating: "x", count: 90) + "b\($0)") })),
  ])

  static let cases = [
    Case(testDescription: "node sets that are equal nowhere", expression: "a = b", document: many),
    Case(testDescription: "node sets in order", expression: "a < b", document: many),
    Case(testDescription: "node sets within conditions", expression: "count(a[/*/a = /*/b])", document: many),
    Case(testDescription: "texts that begin alike", expression: "count(a[/*/a = /*/b])", document: alike),
    Case(testDescription: "a text that is nearly in another", expression: "contains(a, b)", document: long),
    Case(testDescription: "the same, before it", expression: "substring-before(a, b)", document: long),
    Case(testDescription: "all text for every node", expression: "count(c[contains(/, 'y')])", document: long),
    Case(testDescription: "all text as a number for every node", expression: "count(c[/ > 3])", document: long),
    Case(testDescription: "lengths for every node", expression: "count(//*[string-length(/) > 3])", document: long),
    Case(testDescription: "copies for every node", expression: "count(//*[normalize-space(/) = 'x'])", document: many),
    Case(testDescription: "sets that are joined", expression: "count(a | b)", document: many),
    Case(testDescription: "nodes below nodes below nodes", expression: "//*[.//*[.//*]]", document: many),
    Case(testDescription: "a large table", expression: "count(c[translate(../a, ../b, ../a)])", document: long),
    Case(testDescription: "every node within every other", expression: "count(//*[count(//*) > 1])", document: many),
  ]

  @Test("The worst that we know ends within seconds, with a value or a clear refusal", arguments: cases)
  func bounded(_ item: Case) throws {
    let document = XPathDocument(json: item.document, root: "case")
    let expression = try XPathExpression(item.expression)
    let started = ContinuousClock.now
    do { _ = try document.string(expression, at: document.root) } catch {
      #expect(
        error.message == "the evaluation took too many steps for a document of this size; make the expression simpler")
    }
    #expect(ContinuousClock.now - started < .seconds(20))
  }

  @Test("What mappings ask of a large body is answered")
  func usual() throws {
    let document = XPathDocument(json: Self.many, root: "case")
    func text(_ expression: String) throws -> String {
      try document.string(XPathExpression(expression), at: document.root)
    }
    #expect(try text("count(a)") == "40000")
    #expect(try text("a[last()]") == "39999")
    #expect(try text("count(//*)") == "80001")
    #expect(try text("count(/case/a[. = '7' or . > 39990])") == "10")
    let items = JSONValue.array((0..<10_000).map { ["id": .integer($0), "kind": "comment", "who": ["name": "Mark"]] })
    let events = XPathDocument(json: ["items": items], root: "body")
    #expect(
      try events.string(XPathExpression("items[who/name = 'Mark' and id = 9999]/kind"), at: events.root) == "comment")
    let long = XPathDocument(json: Self.long, root: "case")
    #expect(try long.boolean(XPathExpression("contains(b, 'ab') and not(contains(a, 'b'))"), at: long.root))
  }

  struct Search: Sendable {
    var text: String
    var wanted: String
    var before: String?
    var after: String?
  }

  @Test(
    "Texts are found as XPath finds them",
    arguments: [
      Search(text: "abababc", wanted: "ababc", before: "ab", after: ""),
      Search(text: "1999/04/01", wanted: "/", before: "1999", after: "04/01"),
      Search(text: "Käse", wanted: "ä", before: "K", after: "se"),
      Search(text: "abc", wanted: "", before: "", after: "abc"),
      Search(text: "", wanted: "x"), Search(text: "aab", wanted: "abb"),
      Search(text: "", wanted: "", before: "", after: ""),
    ])
  func search(_ item: Search) throws {
    let document = XPathDocument(json: ["t": .string(item.text), "w": .string(item.wanted)], root: "case")
    func text(_ expression: String) throws -> String {
      try document.string(XPathExpression(expression), at: document.root)
    }
    #expect(try text("contains(t, w)") == (item.before == nil ? "false" : "true"))
    #expect(try text("contains(t, w) and true()") == (item.before == nil ? "false" : "true"))
    #expect(try text("substring-before(t, w)") == item.before ?? "")
    #expect(try text("substring-after(t, w)") == item.after ?? "")
  }
}
