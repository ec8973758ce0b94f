import CustomDump
import JSON
import MappingLanguage
import SyncModel
import Testing
import XML

/// One field as an admin writes it, compiled.
enum OneField {
  static func mapping(_ xml: String) throws -> Mapping {
    let summary = xml.contains("jira=\"summary\"") ? "" : "<field jira=\"summary\" crm=\"subject\"/>"
    let text = """
      <mapping xmlns="urn:counterpart:mapping:1" name="one" crm="acme">
        <route project="SUP" issue-type="Task"/>\(summary)
        \(xml)
      </mapping>
      """
    let file = SourceFile(path: "one.xml", bytes: Array(text.utf8))
    let result = MappingSet.compile(files: try MappingFolders.base() + [file])
    #expect(diff(result.diagnostics.map(\.description), []) == nil)
    return try #require(result.set?.mapping("one"))
  }

  static func rule(_ xml: String) throws -> FieldRule {
    try #require(try mapping(xml).fields.last)
  }

  static func read(_ mapping: Mapping, _ json: String) throws -> CaseReading {
    let document = XPathDocument(json: try JSONReader.read(json), root: "case")
    return try mapping.read(document, caseNode: document.root, connection: "acme", caseID: "1")
  }
}

@Suite("Fields as admins write them")
struct FieldLanguageTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var field: String
    var crm: String
    var jira: JSONValue
    /// What the CRM is given for Jira's value.
    var back: JSONValue
    var testDescription: String { "\(crm) by \(field)" }
  }

  static let cases = [
    Case(
      field: #"as="datetime" crm="f" zone="Europe/Berlin""#, crm: "2026-07-15 12:00",
      jira: "2026-07-15T10:00:00.000+0000", back: "2026-07-15T12:00:00+02:00"),
    Case(
      field: #"as="datetime" crm="f" zone="Europe/Berlin" pattern="dd.MM.yyyy HH:mm""#, crm: "15.01.2026 12:00",
      jira: "2026-01-15T11:00:00.000+0000", back: "15.01.2026 12:00"),
    Case(
      field: #"as="datetime" crm="f""#, crm: "2026-07-15T12:00:00Z", jira: "2026-07-15T12:00:00.000+0000",
      back: "2026-07-15T12:00:00.000Z"),
    Case(
      field: #"as="date" crm="f" pattern="M/d/yyyy""#, crm: "7/5/2026", jira: "2026-07-05", back: "7/5/2026"),
    Case(
      field: #"as="date" crm="f" zone="Asia/Kolkata""#, crm: "2026-07-05T20:00:00Z", jira: "2026-07-06",
      back: "2026-07-06"),
    Case(
      field: #"as="cascading" crm="f""#, crm: "Hardware>Printer",
      jira: ["value": "Hardware", "child": ["value": "Printer"]], back: "Hardware > Printer"),
    Case(field: #"as="cascading" crm="f""#, crm: "Hardware", jira: ["value": "Hardware"], back: "Hardware"),
    Case(
      field: #"as="checkbox" crm="f" option="Escalated""#, crm: "true", jira: [["value": "Escalated"]], back: true),
    Case(field: #"as="checkbox" crm="f" option="Escalated""#, crm: "0", jira: [], back: false),
    Case(
      field: #"as="checkbox" crm="f" option="Escalated" crm-type="number""#, crm: "1", jira: [["value": "Escalated"]],
      back: .number("1")),
    Case(field: #"as="number" crm="f""#, crm: "12.50", jira: .number("12.5"), back: .number("12.5")),
  ]

  @Test("What the CRM holds becomes what Jira takes, and comes back as it was", arguments: cases)
  func bothWays(_ item: Case) throws {
    let rule = try OneField.rule("<field jira=\"customfield_10001\" sync=\"both\" \(item.field)/>")
    let crm = rule.canonical(ofCRM: [item.crm])
    guard case .value(let jira, let payload) = rule.jiraValue(forCRM: crm) else {
      Issue.record("not translated")
      return
    }
    #expect(payload == item.jira)
    #expect(rule.canonical(ofJira: payload) == jira)
    guard case .value(let again, let back) = rule.crmValue(forJira: jira) else {
      Issue.record("not translated back")
      return
    }
    #expect(back == item.back)
    guard case .value(let settled, _) = rule.jiraValue(forCRM: again) else {
      Issue.record("not translated again")
      return
    }
    #expect(settled == jira)
  }

  @Test("A parent is written by its key, and what is no key is a problem")
  func parents() throws {
    let rule = try OneField.rule(#"<field jira="parent" crm="f" sync="both"/>"#)
    #expect(
      rule.jiraValue(forCRM: rule.canonical(ofCRM: [" ops-12"]))
        == .value(canonical: .text("OPS-12"), payload: ["key": "OPS-12"]))
    #expect(rule.canonical(ofJira: ["id": "10001", "key": "OPS-12", "fields": [:]]) == .text("OPS-12"))
    for wrong in ["12", "OPS", "OPS-", "OPS-0", "O-1", "OPS-1-2", "ÖPS-1"] {
      guard case .failure = rule.jiraValue(forCRM: rule.canonical(ofCRM: [wrong])) else {
        Issue.record("\(wrong) was taken for a key")
        continue
      }
    }
  }

  @Test("A tick is read from all that the field holds, and no value is no tick")
  func checkbox() throws {
    let rule = try OneField.rule(#"<field jira="customfield_1" crm="f" as="checkbox" option="B" sync="both"/>"#)
    #expect(rule.canonical(ofJira: [["value": "A"], ["value": "B"]]) == .text("true"))
    #expect(rule.canonical(ofJira: [["value": "A"]]) == .text("false"))
    #expect(rule.canonical(ofJira: .null) == .text("false"))
    #expect(rule.jiraValue(forCRM: .empty) == .value(canonical: .text("false"), payload: []))
    guard case .failure = rule.jiraValue(forCRM: .text("maybe")) else {
      Issue.record("maybe was taken for a truth value")
      return
    }
  }

  @Test("Pairs translate in their own direction, and the first that does is taken")
  func oneWayPairs() throws {
    let rule = try OneField.rule(
      """
      <field jira="priority" crm="f" sync="both">
        <pair crm="P1" jira="High"/> <pair crm="P2" jira="High" sync="to-jira"/>
        <pair crm="P1" jira="Highest" sync="to-crm"/> <pair crm="" jira="Low" sync="to-jira"/>
      </field>
      """)
    func jira(_ crm: FieldValue) -> FieldTranslation { rule.jiraValue(forCRM: crm) }
    #expect(jira(.text("P2")) == .value(canonical: .text("High"), payload: ["name": "High"]))
    #expect(jira(.text("P1")) == .value(canonical: .text("High"), payload: ["name": "High"]))
    #expect(jira(.empty) == .value(canonical: .text("Low"), payload: ["name": "Low"]))
    #expect(rule.crmValue(forJira: .text("High")) == .value(canonical: .text("P1"), payload: "P1"))
    #expect(rule.crmValue(forJira: .text("Highest")) == .value(canonical: .text("P1"), payload: "P1"))
    guard case .failure = rule.crmValue(forJira: .text("Low")) else {
      Issue.record("a pair towards Jira was taken back")
      return
    }
  }

  @Test("An empty value clears, stays or takes the default, as the mapping says for each direction")
  func emptiness() throws {
    let field = { (rest: String) in #"<field jira="customfield_1" crm="f" sync="both" \#(rest)/>"# }
    let cleared = FieldTranslation.value(canonical: .empty, payload: .null)
    let plain = try OneField.rule(field(""))
    #expect(plain.jiraValue(forCRM: .empty) == cleared)
    #expect(plain.crmValue(forJira: .empty) == cleared)
    let standing = try OneField.rule(field(#"when-empty="leave" when-jira-empty="leave""#))
    guard case .leaveOut = standing.jiraValue(forCRM: .empty), case .leaveOut = standing.crmValue(forJira: .empty)
    else {
      Issue.record("an empty value was written")
      return
    }
    let standard = try OneField.rule(field(#"default="a" crm-default="b""#))
    #expect(standard.jiraValue(forCRM: .empty) == .value(canonical: .text("a"), payload: "a"))
    #expect(standard.crmValue(forJira: .empty) == .value(canonical: .text("b"), payload: "b"))
  }

  @Test("What a delivery does not name is not known; what it names as empty is empty")
  func absence() throws {
    let mapping = try OneField.mapping(
      """
      <field jira="labels" crm="tags" default="none"/>
      <field jira="customfield_1" crm="customer/name"/>
      <field jira="customfield_2" crm="phone" when-absent="empty"/>
      <field jira="customfield_3" value="{phone} {subject}"/>
      <field jira="customfield_4" crm="default(phone, '-')"/>
      """)
    let none = try OneField.read(mapping, #"{"id": 1}"#)
    #expect(none.values == ["customfield_2": .empty, "customfield_4": .text("-")])
    #expect(
      none.absent
        == ["summary": .empty, "labels": .empty, "customfield_1": .empty, "customfield_3": .empty])
    let empty = try OneField.read(
      mapping, #"{"subject": "", "tags": [], "customer": null, "phone": ""}"#)
    #expect(empty.absent == [:])
    #expect(empty.values["labels"] == .empty && empty.values["customfield_1"] == .empty)
    let partial = try OneField.read(mapping, #"{"subject": "a", "customer": {"mail": "b"}}"#)
    #expect(Set(partial.absent.keys) == ["labels", "customfield_1", "customfield_3"])
  }

  @Test("A text without holes is a constant, and on=new writes it once")
  func constants() throws {
    let rule = try OneField.rule(#"<field jira="customfield_1" as="option" value="Support" on="new"/>"#)
    #expect(rule.isOnlyForNewIssues)
    #expect(rule.fixedValue == .text("Support"))
  }
}
