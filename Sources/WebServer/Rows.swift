import MappingLanguage
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Wire

/// What rows are made with: whose page it is, when, and where the Jira sites are.
struct RowContext: Sendable {
  /// An admin's, who gets links and buttons; nil on a user's own page.
  var session: AdminSession?
  var mappings: MappingSet
  var now: Timestamp

  init(_ dependencies: WebDependencies, session: AdminSession? = nil) {
    self.session = session
    mappings = dependencies.services.live.current.mappings
    now = dependencies.clock()
  }

  /// The address of an issue in its Jira; nil while the connection's site is not known, or is no web address.
  func issueAddress(_ connection: ConnectionName, _ key: IssueKey?) -> String? {
    guard let key, let name = mappings.connections[connection]?.site, let site = mappings.sites[name],
      site.url.hasPrefix("https://") || site.url.hasPrefix("http://")
    else { return nil }
    let start = site.url.hasSuffix("/") ? String(site.url.dropLast()) : site.url
    return "\(start)/browse/\(URLEncoding.component(key.rawValue))"
  }

  func moment(_ time: Timestamp) -> Moment { Moment(time, now: now) }

  /// What a case waits for.
  func waits(_ story: CaseStory) -> [CasePage.Wait] {
    let operations = story.operations.filter { $0.state != .done && $0.state != .skipped }.map { operation in
      let standing = operation.standing(now: now)
      return CasePage.Wait(
        what: operation.kind.words + (operation.actor == nil ? "" : ", for \(operation.who)"),
        state: operation.state.word, tone: operation.state.tone, explanation: standing.state, end: standing.end)
    }
    let events = story.events.filter { $0.state == "dead" || $0.isWaiting }.map { event in
      CasePage.Wait(
        what: "\(event.kind.words) by \(event.who), event \(event.id)", state: event.badge.word,
        tone: event.badge.tone, explanation: event.standing(now: now),
        end: event.state == "dead"
          ? Cause(event: "").end(for: nil, in: event.connection, retrying: nil)
          : Plan.Wait.endWords)
    }
    return events + operations
  }
}

extension OperationRow {
  init(_ operation: OperationSummary, in context: RowContext) {
    let isAdmin = context.session != nil
    let standing = operation.standing(now: context.now)
    let isOpen = operation.state == .held || operation.state == .dead
    self.init(
      id: String(operation.id), what: operation.kind.words, caseID: operation.caseID.rawValue,
      caseHref: isAdmin ? caseAddress(operation.connection, operation.caseID) : nil,
      eventHref: isAdmin ? operation.event.map { "/admin/events/\($0)" } : nil,
      issueKey: operation.issueKey?.rawValue,
      issueHref: context.issueAddress(operation.connection, operation.issueKey),
      who: isAdmin ? operation.who : "You", state: operation.state.word, tone: operation.state.tone,
      explanation: isAdmin ? standing.state : operation.ownExplanation,
      end: isAdmin && isOpen ? standing.end : nil,
      since: context.moment(operation.settledAt ?? operation.createdAt),
      retryURL: "/admin/operations/\(operation.id)/retry", discardURL: "/admin/operations/\(operation.id)/discard",
      csrf: context.session?.csrf.reveal() ?? "")
  }
}

extension EventRow {
  init(_ event: EventSummary, in context: RowContext) {
    let badge = event.badge
    self.init(
      id: String(event.id), href: "/admin/events/\(event.id)", connection: event.connection.rawValue,
      caseID: event.caseID.rawValue, caseHref: caseAddress(event.connection, event.caseID), kind: event.kind.words,
      who: event.who, received: context.moment(event.receivedAt), state: badge.word, tone: badge.tone,
      standing: event.standing(now: context.now),
      retryURL: event.state == "dead" ? "/admin/events/\(event.id)/retry" : nil,
      mappings: event.mappingVersion.map(String.init), csrf: context.session?.csrf.reveal() ?? "",
      operations: event.operations.map { OperationRow($0, in: context) })
  }
}

/// The admin page of a case.
func caseAddress(_ connection: ConnectionName, _ caseID: CaseID) -> String {
  "/admin/cases/\(URLEncoding.component(connection.rawValue))/\(URLEncoding.component(caseID.rawValue))"
}
