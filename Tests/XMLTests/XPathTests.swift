import JSON
import Testing
import XML

@Suite("Expressions over JSON, XML and forms")
struct XPathTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var expression: String
    var expected: String
    var testDescription: String { expression }
  }

  static let json = """
    {"id": 7, "title": "Käse", "none": null, "tags": ["a", "b"], "empty": [], "grid": [[1, 2], [3]],
     "first name": "Ann", "a:b": "colon", "_x0041_": "literal", "1st": "digit", "note": "a\\u0001b",
     "who": {"name": "Mark", "ok": true}}
    """

  static let cases = [
    Case(expression: "id", expected: "7"), Case(expression: "title", expected: "Käse"),
    Case(expression: "count(none)", expected: "1"), Case(expression: "none", expected: ""),
    Case(expression: "tags[2]", expected: "b"), Case(expression: "count(tags)", expected: "2"),
    Case(expression: "count(empty)", expected: "0"), Case(expression: "count(grid)", expected: "2"),
    Case(expression: "grid[1]/item[2]", expected: "2"), Case(expression: "first_x0020_name", expected: "Ann"),
    Case(expression: "a_x003A_b", expected: "colon"), Case(expression: "_x005F_x0041_", expected: "literal"),
    Case(expression: "_x0031_st", expected: "digit"), Case(expression: "note", expected: "a\u{FFFD}b"),
    Case(expression: "who/name", expected: "Mark"), Case(expression: "who/ok", expected: "true"),
    Case(expression: "/case/id + 1", expected: "8"), Case(expression: "lower(who/name)", expected: "mark"),
    Case(expression: "upper(title)", expected: "KÄSE"), Case(expression: "default(none, title)", expected: "Käse"),
    Case(expression: "default(id, title)", expected: "7"), Case(expression: "local-name(*[1])", expected: "id"),
    Case(expression: "count(* [ . = 'Käse' ])", expected: "1"), Case(expression: "id * 2 div 7", expected: "2"),
    Case(expression: "who/name/../ok and id = 7", expected: "true"),
    Case(expression: "concat(string(), '')!=''", expected: "true"),
    Case(expression: "replace(title, '[äÄ]', 'ae')", expected: "Kaese"),
    Case(expression: "replace(who/name, '^(.)(.*)$', '$2$1')", expected: "arkM"),
    Case(expression: "replace('a(b', concat('\\', '('), '')", expected: "ab"),
    Case(expression: "translate('banana', 'anb', 'o')", expected: "ooo"),
    Case(expression: "translate('Straße', 'ßa', 'sA')", expected: "StrAse"),
    Case(expression: "concat(tags, '-', tags[2])", expected: "a-b"),
  ]

  @Test("An expression finds what it names in a JSON document", arguments: cases)
  func evaluates(_ item: Case) throws {
    let document = XPathDocument(json: try JSONReader.read(Self.json), root: "case")
    #expect(try document.string(XPathExpression(item.expression), at: document.root) == item.expected)
  }

  @Test(
    "A path of names gives the nodes that it gives when libxml2 evaluates it",
    arguments: [
      "id", "who/name", "tags", "grid/item", "who", "empty", "none", "id/name", "who/name/more", "or", "div/mod",
    ])
  func walksPaths(_ path: String) throws {
    let document = XPathDocument(json: try JSONReader.read(Self.json), root: "case")
    let starts = try document.nodes(XPathExpression("/ | /* | /*/* | /*/*/text()"), at: document.root)
    #expect(starts.count > 10)
    let walked = try XPathExpression(path)
    let evaluated = try XPathExpression("./" + path)
    for start in starts {
      let expected = try document.nodes(evaluated, at: start)
      let found = try document.nodes(walked, at: start)
      #expect(found.map(\.name) == expected.map(\.name))
      #expect(found.map(\.text) == expected.map(\.text))
      #expect(try document.string(walked, at: start) == document.string(evaluated, at: start))
    }
  }

  @Test("A root array becomes items")
  func rootArray() throws {
    let document = XPathDocument(json: [["id": 1], ["id": 2]], root: "events")
    let nodes = try document.nodes(XPathExpression("item"), at: document.root)
    #expect(try nodes.map { try document.string(XPathExpression("id"), at: $0) } == ["1", "2"])
    #expect(try document.boolean(XPathExpression("id = 2"), at: try #require(nodes.last)))
  }

  @Test("An XML body is read by local names, attributes included")
  func xmlBody() throws {
    let xml =
      #"<s:Envelope xmlns:s="urn:soap"><s:Body><n id="4"><sf:Subject xmlns:sf="urn:x">Hi</sf:Subject></n></s:Body></s:Envelope>"#
    let document = try XPathDocument(xml: Array(xml.utf8))
    #expect(try document.string(XPathExpression("Body/n[@id = 4]/Subject"), at: document.root) == "Hi")
  }

  @Test("A form is read by its names")
  func form() throws {
    let document = try XPathDocument(form: [(name: "a[b]", value: "1"), (name: "c", value: "2 & 3")])
    #expect(try document.string(XPathExpression("concat(a_x005B_b_x005D_, c)"), at: document.root) == "12 & 3")
  }

  struct Wrong: CustomTestStringConvertible, Sendable {
    var expression: String
    var message: String
    var offset: Int?
    var testDescription: String { expression }
  }

  static let wrong = [
    Wrong(expression: "a = lowr(b)", message: "the function lowr() is not known; did you mean lower()?", offset: 4),
    Wrong(expression: "$x", message: "variables ($name) are known only to templates, as {$name}", offset: 0),
    Wrong(expression: "a[b", message: "the condition in [ ] is malformed", offset: 3),
    Wrong(expression: "'Käse", message: "a text in quotes is not closed", offset: 0),
    Wrong(expression: "  ", message: "the expression is empty", offset: 0),
    Wrong(expression: "a:b", message: "'a:' is a prefix, and names have none here", offset: 0),
    Wrong(expression: "contains(a)", message: "contains() takes 2 arguments, not 1", offset: 0),
    Wrong(expression: "a and (", message: "the expression is malformed or ends too early", offset: 7),
    Wrong(
      expression: "replace(a, '(b', 'c')",
      message: "replace(): the regular expression is wrong: a bracket is not closed", offset: 12),
    Wrong(
      expression: "1 + replace(a, 'x(b)', \"c$2\")", message: "replace(): $2 is no group: the pattern has 1", offset: 25
    ),
    Wrong(expression: "replace(a, b)", message: "replace() takes 3 arguments, not 2", offset: 0),
    Wrong(expression: "document('file:///etc/passwd')", message: "", offset: 0),
  ]

  @Test("A wrong expression is refused with the place and what was meant", arguments: wrong)
  func refuses(_ item: Wrong) {
    let error = #expect(throws: XPathError.self) { try XPathExpression(item.expression) }
    #expect(error?.offset == item.offset)
    if !item.message.isEmpty { #expect(error?.message == item.message) }
  }

  @Test("An expression that takes too many steps is stopped")
  func bounded() throws {
    let items = JSONValue.array((0..<300).map { .integer($0) })
    let document = XPathDocument(json: ["a": items], root: "case")
    let expression = try XPathExpression("count(//a[count(//a[count(//a[. = 'x']) = 1]) = 1])")
    #expect(throws: XPathError.self) { try document.string(expression, at: document.root) }
    #expect(try document.string(XPathExpression("count(a)"), at: document.root) == "300")
  }

  @Test("A regular expression from the case is judged when it is known")
  func lateExpressions() throws {
    let document = XPathDocument(json: ["a": "x", "b": "("], root: "case")
    let error = #expect(throws: XPathError.self) {
      try document.string(XPathExpression("replace(a, b, '')"), at: document.root)
    }
    #expect(error?.message == "replace(): the regular expression is wrong: a bracket is not closed")
  }

  struct Hostile: CustomTestStringConvertible, Sendable {
    var expression: String
    var testDescription: String { String(expression.prefix(60)) }
  }

  @Test(
    "What explodes over a large document ends soon, with an answer or an error",
    arguments: [
      "//*[//*[//*[//*]]]", "count(//*//*//*//*)", "//*[count(preceding::*) > count(following::*)]",
      "count(//a/ancestor::*/descendant::*/ancestor::*/descendant::*)", "//*[. = //*[. = //*]]",
      "concat(\(String(repeating: ".,", count: 99))'')", "translate(., ., .)", "contains(., concat(., 'x'))",
      "replace(., '(.*)*x', '')", "string-length(normalize-space(.)) + sum(//*) + count(//*[last()])",
    ].map { Hostile(expression: $0) })
  func explosive(_ item: Hostile) throws {
    let items = JSONValue.array((0..<5000).map { ["a": .integer($0), "b": ["c": .string("text \($0)")]] })
    let document = XPathDocument(json: ["items": items], root: "case")
    let started = ContinuousClock.now
    _ = try? document.string(XPathExpression(item.expression), at: document.root)
    #expect(ContinuousClock.now - started < .seconds(30))
    #expect(try document.string(XPathExpression("count(items)"), at: document.root) == "5000")
  }

  @Test("A text longer than its bound is not made")
  func longTexts() throws {
    let document = XPathDocument(json: ["a": .string(String(repeating: "x", count: 1 << 20))], root: "case")
    let error = #expect(throws: XPathError.self) {
      try document.string(XPathExpression("concat(a, a, a, a, a)"), at: document.root)
    }
    #expect(error?.message == "concat(): the text would be longer than 4 MiB")
  }

  @Test("An expression that nests or runs on without end is refused")
  func nesting() {
    let nested = String(repeating: "(", count: 2000) + "a" + String(repeating: ")", count: 2000)
    #expect(throws: XPathError.self) { try XPathExpression(nested) }
    #expect(throws: XPathError.self) { try XPathExpression(String(repeating: "a/", count: 3000) + "a") }
  }

  @Test("One expression serves many threads at once")
  func threads() async throws {
    let expression = try XPathExpression("default(lower(a), 'x')")
    let results = try await withThrowingTaskGroup(of: String.self) { group in
      for number in 0..<200 {
        group.addTask {
          let document = XPathDocument(json: ["a": .string("N\(number)")], root: "case")
          return try document.string(expression, at: document.root)
        }
      }
      return try await group.reduce(into: Set<String>()) { $0.insert($1) }
    }
    #expect(results == Set((0..<200).map { "n\($0)" }))
  }
}
