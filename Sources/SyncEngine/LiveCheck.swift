import JiraClient
package import MappingLanguage
import SyncCore
package import SyncModel
import SyncStore

/// Holds the mappings of one connection against its Jira site, as everybody who has connected: reads, and nothing else.
///
/// A token is taken and refreshed as for any operation, so a check by hand may run beside the server.
package struct LiveCheck: Sendable {
  package struct Report: Hashable, Sendable {
    package var connection: ConnectionName
    package var at: Timestamp
    package var findings: [Diagnostic]
    /// Requests that were sent to Jira, and answers that were remembered from a check a moment ago.
    package var requests = 0
    package var remembered = 0
    /// The people as whom Jira was asked.
    package var people = 0
    /// Why it ended before everything was asked; what was found until then stands.
    package var end: String?

    package init(connection: ConnectionName, at: Timestamp, findings: [Diagnostic]) {
      self.connection = connection
      self.at = at
      self.findings = findings
    }

    package var errors: Int { findings.count { $0.severity == .error } }
    package var warnings: Int { findings.count - errors }
  }

  /// More people than this are not asked about in one check.
  package static let peopleLimit = 25
  /// No check of one connection sends more requests.
  package static let requestLimit = 400

  private let services: Services
  private let access: GrantAccess
  private let answers: SiteAnswers
  private let clock: @Sendable () -> Timestamp
  private let pause: @Sendable (Duration) async throws -> Void

  /// - Parameter pause: waits; a check that Jira asks to slow down takes its time.
  package init(
    services: Services, app: OAuthApp?, answers: SiteAnswers = SiteAnswers(),
    clock: @escaping @Sendable () -> Timestamp, pause: @escaping @Sendable (Duration) async throws -> Void
  ) {
    self.services = services
    self.access = GrantAccess(services: services, app: app)
    self.answers = answers
    self.clock = clock
    self.pause = pause
  }

  /// - Parameter progress: told what is asked about next.
  package func run(
    _ name: ConnectionName, progress: @Sendable (String) -> Void = { _ in }
  ) async throws -> Report {
    let report = try await check(name, progress: progress)
    await services.pace.write()
    return report
  }

  private func check(_ name: ConnectionName, progress: @Sendable (String) -> Void) async throws -> Report {
    let set = services.live.current.mappings
    guard let connection = set.connections[name], let site = set.site(of: name) else {
      return Report(connection: name, at: clock(), findings: [])
    }
    let mappings = set.mappings(of: name)
    let needs = SiteNeeds(mappings, looksUpPeople: connection.looksUpPeople)
    let grants = try await services.store.grants().filter { $0.connection == name }
    var reader = SiteReader(
      asking: SiteAsking(
        services: services, access: access, site: site, answers: answers, clock: clock, pause: pause,
        requestLimit: Self.requestLimit),
      needs: needs, fields: Set(mappings.flatMap(\.fields).map(\.key.rawValue)))
    try await reader.meet(grants, serviceUser: site.serviceUser, progress)
    guard reader.hasAskers else {
      let problem = reader.problem
      let words = problem.map { "Jira could not be asked: \($0)" } ?? Self.nobody(name, site, grants)
      var report = Report(
        connection: name, at: clock(), findings: [Diagnostic(.error, at: connection.position, words)])
      report.requests = reader.asking.requests
      report.end = problem
      return report
    }
    try await reader.read(progress)
    var report = Report(
      connection: name, at: clock(),
      findings: SiteFindings.findings(of: mappings, connection: connection, needs: needs, on: reader.facts))
    report.requests = reader.asking.requests
    report.remembered = reader.asking.remembered
    report.people = reader.askerCount
    report.end = reader.asking.end
    return report
  }

  /// Why nobody can be asked as, and what to do.
  private static func nobody(_ name: ConnectionName, _ site: JiraSite, _ grants: [StoredGrant]) -> String {
    let who = site.serviceUser.map { "the service user \($0)" } ?? "a user"
    let how = site.serviceUser.map { "counterpart users connect-url --connection \(name) --user \($0)" }
    return
      (grants.isEmpty
      ? "nobody has connected to \(site.url) yet, so Jira cannot be asked"
      : "no connection to \(site.url) works any more, so Jira cannot be asked")
      + "; connect \(who)" + (how.map { " with the link that this prints: \($0)" } ?? "")
  }
}
