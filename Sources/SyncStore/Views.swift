import GRDB
import JSON
package import SyncCore
package import SyncModel

/// One event as the pages and `events list` show it, with what became of it.
package struct EventSummary: Hashable, Sendable {
  package var id: Int64
  /// The delivery that brought it.
  package var delivery: Int64
  package var connection: ConnectionName
  package var caseID: CaseID
  package var kind: CaseEvent.Kind
  package var actorID: CRMUserID?
  package var actorName: String?
  package var receivedAt: Timestamp
  package var state: String
  package var reason: String?
  /// Of a dead one: see ``Cause/text``.
  package var cause: String?
  /// The version of the mappings that it was planned with; see ``MappingVersion``.
  package var mappingVersion: Int64?
  package var operations: [OperationSummary]

  /// It is not planned yet, for a reason; see ``Plan/Wait``.
  package var isWaiting: Bool { state == "pending" && reason != nil }
}

/// One operation, for people.
package struct OperationSummary: Hashable, Sendable {
  package var id: Int64
  package var event: Int64?
  package var connection: ConnectionName
  package var caseID: CaseID
  package var issueKey: IssueKey?
  package var kind: RemoteCall.Kind
  package var actorID: CRMUserID?
  package var actorName: String?
  package var state: OperationLifecycle.State
  package var holdReason: OperationLifecycle.HoldReason?
  package var attempt: Int
  package var dueAt: Timestamp?
  package var reason: String?
  /// Of what is held or dead: see ``Cause/text``.
  package var cause: String?
  /// The operation before it, of its case and side, that must be finished first.
  package var blockedBy: Int64?
  /// What its lane waits for, or waited for last.
  package var pace: LanePace?
  package var sentAs: String?
  package var createdAt: Timestamp
  package var settledAt: Timestamp?
}

extension OperationSummary {
  /// Whose change it is.
  package var actor: CRMUser? { actorID.map { CRMUser(id: $0, name: actorName) } }

  /// Where it stands, and who can bring it to its end.
  ///
  /// - Parameters:
  ///   - showsCommands: whether the reader sits at a terminal; else there are buttons.
  ///   - now: a limit that has passed by then is not named.
  ///   - time: how the reader is told a time.
  package func standing(showsCommands: Bool, now: Timestamp, time: (Timestamp) -> String) -> Standing {
    let facts = Standing.Facts(
      id: id, connection: connection, state: state, hold: holdReason, cause: cause.flatMap(Cause.init(text:)),
      reason: reason, actor: actor, attempt: attempt, dueAt: dueAt,
      blockedBy: blockedBy, pace: pace.flatMap { $0.until > max(now, dueAt ?? now) ? $0 : nil },
      showsCommands: showsCommands)
    return Standing(facts, time: time)
  }
}

/// Counts for the overview, health and metrics.
package struct StoreCounts: Hashable, Sendable {
  package var pendingEvents = 0
  package var deadEvents = 0
  package var deadDeliveries = 0
  package var refusedDeliveries = 0
  package var operations: [OperationLifecycle.State: Int] = [:]
  package var grants = 0
  package var lapsedGrants = 0
  package var links = 0
  package var frozenFields = 0
  package var peopleToLookUp = 0
}

/// One reconciliation run, for people.
package struct RunSummary: Hashable, Sendable {
  package var connection: ConnectionName
  package var startedAt: Timestamp
  /// Nil: it is under way, or the process was killed while it was.
  package var endedAt: Timestamp?
  package var issues: Int
  package var planned: Int
  package var outcome: String?
}

/// Everything that is known of one case, for `explain`.
package struct CaseStory: Hashable, Sendable {
  package struct Link: Hashable, Sendable {
    package var mapping: MappingName
    package var issueID: IssueID?
    package var issueKey: IssueKey?
    package var standing = LinkStanding.linked
    /// Where a new case like this one would go, if not where the issue is.
    package var stray: String?
    /// The issues that it had before, the oldest first.
    package var former: [IssueKey] = []
  }
  package struct LostValue: Hashable, Sendable {
    package var at: Timestamp
    package var conflict: Conflict
  }

  package var connection: ConnectionName
  package var caseID: CaseID
  package var links: [Link]
  package var events: [EventSummary]
  package var operations: [OperationSummary]
  package var conflicts: [LostValue]
  package var frozen: [FrozenField]
  package var lines: [LedgerLine]
}

