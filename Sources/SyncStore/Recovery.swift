import GRDB
import SyncCore
package import SyncModel

extension Store {
  /// Nothing that is carried out takes this long: whoever claimed it earlier is gone.
  static let longestAttempt: Duration = .seconds(600)

  /// What must be looked for before it is sent again, as SQL.
  private static let lookedFor = RemoteCall.Kind.allCases
    .filter { !$0.isRepeatable || $0 == .editIssue || $0 == .transitionIssue }
    .map { "'\($0.rawValue)'" }.joined(separator: ", ")

  /// Takes over what a worker of this name left running when its process ended, and what anybody else has been running
  /// for too long: nobody knows how far it came, so what must not happen twice is looked up first, and the rest is
  /// simply done again. It may have been sent up to this moment, so patience with the search begins now. Should the
  /// other still be there, its answer comes under an old attempt and changes nothing.
  ///
  /// - Parameter worker: nil: only what has been running for too long.
  /// - Returns: how many operations were found.
  @discardableResult
  package func recover(worker: String?, now: Timestamp) async throws -> Int {
    try await commit { database in
      try database.executeCached(
        sql: """
          UPDATE operation SET claimed_by = NULL, due_at = :now,
            state = CASE WHEN kind IN (\(Self.lookedFor)) THEN 'verifying' ELSE 'waiting' END,
            must_look = kind IN (\(Self.lookedFor)), sent_at = CASE WHEN must_look THEN sent_at ELSE :now END
          WHERE state = 'running' AND (claimed_by = :worker OR sent_at < :end)
          """,
        arguments: ["now": now.milliseconds, "worker": worker, "end": (now - Self.longestAttempt).milliseconds])
      return database.changesCount
    }
  }

  /// Lets go what was held for a person: they connected.
  ///
  /// - Returns: how many operations go out now.
  @discardableResult
  package func release(connection: ConnectionName, user: CRMUserID, now: Timestamp) async throws -> Int {
    try await commit { try Self.release(connection: connection, user: user, now: now, $0) }
  }

  static func release(
    connection: ConnectionName, user: CRMUserID, now: Timestamp, _ database: Database
  ) throws -> Int {
    try database.executeCached(
      sql: """
        UPDATE operation SET state = CASE WHEN must_look THEN 'verifying' ELSE 'ready' END, hold_reason = NULL,
          due_at = ?
        WHERE state = 'held' AND connection = ? AND actor_id = ?
        """, arguments: [now.milliseconds, connection.rawValue, user.rawValue])
    return database.changesCount
  }

  /// Tells a person on the case that something waits for them: when it begins, and not for each thing that does.
  static func tell(
    _ telling: PlannedOperation?, of operation: ClaimedOperation, now: Timestamp, _ database: Database
  ) throws {
    guard let telling, let actor = operation.actor else { return }
    let others = try Bool.fetchOne(
      database.cachedStatement(sql: othersHeld),
      arguments: [operation.connection.rawValue, actor.id.rawValue, operation.id])
    guard others != true else { return }
    try insert(telling, link: operation.link.id, event: nil, connection: operation.connection, now: now, database)
  }

  static let othersHeld = """
    SELECT 1 FROM operation WHERE state = 'held' AND connection = ? AND actor_id = ? AND id <> ?
      AND hold_reason IN ('grant', 'reconnect') LIMIT 1
    """

  /// Lets go what was held because Jira refused its person's token, now that the same grant has done something else: the
  /// refusal has passed. What is refused again and again all the same stays held after some tries.
  static func releaseRefused(
    after operation: ClaimedOperation, _ settlement: Settlement, now: Timestamp, _ database: Database
  ) throws {
    guard operation.call.kind.side == .jira, let actor = operation.actor, let grant = operation.grant,
      grant.state == .active, settlement.sentAs == grant.accountName
    else { return }
    let refused = Cause(held: .reconnect, for: actor, kind: operation.call.kind, connection: operation.connection)
    try database.executeCached(
      sql: """
        UPDATE operation SET state = CASE WHEN must_look THEN 'verifying' ELSE 'ready' END, hold_reason = NULL,
          due_at = ?
        WHERE state = 'held' AND connection = ? AND actor_id = ? AND hold_reason = 'reconnect' AND cause = ?
          AND attempt < retried_after + \(OperationLifecycle.patience)
        """,
      arguments: [now.milliseconds, operation.connection.rawValue, actor.id.rawValue, refused.text])
  }
}
