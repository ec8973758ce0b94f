import JSON
import MappingLanguage
import RichText
import SyncCore
import SyncModel
import Testing
import XML

import struct FoundationEssentials.Data
import struct FoundationEssentials.URL

/// A compiled mapping with what the planner and the reconciliation are asked in most tests.
struct Desk {
  static let route = #"<route project="SUP" issue-type="Task" when="kind = 'support'"/>"#
  static let comments = #"<comments sync="both"/>"#
  static let rohit = CRMUser(id: "7", name: "Rohit")
  static let time = Timestamp(seconds: 1_780_000_000)

  let mapping: Mapping

  init(comments: String = Desk.comments, onConflict: String = "crm", fields: String = "") throws {
    let text = """
      <mapping xmlns="urn:counterpart:mapping:1" name="support" crm="acme">
        \(Self.route)
        <field jira="summary" value="{subject}" max-length="255"/>
        <field jira="priority" crm="priority" sync="both" on-conflict="\(onConflict)">
          <pair crm="P1" jira="Highest"/><pair crm="P2" jira="High"/><pair crm="P3" jira="Medium"/>
        </field>
        <status crm="status" sync="both" on-conflict="jira">
          <pair crm="New" jira="To Do"/>
          <pair crm="Working" jira="In Progress"/>
          <pair crm="Solved" jira="Done" resolution="Done"/>
          <pair crm="Closed" jira="Done"/>
        </status>
        \(comments)\(fields)
      </mapping>
      """
    let (set, diagnostics) = MappingSet.compile(files: [
      Self.file("site.xml", Self.site), Self.file("crm.xml", Self.crm), try Self.profile(),
      Self.file("mapping.xml", text),
    ])
    #expect(diagnostics.filter { $0.severity == .error }.map(\.description) == [])
    mapping = try #require(set?.mapping("support"))
  }

  private static func file(_ path: String, _ text: String) -> SourceFile {
    SourceFile(path: path, bytes: Array(text.utf8))
  }

  /// The shipped profile of CRMs that speak our own format.
  private static func profile() throws -> SourceFile {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return SourceFile(
      path: "crm/generic.xml", bytes: Array(try Data(contentsOf: root.appending(path: "mappings/crm/generic.xml"))))
  }

  func reading(
    subject: String = "Fails", priority: String = "P2", status: String = "New", kind: String = "support"
  ) throws -> CaseReading {
    try reading(of: [
      "subject": .string(subject), "priority": .string(priority), "status": .string(status), "kind": .string(kind),
    ])
  }

  func reading(of json: JSONValue) throws -> CaseReading {
    let document = XPathDocument(json: json, root: "case")
    return try mapping.read(document, caseNode: document.root, connection: "acme", caseID: "42")
  }

  func plan(
    _ kind: CaseEvent.Kind, reading: CaseReading, link: LinkState?, actor: CRMUser? = Desk.rohit,
    at time: Timestamp = Desk.time, comment: CaseComment? = nil, markup: RichTextFormat = .plain
  ) -> Plan {
    Planner(mapping: mapping).plan(
      Planner.Input(
        event: CaseEvent(kind: kind, caseID: "42", actor: actor, occurredAt: time, comment: comment), reading: reading,
        connection: "acme", markup: markup, caseURL: "https://crm.example.com/cases/42", link: link, people: People()))
  }

  /// A case and its issue, both at rest: what was seen is what both agreed on.
  static func link(unsettled: Set<FieldKey> = []) -> LinkState {
    func state(_ crm: String, _ jira: String) -> FieldState {
      FieldState(seenCRM: .text(crm), base: FieldState.Base(crm: .text(crm), jira: .text(jira)))
    }
    return LinkState(
      id: 1, issue: IssueReference(id: "10001", key: "SUP-1"),
      fields: [
        "summary": state("Fails", "Fails"), "priority": state("P2", "High"), "status": state("New", "To Do"),
      ], seenAt: time, issueUpdatedAt: nil, unsettled: unsettled)
  }

  private static let site = """
    <jira xmlns="urn:counterpart:jira:1" name="sandbox" kind="cloud" site="https://sandbox.atlassian.net"/>
    """
  private static let crm = """
    <crm xmlns="urn:counterpart:crm:1" name="acme" profile="generic" base="https://crm.example.com" jira="sandbox">
      <secret name="webhook" from="env:A"/><secret name="api" from="env:B"/><secret name="connect" from="env:C"/>
    </crm>
    """
}
