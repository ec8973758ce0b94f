import JSON
import Simulation
import SyncModel
import Testing
import Wire

@Suite("The simulated authorization server")
struct JiraAuthorizationTests {
  private static let callback = "http://127.0.0.1:8080/oauth/callback"

  private func query(redirect: String = callback, scope: String = "read:jira-work offline_access") -> [(String, String)]
  {
    [
      ("audience", "api.atlassian.com"), ("client_id", "client"), ("scope", scope), ("redirect_uri", redirect),
      ("state", "s&1"), ("response_type", "code"), ("prompt", "consent"),
    ]
  }

  private func approve(_ sandbox: JiraSandbox, _ query: [(String, String)], _ choice: (String, String)) -> WireResponse
  {
    let form = query.map { ("q_" + $0.0, $0.1) } + [choice]
    return sandbox.jira.respond(
      to: WireRequest(.post, JiraSandbox.origin + "/authorize/approve", body: Array(URLEncoding.query(form).utf8)),
      now: sandbox.now)
  }

  @Test("The consent page offers every account and refuses")
  func consentPage() {
    let sandbox = JiraSandbox()
    let page = sandbox.jira.respond(
      to: WireRequest(.get, JiraSandbox.origin + "/authorize?" + URLEncoding.query(query())), now: sandbox.now)
    let html = String(decoding: page.body, as: UTF8.self)
    #expect(page.status == 200)
    #expect(html.contains("Rohit") && html.contains("Mark") && html.contains("Deny"))
    #expect(html.contains("s&amp;1"))
  }

  @Test("A callback address that differs by one character is never redirected to")
  func exactRedirect() {
    let sandbox = JiraSandbox()
    let wrong = query(redirect: Self.callback + "/")
    let page = sandbox.jira.respond(
      to: WireRequest(.get, JiraSandbox.origin + "/authorize?" + URLEncoding.query(wrong)), now: sandbox.now)
    let approved = approve(sandbox, wrong, ("account", "account-mark"))
    #expect([page.status, approved.status] == [400, 400])
    #expect(approved.header("Location") == nil)
  }

