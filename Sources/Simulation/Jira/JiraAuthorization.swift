import JSON
import SyncModel
import Wire

/// `auth.atlassian.com`: the consent page and the token endpoint.
extension JiraWorld {
  /// `GET /authorize`: asks which account, or refuses the app's request on a page of its own. A wrong callback address is
  /// never redirected to.
  func consentPage(_ query: [(name: String, value: String)]) -> WireResponse {
    if let problem = problem(inAuthorization: query) { return problem }
    let hidden = query.map { SimulatedPage.hidden("q_" + $0.name, $0.value) }.joined()
    let scopes = (query.value("scope") ?? "").split(separator: " ")
    let accounts = configuration.accounts.map { account in
      """
      <form method="post" action="/authorize/approve">\(hidden)\
      \(SimulatedPage.hidden("account", account.id.rawValue))\
      <button>\(SimulatedPage.escape(account.name)) (\(SimulatedPage.escape(account.email)))</button></form>
      """
    }
    let page = SimulatedPage(
      title: "Which account are you?",
      body: """
        <p>Counterpart asks to act for you in the Jira site <b>\(SimulatedPage.escape(configuration.siteName))</b>.</p>
        <ul>\(scopes.map { "<li>\(SimulatedPage.escape($0))</li>" }.joined())</ul>
        \(accounts.joined(separator: "\n"))
        <form method="post" action="/authorize/approve">\(hidden)\(SimulatedPage.hidden("deny", "yes"))\
        <button>Deny</button></form>
        """)
    return .html(200, page.html)
  }

  /// `POST /authorize/approve`: the person chose an account, or said no.
  mutating func approve(_ form: [(name: String, value: String)], now: Timestamp) -> WireResponse {
    let query = form.filter { $0.name.hasPrefix("q_") }.map { (name: String($0.name.dropFirst(2)), value: $0.value) }
    if let problem = problem(inAuthorization: query) { return problem }
    var answer: [(String, String)]
    if form.value("deny") != nil {
      answer = [("error", "access_denied"), ("error_description", "User did not authorize the request")]
    } else {
      guard let account = form.value("account").flatMap({ configuration.account(AccountID($0)) }) else {
        return errorPage("There is no such account.")
      }
      let code = random.token()
      sessions.codes[code] = AuthorizationSessions.Code(
        account: account.id, scopes: (query.value("scope") ?? "").split(separator: " ").map(String.init),
        redirectURI: configuration.redirectURI,
        expires: now + (configuration.isDataCenter ? .seconds(10) : configuration.codeLife),
        challenge: query.value("code_challenge"))
      answer = [("code", code)]
    }
    if let state = query.value("state") { answer.append(("state", state)) }
    let separator = configuration.redirectURI.contains("?") ? "&" : "?"
    return .redirect(302, to: configuration.redirectURI + separator + URLEncoding.query(answer))
  }

  private func problem(inAuthorization query: [(name: String, value: String)]) -> WireResponse? {
    guard query.value("client_id") == configuration.clientID else { return errorPage("The app is not known.") }
    guard query.value("redirect_uri") == configuration.redirectURI else {
      return errorPage("The callback address is not the one that the app registered.")
    }
    guard Set(query.map(\.name)).count == query.count else { return errorPage("A parameter stands there twice.") }
    guard query.value("state")?.isEmpty == false else { return errorPage("state must be there.") }
    guard query.value("response_type") == "code" else { return errorPage("response_type must be code.") }
    if configuration.isDataCenter { return serverProblem(inAuthorization: query).map(errorPage) }
    guard query.value("prompt") == "consent" else { return errorPage("prompt must be consent.") }
    guard query.value("audience") == "api.atlassian.com" else {
      return errorPage("audience must be api.atlassian.com.")
    }
    let asked = (query.value("scope") ?? "").split(separator: " ").map(String.init)
    let unknown = asked.filter { $0 != "offline_access" && !configuration.scopes.contains($0) }
    guard !asked.isEmpty, unknown.isEmpty else {
      return errorPage("The app does not have these scopes: \(unknown.joined(separator: " "))")
    }
    return nil
  }

