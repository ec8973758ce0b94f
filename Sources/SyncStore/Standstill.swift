import GRDB
package import SyncCore
package import SyncModel

/// What stands still for one cause.
package struct CauseGroup: Hashable, Sendable {
  /// As it is named on the command line and in addresses; see ``Cause/text``.
  package var cause: String
  /// Nil for a cause of another version of the program.
  package var known: Cause? { Cause(text: cause) }
  package var operations: Int
  package var events: Int
  /// Some of it waits for a person; the rest cannot succeed as it stands.
  package var isHeld: Bool
  package var oldest: Timestamp
  package var newest: Timestamp
  /// The oldest of it, for whoever wants to look at one.
  package var example: Example

  package struct Example: Hashable, Sendable {
    package var connection: ConnectionName
    package var caseID: CaseID
    package var actorID: CRMUserID?
    package var actorName: String?
    package var reason: String?
    package var operation: Int64?
    package var event: Int64?
  }

  package var count: Int { operations + events }
}

/// What is to be tried again or given up.
package enum StandstillSelection: Hashable, Sendable {
  case operations([Int64])
  case events([Int64])
  /// Operations and events alike.
  case cause(String)
  case allDead
  case allHeld
}

extension Store {
  /// What is held or dead, by its cause; the largest groups first.
  package func causes(limit: Int = 1000) async throws -> [CauseGroup] {
    try await read { database in
      let groups = try Row.fetchAll(database, sql: Self.causeGroups, arguments: ["limit": limit])
      return try groups.compactMap { group in
        let operation = try group.intOrNil("operation").flatMap { id in
          try Row.fetchOne(
            database,
            sql: """
              SELECT operation.*, link.case_id FROM operation JOIN link ON link.id = operation.link
              WHERE operation.id = ?
              """, arguments: [id])
        }
        let event = try group.intOrNil("event").flatMap { id in
          try Row.fetchOne(database, sql: "SELECT * FROM event WHERE id = ?", arguments: [id])
        }
        guard let row = operation ?? event else { return nil }
        return CauseGroup(
          cause: group.text("cause"), operations: Int(group.int("operations")), events: Int(group.int("events")),
          isHeld: group.int("held") > 0, oldest: group.time("oldest") ?? Timestamp(milliseconds: 0),
          newest: group.time("newest") ?? Timestamp(milliseconds: 0),
          example: CauseGroup.Example(
            connection: ConnectionName(row.text("connection")), caseID: CaseID(row.text("case_id")),
            actorID: row.textOrNil("actor_id").map { CRMUserID($0) }, actorName: row.textOrNil("actor_name"),
            reason: row.textOrNil("reason"), operation: operation?.int("id"),
            event: operation == nil ? event?.int("id") : nil))
      }
    }
  }

  static let causeGroups = """
    SELECT cause, SUM(is_operation) AS operations, SUM(NOT is_operation) AS events, SUM(is_held) AS held,
      MIN(at) AS oldest, MAX(at) AS newest,
      MIN(CASE WHEN is_operation THEN id END) AS operation, MIN(CASE WHEN NOT is_operation THEN id END) AS event
    FROM (
      SELECT cause, 1 AS is_operation, state = 'held' AS is_held, created_at AS at, id FROM operation
        WHERE state IN ('held', 'dead') AND cause IS NOT NULL
      UNION ALL SELECT cause, 0, 0, received_at, id FROM event WHERE state = 'dead' AND cause IS NOT NULL)
    GROUP BY cause ORDER BY COUNT(*) DESC, cause LIMIT :limit
    """

  /// Puts what stands still back in line; what is not held, dead or waiting for a time is left alone.
  ///
  /// - Parameter spacing: the first goes out now, each further one so much later than the one before it. Events are
  ///   planned at once, and what follows from them goes out as fast as the far sides let it.
  /// - Returns: how many operations and events there were.
  package func retry(
    _ selection: StandstillSelection, spacing: Duration = .zero, now: Timestamp
  ) async throws -> (operations: Int, events: Int) {
    try await commit { database in
      var counts = (operations: 0, events: 0)
      for chosen in selection.operationConditions {
        var arguments = chosen.arguments
        arguments["now"] = now.milliseconds
        arguments["spacing"] = spacing.milliseconds
        try database.execute(sql: Self.sayRetried(chosen.sql), arguments: StatementArguments(arguments))
        try database.execute(sql: Self.retryOperations(chosen.sql), arguments: StatementArguments(arguments))
        counts.operations += database.changesCount
      }
      for chosen in selection.eventConditions {
        try database.execute(
          sql: "UPDATE event SET state = 'pending', reason = NULL, settled_at = NULL WHERE \(chosen.sql)",
          arguments: StatementArguments(chosen.arguments))
        counts.events += database.changesCount
      }
      return counts
    }
  }

