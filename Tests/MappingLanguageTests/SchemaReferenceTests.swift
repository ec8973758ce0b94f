import CustomDump
import Foundation
import MappingLanguage
import Testing

@Suite("The schemas and the reference page")
struct SchemaReferenceTests {
  /// To make the page again, run `make reference`, or delete it and run this: it is written, and the test fails once.
  @Test("The page is what the schemas say")
  func page() throws {
    let file = MappingFolders.repository.appending(path: "docs/reference.md")
    guard FileManager.default.fileExists(atPath: file.path()) else {
      try Data(SchemaReference.page.utf8).write(to: file)
      Issue.record("docs/reference.md was missing and is written now; read it")
      return
    }
    #expect(diff(SchemaReference.page, String(decoding: try Data(contentsOf: file), as: UTF8.self)) == nil)
  }

  @Test("Every element has words and an example, every attribute words of its own")
  func complete() { #expect(SchemaReference.gaps == []) }

  @Test("Every element of the language has a section")
  func sections() {
    let page = SchemaReference.page
    for name in ["mapping", "values", "crm", "profile", "jira", "people"] {
      #expect(page.contains("\n## `<\(name)>`\n"))
    }
    for name in ["route", "field", "pair", "otherwise", "status", "screen", "verify", "hmac", "request", "fields"] {
      #expect(page.contains("\n### `<\(name)>` in"))
    }
  }

  @Test("Every example compiles without a finding", arguments: SchemaReference.examples.indices)
  func examples(_ index: Int) throws {
    let example = SchemaReference.examples[index]
    let text = Self.document(example)
    let files = try Self.neighbours(of: example.document) + [SourceFile(path: "example.xml", bytes: Array(text.utf8))]
    let findings = MappingSet.compile(files: files).diagnostics.map(\.description)
    #expect(diff(findings, []) == nil, "\(example.element): \(text)")
  }

  @Test("What may stand once is refused twice, and what may stand more often is not", arguments: SchemaReference.places)
  func twice(_ place: SchemaReference.Place) throws {
    let documents = (SchemaReference.examples + Self.more).map { (document: $0.document, text: Self.document($0)) }
    let doubled = documents.compactMap { example in
      Self.doubling(place, in: example.text).map { (document: example.document, text: $0) }
    }
    guard let found = doubled.first else {
      Issue.record("no example has such an element")
      return
    }
    let files =
      try Self.neighbours(of: found.document) + [SourceFile(path: "example.xml", bytes: Array(found.text.utf8))]
    let errors = MappingSet.compile(files: files).diagnostics.filter { $0.severity == .error }.map(\.message)
    if place.mayRepeat {
      #expect(!errors.contains { $0.contains("once") || $0.contains("may not stand") }, "\(errors)")
    } else {
      #expect(!errors.isEmpty, "\(found.text)")
    }
  }

  /// Examples of what no example of the schemas shows.
  private static var more: [SchemaReference.Example] {
    let bodies = [
      "<object><array name=\"a\"><array/><string>a</string><number>1</number><boolean>true</boolean></array></object>",
      "<string>a</string>", "<number>1</number>", "<boolean>true</boolean>",
    ]
    let requests =
      bodies.map { "<request name=\"set-fields\" method=\"PUT\" path=\"/\"><body>\($0)</body></request>" } + [
        "<request name=\"list-attachments\" method=\"GET\" path=\"/\"><attachments select=\"a\" id=\"b\" name=\"c\" "
          + "address=\"d\"/></request>"
      ]
    return requests.compactMap { request in
      var example = SchemaReference.examples.first { $0.document == "profile" }
      example?.text = "<api>\(request)</api>"
      return example
    }
  }

  /// The document with the first such element written twice.
  private static func doubling(_ place: SchemaReference.Place, in document: String) -> String? {
    var open: [(name: String, start: String.Index)] = []
    for tag in document.matches(of: /<(\/?)([a-z-]+)((?:[^>"']|"[^"]*"|'[^']*')*?)(\/?)>/) {
      let name = String(tag.2)
      if tag.1.isEmpty { open.append((name, tag.range.lowerBound)) }
      guard !tag.1.isEmpty || !tag.4.isEmpty, let element = open.popLast() else { continue }
      guard element.name == place.child, open.last?.name == place.parent else { continue }
      var doubled = document
      doubled.insert(contentsOf: document[element.start..<tag.range.upperBound], at: tag.range.upperBound)
      return doubled
    }
    return nil
  }

  /// What an example refers to; a document of its own kind gives way.
  static func neighbours(of document: String) throws -> [SourceFile] {
    let base = try MappingFolders.base()
    switch document {
    case "jira": return []
    case "crm": return base.filter { $0.path != "example-crm.xml" }
    case "mapping":
      let states = """
        <values xmlns="urn:counterpart:mapping:1" name="states">
          <pair crm="Open" jira="To Do"/> <pair crm="Solved" jira="Done"/>
        </values>
        """
      return base + [SourceFile(path: "states.xml", bytes: Array(states.utf8))]
    default: return base
    }
  }

  /// The example as a whole document: what it lacks is put around it.
  static func document(_ example: SchemaReference.Example) -> String {
    let text = example.text
    if text.contains("xmlns=") { return text }
    func missing(_ name: String, _ element: String) -> String { text.hasPrefix("<\(name)") ? "" : element }
    switch example.document {
    case "mapping":
      return """
        <mapping xmlns="urn:counterpart:mapping:1" name="example" crm="acme">
        \(missing("route", "<route project=\"SUP\" issue-type=\"Task\"/>")) <field jira="summary" crm="subject"/> \(text)
        </mapping>
        """
    case "crm":
      let others = ["webhook", "api", "connect"].filter { !text.contains("name=\"\($0)\"") }
        .map { "<secret name=\"\($0)\" from=\"env:A\"/>" }.joined()
      return """
        <crm xmlns="urn:counterpart:crm:1" name="acme" profile="generic" base="https://crm.acme.example" jira="acme-cloud">
        \(text)\(others)
        </crm>
        """
    case "profile":
      let delivery =
        "<delivery format=\"json\"><verify><standard-webhooks secret=\"webhook\"/></verify>"
        + "<event select=\"/*\" case=\".\" id=\"id\"><kind name=\"updated\"/></event></delivery>"
      return """
        <profile xmlns="urn:counterpart:crm:1" name="example">\(missing("delivery", delivery))\(text)</profile>
        """
    case "people": return "<people xmlns=\"urn:counterpart:people:1\" crm=\"acme\">\(text)</people>"
    default:
      return """
        <jira xmlns="urn:counterpart:jira:1" name="example" kind="cloud" site="https://acme.atlassian.net">\(text)</jira>
        """
    }
  }
}
