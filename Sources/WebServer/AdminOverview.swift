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
    let deadEvents = try await store.deadEvents(limit: 500)
    let installation = dependencies.services.live.current
    return pages.response(
      .overview,
      OverviewPage(
        page: pages.frame("Overview", session: session, current: "/admin"), notice: notice,
        numbers: numbers(counts),
        needsNobody: held.isEmpty && dead.isEmpty && unreadable.isEmpty && counts.deadEvents == 0,
        waiting: held.byWaiter, causes: causes(dead, deadEvents),
        unreadable: unreadable,
        connections: try await connections(installation.mappings.connections.keys.sorted(), now: now),
        csrf: session.csrf.reveal(), findings: MappingFindings(installation.diagnostics)))
  }

  private func causes(_ dead: [OperationSummary], _ deadEvents: [EventSummary]) -> [OverviewPage.Cause] {
    let events = Dictionary(grouping: deadEvents) { $0.reason ?? "No reason was kept." }
      .sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
      .map { cause, events in
        OverviewPage.Cause(things: counted(events.count, "event"), cause: cause, href: "/admin/work#events")
      }
    let operations = dead.byCause.map {
      OverviewPage.Cause(things: counted($0.operations.count, "change"), cause: $0.cause, href: "/admin/work#dead")
    }
    return events + operations
  }

  private func numbers(_ counts: StoreCounts) -> [OverviewPage.Number] {
    let count = { (state: OperationLifecycle.State) in counts.operations[state] ?? 0 }
    let underWay = count(.ready) + count(.running) + count(.waiting) + count(.verifying)
    let dead = count(.dead) + counts.deadEvents + counts.deadDeliveries
    let number = { (count: Int, label: String, href: String, tone: String) in
      OverviewPage.Number(count: count, label: label, tone: count > 0 ? tone : "calm", href: href)
    }
    return [
      number(count(.held), "held: wait for a person", "/admin/work#held", "wait"),
      number(dead, "dead letters: need mending", "/admin/work#dead", "bad"),
      number(counts.lapsedGrants, "people must reconnect", "/admin/people", "wait"),
      number(counts.pendingEvents, "events to plan", "/admin/events", "calm"),
      number(underWay, "changes under way", "/admin/events", "calm"),
      number(counts.links, "cases linked to an issue", "/admin/events", "calm"),
      number(counts.grants, "people connected", "/admin/people", "calm"),
      number(counts.refusedDeliveries, "deliveries refused", "/admin/work#deliveries", "calm"),
    ]
  }

  private func connections(_ names: [ConnectionName], now: Timestamp) async throws -> [OverviewPage.Connection] {
    let runs = try await dependencies.services.store.lastRuns()
    var result: [OverviewPage.Connection] = []
    for name in names {
      let since = try await dependencies.services.store.reconcileSince(name)
      let run = runs[name]
      result.append(
        OverviewPage.Connection(
          name: name.rawValue, encodedName: URLEncoding.component(name.rawValue),
          lastRun: run?.words(now: now) ?? "No run yet.",
          outcome: run?.outcome.flatMap { $0 == ReconcileStep.Report.End.finished.words ? nil : $0 },
          progress: since.map { "Jira's changes are known up to \(Moment($0, now: now).exact) UTC." }
            ?? "No case is linked to an issue yet.",
          canReconcile: dependencies.runReconcile != nil))
    }
    return result
  }
}

extension [OperationSummary] {
  private struct Waiter: Hashable {
    var connection: ConnectionName
    var who: String
    var reason: OperationLifecycle.HoldReason?
  }

  /// Held operations by whom and what they wait for; the longest list first.
  var byWaiter: [OverviewPage.Waiting] {
    Dictionary(grouping: self) { Waiter(connection: $0.connection, who: $0.who, reason: $0.holdReason) }
      .sorted { ($1.value.count, $0.key.who) < ($0.value.count, $1.key.who) }
      .map { waiter, operations in
        OverviewPage.Waiting(
          who: waiter.who, connection: waiter.connection.rawValue, changes: counted(operations.count, "change"),
          hint: waiter.reason?.words(waiter.who) ?? "")
      }
  }
}

/// "1 change", "2 changes".
func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