extension Store {
  /// The newest events first.
  package func events(limit: Int, before: Int64? = nil) async throws -> [EventSummary] {
    try await read { database in
      let rows = try Row.fetchAll(
        database.cachedStatement(sql: "SELECT * FROM event WHERE id < ? ORDER BY id DESC LIMIT ?"),
        arguments: [before ?? Int64.max, limit])
      return try rows.map { try Self.event($0, database) }
    }
  }

  package func event(_ id: Int64) async throws -> EventSummary? {
    try await read { database in
      try Row.fetchOne(database, sql: "SELECT * FROM event WHERE id = ?", arguments: [id])
        .map { try Self.event($0, database) }
    }
  }

  /// Operations in some states, the oldest first.
  package func operations(
    in states: [OperationLifecycle.State], user: CRMUserID? = nil, connection: ConnectionName? = nil,
    cause: String? = nil, limit: Int
  ) async throws -> [OperationSummary] {
    try await read { database in
      let names = states.map { "'\($0.rawValue)'" }.joined(separator: ", ")
      let rows = try Row.fetchAll(
        database,
        sql: Self.operationRows + """
           WHERE operation.state IN (\(names)) AND (:user IS NULL OR operation.actor_id = :user)
            AND (:connection IS NULL OR operation.connection = :connection)
            AND (:cause IS NULL OR operation.cause = :cause) ORDER BY operation.id LIMIT :limit
          """,
        arguments: [
          "user": user?.rawValue, "connection": connection?.rawValue, "cause": cause, "limit": limit,
        ])
      return rows.compactMap(Self.operation)
    }
  }

  package func operation(_ id: Int64) async throws -> OperationSummary? {
    try await read { database in
      try Row.fetchOne(database, sql: Self.operationRows + " WHERE operation.id = ?", arguments: [id])
        .flatMap(Self.operation)
    }
  }

  package func counts() async throws -> StoreCounts {
    try await read { database in
      func count(_ sql: String) throws -> Int { try Int.fetchOne(database.cachedStatement(sql: sql)) ?? 0 }
      var counts = StoreCounts()
      counts.pendingEvents = try count("SELECT COUNT(*) FROM event WHERE state = 'pending'")
      counts.deadEvents = try count("SELECT COUNT(*) FROM event WHERE state = 'dead'")
      counts.deadDeliveries = try count("SELECT COUNT(*) FROM delivery WHERE state = 'dead'")
      counts.refusedDeliveries = try count("SELECT COALESCE(SUM(count), 0) FROM refusal_count")
      counts.grants = try count("SELECT COUNT(*) FROM grant_ WHERE state = 'active'")
      counts.lapsedGrants = try count("SELECT COUNT(*) FROM grant_ WHERE state = 'lapsed'")
      counts.links = try count("SELECT COUNT(*) FROM link")
      counts.peopleToLookUp = try count("SELECT COUNT(*) FROM looked_up_person WHERE state = 'wanted'")
      counts.frozenFields = try count("SELECT COUNT(*) FROM field_state WHERE frozen_at IS NOT NULL")
      let open = "SELECT state, COUNT(*) AS count FROM operation WHERE state NOT IN ('done', 'skipped') GROUP BY state"
      for row in try Row.fetchAll(database.cachedStatement(sql: open)) {
        if let state = OperationLifecycle.State(rawValue: row.text("state")) {
          counts.operations[state] = Int(row.int("count"))
        }
      }
      return counts
    }
  }

