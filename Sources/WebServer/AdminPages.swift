import HTTPTypes
import Hummingbird
import MappingLanguage
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Wire

/// The pages on which admins see what happened and what needs a person.
struct AdminPages: Sendable {
  /// How many rows a page shows of anything.
  static let limit = 50

  let dependencies: WebDependencies
  let pages: PageMaker

  private var store: Store { dependencies.services.store }

  /// `GET /admin/events?before=…`
  func events(
    _ request: Request, _ context: BasicRequestContext, _ session: AdminSession
  ) async throws -> Response {
    let before = FormFields(request.queryPairs)?["before"].flatMap { Int64($0) }
    let rows = RowContext(dependencies, session: session)
    let events = try await store.events(limit: Self.limit, before: before)
    let older = events.count == Self.limit ? events.last.map { "/admin/events?before=\($0.id)" } : nil
    return pages.response(
      .events,
      EventsPage(
        page: pages.frame("Events", session: session, current: "/admin/events"),
        events: events.map { EventRow($0, in: rows) }, hasEvents: !events.isEmpty,
        olderHref: older))
  }

  /// `GET /admin/events/{id}`
  func event(
    _ request: Request, _ context: BasicRequestContext, _ session: AdminSession
  ) async throws -> Response {
    guard let id = Int64(context.pathPart("id")), let event = try await store.event(id) else {
      throw HTTPError(.notFound)
    }
    let row = EventRow(event, in: RowContext(dependencies, session: session))
    return pages.response(
      .event,
      EventPage(
        page: pages.frame("Event \(id)", session: session, current: "/admin/events"), event: row,
        operations: row.operations, hasOperations: !row.operations.isEmpty, canAct: false))
  }

  /// `GET /admin/cases/{connection}/{case}`
  func caseStory(
    _ request: Request, _ context: BasicRequestContext, _ session: AdminSession
  ) async throws -> Response {
    let caseID = context.pathPart("case")
    let connection = ConnectionName(context.pathPart("connection"))
    let stories = try await store.stories(of: caseID)
    guard let story = stories.first(where: { $0.connection == connection && $0.caseID.rawValue == caseID }) else {
      throw HTTPError(.notFound)
    }
    let rows = RowContext(dependencies, session: session)
    return pages.response(
      .caseStory,
      CasePage(
        page: pages.frame("Case \(caseID)", session: session, current: ""), connection: connection.rawValue,
        links: story.links.map { link in
          CasePage.Link(
            mapping: link.mapping.rawValue, issueKey: link.issueKey?.rawValue,
            issueHref: rows.issueAddress(connection, link.issueKey))
        },
        operations: story.operations.map { OperationRow($0, in: rows) },
        hasOperations: !story.operations.isEmpty, canAct: false,
        conflicts: story.conflicts.map { lost in
          CasePage.LostValue(
            at: rows.moment(lost.at), field: lost.conflict.field.rawValue, crm: shown(lost.conflict.crm),
            jira: shown(lost.conflict.jira), winner: lost.conflict.winner.words)
        },
        hasConflicts: !story.conflicts.isEmpty,
        lines: story.lines.map { line in
          CasePage.Line(
            at: rows.moment(line.at), text: line.text, eventHref: line.event.map { "/admin/events/\($0)" })
        }))
  }

  private func shown(_ value: FieldValue) -> String? { value.display.isEmpty ? nil : value.display }

  /// `GET /admin/work`: held operations, and dead letters by their cause.
  func work(
    _ request: Request, _ context: BasicRequestContext, _ session: AdminSession
  ) async throws -> Response {
    let rows = RowContext(dependencies, session: session)
    let held = try await store.operations(in: [.held], limit: Self.limit)
    let dead = try await store.operations(in: [.dead], limit: Self.limit)
    let events = try await store.deadEvents(limit: Self.limit)
    let deliveries = try await store.deadDeliveries(limit: Self.limit)
    let isCut = [held.count, dead.count, events.count, deliveries.count].contains(Self.limit)
    let table = { (operations: [OperationSummary]) in
      operations.map { OperationRow($0, in: rows) }
    }
    return pages.response(
      .work,
      WorkPage(
        page: pages.frame("Held and dead", session: session, current: "/admin/work"),
        held: held.isEmpty ? nil : OperationTable(cause: "", operations: table(held), canAct: true),
        dead: dead.byCause.map { group in
          // The cause stands above the table and need not stand in each of its rows.
          let operations = table(group.operations).map { row in
            var row = row
            row.explanation = ""
            return row
          }
          return OperationTable(cause: group.cause, operations: operations, canAct: true)
        },
        events: events.map { EventRow($0, in: rows) },
        deliveries: deliveries.map { UnreadableDelivery($0, now: rows.now) }, limit: isCut ? Self.limit : nil))
  }

  /// `GET /admin/people`
  func people(
    _ request: Request, _ context: BasicRequestContext, _ session: AdminSession
  ) async throws -> Response {
    let now = dependencies.clock()
    let people = try await store.grants().map { grant in
      PeoplePage.Person(
        userName: grant.user.name ?? grant.user.id.rawValue, userID: grant.user.id.rawValue,
        connection: grant.connection.rawValue, accountName: grant.accountName, state: grant.state.word,
        tone: grant.state.tone, lapseReason: grant.lapseReason, since: Moment(grant.connectedAt, now: now))
    }
    let held = try await store.operations(in: [.held], limit: 500)
    return pages.response(
      .people,
      PeoplePage(
        page: pages.frame("People", session: session, current: "/admin/people"), people: people,
        hasPeople: !people.isEmpty,
        waiting: held.filter { $0.holdReason?.needsDetail == false }.byWaiter, csrf: session.csrf.reveal()))
  }

  /// `GET /admin/mappings`
  func mappings(
    _ request: Request, _ context: BasicRequestContext, _ session: AdminSession
  ) async throws -> Response {
    let installation = dependencies.services.live.current
    return pages.response(
      .mappings,
      MappingsPage(
        page: pages.frame("Mappings", session: session, current: "/admin/mappings"),
        mappings: installation.mappings.mappings.map { mapping in
          MappingsPage.Row(
            name: mapping.name.rawValue, connection: mapping.connection.rawValue, file: mapping.file,
            digest: String(mapping.digest.prefix(12)))
        },
        findings: MappingFindings(installation.diagnostics)))
  }
}

extension [OperationSummary] {
  /// Grouped by the reason that they died of; the largest group first.
  var byCause: [(cause: String, operations: [OperationSummary])] {
    Dictionary(grouping: self) { $0.reason ?? "No reason was kept." }
      .map { (cause: $0.key, operations: $0.value) }
      .sorted { ($1.operations.count, $0.cause) < ($0.operations.count, $1.cause) }
  }
}

extension MappingFindings {
  init(_ diagnostics: [Diagnostic]) {
    self.init(
      errors: diagnostics.filter { $0.severity == .error }.map { "\($0.position): \($0.message)" },
      warnings: diagnostics.filter { $0.severity == .warning }.map { "\($0.position): \($0.message)" })
  }
}

extension UnreadableDelivery {
  init(
    _ delivery: (id: Int64, connection: ConnectionName, receivedAt: Timestamp, reason: String), now: Timestamp
  ) {
    self.init(
      id: String(delivery.id), connection: delivery.connection.rawValue,
      since: Moment(delivery.receivedAt, now: now), reason: delivery.reason)
  }
}

extension Side? {
  fileprivate var words: String {
    switch self {
    case .crm: "the CRM's value"
    case .jira: "Jira's value"
    case nil: "nobody's yet: a person decides"
    }
  }
}
