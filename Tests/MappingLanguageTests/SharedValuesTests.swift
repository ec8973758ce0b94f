import CustomDump
import JSON
import MappingLanguage
import SyncModel
import Testing

@Suite("Pairs that several fields share")
struct SharedValuesTests {
  static func file(_ path: String, _ text: String) -> SourceFile { SourceFile(path: path, bytes: Array(text.utf8)) }

  static func mapping(_ attributes: String = "") -> SourceFile {
    file(
      "m.xml",
      """
      <mapping xmlns="urn:counterpart:mapping:1" name="m" crm="acme">
        <route project="SUP" issue-type="Task"/> <field jira="summary" crm="subject"/>
        <field jira="customfield_1" crm="p" values="priorities" \(attributes)/>
      </mapping>
      """)
  }

  static func values(_ low: String = "Low") -> SourceFile {
    file(
      "shared-values.xml",
      """
      <values xmlns="urn:counterpart:mapping:1" name="priorities">
        <pair crm="1" jira="High"/>
        <pair crm="9" jira="\(low)"/>
        <otherwise jira="Medium"/>
      </values>
      """)
  }

  @Test("A field translates by the shared pairs, both ways")
  func used() throws {
    let result = MappingSet.compile(
      files: try MappingFolders.base() + [Self.mapping(#"sync="both" as="option""#), Self.values()])
    #expect(diff(result.diagnostics.map(\.description), []) == nil)
    let rule = try #require(result.set?.mapping("m")?.fields.last)
    #expect(rule.jiraValue(forCRM: .text("9")) == .value(canonical: .text("Low"), payload: ["value": "Low"]))
    #expect(rule.jiraValue(forCRM: .text("5")) == .value(canonical: .text("Medium"), payload: ["value": "Medium"]))
    #expect(rule.crmValue(forJira: .text("High")) == .value(canonical: .text("1"), payload: "1"))
  }

  @Test("The digest of a mapping is also that of its tables")
  func digests() throws {
    func digest(_ files: SourceFile...) throws -> String {
      try #require(MappingSet.compile(files: try MappingFolders.base() + files).set?.mapping("m")?.digest)
    }
    let first = try digest(Self.mapping(), Self.values())
    #expect(try digest(Self.mapping(), Self.values()) == first)
    #expect(try digest(Self.mapping(), Self.values("Lowest")) != first)
    #expect(try digest(Self.mapping(#"on="new""#), Self.values()) != first)
  }

  @Test("A shared pair that does not fit a field is said there, with the pair's place")
  func misfits() throws {
    let result = MappingSet.compile(
      files: try MappingFolders.base() + [
        Self.mapping(#"as="number" crm-type="boolean" sync="both""#), Self.values(),
      ])
    let place = "m.xml:3:47: error: a pair does not fit here (shared-values.xml"
    #expect(
      diff(
        result.diagnostics.map(\.description),
        [
          "\(place):2:3): '1' is no boolean, and crm-type= says that the CRM wants one",
          "\(place):2:3): 'High' is no number",
          "\(place):3:3): '9' is no boolean, and crm-type= says that the CRM wants one",
          "\(place):3:3): 'Low' is no number",
          "\(place):4:3): 'Medium' is no number",
        ]) == nil)
  }

  @Test("What is compiled again after a change is what would be compiled afresh")
  func memory() throws {
    var memory = CompilationMemory()
    func files(_ low: String, broken: Bool = false) throws -> [SourceFile] {
      try MappingFolders.base() + [Self.mapping(broken ? "as='x'" : ""), Self.values(low)]
    }
    for step in try [files("Low"), files("Lowest"), files("Low", broken: true), files("Low"), []] {
      let again = memory.compile(files: step)
      let afresh = MappingSet.compile(files: step)
      #expect(again.diagnostics == afresh.diagnostics)
      #expect(again.set?.mappings.map(\.digest) == afresh.set?.mappings.map(\.digest))
    }
  }
}

@Suite("Findings for editors and code hosts")
struct SARIFTests {
  @Test("A finding stands in SARIF with its level, its words and its place")
  func log() throws {
    let log = Diagnostic.sarif([
      ("mappings/a b.xml", Diagnostic(.error, at: SourcePosition(file: "a b.xml", line: 3, column: 5), "wrong")),
      ("mappings/ä.xml", Diagnostic(.warning, at: SourcePosition(file: "ä.xml", line: 1), "odd")),
    ])
    #expect(log["version"] == "2.1.0")
    let run = try #require(log["runs"]?.array?.first)
    #expect(run["tool"]?["driver"]?["name"] == "counterpart")
    func location(_ uri: String, _ region: JSONValue) -> JSONValue {
      [["physicalLocation": ["artifactLocation": ["uri": .string(uri)], "region": region]]]
    }
    #expect(
      run["results"] == [
        [
          "ruleId": "error", "level": "error", "message": ["text": "wrong"],
          "locations": location("mappings/a%20b.xml", ["startLine": 3, "startColumn": 5]),
        ],
        [
          "ruleId": "warning", "level": "warning", "message": ["text": "odd"],
          "locations": location("mappings/%C3%A4.xml", ["startLine": 1]),
        ],
      ])
  }
}
