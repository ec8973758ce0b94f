import CustomDump
import JSON
import MappingLanguage
import SyncModel
import Testing

@Suite("States that several mappings share")
struct SharedStatesTests {
  static func mapping(_ status: String, _ more: String = "") -> SourceFile {
    SharedValuesTests.file(
      "m.xml",
      """
      <mapping xmlns="urn:counterpart:mapping:1" name="m" crm="acme">
        <route project="SUP" issue-type="Task"/> <field jira="summary" crm="subject"/>
        <status crm="state" values="states" \(status)</status>
        \(more)
      </mapping>
      """)
  }

  static let states = SharedValuesTests.file(
    "states.xml",
    """
    <values xmlns="urn:counterpart:mapping:1" name="states">
      <pair crm="Open" jira="To Do"/>
      <pair crm="Solved" jira="Done"/>
      <otherwise crm="Open" jira="In Progress"/>
    </values>
    """)

  static func findings(_ files: SourceFile...) throws -> [String] {
    MappingSet.compile(files: try MappingFolders.base() + files).diagnostics.map(\.description)
  }

  @Test("A status translates by the shared pairs, both ways, and each way says what is set on it")
  func used() throws {
    let way = #"sync="both"><way jira="Done" resolution="Fixed" via="In Progress"/>"#
    let result = MappingSet.compile(
      files: try MappingFolders.base() + [Self.mapping(way, #"<reopening case="comment"/>"#), Self.states])
    #expect(diff(result.diagnostics.map(\.description), []) == nil)
    let mapping = try #require(result.set?.mapping("m"))
    let status = try #require(mapping.status)
    #expect(try status.jiraStatus(forCRM: .text("Solved")).get() == JiraStatus(name: "Done", resolution: "Fixed"))
    #expect(try status.jiraStatus(forCRM: .text("x")).get() == JiraStatus(name: "In Progress", resolution: nil))
    #expect(status.crmStatus(forJira: "Done") == .value(canonical: .text("Solved"), payload: "Solved"))
    #expect(status.ways["Done"]?.via == ["In Progress"])
    #expect(mapping.reopening.closed == ["Solved"])
  }

  @Test("A way to a status that no shared pair names is said, with the nearest")
  func unknownWay() throws {
    #expect(
      try Self.findings(Self.mapping(#"><way jira="Dome" resolution="Done"/>"#), Self.states) == [
        "m.xml:3:40: error: no <pair> of <values name=\"states\"> leads to the status 'Dome'; did you mean 'Done'?"
      ])
  }

  @Test("A table that is not there is said, with the nearest")
  func unknownTable() throws {
    let other = SharedValuesTests.file(
      "o.xml",
      #"<values xmlns="urn:counterpart:mapping:1" name="state"><pair crm="a" jira="b"/></values>"#)
    #expect(
      try Self.findings(Self.mapping(">"), other) == [
        "m.xml:3:31: error: there is no value table 'states'; did you mean 'state'?"
      ])
  }

  @Test("A shared state that the CRM cannot take is said at the status, with its place")
  func misfits() throws {
    let words = "no number, and crm-type= says that the CRM wants one"
    let place = "m.xml:3:31: error: a pair does not fit here (states.xml:"
    #expect(
      try Self.findings(Self.mapping(#"sync="both" crm-type="number">"#), Self.states) == [
        "\(place)2:3): 'Open' is \(words)", "\(place)3:3): 'Solved' is \(words)", "\(place)4:3): 'Open' is \(words)",
      ])
    #expect(try Self.findings(Self.mapping(#"crm-type="number">"#), Self.states) == [])
  }

  @Test("Which cases are closed is held against the shared states, too")
  func closed() throws {
    #expect(
      try Self.findings(Self.mapping(">", #"<reopening case="comment" closed="Solvd"/>"#), Self.states) == [
        "m.xml:4:37: error: no <pair> has the CRM status 'Solvd'; did you mean 'Solved'?"
      ])
    #expect(
      try Self.findings(Self.mapping(">", #"<reopening case="comment"/>"#), Self.states) == [
        "m.xml:4:3: error: no <pair> sets a resolution, so it is not clear which cases are closed; add closed=\"…\" with "
          + "the CRM's statuses"
      ])
  }

  @Test("Pairs that no value meets, or that do not come back, are said once, in the table")
  func table() throws {
    let odd = SharedValuesTests.file(
      "states.xml",
      """
      <values xmlns="urn:counterpart:mapping:1" name="states">
        <pair crm="Open" jira="To Do"/>
        <pair crm="Solved" jira="To Do"/>
        <pair crm="Old" jira="To Do" sync="to-crm"/>
      </values>
      """)
    #expect(
      try Self.findings(Self.mapping(#"sync="both">"#), odd) == [
        "states.xml:3:3: warning: the Jira value 'To Do' comes back as 'Open', never as 'Solved': two pairs share it; "
          + "sync=\"to-jira\" on this one says that it is meant",
        "states.xml:4:3: warning: no value meets this pair: the Jira value 'To Do' becomes 'Open' by an earlier one",
      ])
  }

  @Test("The digest of a mapping covers the states that it shares")
  func digest() throws {
    func digest(_ states: SourceFile) throws -> String {
      try #require(
        MappingSet.compile(files: try MappingFolders.base() + [Self.mapping(">"), states]).set?.mapping("m")?.digest)
    }
    let other = SharedValuesTests.file(
      "states.xml",
      #"<values xmlns="urn:counterpart:mapping:1" name="states"><pair crm="Open" jira="Backlog"/></values>"#)
    #expect(try digest(Self.states) != digest(other))
  }
}
