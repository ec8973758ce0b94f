import Logging
import MappingLanguage
import ServiceLifecycle
package import SyncCore
package import SyncModel
package import SyncStore

/// Holds every connection's mappings against its Jira site once a day, and by hand from the pages: a site's admin who
/// takes a field off a screen is noticed before a case fails.
///
/// What it finds is kept and shown. The log hears of it when it changes, not every night.
package struct DriftWatch: Service {
  private let check: LiveCheck
  private let services: Services
  /// Nil: only by hand.
  private let time: DailyTime?
  private let clock: @Sendable () -> Timestamp
  private let pause: @Sendable (Duration) async throws -> Void
  private let start: Timestamp

  package init(
    check: LiveCheck, services: Services, at time: DailyTime?, clock: @escaping @Sendable () -> Timestamp,
    pause: @escaping @Sendable (Duration) async throws -> Void
  ) {
    self.check = check
    self.services = services
    self.time = time
    self.clock = clock
    self.pause = pause
    start = clock()
  }

  package func run() async throws {
    while !Task.isShuttingDownGracefully, !Task.isCancelled {
      await cancelWhenGracefulShutdown {
        do {
          try await pause(.seconds(20))
          try await runDue()
        } catch is CancellationError {
          // The process is stopping: a check that was cut off is made again after the next start.
        } catch {
          Logger.current.error("Checking the mappings against Jira failed", metadata: ["error": "\(error)"])
        }
      }
    }
  }

  /// Checks the connections for which the time of day has come. One that was never checked waits for it, too.
  package func runDue() async throws {
    guard let time else { return }
    let checks = try await services.store.siteChecks()
    for name in services.live.current.mappings.connections.keys.sorted() {
      let last = checks[name]?.attemptedAt ?? start
      if time.isDue(since: last, now: clock()) { _ = try await check(name) }
    }
  }

  /// Checks one connection now, and keeps what was found.
  package func check(_ name: ConnectionName) async throws -> SiteCheck {
    let report = try await check.run(name)
    // What was cut off by the end of the process says nothing, and is made again after the next start.
    try Task.checkCancellation()
    let (kept, isNews) = try await services.store.keep(SiteCheck(report))
    let facts: Logger.Metadata = [
      "connection": "\(name)", "errors": "\(kept.errors)", "warnings": "\(kept.warnings)",
    ]
    if let problem = report.end {
      Logger.current.info(
        "A check of the mappings against Jira ended early", metadata: ["connection": "\(name)", "reason": "\(problem)"])
    }
    guard isNews else { return kept }
    if kept.findings.isEmpty {
      Logger.current.info("The mappings fit their Jira site again", metadata: facts)
    } else {
      Logger.current.warning("The mappings do not fit their Jira site; /admin/site says where", metadata: facts)
    }
    return kept
  }
}

extension SiteCheck {
  init(_ report: LiveCheck.Report) {
    self.init(
      connection: report.connection, checkedAt: report.at, requests: report.requests, people: report.people,
      findings: report.findings.map { diagnostic in
        Finding(
          isError: diagnostic.severity == .error, file: diagnostic.position.file, line: diagnostic.position.line,
          column: diagnostic.position.column, message: diagnostic.message)
      }, problem: report.end)
  }
}
