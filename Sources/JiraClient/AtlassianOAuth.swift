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

/// Proof Key for Code Exchange (RFC 7636, method S256): only who began can exchange the code.
package struct CodeProof: Hashable, Sendable {
  package var verifier: Secret
  /// base64url of the verifier's SHA-256.
  package var challenge: String

  package init(verifier: Secret, challenge: String) {
    self.verifier = verifier
    self.challenge = challenge
  }
}

/// OAuth 2.0 of Atlassian: consent, tokens and the sites that they reach; in Jira Cloud (3LO), and as Jira Data Center's
/// own provider.
///
/// After https://developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps/ and
/// https://confluence.atlassian.com/adminjiraserver0911/jira-oauth-2-0-provider-api-1318889918.html.
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
  ///
  /// - Parameter proof: Jira Cloud takes none (https://jira.atlassian.com/browse/ECO-283).
  package func authorizeURL(state: String, proof: CodeProof) -> String {
    var query = [
      ("client_id", clientID), ("scope", site.scopes.joined(separator: " ")), ("redirect_uri", redirectURI),
      ("state", state), ("response_type", "code"),
    ]
    switch site.kind {
    case .cloud: query += [("audience", "api.atlassian.com"), ("prompt", "consent")]
    case .dataCenter: query += [("code_challenge", proof.challenge), ("code_challenge_method", "S256")]
    }
    return site.authorizeURL + "?" + URLEncoding.query(query)
  }

  /// Turns the code of a consent into tokens.
  package func exchange(code: Secret, proof: CodeProof) async -> Result<TokenPair, OAuthFailure> {
    var fields = [("grant_type", "authorization_code"), ("code", code.reveal()), ("redirect_uri", redirectURI)]
    if site.kind == .dataCenter { fields.append(("code_verifier", proof.verifier.reveal())) }
    return await tokens(fields, .code)
  }

  /// Turns a refresh token into new tokens. After a passing failure the same token may be sent again within the
  /// ten minutes of leeway that Atlassian gives.
  package func refresh(_ refreshToken: Secret) async -> Result<TokenPair, OAuthFailure> {
    var fields = [("grant_type", "refresh_token"), ("refresh_token", refreshToken.reveal())]
    // Data Center compares it here, too, and without it says no more than invalid_grant.
    if site.kind == .dataCenter { fields.append(("redirect_uri", redirectURI)) }
    return await tokens(fields, .refresh)
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

  private func tokenRequest(_ fields: [(String, String)]) -> WireRequest {
    let all = fields + [("client_id", clientID), ("client_secret", clientSecret.reveal())]
    let (type, body): (String, [UInt8]) =
      switch site.kind {
      case .cloud: ("application/json", JSONValue.object(all.map { JSONMember($0.0, .string($0.1)) }).utf8)
      case .dataCenter: ("application/x-www-form-urlencoded", Array(URLEncoding.query(all).utf8))
      }
    return WireRequest(
      .post, site.tokenURL,
      headers: [WireHeader("Accept", "application/json"), WireHeader("Content-Type", type)], body: body)
  }

  private func tokens(
    _ fields: [(String, String)], _ exchange: OAuthFailure.Exchange
  ) async -> Result<TokenPair, OAuthFailure> {
    let request = tokenRequest(fields)
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
      case .notYet: return .failure(.passing("nothing may be sent yet"))
      }
    }
  }
}
