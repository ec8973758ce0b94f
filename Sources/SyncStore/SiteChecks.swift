import GRDB
package import JSON
package import SyncModel

/// What the last check of a connection's mappings against its Jira site found.
package struct SiteCheck: Hashable, Sendable {
  package struct Finding: Hashable, Sendable {
    package var isError: Bool
    package var file: String
    package var line: Int
    package var column: Int?
    package var message: String

    package init(isError: Bool, file: String, line: Int, column: Int?, message: String) {
      self.isError = isError
      self.file = file
      self.line = line
      self.column = column
      self.message = message
    }

    /// `file:line[:column]: error: …`
    package var words: String {
      "\(file):\(line)\(column.map { ":\($0)" } ?? ""): \(isError ? "error" : "warning"): \(message)"
    }
  }

  package var connection: ConnectionName
  /// The last check that came to its end.
  package var checkedAt: Timestamp
  /// Since when the findings are what they are.
  package var changedAt: Timestamp
  /// Requests that it took, and people as whom Jira was asked.
  package var requests: Int
  package var people: Int
  package var findings: [Finding]
  /// The last attempt, and why it did not come to its end; what stands above is older then.
  package var attemptedAt: Timestamp
  package var problem: String?

  package init(
    connection: ConnectionName, checkedAt: Timestamp, requests: Int, people: Int, findings: [Finding],
    problem: String? = nil
  ) {
    self.connection = connection
    self.checkedAt = checkedAt
    self.changedAt = checkedAt
    self.requests = requests
    self.people = people
    self.findings = findings
    self.attemptedAt = checkedAt
    self.problem = problem
  }

  package var errors: Int { findings.count(where: \.isError) }
  package var warnings: Int { findings.count - errors }
}

extension Store {
  /// More findings than this of one connection are counted no further: they say the same of many places.
  package static let siteFindingLimit = 500

  /// Keeps what a check found. One that ended early leaves the findings of the last whole one as they are.
  ///
  /// - Returns: what is kept now, and whether its findings are others than before.
  package func keep(_ check: SiteCheck) async throws -> (kept: SiteCheck, isNews: Bool) {
    try await commit { database in
      let before = try Row.fetchOne(
        database, sql: "SELECT * FROM site_check WHERE connection = ?", arguments: [check.connection.rawValue]
      ).map(Self.siteCheck)
      var kept = check
      kept.findings = Array(check.findings.prefix(Self.siteFindingLimit))
      if check.problem != nil, var old = before {
        old.attemptedAt = check.attemptedAt
        old.problem = check.problem
        kept = old
      } else if let before, before.findings == kept.findings {
        kept.changedAt = before.changedAt
      }
      try database.execute(
        sql: """
          INSERT INTO site_check (connection, checked_at, changed_at, requests, people, findings, attempted_at, problem)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?)
          ON CONFLICT (connection) DO UPDATE SET checked_at = excluded.checked_at, changed_at = excluded.changed_at,
            requests = excluded.requests, people = excluded.people, findings = excluded.findings,
            attempted_at = excluded.attempted_at, problem = excluded.problem
          """,
        arguments: [
          kept.connection.rawValue, kept.checkedAt.milliseconds, kept.changedAt.milliseconds, kept.requests,
          kept.people, JSONValue.array(kept.findings.map(\.json)).compact, kept.attemptedAt.milliseconds, kept.problem,
        ])
      return (kept, kept.findings != (before?.findings ?? []))
    }
  }

  /// The last check of every connection that has had one.
  package func siteChecks() async throws -> [ConnectionName: SiteCheck] {
    try await read { database in
      let checks = try Row.fetchAll(database, sql: "SELECT * FROM site_check").map(Self.siteCheck)
      return Dictionary(uniqueKeysWithValues: checks.map { ($0.connection, $0) })
    }
  }

  private static func siteCheck(_ row: Row) throws -> SiteCheck {
    // A list that cannot be read any more is as good as none: the next check writes it anew.
    let findings = (try? JSONReader.read(Array(row.text("findings").utf8)))?.array ?? []
    var check = SiteCheck(
      connection: ConnectionName(row.text("connection")),
      checkedAt: row.time("checked_at") ?? Timestamp(milliseconds: 0), requests: Int(row.int("requests")),
      people: Int(row.int("people")), findings: findings.compactMap(SiteCheck.Finding.init(json:)),
      problem: row.textOrNil("problem"))
    check.changedAt = row.time("changed_at") ?? check.checkedAt
    check.attemptedAt = row.time("attempted_at") ?? check.checkedAt
    return check
  }
}

extension SiteCheck.Finding {
  package var json: JSONValue {
    [
      "severity": .string(isError ? "error" : "warning"), "file": .string(file), "line": .integer(line),
      "column": column.map { .integer($0) } ?? .null, "message": .string(message),
    ]
  }

  init?(json: JSONValue) {
    guard let file = json["file"]?.string, let line = json["line"]?.int, let message = json["message"]?.string else {
      return nil
    }
    self.init(
      isError: json["severity"] == "error", file: file, line: Int(line), column: json["column"]?.int.map { Int($0) },
      message: message)
  }
}

extension Schema {
  /// What the last check against the Jira site found, by connection.
  static let siteChecks = """
    CREATE TABLE site_check (
      connection TEXT PRIMARY KEY,
      checked_at INTEGER NOT NULL,
      changed_at INTEGER NOT NULL,
      requests INTEGER NOT NULL,
      people INTEGER NOT NULL,
      findings TEXT NOT NULL,
      attempted_at INTEGER NOT NULL,
      problem TEXT
    ) STRICT, WITHOUT ROWID;
    """
}
