import HTTPTypes
import Hummingbird
import SyncCore
import SyncEngine
import SyncModel

/// The steps by which a person connects to Jira, as a browser sees them.
struct ConnectRoutes: Sendable {
  let dependencies: WebDependencies
  let pages: PageMaker

  /// `GET /connect/{connection}?…`
  func start(_ request: Request, _ context: BasicRequestContext) async -> Response {
    guard let query = request.queryPairs else { return page(for: .linkMalformed) }
    var random = SystemRandomNumberGenerator()
    return answer(
      await dependencies.connect.start(
        connection: ConnectionName(context.pathPart("connection")), query: query, now: dependencies.clock(),
        using: &random))
  }

  /// `GET /oauth/callback?code=…&state=…`, or `error=…&state=…`
  func callback(_ request: Request, _ context: BasicRequestContext) async -> Response {
    guard let fields = FormFields(request.queryPairs), let state = fields["state"] else {
      return page(for: .stateUnknown)
    }
    return answer(
      await dependencies.connect.callback(
        state: Secret(state), code: fields["code"].map { Secret($0) }, isDenied: fields["error"] == "access_denied",
        browser: browser(of: request), now: dependencies.clock()))
  }

  /// `POST /connect/token`: what a person entered who connects without OAuth.
  func enter(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    let pairs = try await request.formPairs(within: dependencies.bodyDeadline)
    guard let fields = FormFields(pairs), let state = fields["state"], let token = fields["token"] else {
      return page(for: .stateUnknown)
    }
    var random = SystemRandomNumberGenerator()
    return answer(
      await dependencies.connect.enter(
        ConnectFlow.Entry(token: Secret(token), email: fields["email"] ?? "", ends: fields["ends"] ?? ""),
        state: Secret(state), browser: browser(of: request), now: dependencies.clock(), using: &random))
  }

  /// `POST /connect/confirm`
  ///
  /// It needs no other token against forged forms: `state` is known to this page alone and bound to the cookie.
  func confirm(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    let pairs = try await request.formPairs(within: dependencies.bodyDeadline)
    guard let state = FormFields(pairs)?["state"] else { return page(for: .stateUnknown) }
    return answer(
      await dependencies.connect.confirm(
        state: Secret(state), browser: browser(of: request), now: dependencies.clock()))
  }

  private func answer(_ step: ConnectFlow.Step) -> Response {
    switch step {
    case .authorize(let url, let browser):
      var answer = Response.seeOther(url, status: .found).kept()
      answer.setCookie(cookie(browser, maxAge: ConnectFlow.validity))
      return answer
    case .enter(let form, let browser):
      var answer = page(for: form)
      answer.setCookie(cookie(browser, maxAge: ConnectFlow.validity))
      return answer
    case .confirm(let confirmation): return page(for: confirmation)
    case .connected(let connected):
      var answer = page(for: connected)
      answer.setCookie(cookie(Secret(""), maxAge: .zero))
      return answer
    case .problem(let problem): return page(for: problem)
    }
  }

  private func page(for form: ConnectFlow.TokenForm) -> Response {
    let isCloud = form.kind == .apiToken
    return pages.response(
      .connectToken,
      TokenPage(
        page: pages.frame("Connect to Jira"), connection: form.connection.rawValue,
        userName: form.user.name ?? form.user.id.rawValue, userEmail: form.user.email ?? "", site: form.site,
        kind: isCloud ? "API token" : "Personal access token",
        article: isCloud ? "an API token" : "a personal access token",
        where: isCloud
          ? "API tokens are made in your Atlassian account, under Security, API tokens."
          : "Personal access tokens are made in Jira: your picture, Profile, Personal access tokens.",
        needsEmail: isCloud, authorizeURL: form.authorizeURL, refusal: form.refusal, state: form.state.reveal()),
      status: form.refusal == nil ? .ok : .unprocessableContent)
  }

  private func page(for confirmation: ConnectFlow.Confirmation) -> Response {
    pages.response(
      .connectConfirm,
      ConfirmPage(
        page: pages.frame("Is this you?"), connection: confirmation.connection.rawValue,
        userName: confirmation.user.name ?? confirmation.user.id.rawValue, userEmail: confirmation.user.email,
        accountName: confirmation.accountName, accountEmail: confirmation.accountEmail, site: confirmation.site,
        sharedWith: confirmation.sharedWith, state: confirmation.state.reveal()))
  }

  private func page(for connected: ConnectFlow.Connected) -> Response {
    let released =
      switch connected.released {
      case 0: "Nothing was waiting for it."
      case 1: "One change that was held for you goes out now."
      default: "\(connected.released) changes that were held for you go out now."
      }
    return pages.response(
      .connected,
      ConnectedPage(
        page: pages.frame("Connected"), userName: connected.user.name ?? connected.user.id.rawValue,
        connection: connected.connection.rawValue, accountName: connected.accountName, released: released))
  }

  private func page(for problem: ConnectFlow.Problem) -> Response { pages.page(for: problem) }

  private func browser(of request: Request) -> Secret { Secret(request.cookies[cookieName]?.value ?? "") }

  private var cookieName: String { dependencies.isHTTPS ? "__Host-counterpart-connect" : "counterpart-connect" }

  private func cookie(_ value: Secret, maxAge: Duration) -> Cookie {
    Cookie(
      name: cookieName, value: value.reveal(), maxAge: Int(maxAge.components.seconds), path: "/",
      secure: dependencies.isHTTPS, httpOnly: true, sameSite: .lax)
  }
}
