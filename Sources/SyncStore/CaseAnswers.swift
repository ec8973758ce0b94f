import GRDB
import SyncCore
import SyncModel

// An event that shows a closed case open, though a write of ours may have closed it since, waits until the case was asked.
// The events of the case that came after it wait behind it.
extension Store {
  /// What the case was found to hold since an event came. What was found before the newest write of ours to the case says
  /// nothing any more.
  static func answers(about event: EventToPlan, _ database: Database) throws -> [MappingName: CaseAnswer] {
    let rows = try Row.fetchAll(database.cachedStatement(sql: answersToEvent), arguments: [event.id])
    var answers: [MappingName: CaseAnswer] = [:]
    for row in rows where try row.int("writes") == writes(toCaseOf: row.int("link"), database) {
      answers[MappingName(row.text("mapping"))] = CaseAnswer(status: FieldValue(column: row.textOrNil("status")))
    }
    return answers
  }

  static let answersToEvent = """
    SELECT case_answer.*, link.mapping FROM case_answer JOIN link ON link.id = case_answer.link WHERE event = ?
    """

  /// How often anything of ours was on its way to write a case, under whichever mapping.
  static func writes(toCaseOf link: Int64, _ database: Database) throws -> Int64 {
    try Int64.fetchOne(database.cachedStatement(sql: writesToWholeCase), arguments: [link]) ?? 0
  }

  static let writesToWholeCase = """
    SELECT SUM(attempt) FROM link AS own
      JOIN link AS any ON any.connection = own.connection AND any.case_id = own.case_id
      JOIN operation ON operation.link = any.id
    WHERE own.id = ? AND kind = 'write-case'
    """

  /// The pending events of a case that came after another.
  static func eventsBehind(_ event: EventToPlan, _ database: Database) throws -> [EventToPlan.LaterEvent] {
    let rows = try Row.fetchAll(
      database.cachedStatement(sql: pendingBehind),
      arguments: [event.connection.rawValue, event.caseID.rawValue, event.id])
    return rows.map { EventToPlan.LaterEvent(position: Int($0.int("position")), body: $0.bytesOrNil("body") ?? []) }
  }

  static let pendingBehind = """
    SELECT event.position, delivery.body FROM event JOIN delivery ON delivery.id = event.delivery
    WHERE event.connection = ? AND event.case_id = ? AND event.id > ? AND event.state = 'pending' ORDER BY event.id
    """

  /// An answer during which the case was written tells nothing: it is asked again.
  static func answering(
    _ settlement: Settlement, of operation: ClaimedOperation, _ database: Database
  ) throws -> Settlement {
    guard case .done(.caseAsked) = settlement.transition,
      try writes(toCaseOf: operation.link.id, database) != operation.earlierWrites
    else { return settlement }
    return Settlement(transition: .sendAgain, reason: "the case was written meanwhile, so it is asked again")
  }

  static func remember(_ answer: CaseAnswer, of question: ClaimedOperation, _ database: Database) throws {
    try database.executeCached(
      sql: """
        INSERT OR REPLACE INTO case_answer (event, link, status, writes)
        SELECT event, link, ?, ? FROM operation WHERE id = ?
        """, arguments: [answer.status?.column, question.earlierWrites, question.id])
  }

  static func forgetAnswers(to event: Int64, _ database: Database) throws {
    try database.executeCached(sql: "DELETE FROM case_answer WHERE event = ?", arguments: [event])
  }
}

extension Schema {
  /// `status` is null where nobody can tell; `writes` counts those of ours that the answer knows of.
  static func caseAnswers(_ database: Database) throws {
    try widen(
      "operation", "'delete-issue', 'add-case-attachment')", "'delete-issue', 'add-case-attachment', 'ask-case')",
      database)
    try database.execute(
      sql: """
        CREATE TABLE case_answer (
          event INTEGER NOT NULL REFERENCES event (id),
          link INTEGER NOT NULL REFERENCES link (id),
          status TEXT,
          writes INTEGER NOT NULL,
          PRIMARY KEY (event, link)
        ) STRICT, WITHOUT ROWID;
        """)
  }
}
