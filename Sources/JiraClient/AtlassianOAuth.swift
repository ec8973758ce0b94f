import JSON
package import MappingLanguage
package import SyncCore
package import SyncModel
package import Wire

/// What the token endpoint gives.
package struct TokenPair: Hashable, Sendable {
  package var access: Secret
  /// Nil without `offline_access`. Each refresh brings a new one, and the old one is dead.
  package var refresh: Secret?
  package var expiresIn: Duration
  package var scopes: [String]

  package init(access: Secret, refresh: Secret?, expiresIn: Duration, scopes: [String]) {
    self.access = access
    self.refresh = refresh
    self.expiresIn = expiresIn
    self.scopes = scopes
  }
}

/// A site that a grant reaches; the same id can stand there once for each product.
package struct AccessibleResource: Hashable, Sendable {
  /// The cloud id.
  package var id: String
  package var url: String
  package var name: String
  package var scopes: [String]

  package init(id: String, url: String, name: String, scopes: [String]) {
    self.id = id
    self.url = url
    self.name = name
    self.scopes = scopes
  }
}

/// OAuth 2.0 (3LO) of Atlassian: consent, tokens and the sites that they reach.
///
/// After https://developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps/.
package struct AtlassianOAuth: Sendable {
  package let transport: any Transport
  package let site: JiraSite
  package let clientID: String
  package let clientSecret: Secret
  package let redirectURI: String

  package init(
    transport: any Transport, site: JiraSite, clientID: String, clientSecret: Secret, redirectURI: String
  ) {
    self.transport = transport
    self.site = site
    self.clientID = clientID
    self.clientSecret = clientSecret
    self.redirectURI = redirectURI
  }

  /// Where a person consents.
  package func authorizeURL(state: String) -> String {
    let query = URLEncoding.query([
      ("audience", "api.atlassian.com"), ("client_id", clientID), ("scope", site.scopes.joined(separator: " ")),
      ("redirect_uri", redirectURI), ("state", state), ("response_type", "code"), ("prompt", "consent"),
    ])
    return site.authorizeURL + "?" + query
  }

  /// Turns the code of a consent into tokens.
  package func exchange(code: Secret) async -> Result<TokenPair, OAuthFailure> {
    await tokens(
      [
        "grant_type": "authorization_code", "client_id": .string(clientID),
        "client_secret": .string(clientSecret.reveal()), "code": .string(code.reveal()),
        "redirect_uri": .string(redirectURI),
      ], .code)
  }

  /// Turns a refresh token into new tokens. After a passing failure the same token may be sent again within the
  /// ten minutes of leeway that Atlassian gives.
  package func refresh(_ refreshToken: Secret) async -> Result<TokenPair, OAuthFailure> {
    await tokens(
      [
        "grant_type": "refresh_token", "client_id": .string(clientID),
        "client_secret": .string(clientSecret.reveal()), "refresh_token": .string(refreshToken.reveal()),
      ], .refresh)
  }

  /// The sites that the app may reach with this grant; an empty list means consent without a site.
  package func accessibleResources(token: Secret) async -> Result<[AccessibleResource], CallFailure> {
    let request = WireRequest(
      .get, site.apiBase + "/oauth/token/accessible-resources",
      headers: [
        WireHeader("Accept", "application/json"), WireHeader("Authorization", "Bearer " + token.reveal()),
      ])
    do throws(TransportFailure) {
      let response = try await transport.send(request)
      guard (200...299).contains(response.status) else { return .failure(JiraFailures.failure(response, .read)) }
      guard let items = (try? JSONReader.read(response.body))?.array else {
        return .failure(.unreadable("the list of sites has a shape that is not known"))
      }
      return .success(items.compactMap(Self.resource))
    } catch {
      return .failure(JiraFailures.failure(error, .read))
    }
  }

  private static func resource(_ body: JSONValue) -> AccessibleResource? {
    guard let id = body["id"]?.text, let url = body["url"]?.string else { return nil }
    return AccessibleResource(
      id: id, url: url, name: body["name"]?.string ?? "",
      scopes: (body["scopes"]?.array ?? []).compactMap(\.string))
  }

  private func tokens(_ body: JSONValue, _ exchange: OAuthFailure.Exchange) async -> Result<TokenPair, OAuthFailure> {
    let request = WireRequest(
      .post, site.tokenURL,
      headers: [WireHeader("Accept", "application/json"), WireHeader("Content-Type", "application/json")],
      body: body.utf8)
    do throws(TransportFailure) {
      let response = try await transport.send(request)
      guard (200...299).contains(response.status) else { return .failure(OAuthFailure(response, exchange)) }
      guard let body = try? JSONReader.read(response.body), let access = body["access_token"]?.string,
        !access.isEmpty
      else { return .failure(.passing("the answer holds no access token")) }
      let seconds = body["expires_in"]?.text.flatMap { Int64($0) } ?? 3600
      return .success(
        TokenPair(
          access: Secret(access), refresh: body["refresh_token"]?.string.map { Secret($0) },
          expiresIn: .seconds(min(max(seconds, 0), 86_400)),
          scopes: (body["scope"]?.string ?? "").split(separator: " ").map(String.init)))
    } catch {
      switch error {
      case .notSent(let reason), .maybeSent(let reason): return .failure(.passing(reason))
      }
    }
  }
}
