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
    switch link(request.queryPairs, context) {
    case .failure(let problem): return pages.page(for: problem)
    case .success(let link): return try await page(for: link)
    }
  }

  /// `POST /me/{connection}/disconnect`: the signed query comes back as the form's fields, and is its CSRF token too.
  func disconnect(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    let pairs = try await request.formPairs(within: dependencies.bodyDeadline)
    switch link(pairs, context) {
    case .failure(let problem): return pages.page(for: problem)
    case .success(let link):
      let existed = try await dependencies.services.store.disconnect(
        connection: link.connection, user: link.user.id, now: dependencies.clock())
      let sentence =
        existed
        ? "Counterpart has deleted its access to your Atlassian account."
        : "You were not connected, so nothing was changed."
      return pages.message(
        "Disconnected", [sentence, "Changes that you make in the CRM from now on wait until you connect again."],
        link: MessagePage.Link(href: address("/me/", link), label: "Back to your page"))
    }
  }

  private func link(
    _ pairs: [(name: String, value: String)]?, _ context: BasicRequestContext
  ) -> Result<SignedLink, ConnectFlow.Problem> {
    guard let pairs else { return .failure(.linkMalformed) }
    return dependencies.connect.verify(
      connection: ConnectionName(context.pathPart("connection")), query: pairs, now: dependencies.clock())
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
