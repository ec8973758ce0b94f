import GRDB
import SyncCore
package import SyncModel

/// The lanes that operations wait in: what is paced as one (see ``Schema/lanes``).
extension Store {
  /// The lane whose first operation has been due the longest, of those that no limit stops.
  static let nextLane = "SELECT id, is_paced FROM lane WHERE claimable_at <= ? ORDER BY claimable_at, id LIMIT 1"

  static let headOfLane = """
    SELECT * FROM operation WHERE lane = ? AND blocked_by IS NULL AND state IN ('ready', 'verifying', 'waiting')
    ORDER BY due_at, id LIMIT 1
    """

  static let heldTooLong = """
    SELECT * FROM operation WHERE state = 'held' AND due_at <= ? AND blocked_by IS NULL ORDER BY due_at LIMIT 1
    """

  /// What an operation that is about to be journaled has to wait for.
  static let blocker = """
    SELECT earlier.id, earlier.lane FROM operation AS earlier JOIN lane ON lane.id = earlier.lane
    WHERE earlier.link = :link AND earlier.side = :side AND earlier.state NOT IN ('done', 'skipped')
      AND (earlier.kind = 'create-issue' OR earlier.state IN ('ready', 'running', 'verifying', 'waiting')
        AND (earlier.lane = :lane OR NOT lane.is_paced))
    ORDER BY earlier.id DESC LIMIT 1
    """

  static let nextDueTimes = """
    SELECT * FROM (SELECT claimable_at FROM lane WHERE claimable_at IS NOT NULL ORDER BY claimable_at LIMIT 1)
    UNION ALL SELECT * FROM (SELECT due_at FROM operation WHERE state = 'held' AND due_at IS NOT NULL
      AND blocked_by IS NULL ORDER BY due_at LIMIT 1)
    """

  /// The next operation that is due and depends on nothing unfinished.
  static func nextDueOperation(now: Timestamp, _ database: Database) throws -> Row? {
    let lanes = try database.cachedStatement(sql: nextLane)
    if let lane = try Row.fetchOne(lanes, arguments: [now.milliseconds]) {
      if lane.int("is_paced") == 1 {
        try database.executeCached(sql: "UPDATE lane SET is_paced = 0 WHERE id = ?", arguments: [lane.int("id")])
      }
      let head = try database.cachedStatement(sql: headOfLane)
      if let row = try Row.fetchOne(head, arguments: [lane.int("id")]) { return row }
    }
    return try Row.fetchOne(database.cachedStatement(sql: heldTooLong), arguments: [now.milliseconds])
  }

  /// When the next operation becomes due, for whoever sleeps until then; nil: nothing waits for a time.
  ///
  /// What waits for another operation does not count: that one's end rings.
  package func nextDue() async throws -> Timestamp? {
    try await read { database in
      try Int64.fetchAll(database.cachedStatement(sql: Self.nextDueTimes)).min().map(Timestamp.init(milliseconds:))
    }
  }

  /// The lane of operations to one side, made when it is first needed; a new one keeps the pace of its site or CRM.
  ///
  /// - Parameter actor: whose grant they need; towards the CRM nobody's counts.
  static func lane(_ side: Side, of actor: CRMUserID?, connection: ConnectionName, _ database: Database) throws -> Int64
  {
    let actorID = side == .jira ? actor?.rawValue ?? "" : ""
    let known = try database.cachedStatement(
      sql: "SELECT id FROM lane WHERE connection = ? AND side = ? AND actor_id = ?")
    if let id = try Int64.fetchOne(known, arguments: [connection.rawValue, side.rawValue, actorID]) { return id }
    try database.executeCached(
      sql: """
        INSERT INTO lane (connection, side, actor_id, paced_until)
        VALUES (?, ?, ?, COALESCE((SELECT until FROM pace WHERE name = ?), 0))
        """, arguments: [connection.rawValue, side.rawValue, actorID, paceName(side, connection)])
    return database.lastInsertedRowID
  }

  /// What a limit concerns waits until then, and nothing else: one person's lane, or all lanes of a site or a CRM.
  static func pace(
    _ level: OperationLifecycle.RateLimitLevel, until: Timestamp, for operation: ClaimedOperation, _ database: Database
  ) throws {
    let side = operation.call.kind.side
    switch level {
    case .issue: break  // The operation's own due time says it all.
    case .grant:
      try database.executeCached(
        sql: """
          UPDATE lane SET paced_until = MAX(paced_until, ?), is_paced = 1
          WHERE id = (SELECT lane FROM operation WHERE id = ?)
          """, arguments: [until.milliseconds, operation.id])
    case .site, .app:
      try database.executeCached(
        sql: """
          INSERT INTO pace (name, until) VALUES (?, ?)
          ON CONFLICT (name) DO UPDATE SET until = MAX(until, excluded.until)
          """, arguments: [paceName(side, operation.connection), until.milliseconds])
      try database.executeCached(
        sql: "UPDATE lane SET paced_until = MAX(paced_until, ?) WHERE connection = ? AND side = ?",
        arguments: [until.milliseconds, operation.connection.rawValue, side.rawValue])
    }
  }

  private static func paceName(_ side: Side, _ connection: ConnectionName) -> String {
    "\(side == .crm ? "crm" : "site"):\(connection)"
  }
}
