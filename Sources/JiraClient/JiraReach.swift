package import MappingLanguage
package import SyncCore
import Wire

/// How one grant reaches its site: where the REST API answers, and how its token is shown there.
package struct JiraReach: Hashable, Sendable {
  package enum Presentation: Hashable, Sendable {
    /// `Authorization: Bearer <token>`: OAuth, and personal access tokens.
    case bearer
    /// `Authorization: Basic`, with `<e-mail>:<token>` as the token: API tokens of Jira Cloud.
    case basic
  }

  package var kind: JiraSite.Kind
  /// Where the REST API is, version included: `https://api.atlassian.com/ex/jira/<cloud id>/rest/api/3`.
  package var base: String
  package var presentation: Presentation

  /// Cloud through Atlassian's gateway, which every OAuth token needs, and every API token that has scopes.
  package static func gateway(
    _ apiBase: String, cloudID: String, presentation: Presentation = .bearer
  ) -> JiraReach {
    let base = "\(apiBase)/ex/jira/\(URLEncoding.component(cloudID))/rest/api/3"
    return JiraReach(kind: .cloud, base: base, presentation: presentation)
  }

  /// - Parameter cloudID: empty where the site itself is asked and not the gateway.
  package init(site: JiraSite, grant: GrantKind, cloudID: String) {
    let presentation: Presentation = grant == .apiToken ? .basic : .bearer
    switch site.kind {
    case .dataCenter: self.init(kind: .dataCenter, base: site.url + "/rest/api/2", presentation: presentation)
    case .cloud where cloudID.isEmpty:
      self.init(kind: .cloud, base: site.url + "/rest/api/3", presentation: presentation)
    case .cloud: self = .gateway(site.apiBase, cloudID: cloudID, presentation: presentation)
    }
  }

  /// As somebody who will connect would reach it, for requests that are only shown.
  package init(unconnected site: JiraSite) {
    self.init(site: site, grant: .oauth, cloudID: "{cloudId}")
  }

  /// The path alone, for requests that are only shown.
  package var withoutOrigin: JiraReach {
    var reach = self
    let parts = base.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
    if base.contains("://"), parts.count == 4 { reach.base = "/" + parts[3] }
    return reach
  }

  private init(kind: JiraSite.Kind, base: String, presentation: Presentation) {
    self.kind = kind
    self.base = base
    self.presentation = presentation
  }
}