  /// The story of a case, by the CRM's id or by Jira's key or id; one per connection that knows it.
  package func stories(of caseOrIssue: String) async throws -> [CaseStory] {
    try await read { database in
      let rows = try Row.fetchAll(
        database,
        sql: """
          SELECT connection, case_id FROM event WHERE case_id = :id
          UNION SELECT connection, case_id FROM link WHERE issue_key = :id OR issue_id = :id
          UNION SELECT connection, case_id FROM former_issue JOIN link ON link.id = former_issue.link
            WHERE former_issue.issue_key = :id OR former_issue.issue_id = :id
          """, arguments: ["id": caseOrIssue])
      return try rows.map { try Self.story($0.text("connection"), $0.text("case_id"), database) }
    }
  }

  /// Dead deliveries: genuine, but not readable. The newest first.
  package func deadDeliveries(
    limit: Int
  ) async throws -> [(id: Int64, connection: ConnectionName, receivedAt: Timestamp, reason: String)] {
    try await read { database in
      try Row.fetchAll(
        database,
        sql: "SELECT id, connection, received_at, reason FROM delivery WHERE state = 'dead' ORDER BY id DESC LIMIT ?",
        arguments: [limit]
      ).map { row in
        (
          row.int("id"), ConnectionName(row.text("connection")),
          row.time("received_at") ?? Timestamp(milliseconds: 0), row.text("reason")
        )
      }
    }
  }

  /// Dead events: read, but not to be planned as they stand. The newest first.
  package func deadEvents(cause: String? = nil, limit: Int) async throws -> [EventSummary] {
    try await read { database in
      let rows = try Row.fetchAll(
        database,
        sql: """
          SELECT * FROM event WHERE state = 'dead' AND (:cause IS NULL OR cause = :cause) ORDER BY id DESC LIMIT :n
          """,
        arguments: ["cause": cause, "n": limit])
      return try rows.map { try Self.event($0, database) }
    }
  }

  /// The newest reconciliation run of each connection that has had one.
  package func lastRuns() async throws -> [ConnectionName: RunSummary] {
    try await read { database in
      let rows = try Row.fetchAll(
        database, sql: "SELECT * FROM run WHERE id IN (SELECT MAX(id) FROM run GROUP BY connection)")
      let runs = rows.map { row in
        RunSummary(
          connection: ConnectionName(row.text("connection")),
          startedAt: row.time("started_at") ?? Timestamp(milliseconds: 0), endedAt: row.time("ended_at"),
          issues: Int(row.int("issues")), planned: Int(row.int("planned")), outcome: row.textOrNil("outcome"))
      }
      return Dictionary(uniqueKeysWithValues: runs.map { ($0.connection, $0) })
    }
  }

  /// Proves that the database can be written: a transaction that changes nothing but takes the write lock.
  package func proveWritable() async throws {
    try await commit { database in try database.execute(sql: "DELETE FROM lease WHERE name = ''") }
  }

  private static func story(_ connection: String, _ caseID: String, _ database: Database) throws -> CaseStory {
    let arguments: StatementArguments = [connection, caseID]
    let links = try Row.fetchAll(
      database, sql: "SELECT * FROM link WHERE connection = ? AND case_id = ?", arguments: arguments)
    let events = try Row.fetchAll(
      database, sql: "SELECT * FROM event WHERE connection = ? AND case_id = ? ORDER BY id", arguments: arguments)
    let operations = try Row.fetchAll(
      database, sql: operationRows + " WHERE link.connection = ? AND link.case_id = ? ORDER BY operation.id",
      arguments: arguments)
    let conflicts = try Row.fetchAll(
      database,
      sql: """
        SELECT conflict.* FROM conflict JOIN link ON link.id = conflict.link
        WHERE connection = ? AND case_id = ? ORDER BY conflict.id
        """, arguments: arguments)
    let frozen = try Row.fetchAll(
      database,
      sql: """
        SELECT link.connection, link.case_id, link.issue_key, link.mapping, field, frozen_at, turns
        FROM link JOIN field_state ON field_state.link = link.id
        WHERE connection = ? AND case_id = ? AND frozen_at IS NOT NULL ORDER BY field
        """, arguments: arguments)
    let lines = try Row.fetchAll(
      database, sql: "SELECT * FROM ledger WHERE connection = ? AND case_id = ? ORDER BY id", arguments: arguments)
    let former = try formerIssues(connection: connection, caseID: caseID, database)
    return CaseStory(
      connection: ConnectionName(connection), caseID: CaseID(caseID),
      links: links.map { row in
        CaseStory.Link(
          mapping: MappingName(row.text("mapping")), issueID: issue(row)?.id, issueKey: issue(row)?.key,
          standing: LinkStanding(rawValue: row.text("standing")) ?? .linked, stray: row.textOrNil("stray"),
          former: former[row.int("id")] ?? [])
      },
      events: try events.map { try event($0, database) }, operations: operations.compactMap(operation),
      conflicts: conflicts.map { row in
        CaseStory.LostValue(
          at: row.time("at") ?? Timestamp(milliseconds: 0),
          conflict: Conflict(
            field: FieldKey(row.text("field")), winner: row.textOrNil("winner").flatMap(Side.init(rawValue:)),
            crm: FieldValue(column: row.textOrNil("crm")) ?? .empty,
            jira: FieldValue(column: row.textOrNil("jira")) ?? .empty))
      },
      frozen: frozen.map(frozenField),
      lines: lines.map { row in
        LedgerLine(
          at: row.time("at") ?? Timestamp(milliseconds: 0), connection: ConnectionName(connection),
          caseID: CaseID(caseID), link: row.intOrNil("link"), event: row.intOrNil("event"),
          operation: row.intOrNil("operation"), text: row.text("line"))
      })
  }

