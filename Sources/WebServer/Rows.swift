import SyncCore
import SyncModel
import SyncStore
import Wire

extension OperationRow {
  /// - Parameter session: an admin's, who gets links and buttons; nil on a user's own page.
  init(_ operation: OperationSummary, session: AdminSession? = nil, now: Timestamp) {
    self.init(
      id: String(operation.id), what: operation.kind.words, caseID: operation.caseID.rawValue,
      caseHref: session == nil ? nil : caseAddress(operation.connection, operation.caseID),
      issueKey: operation.issueKey?.rawValue, who: operation.who, state: operation.state.word,
      tone: operation.state.tone, explanation: operation.explanation(now: now),
      since: Moment(operation.settledAt ?? operation.createdAt, now: now),
      retryURL: "/admin/operations/\(operation.id)/retry", discardURL: "/admin/operations/\(operation.id)/discard",
      csrf: session?.csrf.reveal() ?? "")
  }
}

extension EventRow {
  init(_ event: EventSummary, session: AdminSession, now: Timestamp) {
    self.init(
      href: "/admin/events/\(event.id)", connection: event.connection.rawValue, caseID: event.caseID.rawValue,
      caseHref: caseAddress(event.connection, event.caseID), kind: event.kind.words, who: event.who,
      received: Moment(event.receivedAt, now: now), state: event.state, tone: event.tone, reason: event.reason,
      operations: event.operations.map { OperationRow($0, session: session, now: now) })
  }
}

/// The admin page of a case.
func caseAddress(_ connection: ConnectionName, _ caseID: CaseID) -> String {
  "/admin/cases/\(URLEncoding.component(connection.rawValue))/\(URLEncoding.component(caseID.rawValue))"
}