  private static func sayRetried(_ condition: String) -> String {
    """
    INSERT INTO ledger (at, connection, case_id, link, operation, line)
    SELECT :now, operation.connection, link.case_id, link.id, operation.id, 'somebody has it tried again'
    FROM operation JOIN link ON link.id = operation.link WHERE \(condition)
    """
  }

  private static func retryOperations(_ condition: String) -> String {
    """
    UPDATE operation SET state = CASE WHEN must_look THEN 'verifying' ELSE 'ready' END, hold_reason = NULL,
      settled_at = NULL, reason = NULL, retried_after = attempt, due_at = :now + spread.place * :spacing
    FROM (SELECT operation.id AS chosen, ROW_NUMBER() OVER (ORDER BY operation.id) - 1 AS place
      FROM operation WHERE \(condition)) AS spread
    WHERE operation.id = spread.chosen
    """
  }

  /// Gives dead or held operations, and dead events, up for good, with somebody's reason.
  ///
  /// - Returns: how many operations and events there were.
  package func discard(
    _ selection: StandstillSelection, reason: String, now: Timestamp
  ) async throws -> (operations: Int, events: Int) {
    try await commit { database in
      var counts = (operations: 0, events: 0)
      for chosen in selection.operationConditions {
        var arguments = chosen.arguments
        arguments["now"] = now.milliseconds
        arguments["reason"] = "discarded: " + reason
        try database.execute(
          sql: """
            INSERT INTO ledger (at, connection, case_id, link, operation, line)
            SELECT :now, operation.connection, link.case_id, link.id, operation.id, :reason
            FROM operation JOIN link ON link.id = operation.link WHERE \(chosen.sql)
            """, arguments: StatementArguments(arguments))
        try database.execute(
          sql: """
            UPDATE operation SET state = 'skipped', hold_reason = NULL, due_at = NULL, settled_at = :now,
              reason = :reason
            WHERE \(chosen.sql)
            """, arguments: StatementArguments(arguments))
        counts.operations += database.changesCount
      }
      for chosen in selection.eventConditions {
        var arguments = chosen.arguments
        arguments["now"] = now.milliseconds
        arguments["reason"] = "discarded: " + reason
        try database.execute(
          sql: "UPDATE event SET state = 'ignored', reason = :reason, settled_at = :now WHERE \(chosen.sql)",
          arguments: StatementArguments(arguments))
        counts.events += database.changesCount
      }
      try Self.keepAllTold(now: now, database)
      return counts
    }
  }

  /// Puts one dead, held or waiting operation back in line.
  ///
  /// - Returns: whether there was one to put back.
  package func retryOperation(_ id: Int64, now: Timestamp) async throws -> Bool {
    try await retry(.operations([id]), now: now).operations > 0
  }

  /// See ``retryOperation(_:now:)``; an ignored event is planned again as well.
  package func retryEvent(_ id: Int64, now: Timestamp) async throws -> Bool {
    try await retry(.events([id]), now: now).events > 0
  }

  /// Gives one dead or held operation up for good, with somebody's reason.
  package func discardOperation(_ id: Int64, reason: String, now: Timestamp) async throws -> Bool {
    try await discard(.operations([id]), reason: reason, now: now).operations > 0
  }
}

extension StandstillSelection {
  fileprivate typealias Condition = (sql: String, arguments: [String: (any DatabaseValueConvertible)?])

  private static func list(_ ids: [Int64]) -> String { "[" + ids.map(String.init).joined(separator: ",") + "]" }

  /// Which operations these are; none where only events are meant.
  fileprivate var operationConditions: [Condition] {
    switch self {
    case .operations(let ids):
      [
        (
          sql: "operation.id IN (SELECT value FROM json_each(:ids)) AND operation.state IN ('dead', 'held', 'waiting')",
          arguments: ["ids": Self.list(ids)]
        )
      ]
    case .events: []
    case .cause(let cause):
      [(sql: "operation.cause = :cause AND operation.state IN ('held', 'dead')", arguments: ["cause": cause])]
    case .allDead: [(sql: "operation.state = 'dead'", arguments: [:])]
    case .allHeld: [(sql: "operation.state = 'held'", arguments: [:])]
    }
  }

  fileprivate var eventConditions: [Condition] {
    switch self {
    case .operations, .allHeld: []
    case .events(let ids):
      [
        (
          sql: "id IN (SELECT value FROM json_each(:ids)) AND state IN ('dead', 'ignored')",
          arguments: ["ids": Self.list(ids)]
        )
      ]
    case .cause(let cause): [(sql: "cause = :cause AND state = 'dead'", arguments: ["cause": cause])]
    case .allDead: [(sql: "state = 'dead'", arguments: [:])]
    }
  }
}
