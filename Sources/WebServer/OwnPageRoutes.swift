import HTTPTypes
import Hummingbird
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Wire

/// A user's own page, behind the same signed link as connecting.
struct OwnPageRoutes: Sendable {
  let dependencies: WebDependencies
  let pages: PageMaker

  /// `GET /me/{connection}?…`
  func show(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    switch await open(request.queryPairs, request, context, at: .ownPage) {
    case .failure(let problem): return pages.page(for: problem)
    case .success(let opened):
      var answer = try await page(for: opened.link)
      answer.setCookie(browser.cookie(opened.browser))
      return answer
    }
  }

  /// `POST /me/{connection}/disconnect`: the signed query comes back as the form's fields, and is its CSRF token too.
  func disconnect(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    let pairs: [(name: String, value: String)]?
    do { pairs = try await request.formPairs(within: dependencies.bodyDeadline) } catch {
      dependencies.connect.audit.refuse(.linkMalformed, at: .disconnect, now: dependencies.clock())
      throw error
    }
    switch await open(pairs, request, context, at: .disconnect) {
    case .failure(let problem): return pages.page(for: problem)
    case .success(let opened):
      let link = opened.link
      let existed = try await dependencies.services.store.disconnect(
        connection: link.connection, user: link.user.id, now: dependencies.clock())
      dependencies.connect.audit.disconnected(link, existed: existed, now: dependencies.clock())
      let sentence =
        existed
        ? "Counterpart has deleted its access to your Atlassian account."
        : "You were not connected, so nothing was changed."
      return pages.message(
        "Disconnected", [sentence, "Changes that you make in the CRM from now on wait until you connect again."],
        link: MessagePage.Link(href: address("/me/", link), label: "Back to your page"))
    }
  }

  private var browser: BrowserCookie { BrowserCookie(isHTTPS: dependencies.isHTTPS) }

  private func open(
    _ pairs: [(name: String, value: String)]?, _ request: Request, _ context: BasicRequestContext,
    at step: ConnectAudit.Step
  ) async -> Result<ConnectFlow.OpenedLink, ConnectFlow.Problem> {
    var random = SystemRandomNumberGenerator()
    return await dependencies.connect.open(
      connection: ConnectionName(context.pathPart("connection")), query: pairs ?? [],
      browser: browser.value(of: request), now: dependencies.clock(), for: step, using: &random)
  }

  private func page(for link: SignedLink) async throws -> Response {
    let store = dependencies.services.store
    let now = dependencies.clock()
    let grant = try await store.grant(connection: link.connection, user: link.user.id)
    let held = try await store.operations(
      in: [.held], user: link.user.id, connection: link.connection, limit: 100)
    return pages.response(
      .me,
      OwnPage(
        page: pages.frame("You and Jira"), userName: link.user.name ?? link.user.id.rawValue,
        connection: link.connection.rawValue,
        grant: grant.map {
          OwnPage.Grant(
            accountName: $0.accountName, state: $0.state.word, tone: $0.state.tone,
            since: Moment($0.connectedAt, now: now), lapseReason: $0.lapseReason,
            ends: $0.endsUnused.map { Moment($0, now: now) })
        },
        connectURL: address("/connect/", link), connectLabel: grant == nil ? "Connect to Jira" : "Connect again",
        disconnectURL: "/me/\(URLEncoding.component(link.connection.rawValue))/disconnect",
        signedQuery: link.query.map { OwnPage.Field(name: $0.0, value: $0.1) },
        operations: held.map { OperationRow($0, in: RowContext(dependencies)) }, hasHeld: !held.isEmpty))
  }

  private func address(_ start: String, _ link: SignedLink) -> String {
    start + URLEncoding.component(link.connection.rawValue) + "?" + URLEncoding.query(link.query)
  }
}

extension StoredGrant.State {
  var word: String {
    switch self {
    case .active: "connected"
    case .lapsed: "must reconnect"
    }
  }

  var tone: String {
    switch self {
    case .active: "good"
    case .lapsed: "bad"
    }
  }
}
