import HTTPTypes
import Hummingbird
import Logging
import SyncModel

/// Lets admins in, and only them: pages need a session, changes need the session's CSRF token as well.
struct AdminDoor: Sendable {
  let dependencies: WebDependencies
  let sessions: AdminSessions
  let pages: PageMaker

  typealias Handler = @Sendable (Request, BasicRequestContext) async throws -> Response

  /// A page: without a session, the sign-in page is shown instead.
  func page(
    _ body: @escaping @Sendable (Request, BasicRequestContext, AdminSession) async throws -> Response
  ) -> Handler {
    { request, context in
      guard let session = session(of: request) else { return .seeOther("/admin/sign-in").kept() }
      return try await body(request, context, session).kept()
    }
  }

  /// A change: without a session or with a wrong token it is refused and nothing happens.
  func change(
    _ body: @escaping @Sendable (FormFields, Request, BasicRequestContext) async throws -> Response
  ) -> Handler {
    { request, context in
      guard let session = session(of: request) else { return .seeOther("/admin/sign-in").kept() }
      let pairs = try await request.formPairs(within: dependencies.bodyDeadline)
      guard let fields = FormFields(pairs), sessions.isGenuine(fields["csrf"], in: session) else {
        return pages.message(
          "Nothing was changed", ["The form is no longer valid. Go back, load the page again, and repeat it."],
          link: MessagePage.Link(href: "/admin", label: "To the overview"), status: .forbidden)
      }
      return try await body(fields, request, context).kept()
    }
  }

  func signInPage(_ request: Request, _ context: BasicRequestContext) -> Response {
    guard sessions.canSignIn else {
      return pages.message(
        "The admin pages are closed", ["Set COUNTERPART_ADMIN_TOKEN and start Counterpart again to open them."],
        status: .serviceUnavailable)
    }
    guard session(of: request) == nil else { return .seeOther("/admin").kept() }
    return signInPage(problem: nil, status: .ok)
  }

  func signIn(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    let fields = FormFields(try await request.formPairs(within: dependencies.bodyDeadline))
    let token = fields?["token"] ?? ""
    switch sessions.attempts.attempt(now: dependencies.clock(), { sessions.isAdminToken(token) }) {
    case .accepted: break
    case .refused:
      context.logger.warning("admin sign-in refused")
      return signInPage(problem: "That is not the admin token.", status: .unauthorized)
    case .tooMany(let seconds):
      context.logger.warning("admin sign-in refused: too many wrong tokens")
      var answer = signInPage(
        problem: "Too many wrong tokens were tried. Wait a minute, then try again.", status: .tooManyRequests)
      answer.headers[.retryAfter] = String(seconds)
      return answer
    }
    var answer = Response.seeOther("/admin").kept()
    answer.setCookie(cookie(sessions.open(now: dependencies.clock()), maxAge: AdminSessions.validity))
    return answer
  }

  func signOut(_ fields: FormFields, _ request: Request, _ context: BasicRequestContext) -> Response {
    if let given = request.cookies[cookieName]?.value { sessions.close(cookie: Secret(given)) }
    var answer = Response.seeOther("/admin/sign-in")
    answer.setCookie(cookie(Secret(""), maxAge: .zero))
    return answer
  }

  private func signInPage(problem: String?, status: HTTPResponse.Status) -> Response {
    pages.response(.signIn, SignInPage(page: pages.frame("Sign in"), problem: problem), status: status)
  }

  private func session(of request: Request) -> AdminSession? {
    sessions.session(cookie: request.cookies[cookieName].map { Secret($0.value) }, now: dependencies.clock())
  }

  private var cookieName: String { dependencies.isHTTPS ? "__Host-counterpart-admin" : "counterpart-admin" }

  private func cookie(_ value: Secret, maxAge: Duration) -> Cookie {
    Cookie(
      name: cookieName, value: value.reveal(), maxAge: Int(maxAge.components.seconds), path: "/",
      secure: dependencies.isHTTPS, httpOnly: true, sameSite: .lax)
  }
}
