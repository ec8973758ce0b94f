import HTTPTypes
import Hummingbird
import JSON
import MappingLanguage
import SyncEngine
import SyncModel
import SyncStore
import Wire

/// How the mappings fit their Jira sites, by the last check of each connection.
struct SitePages: Sendable {
  let dependencies: WebDependencies
  let pages: PageMaker

  /// `GET /admin/site`
  func show(
    _ request: Request, _ context: BasicRequestContext, _ session: AdminSession
  ) async throws -> Response {
    let now = dependencies.clock()
    let set = dependencies.services.live.current.mappings
    let checks = try await dependencies.services.store.siteChecks()
    let pace = try await dependencies.services.pace.report()
    return pages.response(
      .site,
      SitePage(
        page: pages.frame("Jira site", session: session, current: "/admin/site"),
        connections: set.connections.keys.sorted().map { name in
          SitePage.Connection(
            name: name.rawValue, encodedName: URLEncoding.component(name.rawValue), site: set.site(of: name)?.url ?? "",
            check: checks[name].map { SitePage.Check($0, now: now) }, canCheck: dependencies.checkSite != nil)
        }, pace: PaceSection(pace, now: now), csrf: session.csrf.reveal()))
  }

  /// `POST /admin/site/check?connection=…`
  func check(_ fields: FormFields, _ request: Request, _ context: BasicRequestContext) async throws -> Response {
    guard let check = dependencies.checkSite,
      let name = FormFields(request.queryPairs)?["connection"].map({ ConnectionName($0) }),
      dependencies.services.live.current.mappings.connections[name] != nil
    else { throw HTTPError(.notFound) }
    _ = try await check(name)
    return .seeOther("/admin/site")
  }
}

/// The same for programs.
struct SiteAPI: Sendable {
  let dependencies: WebDependencies

  /// `GET /api/v1/site-checks`
  func list(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    let checks = try await dependencies.services.store.siteChecks()
    let known = dependencies.services.live.current.mappings.connections.keys.sorted()
    return .json(["checks": .array(known.compactMap { checks[$0]?.json })])
  }

  /// `POST /api/v1/site-checks` with the field `connection`.
  func check(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    let fields = FormFields(try await request.formPairs(within: dependencies.bodyDeadline))
    guard let name = fields?["connection"].map({ ConnectionName($0) }),
      dependencies.services.live.current.mappings.connections[name] != nil
    else { return .jsonError(.badRequest, "The field connection must name a connection.") }
    guard let check = dependencies.checkSite else {
      return .jsonError(.conflict, "This server does not check its Jira site.")
    }
    return .json(["check": try await check(name).json])
  }
}

/// The page's content.
struct SitePage: Sendable {
  struct Check: Sendable {
    var checked: Moment
    var counts: String
    var state: String
    var tone: String
    /// As whom Jira was asked, and in how many requests.
    var effort: String
    var problem: String?
    var errors: [String]
    var warnings: [String]
    var hasFindings: Bool
    var since: Moment?
  }
  struct Connection: Sendable {
    var name: String
    var encodedName: String
    var site: String
    var check: Check?
    var canCheck: Bool
  }

  var page: PageFrame
  var connections: [Connection]
  /// Nil: no connection uses the app.
  var pace: PaceSection?
  var csrf: String
}

extension SitePage.Check {
  init(_ check: SiteCheck, now: Timestamp) {
    self.init(
      checked: Moment(check.checkedAt, now: now), counts: check.counts,
      state: check.findings.isEmpty ? "fits" : check.errors > 0 ? "does not fit" : "worth a look",
      tone: check.findings.isEmpty ? "good" : check.errors > 0 ? "bad" : "wait",
      effort: check.people == 0
        ? "Jira was not asked"
        : "asked as \(counted(check.people, "person", "people")), in "
          + counted(check.requests, "request"),
      problem: check.problem, errors: check.findings.filter(\.isError).map(\.place),
      warnings: check.findings.filter { !$0.isError }.map(\.place), hasFindings: !check.findings.isEmpty,
      since: check.findings.isEmpty ? nil : Moment(check.changedAt, now: now))
  }
}

extension SiteCheck {
  /// "2 errors, 1 warning"
  var counts: String {
    let parts = [errors > 0 ? counted(errors, "error") : nil, warnings > 0 ? counted(warnings, "warning") : nil]
    return findings.isEmpty ? "no findings" : parts.compactMap { $0 }.joined(separator: ", ")
  }

  var json: JSONValue {
    [
      "connection": .string(connection.rawValue), "checkedAt": .string(checkedAt.description),
      "changedAt": .string(changedAt.description), "attemptedAt": .string(attemptedAt.description),
      "problem": .orNull(problem), "people": .integer(people), "requests": .integer(requests),
      "errors": .integer(errors), "warnings": .integer(warnings), "findings": .array(findings.map(\.json)),
    ]
  }
}

extension SiteCheck.Finding {
  fileprivate var place: String { "\(file):\(line)\(column.map { ":\($0)" } ?? ""): \(message)" }
}
