import SyncModel
import Wire

/// Walks the connect pages over real HTTP as a person's browser does: cookie, redirects, forms.
struct SandboxBrowser {
  let transport: any Transport
  let jiraURL: String

  /// Follows a signed link, approves at the simulated Atlassian as an account, and confirms.
  func connect(_ link: String, as account: AccountID) async throws {
    let (authorize, cookie) = try await start(link)
    let callback = try await approve(authorize, as: account)
    let state = try await follow(callback, cookie: cookie)
    try await confirm(callback, state: state, cookie: cookie)
  }

  /// Follows a signed link.
  ///
  /// - Returns: where it leads at Atlassian, and the browser's cookie.
  func start(_ link: String) async throws -> (authorize: String, cookie: String) {
    let start = try await transport.send(WireRequest(.get, link))
    // Where tokens are taken as well, a page offers both.
    let page = String(decoding: start.body, as: UTF8.self)
    guard let authorize = start.header("Location") ?? consent(in: page), let cookie = cookie(start) else {
      throw CommandError("the connect link did not lead to Atlassian (\(start.status))")
    }
    return (authorize, cookie)
  }

  /// Approves at the simulated Atlassian.
  ///
  /// - Returns: the address with which the browser comes back.
  func approve(_ authorize: String, as account: AccountID) async throws -> String {
    guard let query = authorize.split(separator: "?", maxSplits: 1).last.flatMap({ URLEncoding.pairs(of: $0) }) else {
      throw CommandError("the connect link did not lead to Atlassian")
    }
    let consent = query.map { ("q_" + $0.name, $0.value) } + [("account", account.rawValue)]
    let approved = try await transport.send(form(jiraURL + "/authorize/approve", consent, cookie: nil))
    guard approved.status == 302, let callback = approved.header("Location") else {
      throw CommandError("Atlassian did not send the browser back (\(approved.status))")
    }
    return callback
  }

  /// Comes back from Atlassian.
  ///
  /// - Returns: what the confirmation page goes on with.
  func follow(_ callback: String, cookie: String) async throws -> String {
    let asked = try await transport.send(
      WireRequest(.get, callback, headers: [WireHeader("Cookie", cookie)]))
    guard asked.status == 200, let state = value(of: "state", in: String(decoding: asked.body, as: UTF8.self)) else {
      throw CommandError("the confirmation page did not appear (\(asked.status))")
    }
    return state
  }

  func confirm(_ callback: String, state: String, cookie: String) async throws {
    let origin = callback.split(separator: "/oauth/", maxSplits: 1)[0]
    let confirmed = try await transport.send(
      form(origin + "/connect/confirm", [("state", state)], cookie: cookie))
    guard confirmed.status == 200 else { throw CommandError("the confirmation was refused (\(confirmed.status))") }
  }

  private func form(_ url: String, _ fields: [(String, String)], cookie: String?) -> WireRequest {
    var headers = [WireHeader("Content-Type", "application/x-www-form-urlencoded")]
    if let cookie { headers.append(WireHeader("Cookie", cookie)) }
    return WireRequest(.post, url, headers: headers, body: Array(URLEncoding.query(fields).utf8))
  }

  private func cookie(_ response: WireResponse) -> String? {
    response.header("Set-Cookie")?.split(separator: ";").first.map(String.init)
  }

  /// The address of Jira's consent page on a page of ours.
  private func consent(in page: String) -> String? {
    guard let start = page.firstRange(of: "<a class=\"button\" href=\"")?.upperBound else { return nil }
    return page[start...].prefix { $0 != "\"" }.split(separator: "&amp;").joined(separator: "&")
  }

  /// The value of a hidden field.
  private func value(of name: String, in page: String) -> String? {
    guard let start = page.firstRange(of: "name=\"\(name)\" value=\"")?.upperBound else { return nil }
    return String(page[start...].prefix { $0 != "\"" })
  }
}
