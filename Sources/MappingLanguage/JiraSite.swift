package import SyncModel

/// One `<jira>` document: where a site is and how it is spoken to.
package struct JiraSite: Hashable, Sendable {
  package enum Kind: String, Hashable, Sendable, CaseIterable {
    case cloud
    case dataCenter = "data-center"
  }

  /// How people may connect.
  package enum ConnectWay: String, Hashable, Sendable, CaseIterable {
    case oauth, token, both

    package var takesOAuth: Bool { self != .token }
    package var takesTokens: Bool { self != .oauth }
  }

  /// An OAuth client of a Data Center site's own; Cloud's is the installation's one app.
  package struct OAuthClient: Hashable, Sendable {
    package var id: String
    package var secret: SecretSource

    package init(id: String, secret: SecretSource) {
      self.id = id
      self.secret = secret
    }
  }

  package var name: String
  package var kind: Kind
  package var connect = ConnectWay.oauth
  package var oauthClient: OAuthClient?
  /// What people see and what accessible-resources must contain: `https://acme.atlassian.net`, without a slash at the end.
  /// Of a Data Center site with its context path, if it has one.
  package var url: String
  /// The CRM user whose grant the reconciler reads with, and the only permitted stand-in.
  package var serviceUser: CRMUserID?
  /// `https://auth.atlassian.com/authorize` unless overridden.
  package var authorizeURL: String
  /// `https://auth.atlassian.com/oauth/token` unless overridden.
  package var tokenURL: String
  /// `https://api.atlassian.com` unless overridden.
  package var apiBase: String
  /// Cloud: classic scopes, `offline_access` included; Data Center: `WRITE`.
  package var scopes: [String]
  /// How long a create whose answer was lost is searched for before it is repeated: the search index lags.
  package var searchPatience: Duration
  /// The same for a comment; comment lists do not lag, so this covers a request still under way at Jira.
  package var commentPatience: Duration
  package var file: String

  package init(
    name: String, kind: Kind, url: String, serviceUser: CRMUserID?,
    authorizeURL: String = "https://auth.atlassian.com/authorize",
    tokenURL: String = "https://auth.atlassian.com/oauth/token", apiBase: String = "https://api.atlassian.com",
    scopes: [String] = Self.defaultScopes, searchPatience: Duration = .seconds(300),
    commentPatience: Duration = .seconds(30), file: String
  ) {
    self.name = name
    self.kind = kind
    self.url = url
    self.serviceUser = serviceUser
    self.authorizeURL = authorizeURL
    self.tokenURL = tokenURL
    self.apiBase = apiBase
    self.scopes = scopes
    self.searchPatience = searchPatience
    self.commentPatience = commentPatience
    self.file = file
  }

  /// Reading and writing issues, who is who, and refresh tokens.
  package static let defaultScopes = ["read:jira-work", "write:jira-work", "read:jira-user", "offline_access"]
}