  struct WrongQuery: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var change: @Sendable (inout [(String, String)]) -> Void
  }

  @Test(
    "What an app asks for wrongly is refused on a page of Atlassian's, and nobody is asked",
    arguments: [
      WrongQuery(testDescription: "another app") { $0[1].1 = "another" },
      WrongQuery(testDescription: "a scope that the app does not have") { $0[2].1 += " delete:jira-work" },
      WrongQuery(testDescription: "no scope") { $0[2].1 = "" },
      WrongQuery(testDescription: "no callback") { $0.remove(at: 3) },
      WrongQuery(testDescription: "a callback with a query") { $0[3].1 += "?a=b" },
      WrongQuery(testDescription: "a callback in capitals") { $0[3].1 = $0[3].1.uppercased() },
      WrongQuery(testDescription: "two callbacks") { $0.append(("redirect_uri", callback)) },
      WrongQuery(testDescription: "no state") { $0.remove(at: 4) },
      WrongQuery(testDescription: "an empty state") { $0[4].1 = "" },
      WrongQuery(testDescription: "a token at once") { $0[5].1 = "token" },
      WrongQuery(testDescription: "no consent") { $0[6].1 = "none" },
      WrongQuery(testDescription: "another audience") { $0[0].1 = "jira" },
    ])
  func wrongQuery(_ wrong: WrongQuery) {
    let sandbox = JiraSandbox()
    var asked = query()
    wrong.change(&asked)
    let page = sandbox.jira.respond(
      to: WireRequest(.get, JiraSandbox.origin + "/authorize?" + URLEncoding.query(asked)), now: sandbox.now)
    let approved = approve(sandbox, asked, ("account", "account-mark"))
    #expect([page.status, approved.status] == [400, 400])
    #expect(approved.header("Location") == nil)
  }

  @Test("A code is taken only with the callback that it was given for, as JSON, and with the app's secret")
  func exactExchange() throws {
    let sandbox = JiraSandbox()
    func exchange(redirect: String? = nil, secret: String = "hush", type: String = "application/json") throws
      -> (status: Int, body: JSONValue)
    {
      let code = sandbox.jira.authorizationCode(for: JiraSandbox.rohit, scopes: ["read:jira-work"], now: sandbox.now)
      return try sandbox.token(
        [
          "grant_type": "authorization_code", "code": .string(code), "redirect_uri": .string(redirect ?? Self.callback),
          "client_secret": .string(secret),
        ], type: type)
    }
    #expect(try exchange().status == 200)
    #expect(try exchange(redirect: Self.callback + "/").status == 403)
    #expect(try exchange(redirect: "").status == 403)
    #expect(try exchange(secret: "wrong").status == 401)
    #expect(try exchange(type: "application/x-www-form-urlencoded").status == 400)
    #expect(try exchange(type: "text/plain").status == 400)
  }

  @Test("A code that met a wrong callback is spent")
  func spentCode() throws {
    let sandbox = JiraSandbox()
    let code = sandbox.jira.authorizationCode(for: JiraSandbox.rohit, scopes: ["read:jira-work"], now: sandbox.now)
    let answers = try [Self.callback + "/", Self.callback].map {
      try sandbox.token(["grant_type": "authorization_code", "code": .string(code), "redirect_uri": .string($0)]).status
    }
    #expect(answers == [403, 403])
  }

  @Test("Without offline_access there is no refresh token")
  func onlineOnly() throws {
    #expect(try JiraSandbox().tokens(JiraSandbox.rohit, scopes: ["read:jira-work"])["refresh_token"] == nil)
  }

  @Test("A refresh token that nobody used for ninety days is dead, and each rotation begins them anew")
  func unused() throws {
    var sandbox = JiraSandbox()
    let first = try sandbox.tokens(JiraSandbox.rohit)["refresh_token"]
    sandbox.now = sandbox.now + .seconds(89 * 86_400)
    let second = try refresh(sandbox, first).body["refresh_token"]
    sandbox.now = sandbox.now + .seconds(89 * 86_400)
    let third = try refresh(sandbox, second).body["refresh_token"]
    sandbox.now = sandbox.now + .seconds(90 * 86_400)
    #expect(try refresh(sandbox, third).status == 403)
  }

  @Test("Each rotation within the leeway gives another pair, and the family stays one")
  func rotations() throws {
    var sandbox = JiraSandbox()
    let old = try sandbox.tokens(JiraSandbox.rohit)["refresh_token"]
    let pairs = try (0..<3).map { _ in try refresh(sandbox, old).body["refresh_token"] }
    #expect(Set(pairs).count == 3)
    sandbox.now = sandbox.now + .seconds(601)
    #expect(try refresh(sandbox, old).status == 403)
    for pair in pairs { #expect(try refresh(sandbox, pair).status == 403) }
  }

  @Test("Approval answers a code that works once, for the account that was chosen")
  func singleUseCode() throws {
    let sandbox = JiraSandbox()
    let location = try #require(approve(sandbox, query(), ("account", "account-mark")).header("Location"))
    let pairs = try #require(URLEncoding.pairs(of: location.dropFirst(Self.callback.count + 1)))
    #expect(location.hasPrefix(Self.callback + "?code="))
    #expect(pairs.last?.value == "s&1")
    let exchange: JSONValue = [
      "grant_type": "authorization_code", "code": .string(pairs[0].value), "redirect_uri": .string(Self.callback),
    ]
    let first = try sandbox.token(exchange)
    let second = try sandbox.token(exchange)
    #expect(first.status == 200)
    #expect(first.body["expires_in"] == 3600)
    #expect(second.status == 403)
    #expect(second.body["error_description"] == "authorization_code is invalid")
  }

  @Test("A refusal comes back as access_denied with the state")
  func denial() throws {
    let location = try #require(approve(JiraSandbox(), query(), ("deny", "yes")).header("Location"))
    #expect(location.contains("error=access_denied&") && location.hasSuffix("&state=s%261"))
  }

  @Test("A code is dead after five minutes")
  func codeExpires() throws {
    var sandbox = JiraSandbox()
    let code = sandbox.jira.authorizationCode(for: JiraSandbox.rohit, scopes: ["read:jira-work"], now: sandbox.now)
    sandbox.now = sandbox.now + .seconds(301)
    let answer = try sandbox.token([
      "grant_type": "authorization_code", "code": .string(code), "redirect_uri": .string(Self.callback),
    ])
    #expect(answer.status == 403)
  }

  @Test("A wrong client secret is our fault, not the person's")
  func wrongSecret() throws {
    let answer = try JiraSandbox().token([
      "grant_type": "refresh_token", "refresh_token": "x", "client_secret": "wrong",
    ])
    #expect(answer.status == 401)
    #expect(answer.body == ["error": "access_denied", "error_description": "Unauthorized"])
  }

  private func refresh(_ sandbox: JiraSandbox, _ token: JSONValue?) throws -> (status: Int, body: JSONValue) {
    try sandbox.token(["grant_type": "refresh_token", "refresh_token": token ?? .null])
  }

  @Test("A refresh token that was exchanged is taken again within ten minutes")
  func reuseWithinLeeway() throws {
    var sandbox = JiraSandbox()
    let old = try sandbox.tokens(JiraSandbox.rohit)["refresh_token"]
    let first = try refresh(sandbox, old)
    sandbox.now = sandbox.now + .seconds(599)
    let again = try refresh(sandbox, old)
    #expect([first.status, again.status] == [200, 200])
    #expect(first.body["refresh_token"] != old)
  }

  @Test("Reuse after ten minutes kills the whole family")
  func reuseAfterLeeway() throws {
    var sandbox = JiraSandbox()
    let old = try sandbox.tokens(JiraSandbox.rohit)["refresh_token"]
    let newer = try refresh(sandbox, old).body["refresh_token"]
    let other = try sandbox.tokens(JiraSandbox.mark)["refresh_token"]
    sandbox.now = sandbox.now + .seconds(601)
    let reused = try refresh(sandbox, old)
    #expect(reused.status == 403)
    #expect(reused.body == ["error": "unauthorized_client", "error_description": "refresh_token is invalid"])
    #expect(try refresh(sandbox, newer).status == 403)
    #expect(try refresh(sandbox, other).status == 200)
  }

  @Test("An access token ends after an hour, and a scope it lacks is said as such")
  func accessToken() throws {
    var sandbox = JiraSandbox()
    let token = try sandbox.tokens(JiraSandbox.rohit, scopes: ["read:jira-user"])["access_token"]?.string ?? ""
    let me = try sandbox.call(.get, "myself", token: token)
    let refused = try sandbox.call(.get, "issue/SUP-1", token: token)
    sandbox.now = sandbox.now + .seconds(3600)
    let late = try sandbox.call(.get, "myself", token: token)
    #expect(me.body["accountId"] == "account-rohit")
    #expect(refused.status == 401)
    #expect(refused.body == ["code": 401, "message": "Unauthorized; scope does not match"])
    #expect(late.status == 401)
  }

  @Test("A person who removes the app ends all their tokens")
  func revocation() throws {
    let sandbox = JiraSandbox()
    let tokens = try sandbox.tokens(JiraSandbox.rohit)
    sandbox.jira.revokeGrants(of: JiraSandbox.rohit)
    #expect(try sandbox.call(.get, "myself", token: tokens["access_token"]?.string ?? "").status == 401)
    #expect(try refresh(sandbox, tokens["refresh_token"]).status == 403)
  }

  @Test("Sessions survive a restart")
  func restart() throws {
    let sandbox = JiraSandbox()
    let tokens = try sandbox.tokens(JiraSandbox.rohit)
    let id = try sandbox.issue()
    _ = try sandbox.call(.post, "issue/\(id)/comment", as: JiraSandbox.mark, ["body": paragraph("Hm")])
    let again = SimulatedJira(configuration: JiraSandbox.configuration, restoring: sandbox.jira.snapshot)
    let request = WireRequest(
      .get, JiraSandbox.origin + "/oauth/token/accessible-resources",
      headers: [WireHeader("Authorization", "Bearer " + (tokens["access_token"]?.string ?? ""))])
    let answer = again.respond(to: request, now: sandbox.now)
    #expect(answer.status == 200)
    #expect(try JSONReader.read(answer.body)[0]?["id"]?.string == JiraSandbox.configuration.cloudID)
    #expect(again.state == sandbox.jira.state)
    #expect(again.snapshot == sandbox.jira.snapshot)
  }
}
