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
            issueHref: rows.issueAddress(connection, link.issueKey), remarks: link.remarks)
        },
        operations: story.operations.map { OperationRow($0, in: rows) },
        hasOperations: !story.operations.isEmpty, canAct: false,
        conflicts: story.conflicts.map { lost in
          CasePage.LostValue(
            at: rows.moment(lost.at), field: lost.conflict.field.rawValue, crm: shown(lost.conflict.crm),
            jira: shown(lost.conflict.jira), winner: lost.conflict.winner.words)
        },
        hasConflicts: !story.conflicts.isEmpty, waits: rows.waits(story),
        frozen: story.frozen.map { FrozenRow($0, in: rows) },
        lines: story.chapters.map { chapter in
          CasePage.Line(
            at: rows.moment(chapter.at), text: chapter.text, isEvent: chapter.isEvent,
            eventHref: chapter.event.map { "/admin/events/\($0)" })
        }))
  }

  private func shown(_ value: FieldValue) -> String? { value.display.isEmpty ? nil : value.display }

  /// `GET /admin/work?cause=…`: what stands still, by its cause; all of it, or what has one cause.
  func work(
    _ request: Request, _ context: BasicRequestContext, _ session: AdminSession
  ) async throws -> Response {
    let rows = RowContext(dependencies, session: session)
    let chosen = FormFields(request.queryPairs)?["cause"]
    let groups = try await store.causes(limit: Self.limit).filter { chosen == nil || $0.cause == chosen }
    let held = try await store.operations(in: [.held], cause: chosen, limit: Self.limit)
    let dead = try await store.operations(in: [.dead], cause: chosen, limit: Self.limit)
    let events = try await store.deadEvents(cause: chosen, limit: Self.limit)
    let deliveries = chosen == nil ? try await store.deadDeliveries(limit: Self.limit) : []
    let isCut = [held.count, dead.count, events.count, deliveries.count, groups.count].contains(Self.limit)
    let table = { (operations: [OperationSummary]) in
      operations.isEmpty
        ? nil : OperationTable(operations: operations.map { OperationRow($0, in: rows) }, canAct: true)
    }
    return pages.response(
      .work,
      WorkPage(
        page: pages.frame("Held and dead", session: session, current: "/admin/work"), isChosen: chosen != nil,
        causes: groups.map { CauseRow($0, in: rows) },
        frozen: chosen == nil ? try await store.frozenFields(limit: Self.limit).map { FrozenRow($0, in: rows) } : [],
        held: table(held), dead: table(dead), events: events.map { EventRow($0, in: rows) },
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
        tone: grant.state.tone, lapseReason: grant.lapseReason, since: Moment(grant.connectedAt, now: now),
        ends: grant.endsUnused.map { Moment($0, now: now) })
    }
    let waiting = try await store.causes(limit: Self.limit).filter { $0.known?.subject == "person" }
    return pages.response(
      .people,
      PeoplePage(
        page: pages.frame("People", session: session, current: "/admin/people"), people: people,
        hasPeople: !people.isEmpty,
        reports: try await store.reportTurns().compactMap { $0.sentence(now: now) },
        waiting: waiting.map(OverviewPage.Cause.init), csrf: session.csrf.reveal()))
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
