package import SyncCore
package import SyncModel
import SyncStore
import Synchronization

/// How the pace of requests to Jira stands, for pages, metrics and programs.
package struct JiraPaceReport: Hashable, Sendable {
  package struct Counts: Hashable, Sendable {
    /// Requests that were not sent yet because of our own account.
    package var heldBack = 0
    /// Answers of 429.
    package var refused = 0
  }

  package struct Tenant: Hashable, Sendable {
    package var connection: ConnectionName
    package var people = PointsLedger.Spending()
    package var upkeep = PointsLedger.Spending()
    /// When runs and sweeps may go on; nil: they may now.
    package var upkeepWaitsUntil: Timestamp?
    package var peopleWaitUntil: Timestamp?
    /// A limit that Jira named for the whole site.
    package var siteWaitsUntil: Timestamp?

    package init(connection: ConnectionName) { self.connection = connection }
  }

  package var budget: PointsBudget
  package var hour: Timestamp
  package var spent: Int
  package var remaining: Int
  /// What Jira says is gone and nobody here has spent.
  package var elsewhere: Int
  /// All connections that use the app.
  package var tenants: [Tenant]
  /// A limit that Jira named for the app.
  package var appWaitsUntil: Timestamp?
  /// Since this process began.
  package var counts: [CallFailure.RateLimit.Level: Counts]

  package init(
    budget: PointsBudget, hour: Timestamp, spent: Int, remaining: Int, elsewhere: Int, tenants: [Tenant],
    appWaitsUntil: Timestamp? = nil, counts: [CallFailure.RateLimit.Level: Counts]
  ) {
    self.budget = budget
    self.hour = hour
    self.spent = spent
    self.remaining = remaining
    self.elsewhere = elsewhere
    self.tenants = tenants
    self.appWaitsUntil = appWaitsUntil
    self.counts = counts
  }

  /// When the points are given anew.
  package var reset: Timestamp { hour + PointsLedger.hourLength }
}

extension JiraPace {
  /// How it stands now, other processes' requests included.
  package func report() async throws -> JiraPaceReport {
    let now = time()
    let record = try await store.paceRecord(hour: PointsLedger.hour(of: now), now: now)
    let names = tenants
    return state.withLock { state in
      var ledger = state.ledger.replaced(by: state.account(record, budget: limits.budget, now: now))
      let known = Set(names).union(ledger.spending.keys.map(\.tenant)).sorted()
      return JiraPaceReport(
        budget: limits.budget, hour: ledger.hour, spent: ledger.spent, remaining: ledger.remaining,
        elsewhere: ledger.elsewhere,
        tenants: known.map { name in
          func until(_ purpose: RequestPurpose) -> Timestamp? {
            let account = PointsLedger.Account(name, purpose)
            guard case .wait(let until) = ledger.verdict(2, for: account, tenants: { names }, now: now) else {
              return nil
            }
            return until
          }
          var tenant = JiraPaceReport.Tenant(connection: name)
          tenant.people = ledger.spending[PointsLedger.Account(name, .people)] ?? PointsLedger.Spending()
          tenant.upkeep = ledger.spending[PointsLedger.Account(name, .upkeep)] ?? PointsLedger.Spending()
          tenant.upkeepWaitsUntil = until(.upkeep)
          tenant.peopleWaitUntil = until(.people)
          tenant.siteWaitsUntil = record.stops["site:\(name)"]
          return tenant
        }, appWaitsUntil: record.stops["app"], counts: state.counts)
    }
  }
}
