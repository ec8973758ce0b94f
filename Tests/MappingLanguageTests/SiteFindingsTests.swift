import MappingLanguage
import SyncModel
import Testing
import XML

@Suite("A mapping against what its site says")
struct SiteFindingsTests {
  private static let position = SourcePosition(file: "m.xml", line: 4, column: 3)

  private static func field(_ format: FieldFormat, _ change: (inout FieldRule) -> Void = { _ in }) throws -> FieldRule {
    var rule = FieldRule(
      key: "customfield_1", source: .field(try XPathExpression("kind")), crmName: "kind", format: format,
      direction: .toJira, onConflict: .crm, values: nil, defaultValue: nil, maxLength: nil, position: position)
    change(&rule)
    return rule
  }

  private static func findings(_ rule: FieldRule, on field: SiteField, edit: [SiteField]? = nil) -> [String] {
    let mapping = Mapping(
      name: "m", connection: "acme", file: "m.xml", digest: "0",
      routes: [
        Route(
          condition: nil, project: "SUP", issueType: "Task",
          position: SourcePosition(file: "m.xml", line: 2, column: 3))
      ], fields: [rule], status: nil, comments: nil,
      link: LinkRule(label: Template(source: "l", pieces: [.text("l")]), crmKeyName: nil, caseURL: nil),
      missingGrant: MissingGrantRule())
    var facts = SiteFacts()
    facts.projects["SUP"] = SiteFacts.Project(issueTypes: [SiteFacts.IssueType(id: "1", name: "Task")])
    var screens = SiteFacts.Screens(
      create: [field, SiteField(id: "labels", name: "Labels", type: "array", items: "string")])
    screens.edit = edit
    screens.example = "SUP-1"
    facts.screens[IssuePlace(project: "SUP", issueType: "Task")] = screens
    facts.people = [
      SitePerson(
        name: "Rohit", standing: .active(["SUP": ["BROWSE_PROJECTS", "CREATE_ISSUES", "EDIT_ISSUES"]]), writes: true)
    ]
    let connection = Connection(
      name: "acme", profile: "p", base: "", site: "s", secrets: [:], requiresMatchingEmail: false, position: position)
    return SiteFindings.findings(of: [mapping], connection: connection, needs: SiteNeeds([mapping]), on: facts)
      .map(\.description)
  }

  private static let levels = SiteField(
    id: "customfield_1", name: "Part", type: "option-with-child", allowed: ["Hardware", "Hardware > Printer"])

  @Test("A value of two levels is held against both")
  func cascading() throws {
    let good = try Self.field(.cascading) { $0.defaultValue = "Hardware>Printer" }
    #expect(Self.findings(good, on: Self.levels) == [])
    let wrong = try Self.field(.cascading) { $0.defaultValue = "Hardware > Printr" }
    #expect(
      Self.findings(wrong, on: Self.levels) == [
        "m.xml:4:3: error: Part (customfield_1) does not take 'Hardware > Printr' in SUP / Task; did you mean "
          + "'Hardware > Printer'?"
      ])
  }

  @Test("Of a checkbox, the option that it ticks must be there")
  func checkbox() throws {
    let boxes = SiteField(
      id: "customfield_1", name: "Flags", type: "array", items: "option", allowed: ["Urgent", "Public"])
    #expect(Self.findings(try Self.field(.checkbox) { $0.option = "Urgent" }, on: boxes) == [])
    #expect(
      Self.findings(try Self.field(.checkbox) { $0.option = "Urgend" }, on: boxes) == [
        "m.xml:4:3: error: Flags (customfield_1) does not take 'Urgend' in SUP / Task; did you mean 'Urgent'?"
      ])
  }

  @Test("A pair that translates only towards the CRM writes nothing into Jira")
  func oneWayPair() throws {
    let choice = SiteField(id: "customfield_1", name: "Kind", type: "option", allowed: ["A"])
    let rule = try Self.field(.option) {
      $0.values = ValueTable(
        pairs: [.init(crm: "1", jira: "A"), .init(crm: "1", jira: "Old", direction: .toCRM)], otherwiseJira: nil,
        otherwiseCRM: nil)
    }
    #expect(Self.findings(rule, on: choice) == [])
  }

  @Test("A field for new issues alone need not be on the edit screen")
  func onlyForNewIssues() throws {
    let line = SiteField(id: "customfield_1", name: "Origin", type: "string", custom: "textfield")
    #expect(Self.findings(try Self.field(.text), on: line, edit: []).count == 1)
    #expect(Self.findings(try Self.field(.text) { $0.isOnlyForNewIssues = true }, on: line, edit: []) == [])
  }
}
