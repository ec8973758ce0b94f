import GRDB
import JSON
package import SyncCore
package import SyncModel

/// Where accounts stand whose connections share one API of Atlassian's.
package struct AccountPlaces: Sendable {
  /// A field that holds a person.
  package struct Field: Hashable, Sendable {
    package var connection: ConnectionName
    package var mapping: MappingName
    package var key: FieldKey

    package init(connection: ConnectionName, mapping: MappingName, key: FieldKey) {
      self.connection = connection
      self.mapping = mapping
      self.key = key
    }
  }

  package var api: String
  package var connections: [ConnectionName]
  package var fields: [Field]
  /// What admins' tables name, beside the database.
  package var tables: [AccountID]

  package init(api: String, connections: [ConnectionName], fields: [Field], tables: [AccountID]) {
    self.api = api
    self.connections = connections
    self.fields = fields
    self.tables = tables
  }
}

/// When Atlassian is to be told of accounts again, and how it went.
package struct ReportTurn: Hashable, Sendable {
  package var api: String
  package var cycle: ReportCycle
  package var dueAt: Timestamp
  /// When all accounts had been reported last.
  package var doneAt: Timestamp?
  /// Why they are not.
  package var problem: String?

  package init(
    api: String, cycle: ReportCycle = .standard, dueAt: Timestamp, doneAt: Timestamp? = nil, problem: String? = nil
  ) {
    self.api = api
    self.cycle = cycle
    self.dueAt = dueAt
    self.doneAt = doneAt
    self.problem = problem
  }
}

extension Store {
  package func reportTurns() async throws -> [ReportTurn] {
    try await read { database in
      try Row.fetchAll(database, sql: "SELECT * FROM report_turn ORDER BY api").map { row in
        ReportTurn(
          api: row.text("api"), cycle: ReportCycle(length: .milliseconds(row.int("cycle"))),
          dueAt: row.time("due_at") ?? Timestamp(milliseconds: 0), doneAt: row.time("done_at"),
          problem: row.textOrNil("problem"))
      }
    }
  }

  package func keep(_ turn: ReportTurn) async throws {
    try await commit { database in
      try database.execute(
        sql: """
          INSERT INTO report_turn (api, cycle, due_at, done_at, problem) VALUES (?, ?, ?, ?, ?)
          ON CONFLICT (api) DO UPDATE SET cycle = excluded.cycle, due_at = excluded.due_at,
            done_at = COALESCE(excluded.done_at, done_at), problem = excluded.problem
          """,
        arguments: [
          turn.api, turn.cycle.length.milliseconds, turn.dueAt.milliseconds, turn.doneAt?.milliseconds, turn.problem,
        ])
    }
  }

  /// Every account of which anything is stored: with a grant, in a field that holds a person, in a value that lost, in
  /// the journal's calls, among those that were looked up, in an admin's table. What was reported of accounts that stand
  /// nowhere any more is forgotten.
  package func accounts(in places: AccountPlaces, now: Timestamp) async throws -> [StoredAccount] {
    var found = try await read { database in try Self.find(in: places, database) }
    let erased = try await erasedAccounts()
    for account in places.tables where !erased.contains(People.digest(of: account)) {
      found[account] = found[account] ?? now
    }
    return try await settle(found.filter(\.key.isIdentity), api: places.api, now: now)
  }

  /// With when what is stored of them was read, where the grants tell that.
  private static func find(in places: AccountPlaces, _ database: Database) throws -> [AccountID: Timestamp?] {
    var found: [AccountID: Timestamp?] = [:]
    for connection in places.connections {
      for row in try Row.fetchAll(
        database, sql: "SELECT account_id, connected_at FROM grant_ WHERE connection = ?",
        arguments: [connection.rawValue])
      { found[AccountID(row.text("account_id"))] = row.time("connected_at") }
      for sql in [accountsInJournal, accountsLookedUp, accountsUnknown] {
        for id in try String.fetchAll(database, sql: sql, arguments: [connection.rawValue])
        where found[AccountID(id)] == nil { found[AccountID(id)] = .some(nil) }
      }
    }
    for field in places.fields {
      let arguments: StatementArguments = [
        "connection": field.connection.rawValue, "mapping": field.mapping.rawValue, "field": field.key.rawValue,
      ]
      for sql in [accountsInFields, accountsInConflicts] {
        for column in try String.fetchAll(database, sql: sql, arguments: arguments) {
          for id in FieldValue(column: column)?.accounts ?? [] where found[id] == nil { found[id] = .some(nil) }
        }
      }
      for id in try accountsBefore(field, database) where found[id] == nil { found[id] = .some(nil) }
    }
    return found
  }

  static let accountsInJournal = "SELECT DISTINCT account_id FROM operation_account WHERE connection = ?"

  static let accountsLookedUp =
    "SELECT account_id FROM looked_up_person WHERE connection = ? AND account_id IS NOT NULL"

