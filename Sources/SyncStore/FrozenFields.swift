import GRDB
import SyncCore
package import SyncModel

/// A field of one case that went back and forth, and is written on neither side until somebody releases it.
package struct FrozenField: Hashable, Sendable {
  package var connection: ConnectionName
  package var caseID: CaseID
  package var issueKey: IssueKey?
  package var mapping: MappingName
  package var field: FieldKey
  package var since: Timestamp
  package var turns: Int
}

extension Store {
  /// The fields that are stopped, the longest first.
  package func frozenFields(limit: Int) async throws -> [FrozenField] {
    try await read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT link.connection, link.case_id, link.issue_key, link.mapping, field, frozen_at, turns
          FROM field_state JOIN link ON link.id = field_state.link WHERE frozen_at IS NOT NULL
          ORDER BY frozen_at LIMIT ?
          """, arguments: [limit]
      ).map(Self.frozenField)
    }
  }

  static func frozenField(_ row: Row) -> FrozenField {
    FrozenField(
      connection: ConnectionName(row.text("connection")), caseID: CaseID(row.text("case_id")),
      issueKey: row.textOrNil("issue_key").map { IssueKey($0) }, mapping: MappingName(row.text("mapping")),
      field: FieldKey(row.text("field")), since: row.time("frozen_at") ?? Timestamp(milliseconds: 0),
      turns: Int(row.int("turns")))
  }

  /// Lets a stopped field go on: what the CRM wanted of it meanwhile is tried again, and the next run looks at Jira's.
  ///
  /// - Parameter connection: nil: whichever knows the case.
  /// - Returns: how many fields there were, one for each mapping that mirrors it.
  package func releaseField(
    _ field: FieldKey, case caseID: CaseID, connection: ConnectionName?, now: Timestamp
  ) async throws -> Int {
    try await commit { database in
      let links = try Row.fetchAll(
        database,
        sql: """
          SELECT link.* FROM link JOIN field_state ON field_state.link = link.id
          WHERE case_id = :case AND (:connection IS NULL OR connection = :connection) AND field = :field
            AND frozen_at IS NOT NULL
          """, arguments: ["case": caseID.rawValue, "connection": connection?.rawValue, "field": field.rawValue])
      for link in links {
        try Self.release(field, of: link, now: now, database)
      }
      return links.count
    }
  }

  private static func release(_ field: FieldKey, of link: Row, now: Timestamp, _ database: Database) throws {
    let id = link.int("id")
    try database.execute(
      sql: """
        UPDATE field_state SET frozen_at = NULL, turns = 0, turned_to = NULL, turned_at = NULL
        WHERE link = ? AND field = ?
        """, arguments: [id, field.rawValue])
    try database.execute(
      sql: """
        UPDATE operation SET state = 'ready', settled_at = NULL, reason = NULL, retried_after = attempt, due_at = ?
        WHERE link = ? AND state = 'dead' AND cause = ?
        """,
      arguments: [now.milliseconds, id, Cause.frozen(field, in: MappingName(link.text("mapping"))).text])
    try forgetReconciliation(link: id, database)
    try write(
      LedgerLine(
        at: now, connection: ConnectionName(link.text("connection")), caseID: CaseID(link.text("case_id")), link: id,
        event: nil, operation: nil, text: "somebody released the field '\(field)'"), database)
  }

  /// Counts the turns of the two-way fields that were written, and stops those that have had too many.
  static func countTurns(
    of fields: Set<FieldKey>, by operation: ClaimedOperation, breaker: LoopBreaker, now: Timestamp,
    _ database: Database
  ) throws {
    for field in fields.sorted() {
      let row = try Row.fetchOne(
        database.cachedStatement(
          sql: "SELECT turns, turned_to, turned_at, frozen_at FROM field_state WHERE link = ? AND field = ?"),
        arguments: [operation.link.id, field.rawValue])
      guard let row, row.intOrNil("frozen_at") == nil else { continue }
      let before = LoopBreaker.Turns(
        count: Int(row.int("turns")), last: row.textOrNil("turned_to").flatMap(Side.init(rawValue:)),
        at: row.time("turned_at"))
      let turns = breaker.after(before, writing: operation.call.kind.side, now: now)
      let isStopped = breaker.stops(turns)
      try database.executeCached(
        sql: """
          UPDATE field_state SET turns = ?, turned_to = ?, turned_at = ?, frozen_at = ? WHERE link = ? AND field = ?
          """,
        arguments: [
          turns.count, turns.last?.rawValue, turns.at?.milliseconds, isStopped ? now.milliseconds : nil,
          operation.link.id, field.rawValue,
        ])
      guard isStopped else { continue }
      try write(
        LedgerLine(
          at: now, connection: operation.connection, caseID: operation.caseID, link: operation.link.id, event: nil,
          operation: operation.id, text: OperationWords.stopped(field, after: turns.count)), database)
    }
  }
}
