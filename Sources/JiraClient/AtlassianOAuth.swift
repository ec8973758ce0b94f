import JSON
package import MappingLanguage
package import SyncModel
package import Wire

/// Atlassian's OAuth 2.0 (3LO): https://developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps/.
package struct AtlassianOAuth: Sendable {
  private let transport: any Transport
  private let site: JiraSite
  private let clientID: String
  private let clientSecret: Secret
  private let redirectURI: String

  package init(
    transport: any Transport, site: JiraSite, clientID: String, clientSecret: Secret, redirectURI: String
  ) {
    self.transport = transport
    self.site = site
    self.clientID = clientID
    self.clientSecret = clientSecret
    self.redirectURI = redirectURI
  }

  /// Where the browser is sent; `prompt=consent` makes the page appear each time.
  package func authorizeURL(state: String) -> String {
    site.authorizeURL + "?"
      + URLEncoding.query([
        ("audience", "api.atlassian.com"), ("client_id", clientID), ("scope", site.scopes.joined(separator: " ")),
        ("redirect_uri", redirectURI), ("state", state), ("response_type", "code"), ("prompt", "consent"),
      ])
  }

  package func exchange(code: Secret) async -> Result<TokenPair, OAuthFailure> {
    await token([
      "grant_type": "authorization_code", "client_id": .string(clientID),
      "client_secret": .string(clientSecret.reveal()), "code": .string(code.reveal()),
      "redirect_uri": .string(redirectURI),
    ])
  }

  /// Refresh tokens rotate: the one in the answer replaces the one that was sent.
  package func refresh(_ refreshToken: Secret) async -> Result<TokenPair, OAuthFailure> {
    await token([
      "grant_type": "refresh_token", "client_id": .string(clientID),
      "client_secret": .string(clientSecret.reveal()), "refresh_token": .string(refreshToken.reveal()),
    ])
  }

  /// The sites that the app may reach with this token.
  package func accessibleResources(token: Secret) async -> Result<[AccessibleResource], OAuthFailure> {
    let request = WireRequest(
      .get, site.apiBase + "/oauth/token/accessible-resources", headers: [WireHeader("Accept", "application/json")])
    do throws(TransportFailure) {
      let response = try await transport.send(request.bearing(token))
      guard response.status == 200, let list = JiraAnswer.json(response)?.array else {
        return .failure(.passing("the list of sites could not be read (\(response.status))"))
      }
      return .success(list.compactMap(AccessibleResource.init(json:)))
    } catch { return .failure(.passing(error.reason)) }
  }

  private func token(_ body: JSONValue) async -> Result<TokenPair, OAuthFailure> {
    let request = WireRequest(
      .post, site.tokenURL,
      headers: [WireHeader("Accept", "application/json"), WireHeader("Content-Type", "application/json")],
      body: body.utf8)
    do throws(TransportFailure) {
      let response = try await transport.send(request)
      guard response.status == 200 else { return .failure(OAuthFailure(response)) }
      guard let pair = JiraAnswer.json(response).flatMap(TokenPair.init(json:)) else {
        return .failure(.passing("Atlassian's answer holds no access token"))
      }
      return .success(pair)
    } catch { return .failure(.passing(error.reason)) }
  }
}

extension TransportFailure {
  fileprivate var reason: String {
    switch self {
    case .notSent(let reason), .maybeSent(let reason): reason
    }
  }
}

/// What the token endpoint gives.
package struct TokenPair: Sendable {
  package var access: Secret
  /// Absent without `offline_access`, and where the old one stays good.
  package var refresh: Secret?
  package var expiresIn: Duration
  package var scopes: [String]

  init?(json: JSONValue) {
    guard let access = json["access_token"]?.string, !access.isEmpty else { return nil }
    self.access = Secret(access)
    refresh = (json["refresh_token"]?.string).map { Secret($0) }
    expiresIn = .seconds(max(0, min(json["expires_in"]?.int ?? 3600, 86_400 * 30)))
    scopes = json["scope"]?.string?.split(separator: " ").map(String.init) ?? []
  }
}

/// A site that a token reaches; `id` is the cloudId.
package struct AccessibleResource: Hashable, Sendable {
  package var id: String
  package var url: String
  package var name: String
  package var scopes: [String]

  init?(json: JSONValue) {
    guard let id = json["id"]?.string, let url = json["url"]?.string else { return nil }
    self.id = id
    self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
    name = json["name"]?.string ?? url
    scopes = json["scopes"]?.array?.compactMap(\.string) ?? []
  }
}

/// Why there is no token. Only ``refused`` is about the person; the others must never lapse a grant.
package enum OAuthFailure: Error, Hashable, Sendable {
  /// The refresh token is dead: the person must consent again.
  case refused
  case codeInvalid
  /// Our own client id or secret is wrong: for whoever runs the installation.
  case clientRejected
  /// Network, 5xx, 429, an unreadable answer: it will pass.
  case passing(String)

  /// By `error` first and the status only then: Atlassian has changed statuses before.
  package init(_ response: WireResponse) {
    let json = JiraAnswer.json(response)
    let description = json?["error_description"]?.string?.lowercased() ?? ""
    switch json?["error"]?.string {
    case _ where response.status >= 500 || response.status == 429:
      self = .passing("Atlassian answered \(response.status)")
    case _ where description.contains("authorization_code"): self = .codeInvalid
    case "invalid_grant": self = .refused
    case "unauthorized_client" where description.contains("refresh_token"): self = .refused
    case "access_denied", "invalid_client", "unauthorized_client": self = .clientRejected
    case let other:
      self = .passing("Atlassian answered \(response.status)\(other == nil ? "" : " to the token request")")
    }
  }
}
