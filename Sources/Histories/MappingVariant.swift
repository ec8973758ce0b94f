import MappingLanguage
import SyncEngine
import SyncModel
import Synchronization

/// The mappings that histories are lived under. Each is compiled once in a process, by the compiler that ships.
package enum MappingVariant: String, Hashable, Sendable, CaseIterable {
  /// Title to Jira only; priority and status both ways, the CRM winning the one and Jira the other.
  case usual
  /// Title, priority and status both ways, Jira winning.
  case jiraWins = "jira-wins"
  /// All both ways, the newest winning.
  case newest
  /// Who has not connected is stood in for by the service user, named in the text.
  case standIn = "stand-in"

  var isTitleTwoWay: Bool { self == .jiraWins || self == .newest }

  /// Whether issues that move to the other project stay in sight of the runs.
  var routesOperations: Bool { self == .newest || self == .standIn }

  static let priorities = ["P1": "Highest", "P2": "High", "P3": "Medium"]
  static let statuses = ["New": "To Do", "Working": "In Progress", "Closed": "Done"]

  /// As it runs, and as an admin edits it for a while.
  struct Compiled: Sendable {
    var usual: Installation
    var edited: Installation
  }

  func compiled(_ options: HistoryOptions) -> Compiled {
    let extras = Extras(
      changesComments: options.changesComments, lifecycle: options.lifecycle, site: options.site)
    return Self.all.withLock { all in
      if let known = all[Choice(variant: self, extras: extras)] { return known }
      let compiled = Compiled(
        usual: Self.installation(text(isEdited: false, extras), options.site),
        edited: Self.installation(text(isEdited: true, extras), options.site))
      all[Choice(variant: self, extras: extras)] = compiled
      return compiled
    }
  }

  /// What a history has beside its variant.
  private struct Extras: Hashable {
    var changesComments: Bool
    var lifecycle: Lifecycle
    var site: HistorySite
  }

  private struct Choice: Hashable {
    var variant: MappingVariant
    var extras: Extras
  }

  private static let all = Mutex<[Choice: Compiled]>([:])

  private static func installation(_ mapping: String, _ site: HistorySite) -> Installation {
    let files = [("site.xml", site.document), ("crm.xml", crm), ("crm/desk.xml", profile), ("mapping.xml", mapping)]
    let (set, diagnostics) = MappingSet.compile(
      files: files.map { SourceFile(path: $0.0, bytes: Array($0.1.utf8)) })
    guard let set, diagnostics.isEmpty else {
      preconditionFailure("the simulation's own mapping is wrong: \(diagnostics.map(\.description))")
    }
    var installation = Installation(
      mappings: set,
      secrets: [
        Stage.connection: [
          "webhook": [Stage.webhookSecret], "api": [Stage.apiKey], "connect": [Stage.connectSecret],
        ]
      ])
    installation.clientSecrets = ["site": Stage.clientSecret]
    return installation
  }

  private func text(isEdited: Bool, _ extras: Extras) -> String {
    let title =
      isTitleTwoWay
      ? "<field jira=\"summary\" crm=\"subject\" sync=\"both\" on-conflict=\"\(policy("jira"))\"/>"
      : "<field jira=\"summary\" value=\"\(isEdited ? "{subject} ({number})" : "[{number}] {subject}")\"/>"
    let extra = isEdited ? "<field jira=\"labels\" value=\"from-desk\"/>" : ""
    return """
      <mapping xmlns="urn:counterpart:mapping:1" name="support" crm="desk">
        \(routesOperations ? "<route project=\"OPS\" issue-type=\"Task\" when=\"subject = 'operations'\"/>" : "")
        <route project="SUP" issue-type="Task"/>
        \(title)
        <field jira="description" crm="description" as="plain"/>
        <field jira="priority" crm="priority" sync="both" on-conflict="\(policy("crm"))">
          \(Self.pairs(Self.priorities))
        </field>\(extra)
        <status crm="status" sync="both" on-conflict="\(policy("jira"))">
          <pair crm="New" jira="To Do"/><pair crm="Working" jira="In Progress"/>
          <pair crm="Closed" jira="Done" resolution="Done"/>
        </status>
        <comments sync="both"\(extras.changesComments ? " edits=\"both\" deletions=\"both\"" : "")/>
        <link issue-key="jira_key"/>
        \(extras.lifecycle == .usual ? "" : extras.lifecycle.elements)
        \(self == .standIn ? "<missing-grant action=\"service\"/>" : "")
      </mapping>
      """
  }

  private func policy(_ usual: String) -> String {
    switch self {
    case .usual, .standIn: usual
    case .jiraWins: "jira"
    case .newest: "newest"
    }
  }

  private static func pairs(_ pairs: [String: String]) -> String {
    pairs.sorted { $0.key < $1.key }.map { "<pair crm=\"\($0.key)\" jira=\"\($0.value)\"/>" }.joined()
  }

  private static let crm = """
    <crm xmlns="urn:counterpart:crm:1" name="desk" profile="desk" base="\(Stage.crmOrigin)" jira="site">
      <secret name="webhook" from="env:A"/><secret name="api" from="env:B"/><secret name="connect" from="env:C"/>
    </crm>
    """

  /// The generic profile that ships, in short.
  private static let profile = """
    <profile xmlns="urn:counterpart:crm:1" name="desk">
      <delivery format="json">
        <verify><standard-webhooks secret="webhook" tolerance="300s"/></verify>
        <id header="webhook-id"/>
        <event select="/*/events" case="case" id="id"
               actor="actor/id" actor-name="actor/name" actor-email="actor/email" time="time">
          <kind name="created" when="type = 'case.created'"/>
          <kind name="updated" when="type = 'case.updated'"/>
          <kind name="commented" when="type = 'case.commented'"/>
          <kind name="deleted" when="type = 'case.deleted'"/>
          <kind name="comment-updated" when="type = 'comment.updated'"/>
          <kind name="comment-deleted" when="type = 'comment.deleted'"/>
          <comment select="comment[id]" id="id" body="body" public="public = 'true'" author="author"/>
        </event>
        <accepted status="202"/>
      </delivery>
      <text markup="plain"/>
      <api>
        <header name="Authorization" value="Bearer {$api}"/>
        <request name="get-case" method="GET" path="/api/cases/{$case}"><case select="/*"/></request>
        <request name="set-fields" method="PATCH" path="/api/cases/{$case}">
          <body><object><fields/></object></body>
        </request>
        <request name="add-comment" method="POST" path="/api/cases/{$case}/comments">
          <body><object><string name="body">{$text}</string><boolean name="public">{$public}</boolean></object></body>
          <answer id="/*/id"/>
        </request>
        <request name="edit-comment" method="PATCH" path="/api/cases/{$case}/comments/{$comment}">
          <body><object><string name="body">{$text}</string><boolean name="public">{$public}</boolean></object></body>
        </request>
        <request name="delete-comment" method="DELETE" path="/api/cases/{$case}/comments/{$comment}"/>
        <request name="list-comments" method="GET" path="/api/cases/{$case}/comments">
          <comments select="/*/comments" id="id" body="body" public="public = 'true'" author="author"/>
        </request>
      </api>
    </profile>
    """
}