  private func errorPage(_ text: String) -> WireResponse {
    .html(400, SimulatedPage(title: "Something went wrong", body: SimulatedPage.paragraph(text)).html)
  }

  /// `POST /oauth/token`.
  mutating func token(_ request: WireRequest, now: Timestamp) throws(Refusal) -> WireResponse {
    guard request.header("Content-Type")?.hasPrefix("application/json") == true else {
      throw oauth(400, "invalid_request", "Incorrect request parameters")
    }
    let body: JSONValue
    do throws(JSONError) { body = try JSONReader.read(request.body) } catch {
      throw oauth(400, "invalid_request", "Incorrect request parameters")
    }
    let grantTypes = ["authorization_code", "refresh_token", "client_credentials"]
    guard let grantType = body["grant_type"]?.string, grantTypes.contains(grantType) else {
      throw oauth(
        400, "invalid_request", "grant_type must be one of [authorization_code|refresh_token|client_credentials]")
    }
    guard body["client_id"]?.string == configuration.clientID,
      body["client_secret"]?.string == configuration.clientSecret.reveal()
    else { throw oauth(401, "access_denied", "Unauthorized") }
    switch grantType {
    case "authorization_code": return try exchangeCode(body, now: now)
    case "refresh_token": return try refresh(body, now: now)
    default: throw oauth(400, "unauthorized_client", "Grant type client_credentials is not allowed for the client.")
    }
  }

  /// A code is gone with the first attempt to use it, whatever comes of it.
  private mutating func exchangeCode(_ body: JSONValue, now: Timestamp) throws(Refusal) -> WireResponse {
    guard let code = sessions.codes.removeValue(forKey: body.text("code")), now < code.expires,
      body.text("redirect_uri") == code.redirectURI
    else { throw oauth(403, "invalid_grant", "authorization_code is invalid") }
    return tokens(account: code.account, scopes: code.scopes, family: random.token(), now: now)
  }

  private mutating func refresh(_ body: JSONValue, now: Timestamp) throws(Refusal) -> WireResponse {
    let known: AuthorizationSessions.RefreshToken
    do throws(AuthorizationSessions.RefreshFailure) {
      known = try sessions.exchange(
        refreshToken: body.text("refresh_token"), now: now, leeway: configuration.refreshLeeway)
    } catch { throw oauth(403, "unauthorized_client", "refresh_token is invalid") }
    return tokens(account: known.account, scopes: known.scopes, family: known.family, now: now)
  }

  mutating func tokens(
    account: AccountID, scopes: [String], family: String, now: Timestamp
  ) -> WireResponse {
    note.account = account
    let access = random.token()
    sessions.accessTokens[access] = AuthorizationSessions.AccessToken(
      account: account, scopes: scopes, family: family, expires: now + configuration.accessTokenLife)
    var answer = [
      JSONMember("access_token", .string(access)),
      JSONMember("expires_in", .integer(configuration.accessTokenLife.components.seconds)),
      JSONMember("scope", .string(scopes.joined(separator: " "))), JSONMember("token_type", "Bearer"),
    ]
    if scopes.contains("offline_access") || configuration.isDataCenter {
      let refresh = random.token()
      sessions.refreshTokens[refresh] = AuthorizationSessions.RefreshToken(
        account: account, scopes: scopes, family: family, expires: now + configuration.refreshTokenLife)
      answer.append(JSONMember("refresh_token", .string(refresh)))
    }
    return .json(200, .object(answer), contentType: "application/json")
  }

  private func oauth(_ status: Int, _ error: String, _ description: String) -> Refusal {
    Refusal(
      .json(
        status, ["error": .string(error), "error_description": .string(description)], contentType: "application/json"))
  }
}
