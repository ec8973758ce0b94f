import ArgumentParser
import Simulation
import SyncModel

/// What Jira is in a sandbox, and how people connect to it.
enum SandboxSite: String, CaseIterable, ExpressibleByArgument {
  /// Jira Cloud with OAuth.
  case cloud
  /// Jira Cloud, where people may enter API tokens as well.
  case tokens
  /// A Jira Data Center with OAuth and personal access tokens.
  case dataCenter = "data-center"

  func document(jiraURL: String) -> String {
    switch self {
    case .cloud, .tokens:
      """
      <jira xmlns="urn:counterpart:jira:1" name="sandbox" kind="cloud" site="\(jiraURL)"\
      \(self == .tokens ? " connect=\"both\"" : "")>
        <service-user ref="\(SandboxWorld.service.id)"/>
        <addresses authorize="\(jiraURL)/authorize" token="\(jiraURL)/oauth/token" api="\(jiraURL)"/>
        <patience search="3s" comment="2s"/>
      </jira>
      """
    case .dataCenter:
      """
      <jira xmlns="urn:counterpart:jira:1" name="sandbox" kind="data-center" site="\(jiraURL)">
        <service-user ref="\(SandboxWorld.service.id)"/>
        <oauth client-id="\(SandboxWorld.clientID)" client-secret="env:SANDBOX_JIRA_CLIENT_SECRET"/>
        <patience search="3s" comment="2s"/>
      </jira>
      """
    }
  }
}
