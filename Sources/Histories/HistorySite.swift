import Simulation

/// What Jira is in a history, and how people may connect to it.
package enum HistorySite: String, Hashable, Sendable, CaseIterable {
  case cloud
  /// Cloud, where people may enter API tokens as well.
  case tokens = "cloud-with-tokens"
  case dataCenter = "data-center"

  /// Chosen so that the seeds which the tests remember from before there were others have Cloud.
  static let spread: UInt64 = 0xC2B2_AFF7

  init(using dice: inout SeededRandom) {
    switch dice.number(below: 8) {
    case 0: self = .tokens
    case 1, 2: self = .dataCenter
    default: self = .cloud
    }
  }

  /// The site's document.
  var document: String {
    switch self {
    case .cloud, .tokens:
      """
      <jira xmlns="urn:counterpart:jira:1" name="site" kind="cloud" site="\(Stage.siteURL)"
          connect="\(self == .tokens ? "both" : "oauth")">
        <service-user ref="1"/>
        <addresses authorize="\(Stage.jiraOrigin)/authorize" token="\(Stage.jiraOrigin)/oauth/token"
                   api="\(Stage.jiraOrigin)"/>
        <patience search="20s" comment="3s"/>
      </jira>
      """
    case .dataCenter:
      """
      <jira xmlns="urn:counterpart:jira:1" name="site" kind="data-center" site="\(Stage.jiraOrigin)">
        <service-user ref="1"/>
        <oauth client-id="client" client-secret="env:D"/>
        <patience search="20s" comment="3s"/>
      </jira>
      """
    }
  }
}
