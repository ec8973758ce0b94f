import GRDB
package import SyncModel

extension Store {
  /// The newest time that was written down; nil at the first start.
  package func newestTime() async throws -> Timestamp? {
    try await read { database in
      try Int64.fetchOne(database, sql: "SELECT at FROM clock").map(Timestamp.init(milliseconds:))
    }
  }

  package func noteTime(_ now: Timestamp) async throws {
    try await commit { try Self.note(now, $0) }
  }

  private static func note(_ now: Timestamp, _ database: Database) throws {
    try database.executeCached(
      sql: "INSERT INTO clock (id, at) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET at = excluded.at",
      arguments: [now.milliseconds])
  }

  /// The clock was set: whatever waits for a time waits as much longer or shorter, so that it ends when it would have.
  ///
  /// - Parameters:
  ///   - jump: by how much it was set, backwards where negative.
  ///   - before: what it would have shown.
  package func moveTimes(by jump: Duration, from before: Timestamp) async throws {
    let after = before + jump
    try await commit { database in
      let arguments: StatementArguments = [
        "jump": jump.milliseconds, "from": min(before, after).milliseconds,
      ]
      for sql in Self.movedTimes { try database.execute(sql: sql, arguments: arguments) }
      try Self.note(after, database)
    }
  }

  /// What is due already stays due. What was sent is told by patience, so it moves wherever it stands.
  private static let movedTimes = [
    """
    UPDATE operation SET due_at = due_at + :jump
    WHERE state IN ('ready', 'verifying', 'waiting') AND due_at > :from
    """,
    "UPDATE operation SET due_at = due_at + :jump WHERE state = 'held' AND due_at > :from",
    """
    UPDATE operation SET sent_at = sent_at + :jump
    WHERE sent_at IS NOT NULL AND state IN ('running', 'verifying', 'waiting', 'held')
    """,
    "UPDATE event SET waits_until = waits_until + :jump WHERE waits_for IS NOT NULL AND waits_until > :from",
    "UPDATE looked_up_person SET due_at = due_at + :jump WHERE due_at > :from",
    "UPDATE pace SET until = until + :jump WHERE until > :from",
    "UPDATE lane SET paced_until = paced_until + :jump WHERE paced_until > :from",
    "UPDATE lease SET until = until + :jump WHERE until > :from",
    "UPDATE grant_ SET expires_at = expires_at + :jump WHERE expires_at > :from",
    "UPDATE grant_ SET refreshing_until = refreshing_until + :jump WHERE refreshing_until > :from",
    "UPDATE report_turn SET due_at = due_at + :jump WHERE due_at > :from",
    "UPDATE account_report SET reported_at = reported_at + :jump",
    "UPDATE authorization SET expires_at = expires_at + :jump WHERE expires_at > :from",
  ]
}
