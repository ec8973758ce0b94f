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
    let groups = try await store.causes(limit: AdminPages.limit)
    let frozen = try await store.frozenFields(limit: AdminPages.limit)
    let unreadable = try await store.deadDeliveries(limit: 5).map { UnreadableDelivery($0, now: now) }
    let installation = dependencies.services.live.current
    let names = installation.mappings.connections.keys.sorted()
    let checks = try await store.siteChecks()
    let drifts = names.compactMap { checks[$0] }.filter { $0.errors > 0 }.map { check in
      OverviewPage.Drift(
        connection: check.connection.rawValue, findings: check.counts, since: Moment(check.changedAt, now: now))
    }
    return pages.response(
      .overview,
      OverviewPage(
        page: pages.frame("Overview", session: session, current: "/admin"), notice: notice,
        numbers: numbers(counts),
        needsNobody: groups.isEmpty && frozen.isEmpty && unreadable.isEmpty && drifts.isEmpty,
        causes: groups.map(OverviewPage.Cause.init),
        frozen: frozen.map { field in
          OverviewPage.Frozen(
            field: field.field.rawValue, caseID: field.caseID.rawValue,
            caseHref: caseAddress(field.connection, field.caseID))
        },
        unreadable: unreadable, drifts: drifts, waits: try await dependencies.services.pace.report().waits,
        connections: try await connections(names, checks, now: now),
        csrf: session.csrf.reveal(), findings: MappingFindings(installation.diagnostics)))
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

  private func connections(
    _ names: [ConnectionName], _ checks: [ConnectionName: SiteCheck], now: Timestamp
  ) async throws -> [OverviewPage.Connection] {
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
          canReconcile: dependencies.runReconcile != nil,
          site: checks[name].map { check in
            (check.findings.isEmpty ? "The mappings fit the site" : "Held against the site: \(check.counts)")
              + ", by the check of \(Moment(check.checkedAt, now: now).words)."
          } ?? "The mappings were not held against the site yet."))
    }
    return result
  }
}

/// "1 change", "2 changes".
func counted(_ count: Int, _ noun: String, _ plural: String? = nil) -> String {
  "\(count) \(count == 1 ? noun : plural ?? noun + "s")"
}
