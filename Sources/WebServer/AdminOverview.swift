import Hummingbird
import MappingLanguage
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Wire

/// The first page: how much there is of everything, and what needs a person.
struct AdminOverview: Sendable {
  let dependencies: WebDependencies
  let pages: PageMaker

  /// `GET /admin`
  func show(
    _ request: Request, _ context: BasicRequestContext, _ session: AdminSession
  ) async throws -> Response {
    try await page(session, notice: nil)
  }

  /// The page, with what a change that was just made has to say.
  func page(_ session: AdminSession, notice: String?) async throws -> Response {
    let store = dependencies.services.store
    let now = dependencies.clock()
    let counts = try await store.counts()
    let held = try await store.operations(in: [.held], limit: 500)
    let dead = try await store.operations(in: [.dead], limit: 500)
    let unreadable = try await store.deadDeliveries(limit: 5).map { UnreadableDelivery($0, now: now) }
    let installation = dependencies.services.live.current
    return pages.response(
      .overview,
      OverviewPage(
        page: pages.frame("Overview", session: session, current: "/admin"), notice: notice,
        numbers: numbers(counts),
        needsNobody: held.isEmpty && dead.isEmpty && unreadable.isEmpty && counts.deadEvents == 0,
        waiting: waiting(held),
        causes: causes(dead, deadEvents: counts.deadEvents),
        unreadable: unreadable,
        connections: try await connections(installation.mappings.connections.keys.sorted(), now: now),
        csrf: session.csrf.reveal(), diagnostics: installation.diagnostics.map(\.description),
        hasDiagnostics: !installation.diagnostics.isEmpty))
  }

  private func causes(_ dead: [OperationSummary], deadEvents: Int) -> [OverviewPage.Cause] {
    let operations = dead.byCause.map {
      OverviewPage.Cause(count: $0.operations.count, cause: $0.cause, href: "/admin/work")
    }
    guard deadEvents > 0 else { return operations }
    let events = OverviewPage.Cause(
      count: deadEvents, cause: "An event cannot be planned as it stands.", href: "/admin/events")
    return [events] + operations
  }

  private func numbers(_ counts: StoreCounts) -> [OverviewPage.Number] {
    let count = { (state: OperationLifecycle.State) in counts.operations[state] ?? 0 }
    let underWay = count(.ready) + count(.running) + count(.waiting) + count(.verifying)
    let dead = count(.dead) + counts.deadEvents + counts.deadDeliveries
    return [
      OverviewPage.Number(count: counts.links, label: "cases joined to an issue", tone: "calm"),
      OverviewPage.Number(count: counts.pendingEvents, label: "events to plan", tone: "calm"),
      OverviewPage.Number(count: underWay, label: "changes under way", tone: "calm"),
      OverviewPage.Number(count: count(.held), label: "held for a person", tone: count(.held) > 0 ? "wait" : "calm"),
      OverviewPage.Number(count: dead, label: "dead letters", tone: dead > 0 ? "bad" : "calm"),
      OverviewPage.Number(count: counts.grants, label: "people connected", tone: "calm"),
      OverviewPage.Number(
        count: counts.lapsedGrants, label: "must reconnect", tone: counts.lapsedGrants > 0 ? "wait" : "calm"),
      OverviewPage.Number(count: counts.refusedDeliveries, label: "deliveries refused", tone: "calm"),
    ]
  }

  private struct Waiter: Hashable {
    var connection: ConnectionName
    var who: String
    var reason: OperationLifecycle.HoldReason?
  }

  private func waiting(_ held: [OperationSummary]) -> [OverviewPage.Waiting] {
    Dictionary(grouping: held) { Waiter(connection: $0.connection, who: $0.who, reason: $0.holdReason) }
      .map { waiter, operations in
        OverviewPage.Waiting(
          who: waiter.who, connection: waiter.connection.rawValue, count: operations.count,
          hint: waiter.reason?.words(waiter.who) ?? "")
      }
      .sorted { ($1.count, $0.who) < ($0.count, $1.who) }
  }

  private func connections(_ names: [ConnectionName], now: Timestamp) async throws -> [OverviewPage.Connection] {
    var result: [OverviewPage.Connection] = []
    for name in names {
      let since = try await dependencies.services.store.reconcileSince(name)
      let progress =
        since.map { "Jira's changes are known up to \($0), \(relativeWords(for: $0, now: now))." }
        ?? "No case is joined to an issue yet."
      result.append(
        OverviewPage.Connection(
          name: name.rawValue, encodedName: URLEncoding.component(name.rawValue), progress: progress,
          canReconcile: dependencies.runReconcile != nil))
    }
    return result
  }
}
