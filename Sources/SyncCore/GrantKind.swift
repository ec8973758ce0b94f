/// What a grant consists of.
package enum GrantKind: String, Hashable, Sendable, CaseIterable {
  /// OAuth 2.0: an access token that is renewed with a refresh token.
  case oauth
  /// A person's API token (Jira Cloud), which goes with their e-mail address.
  case apiToken = "api-token"
  /// A person's personal access token (Jira Data Center).
  case personalAccessToken = "personal-access-token"

  /// Whether its tokens are renewed: what a person entered ends when its time is over.
  package var isRenewed: Bool { self == .oauth }

  package var words: String {
    switch self {
    case .oauth: "OAuth"
    case .apiToken: "API token"
    case .personalAccessToken: "personal access token"
    }
  }
}
