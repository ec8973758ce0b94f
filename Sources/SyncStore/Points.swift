import GRDB
package import SyncCore
package import SyncModel

/// Points that were spent and are not written down yet.
package struct PointsSpent: Hashable, Sendable {
  /// The beginning of the hour.
  package var hour: Timestamp
  /// Nil: Jira says that they are gone, and nobody here spent them.
  package var account: PointsLedger.Account?
  package var points: Int
  package var requests: Int

  package init(hour: Timestamp, account: PointsLedger.Account?, points: Int, requests: Int) {
    self.hour = hour
    self.account = account
    self.points = points
    self.requests = requests
  }
}

/// What stands still because Jira said so, and how long.
package struct JiraStop: Hashable, Sendable {
  package enum Scope: Hashable, Sendable {
    /// The lanes of these connections, towards Jira.
    case app([ConnectionName])
    case site([ConnectionName])
    /// One kind of request to one site.
    case endpoint(String)
  }

  package var scope: Scope
  package var until: Timestamp

  package init(_ scope: Scope, until: Timestamp) {
    self.scope = scope
    self.until = until
  }
}

/// What the pace of requests goes by, as all processes of the installation know it.
package struct PaceRecord: Hashable, Sendable {
  package var points: [PointsSpent] = []
  /// Limits that have not passed: `app`, `site:CONNECTION`, `endpoint:…`.
  package var stops: [String: Timestamp] = [:]

  package init() {}
}

extension Store {
  /// When issues of a site were written lately, as far as operations tell it: what a new process must know.
  ///
  /// - Parameter connections: all that share the site.
  package func writes(
    to issue: IssueID, connections: [ConnectionName], since: Timestamp
  ) async throws -> [Timestamp] {
    try await read { database in
      let statement = try database.cachedStatement(sql: Self.recentWrites)
      return try connections.flatMap { connection in
        try Int64.fetchAll(
          statement, arguments: [connection.rawValue, issue.rawValue, since.milliseconds, since.milliseconds])
      }.map(Timestamp.init(milliseconds:))
    }
  }

  static let recentWrites = """
    SELECT MAX(COALESCE(operation.sent_at, 0), COALESCE(operation.settled_at, 0))
    FROM link JOIN operation ON operation.link = link.id
    WHERE link.connection = ? AND link.issue_id = ? AND operation.side = 'jira'
      AND (operation.sent_at >= ? OR operation.settled_at >= ?)
    """

  package func paceRecord(hour: Timestamp, now: Timestamp) async throws -> PaceRecord {
    try await read { database in
      var record = PaceRecord()
      record.points = try Row.fetchAll(
        database.cachedStatement(sql: Self.pointsOfHour), arguments: [hour.milliseconds]
      ).map { row in
        PointsSpent(
          hour: hour,
          account: RequestPurpose(rawValue: row.text("purpose")).map {
            PointsLedger.Account(ConnectionName(row.text("connection")), $0)
          }, points: Int(row.int("points")), requests: Int(row.int("requests")))
      }
      for row in try Row.fetchAll(database.cachedStatement(sql: Self.openStops), arguments: [now.milliseconds]) {
        record.stops[row.text("name")] = row.time("until")
      }
      return record
    }
  }

  static let pointsOfHour = "SELECT connection, purpose, points, requests FROM points WHERE hour = ?"
  static let openStops = "SELECT name, until FROM pace WHERE until > ?"

  /// Writes points down by themselves; what belongs to an operation goes with its outcome.
  package func note(_ spent: [PointsSpent]) async throws {
    guard !spent.isEmpty else { return }
    try await commit { try Self.note(spent, $0) }
  }

  static func note(_ spent: [PointsSpent], _ database: Database) throws {
    for entry in spent {
      try database.executeCached(
        sql: """
          INSERT INTO points (hour, connection, purpose, points, requests) VALUES (?, ?, ?, ?, ?)
          ON CONFLICT (hour, connection, purpose) DO UPDATE SET points = points + excluded.points,
            requests = requests + excluded.requests
          """,
        arguments: [
          entry.hour.milliseconds, entry.account?.tenant.rawValue ?? "",
          entry.account?.purpose.rawValue ?? elsewhere, entry.points, entry.requests,
        ])
    }
  }

  private static let elsewhere = "elsewhere"

  /// Forgets the points of long ago.
  package func forgetPoints(before time: Timestamp) async throws {
    try await commit { try $0.executeCached(sql: "DELETE FROM points WHERE hour < ?", arguments: [time.milliseconds]) }
  }

  /// What a limit of Jira's concerns waits until then, and nothing else.
  package func stop(_ stop: JiraStop, now: Timestamp) async throws {
    try await commit { database in
      try database.executeCached(sql: "DELETE FROM pace WHERE until <= ?", arguments: [now.milliseconds])
      switch stop.scope {
      case .endpoint(let name): try Self.note("endpoint:" + name, until: stop.until, database)
      case .site(let connections): try Self.stop(.site, connections, until: stop.until, database)
      case .app(let connections):
        try Self.note("app", until: stop.until, database)
        try Self.stop(.app, connections, until: stop.until, database)
      }
    }
  }
}

extension Schema {
  /// What requests have cost, hour by hour, and why a lane is paced.
  static let points = """
    CREATE TABLE points (
      hour INTEGER NOT NULL,
      connection TEXT NOT NULL,
      purpose TEXT NOT NULL CHECK (purpose IN ('people', 'upkeep', 'elsewhere')),
      points INTEGER NOT NULL,
      requests INTEGER NOT NULL,
      PRIMARY KEY (hour, connection, purpose)
    ) STRICT, WITHOUT ROWID;
    ALTER TABLE lane ADD COLUMN paced_by TEXT CHECK (paced_by IN ('grant', 'site', 'app', 'crm'));
    """
}
