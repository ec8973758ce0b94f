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
    UNION ALL SELECT * FROM (SELECT waits_until FROM event WHERE waits_for IS NOT NULL ORDER BY waits_until LIMIT 1)
    UNION ALL SELECT * FROM (SELECT due_at FROM looked_up_person WHERE state <> 'nobody' ORDER BY due_at LIMIT 1)
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

  /// When the next operation or event becomes due, for whoever sleeps until then; nil: nothing waits for a time.
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
    let kind = try String.fetchOne(
      database.cachedStatement(sql: "SELECT kind FROM grant_ WHERE connection = ? AND crm_user = ?"),
      arguments: [connection.rawValue, actorID])
    // The limits of the app do not concern a token of one's own.
    let names =
      (kind == nil || kind == "oauth" ? [paceName(.app, side, connection)] : []) + [
        paceName(.site, side, connection)
      ]
    try database.executeCached(
      sql: """
        INSERT INTO lane (connection, side, actor_id, paced_until, paced_by)
        SELECT ?, ?, ?, COALESCE(MAX(until), 0), substr(name, 1, instr(name, ':') - 1) FROM pace WHERE name IN (?, ?)
        """,
      arguments: [connection.rawValue, side.rawValue, actorID, names[0], names[names.count - 1]])
    return database.lastInsertedRowID
  }

  /// What a limit concerns waits until then, and nothing else: one person's lane, or all lanes of a site or a CRM.
  ///
  /// Whatever else an app's or a site's limit concerns was stopped when the answer came; see ``stop(_:now:)``.
  static func pace(
    _ level: OperationLifecycle.RateLimitLevel, until: Timestamp, for operation: ClaimedOperation, _ database: Database
  ) throws {
    let side = operation.call.kind.side
    switch level {
    case .issue, .endpoint: break  // The operation's own due time says it all.
    case .grant:
      try database.executeCached(
        sql: """
          UPDATE lane SET paced_by = CASE WHEN paced_until < :until THEN 'grant' ELSE paced_by END,
            paced_until = MAX(paced_until, :until), is_paced = 1
          WHERE id = (SELECT lane FROM operation WHERE id = :id)
          """, arguments: ["until": until.milliseconds, "id": operation.id])
    case .site, .app: try stop(level, side: side, [operation.connection], until: until, database)
    }
  }

  /// The number stays the fence, so the attempt is not taken back but does not count.
  static func forgive(_ operation: ClaimedOperation, _ database: Database) throws {
    try database.executeCached(
      sql: """
        UPDATE operation SET retried_after = retried_after + 1, sent_at = CASE WHEN must_look THEN sent_at END
        WHERE id = ?
        """, arguments: [operation.id])
  }

  static func stop(
    _ level: OperationLifecycle.RateLimitLevel, side: Side = .jira, _ connections: [ConnectionName], until: Timestamp,
    _ database: Database
  ) throws {
    for connection in connections {
      try note(paceName(level, side, connection), until: until, database)
      try database.executeCached(
        sql: """
          UPDATE lane SET paced_by = :level, paced_until = :until
          WHERE connection = :connection AND side = :side AND paced_until < :until
            AND (:level <> 'app' OR NOT \(usesOwnToken))
          """,
        arguments: [
          "level": side == .crm ? "crm" : level.rawValue, "until": until.milliseconds,
          "connection": connection.rawValue,
          "side": side.rawValue,
        ])
    }
  }

  /// Whether a lane's person has a token of their own, which the limits of the app do not concern.
  private static let usesOwnToken = """
    EXISTS (SELECT 1 FROM grant_ WHERE grant_.connection = lane.connection AND crm_user = lane.actor_id
      AND grant_.kind <> 'oauth')
    """

  static func note(_ name: String, until: Timestamp, _ database: Database) throws {
    try database.executeCached(
      sql: """
        INSERT INTO pace (name, until) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET until = MAX(until, excluded.until)
        """, arguments: [name, until.milliseconds])
  }

  private static func paceName(
    _ level: OperationLifecycle.RateLimitLevel, _ side: Side, _ connection: ConnectionName
  ) -> String {
    "\(side == .crm ? "crm" : level.rawValue):\(connection)"
  }
}
