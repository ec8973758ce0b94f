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
    guard let query = request.queryPairs else { return refused(.linkMalformed, at: .link) }
    var random = SystemRandomNumberGenerator()
    return answer(
      await dependencies.connect.start(
        connection: ConnectionName(context.pathPart("connection")), query: query,
        browser: browser.value(of: request), now: dependencies.clock(), using: &random))
  }

  /// `GET /oauth/callback?code=…&state=…`, or `error=…&state=…`
  func callback(_ request: Request, _ context: BasicRequestContext) async -> Response {
    guard let fields = FormFields(request.queryPairs), let state = fields["state"] else {
      return refused(.answerMalformed, at: .callback)
    }
    return answer(
      await dependencies.connect.callback(
        state: Secret(state), code: fields["code"].map { Secret($0) }, isDenied: fields["error"] == "access_denied",
        browser: browser.value(of: request), now: dependencies.clock()))
  }

  /// `POST /connect/token`: what a person entered who connects without OAuth.
  func enter(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    let pairs = try await formPairs(of: request, at: .token)
    guard let fields = FormFields(pairs), let state = fields["state"], let token = fields["token"] else {
      return refused(.answerMalformed, at: .token)
    }
    var random = SystemRandomNumberGenerator()
    return answer(
      await dependencies.connect.enter(
        ConnectFlow.Entry(token: Secret(token), email: fields["email"] ?? "", ends: fields["ends"] ?? ""),
        state: Secret(state), browser: browser.value(of: request), now: dependencies.clock(), using: &random))
  }

  /// `POST /connect/confirm`
  ///
  /// It needs no other token against forged forms: `state` is known to this page alone and bound to the cookie.
  func confirm(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    let pairs = try await formPairs(of: request, at: .confirm)
    guard let state = FormFields(pairs)?["state"] else { return refused(.answerMalformed, at: .confirm) }
    return answer(
      await dependencies.connect.confirm(
        state: Secret(state), browser: browser.value(of: request), now: dependencies.clock()))
  }

  private func answer(_ step: ConnectFlow.Step) -> Response {
    switch step {
    case .authorize(let url, let browser):
      var answer = Response.seeOther(url, status: .found).kept()
      answer.setCookie(self.browser.cookie(browser))
      return answer
    case .enter(let form, let browser):
      var answer = page(for: form)
      answer.setCookie(self.browser.cookie(browser))
      return answer
    case .confirm(let confirmation): return page(for: confirmation)
    case .connected(let connected): return page(for: connected)
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

  /// A form that is too large or too slow has its own page, and a line here.
  private func formPairs(
    of request: Request, at step: ConnectAudit.Step
  ) async throws -> [(name: String, value: String)]? {
    do { return try await request.formPairs(within: dependencies.bodyDeadline) } catch {
      dependencies.connect.audit.refuse(.answerMalformed, at: step, now: dependencies.clock())
      throw error
    }
  }

  /// What is not in order before anybody's attempt is looked for.
  private func refused(_ problem: ConnectFlow.Problem, at step: ConnectAudit.Step) -> Response {
    dependencies.connect.audit.refuse(problem, at: step, now: dependencies.clock())
    return page(for: problem)
  }

  private var browser: BrowserCookie { BrowserCookie(isHTTPS: dependencies.isHTTPS) }
}
