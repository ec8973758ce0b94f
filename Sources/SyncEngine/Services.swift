import JiraClient
import MappingLanguage
package import SyncModel
package import SyncStore
package import TokenVault
package import Wire

/// What the steps work with. Everything is a value or owns its own safety; a step adds the time and the dice.
package struct Services: Sendable {
  package var store: Store
  package var live: LiveInstallation
  package var vault: Vault
  package var transport: any Transport
  package var bell: Bell
  package var traffic: IntakeTraffic
  package var refreshPace: RefreshPace
  /// `{public URL}/oauth/callback`, exactly as it is registered where people consent.
  package var redirectURI: String
  package var pace: JiraPace

  /// - Parameter pace: within what Jira allows; made once for each process.
  package init(
    store: Store, live: LiveInstallation, vault: Vault, transport: any Transport, bell: Bell,
    traffic: IntakeTraffic = IntakeTraffic(), refreshPace: RefreshPace = RefreshPace(), pace: JiraPace,
    redirectURI: String
  ) {
    self.redirectURI = redirectURI
    self.pace = pace
    self.refreshPace = refreshPace
    self.store = store
    self.live = live
    self.vault = vault
    self.transport = transport
    self.bell = bell
    self.traffic = traffic
  }

  /// The same parts, for which the mappings that are live now stay so: what is claimed keeps the set that it began with.
  var withFixedMappings: Services {
    var fixed = self
    fixed.live = LiveInstallation(live.current)
    return fixed
  }
}

/// The one OAuth 2.0 (3LO) app of an installation.
package struct OAuthApp: Sendable {
  package var clientID: String
  package var clientSecret: Secret

  package init(clientID: String, clientSecret: Secret) {
    self.clientID = clientID
    self.clientSecret = clientSecret
  }
}

extension Services {
  /// OAuth of a site: as the installation's app in Jira Cloud, and as the site's own client in a Data Center.
  ///
  /// - Returns: nil where there is no app, or the site takes tokens only.
  func oauth(of site: JiraSite, app: OAuthApp?) -> AtlassianOAuth? {
    guard site.connect.takesOAuth else { return nil }
    switch site.kind {
    case .cloud:
      return app.map {
        AtlassianOAuth(
          transport: transport, site: site, clientID: $0.clientID, clientSecret: $0.clientSecret,
          redirectURI: redirectURI)
      }
    case .dataCenter:
      guard let client = site.oauthClient, let secret = live.current.clientSecrets[site.name] else { return nil }
      return AtlassianOAuth(
        transport: transport, site: site, clientID: client.id, clientSecret: secret, redirectURI: redirectURI)
    }
  }
}
