import MappingLanguage
import Outbound
import Simulation
import SyncEngine
import SyncModel
import XML

/// The people, systems and documents of the sandbox. Every secret here opens nothing but the sandbox itself.
enum SandboxWorld {
  static let connection: ConnectionName = "helpdesk"
  static let rohit = CRMUser(id: "rohit", name: "Rohit", email: "rohit@example.com")
  static let mark = CRMUser(id: "mark", name: "Mark", email: "mark@example.com")
  static let service = CRMUser(id: "service", name: "Service account", email: "service@example.com")
  static let rohitAccount: AccountID = "sandbox:rohit"
  static let markAccount: AccountID = "sandbox:mark"
  static let serviceAccount: AccountID = "sandbox:service"
  static let developerAccount: AccountID = "sandbox:dana"
  static let developerName = "Dana (developer)"

  private static let webhookSecret = Secret("whsec_c2FuZGJveC13ZWJob29rLXNlY3JldC0wMQ==")
  private static let connectSecret = Secret("sandbox-connect-secret")
  private static let apiKey = Secret("sandbox-api-key")
  static let clientID = "sandbox-client"
  static let clientSecret = Secret("sandbox-client-secret")

  static func jira(counterpartURL: String, site: SandboxSite = .cloud) -> SimulatedJiraConfiguration {
    var configuration = SimulatedJiraConfiguration(
      clientID: clientID, clientSecret: clientSecret, redirectURI: counterpartURL + "/oauth/callback",
      accounts: [
        SimulatedAccount(id: rohitAccount, name: "Rohit", email: "rohit@example.com"),
        SimulatedAccount(id: markAccount, name: "Mark", email: "mark@example.com"),
        SimulatedAccount(id: developerAccount, name: developerName, email: "dana@example.com"),
        SimulatedAccount(id: serviceAccount, name: "Service account", email: "service@example.com"),
      ], projects: [SimulatedProject(key: "SUP", name: "Support")])
    configuration.searchLag = .seconds(1)
    configuration.isDataCenter = site == .dataCenter
    return configuration
  }

  static func crm(counterpartURL: String) -> SimulatedCRMConfiguration {
    SimulatedCRMConfiguration(
      users: [rohit, mark, service], apiUser: service.id, apiKey: apiKey,
      webhookURL: counterpartURL + "/webhooks/\(connection)", webhookSecret: webhookSecret,
      counterpartURL: counterpartURL, connection: connection, connectSecret: connectSecret)
  }

  static let secrets: [ConnectionName: [String: [Secret]]] = [
    connection: ["webhook": [webhookSecret], "api": [apiKey], "connect": [connectSecret]]
  ]

  /// A client that reaches only the sandbox's own parts.
  static func transport(to addresses: Set<String>) -> HTTPTransport {
    HTTPTransport(limits: HTTPTransport.Limits(deadline: .seconds(10))) { addresses }
  }

  /// The documents, with the addresses of this sandbox in them.
  static func documents(
    jiraURL: String, crmURL: String, site: SandboxSite = .cloud
  ) -> [(path: String, text: String)] {
    [
      ("site.xml", site.document(jiraURL: jiraURL)),
      (
        "helpdesk.xml",
        """
        <crm xmlns="urn:counterpart:crm:1" name="\(connection)" profile="generic" base="\(crmURL)" jira="sandbox">
          <secret name="webhook" from="env:SANDBOX_WEBHOOK"/>
          <secret name="api" from="env:SANDBOX_API"/>
          <secret name="connect" from="env:SANDBOX_CONNECT"/>
        </crm>
        """
      ),
      (
        "support.xml",
        """
        <mapping xmlns="urn:counterpart:mapping:1" name="support" crm="\(connection)">
          <route project="SUP" issue-type="Task"/>
          <field jira="summary" value="[{number}] {subject}"/>
          <field jira="description" crm="description" as="plain"/>
          <field jira="priority" crm="priority" sync="both" on-conflict="crm">
            <pair crm="P1" jira="Highest"/>
            <pair crm="P2" jira="High"/>
            <pair crm="P3" jira="Medium"/>
          </field>
          <status crm="status" sync="both" on-conflict="jira">
            <pair crm="New" jira="To Do"/>
            <pair crm="Working" jira="In Progress"/>
            <pair crm="Closed" jira="Done" resolution="Done"/>
          </status>
          <comments sync="both" public="public" internal="internal" edits="both" deletions="both"/>
          <attachments sync="to-jira" max-size="10MB"/>
          <link issue-key="jira_key" case-url="{$base}/cases/{$case}"/>
        </mapping>
        """
      ),
    ]
  }
}