  static let accountsUnknown = "SELECT account_id FROM unknown_account WHERE connection = ?"

  static let accountsInFields = """
    SELECT DISTINCT field_state.base_jira FROM link JOIN field_state ON field_state.link = link.id
    WHERE link.connection = :connection AND link.mapping = :mapping AND field_state.field = :field
      AND field_state.base_jira IS NOT NULL
    """

  static let accountsInConflicts = """
    SELECT DISTINCT conflict.jira FROM link JOIN conflict ON conflict.link = link.id
    WHERE link.connection = :connection AND link.mapping = :mapping AND conflict.field = :field
    """

  /// What Jira held before writes of ours that no run has looked at yet.
  private static func accountsBefore(_ field: AccountPlaces.Field, _ database: Database) throws -> [AccountID] {
    try String.fetchAll(
      database,
      sql: """
        SELECT jira_before FROM operation JOIN link ON link.id = operation.link
        WHERE jira_before IS NOT NULL AND link.connection = ? AND link.mapping = ?
        """, arguments: [field.connection.rawValue, field.mapping.rawValue]
    ).flatMap { text in
      (try? JSONReader.read(text))?[field.key.rawValue].flatMap(FieldValue.init(json:))?.accounts ?? []
    }
  }

  private func settle(
    _ found: [AccountID: Timestamp?], api: String, now: Timestamp
  ) async throws -> [StoredAccount] {
    try await commit { database in
      let rows = try Row.fetchAll(database, sql: "SELECT * FROM account_report WHERE api = ?", arguments: [api])
      var known: [AccountID: Row] = [:]
      for row in rows {
        let id = AccountID(row.text("account_id"))
        known[id] = row
        guard found[id] == nil else { continue }
        try database.executeCached(
          sql: "DELETE FROM account_report WHERE api = ? AND account_id = ?", arguments: [api, id.rawValue])
      }
      return try found.sorted { $0.key < $1.key }.map { id, connected in
        let kept = known[id]?.time("read_at")
        let readAt = max(connected ?? kept ?? now, kept ?? connected ?? now)
        if kept != readAt {
          try database.executeCached(
            sql: """
              INSERT INTO account_report (api, account_id, read_at) VALUES (?, ?, ?)
              ON CONFLICT (api, account_id) DO UPDATE SET read_at = excluded.read_at
              """, arguments: [api, id.rawValue, readAt.milliseconds])
        }
        return StoredAccount(account: id, readAt: min(readAt, now), reportedAt: known[id]?.time("reported_at"))
      }
    }
  }

  /// Notes that Atlassian was told of accounts, and which of them it said were changed.
  package func reported(
    _ accounts: [AccountID], stale: [AccountID], api: String, now: Timestamp
  ) async throws {
    try await commit { database in
      for account in stale {
        try database.executeCached(
          sql: "UPDATE account_report SET is_stale = 1 WHERE api = ? AND account_id = ?",
          arguments: [api, account.rawValue])
      }
      for account in accounts {
        try database.executeCached(
          sql: "UPDATE account_report SET reported_at = ? WHERE api = ? AND account_id = ?",
          arguments: [now.milliseconds, api, account.rawValue])
      }
    }
  }

  /// Accounts that were changed at Atlassian and have not been read anew.
  package func staleAccounts(api: String) async throws -> [AccountID] {
    try await read { database in
      try String.fetchAll(
        database, sql: "SELECT account_id FROM account_report WHERE api = ? AND is_stale ORDER BY account_id",
        arguments: [api]
      ).map { AccountID($0) }
    }
  }

  /// Notes what an account is called by now, wherever it has a grant.
  package func renamed(
    _ account: AccountID, to name: String, timeZone: String?, in places: AccountPlaces, now: Timestamp
  ) async throws {
    try await commit { database in
      for connection in places.connections {
        try database.executeCached(
          sql: """
            UPDATE grant_ SET account_name = ?, time_zone = COALESCE(?, time_zone)
            WHERE connection = ? AND account_id = ?
            """, arguments: [name, timeZone, connection.rawValue, account.rawValue])
      }
      try database.executeCached(
        sql: "UPDATE account_report SET read_at = ?, is_stale = 0 WHERE api = ? AND account_id = ?",
        arguments: [now.milliseconds, places.api, account.rawValue])
    }
  }

  /// The digests of accounts that were closed.
  package func erasedAccounts() async throws -> Set<String> {
    try await read { Set(try String.fetchAll($0, sql: "SELECT digest FROM erased_account")) }
  }
}

extension FieldValue {
  /// The accounts in the value of a field that holds people.
  var accounts: [AccountID] {
    switch self {
    case .empty: []
    case .text(let id): [AccountID(id)]
    case .list(let ids): ids.map { AccountID($0) }
    }
  }
}
