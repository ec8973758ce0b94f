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
    for name in ["mapping", "values", "crm", "profile", "jira"] { #expect(page.contains("\n## `<\(name)>`\n")) }
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
    default:
      return """
        <jira xmlns="urn:counterpart:jira:1" name="example" kind="cloud" site="https://acme.atlassian.net">\(text)</jira>
        """
    }
  }
}
