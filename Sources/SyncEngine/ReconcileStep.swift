import CRMClient
import JSON
import JiraClient
import MappingLanguage
import SyncCore
package import SyncModel
import SyncStore
import Wire

/// One reconciliation run over a connection: what changed in Jira since the cursor goes to the CRM.
///
/// It reads as the service user. Its cost follows change, not size: issues whose `updated` is the one that was
/// reconciled last are passed over, however often the search shows them.
package struct ReconcileStep: Sendable {
  package struct Report: Hashable, Sendable {
    package enum End: Hashable, Sendable {
      case finished
      /// Another run holds the lease.
      case busy
      /// It could not read everything; the cursor stays where it was.
      case stopped(String)
    }

    package var connection: ConnectionName
    package var end: End
    /// Linked issues that had changed.
    package var issues = 0
    /// Operations that were journaled.
    package var planned = 0
    /// Links that are left to the next run, because a write to them is under way.
    package var deferred = 0
    /// Links whose issue or case could not be read; each says so in its case's story.
    package var failed = 0
  }

  /// Re-read before the cursor: covers the search index's lag, and Jira's minute precision.
  package static let overlap: Duration = .seconds(300)
  private static let leaseTime: Duration = .seconds(600)
  private static let pageLimit = 2000
  private static let leftOpenLimit = 1000

  private let services: Services
  private let access: GrantAccess
  private let clock: @Sendable () -> Timestamp

  /// - Parameter clock: a run takes time, so it asks what time it is.
  package init(services: Services, app: OAuthApp?, clock: @escaping @Sendable () -> Timestamp) {
    self.services = services
    self.access = GrantAccess(services: services, app: app)
    self.clock = clock
  }

  /// Runs once, unless another run of this connection is under way.
  package func run(_ connection: ConnectionName, owner: String) async throws -> Report {
    let lease = Lease(name: "reconcile/\(connection)", owner: owner)
    let start = clock()
    guard try await take(lease) else {
      return Report(connection: connection, end: .busy)
    }
    let run = try await services.store.beginRun(connection, now: start)
    let report: Report
    do {
      report = try await pass(connection, lease: lease, start: start)
      await services.pace.write()
    } catch {
      await services.pace.write()
      try await services.store.giveBackLease(lease.name, owner: owner)
      throw error
    }
    try await services.store.endRun(
      run, issues: report.issues, planned: report.planned, outcome: report.end.words, now: clock())
    try await services.store.giveBackLease(lease.name, owner: owner)
    if report.planned > 0 { services.bell.ring() }
    return report
  }

  private func pass(_ connection: ConnectionName, lease: Lease, start: Timestamp) async throws -> Report {
    guard let since = try await services.store.reconcileSince(connection) else {
      return Report(connection: connection, end: .finished)
    }
    guard let site = services.live.current.mappings.site(of: connection) else {
      return Report(connection: connection, end: .stopped("the connection has no site"))
    }
    let service = ServiceUser(services: services, access: access, connection: connection, site: site)
    let passed = try await service.act(now: clock) { jira, token in
      let reader = ReconcileReader(
        services: services, connection: connection, jira: jira, token: token.access, access: access)
      return try await pass(reader, since: since, lease: lease, start: start)
    }
    switch passed {
    case .success(.success(let report)): return report
    case .success(.failure):
      return Report(connection: connection, end: .stopped("Jira refuses the service user's token"))
    case .failure(let absence): return Report(connection: connection, end: .stopped(absence.words))
    }
  }

  /// - Returns: a failure when Jira refused the access token at once, and nothing was read.
  private func pass(
    _ reader: ReconcileReader, since: Timestamp, lease: Lease, start: Timestamp
  ) async throws -> Result<Report, CallFailure> {
    let connection = reader.connection
    var report = Report(connection: connection, end: .finished)
    var oldestDeferred: Timestamp?
    var page: String?
    var seenPages: Set<String> = []
    var seenIssues: Set<IssueID> = []
    for _ in 0..<Self.pageLimit {
      guard try await take(lease) else {
        report.end = .stopped("another run took over")
        return .success(report)
      }
      switch await reader.search(since: since - Self.overlap, page: page) {
      case .failure(.unauthorised) where page == nil: return .failure(.unauthorised)
      case .failure(let failure):
        report.end = .stopped("searching Jira: \(failure)")
        return .success(report)
      case .success(let found):
        let fresh = found.issues.filter { seenIssues.insert($0.id).inserted }
        let outcome = try await reader.reconcile(fresh, now: clock)
        report.add(outcome)
        oldestDeferred = (outcome.deferred + [oldestDeferred].compactMap { $0 }).min()
        guard outcome.problem == nil else { return .success(report) }
        // Only a missing token ends the search, and a repeated one would never (JRACLOUD-95368).
        guard let next = found.nextPage, seenPages.insert(next).inserted else {
          let open = try await services.store.issuesLeftOpen(connection, limit: Self.leftOpenLimit)
          report.add(try await reader.reconcile(leftOpen: open.filter { !seenIssues.contains($0) }, now: clock))
          if report.end == .finished { report.add(try await reader.sweep(now: clock)) }
          try await services.store.moveCursor(connection, to: min(start, oldestDeferred ?? start))
          return .success(report)
        }
        page = next
      }
    }
    report.end = .stopped("the search did not end after \(Self.pageLimit) pages")
    return .success(report)
  }

  private struct Lease {
    var name: String
    var owner: String
  }

  /// Takes the lease, or takes it for longer: a run may have many pages.
  private func take(_ lease: Lease) async throws -> Bool {
    let now = clock()
    return try await services.store.takeLease(lease.name, owner: lease.owner, until: now + Self.leaseTime, now: now)
  }
}

extension ReconcileStep.Report {
  fileprivate mutating func add(_ outcome: ReconcileReader.Outcome) {
    issues += outcome.issues
    planned += outcome.planned
    deferred += outcome.deferred.count
    failed += outcome.failed
    if let problem = outcome.problem { end = .stopped(problem) }
  }
}

extension ReconcileStep.Report.End {
  /// For people and for the run's row.
  package var words: String {
    switch self {
    case .finished: "finished"
    case .busy: "another run is under way"
    case .stopped(let reason): "stopped: \(reason)"
    }
  }
}

extension GrantAccess.Problem {
  func words(_ service: CRMUserID) -> String {
    switch self {
    case .missing: "the service user \(service) has not connected"
    case .lapsed: "the service user \(service) must connect again"
    case .passes(.busy), .passes(.paced): "the service user's token is being refreshed; try again in a moment"
    case .passes(.unavailable(let reason)): reason
    }
  }
}