  private static func event(_ row: Row, _ database: Database) throws -> EventSummary {
    let operations = try Row.fetchAll(
      database.cachedStatement(sql: operationRows + " WHERE operation.event = ? ORDER BY operation.id"),
      arguments: [row.int("id")])
    return EventSummary(
      id: row.int("id"), delivery: row.int("delivery"), connection: ConnectionName(row.text("connection")),
      caseID: CaseID(row.text("case_id")), kind: CaseEvent.Kind(rawValue: row.text("kind")) ?? .updated,
      actorID: row.textOrNil("actor_id").map { CRMUserID($0) }, actorName: row.textOrNil("actor_name"),
      receivedAt: row.time("received_at") ?? Timestamp(milliseconds: 0), state: row.text("state"),
      reason: row.textOrNil("reason"),
      cause: row.text("state") == "dead" ? row.textOrNil("cause") : nil,
      mappingVersion: row.intOrNil("mapping_version"), operations: operations.compactMap(operation))
  }

  private static let operationRows = """
    SELECT operation.*, link.case_id, link.issue_key, lane.paced_until, lane.paced_by
    FROM operation JOIN link ON link.id = operation.link LEFT JOIN lane ON lane.id = operation.lane
    """

  private static func operation(_ row: Row) -> OperationSummary? {
    guard let kind = RemoteCall.Kind(rawValue: row.text("kind")),
      let state = OperationLifecycle.State(rawValue: row.text("state"))
    else { return nil }
    return OperationSummary(
      id: row.int("id"), event: row.intOrNil("event"), connection: ConnectionName(row.text("connection")),
      caseID: CaseID(row.text("case_id")), issueKey: row.textOrNil("issue_key").map { IssueKey($0) }, kind: kind,
      actorID: row.textOrNil("actor_id").map { CRMUserID($0) }, actorName: row.textOrNil("actor_name"), state: state,
      holdReason: row.textOrNil("hold_reason").flatMap(OperationLifecycle.HoldReason.init(rawValue:)),
      attempt: Int(row.int("attempt")), dueAt: row.time("due_at"), reason: row.textOrNil("reason"),
      cause: state == .held || state == .dead ? row.textOrNil("cause") : nil,
      blockedBy: row.intOrNil("blocked_by"),
      pace: row.textOrNil("paced_by").flatMap(LanePace.Level.init(rawValue:)).flatMap { level in
        row.time("paced_until").map { LanePace(level, until: $0) }
      }, sentAs: row.textOrNil("sent_as"),
      createdAt: row.time("created_at") ?? Timestamp(milliseconds: 0),
      settledAt: row.time("settled_at"))
  }
}
