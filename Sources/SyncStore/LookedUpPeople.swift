import GRDB
package import SyncCore
package import SyncModel

/// A CRM user who is to be looked up.
package struct LookUp: Hashable, Sendable {
  package var connection: ConnectionName
  package var user: CRMUserID
  /// How often it failed for a passing reason since it was wanted.
  package var attempts: Int
  package var wantedAt: Timestamp
  /// Found before, and looked up again since that is long ago.
  package var isKnown: Bool
}

// CRM users and their accounts, as found by their e-mail addresses, which stand nowhere here.
extension Store {
  /// Has CRM users looked up who are not known, unless that is under way.
  static func want(
    _ users: Set<CRMUserID>, connection: ConnectionName, now: Timestamp, _ database: Database
  ) throws {
    try forgetDoubts(now: now, database)
    for user in users.sorted() {
      try database.executeCached(
        sql: """
          INSERT INTO looked_up_person (connection, crm_user, state, wanted_at, due_at)
          VALUES (?1, ?2, 'wanted', ?3, ?3)
          ON CONFLICT (connection, crm_user) DO NOTHING
          """, arguments: [connection.rawValue, user.rawValue, now.milliseconds])
    }
  }

  /// What is to be looked up by now: who is waited for, and who was found long ago.
  package func lookUpsDue(limit: Int, now: Timestamp) async throws -> [LookUp] {
    try await read { database in
      try Row.fetchAll(
        database.cachedStatement(sql: Self.lookUpsDue), arguments: [now.milliseconds, limit]
      ).map { row in
        LookUp(
          connection: ConnectionName(row.text("connection")), user: CRMUserID(row.text("crm_user")),
          attempts: Int(row.int("attempts")), wantedAt: row.time("wanted_at") ?? now,
          isKnown: row.text("state") == "found")
      }
    }
  }

  static let lookUpsDue = """
    SELECT * FROM looked_up_person WHERE state <> 'nobody' AND due_at <= ? ORDER BY due_at LIMIT ?
    """

  /// Writes down what a look-up came to, and wakes the events that wait for it.
  package func settle(_ lookUp: LookUp, _ outcome: LookUpOutcome, now: Timestamp) async throws {
    try await commit { database in
      let key: StatementArguments = ["connection": lookUp.connection.rawValue, "user": lookUp.user.rawValue]
      switch outcome {
      case .found(let entry):
        try Self.keep(entry, connection: lookUp.connection, now: now, database)
      case .nobody(let reason, let until):
        try database.executeCached(
          sql: """
            UPDATE looked_up_person SET state = 'nobody', account_id = NULL, crm_name = NULL, reason = :reason,
              due_at = :until WHERE connection = :connection AND crm_user = :user
            """, arguments: key + ["reason": reason, "until": until.milliseconds])
      case .again(let time):
        try database.executeCached(
          sql: """
            UPDATE looked_up_person SET attempts = attempts + 1, due_at = :time
            WHERE connection = :connection AND crm_user = :user AND state <> 'nobody'
            """, arguments: key + ["time": time.milliseconds])
        return
      }
      try Self.wakeWaiting(for: lookUp.user, in: lookUp.connection, database)
    }
  }

  /// Remembers who an account of Jira's was found to be.
  package func keep(_ entry: AccountEntry, in connection: ConnectionName, now: Timestamp) async throws {
    try await commit { database in
      try Self.keep(entry, connection: connection, now: now, database)
      try Self.wakeWaiting(for: entry.user.id, in: connection, database)
    }
  }

  private static func keep(
    _ entry: AccountEntry, connection: ConnectionName, now: Timestamp, _ database: Database
  ) throws {
    try database.executeCached(
      sql: """
        INSERT INTO looked_up_person (connection, crm_user, state, account_id, crm_name, wanted_at, due_at)
        VALUES (?1, ?2, 'found', ?3, ?4, ?5, ?6)
        ON CONFLICT (connection, crm_user) DO UPDATE SET state = 'found', account_id = ?3, crm_name = ?4, reason = NULL,
          attempts = 0, wanted_at = ?5, due_at = ?6
        """,
      arguments: [
        connection.rawValue, entry.user.id.rawValue, entry.account.rawValue, entry.user.name, now.milliseconds,
        (now + LookUpOutcome.life).milliseconds,
      ])
  }

  static func lookedUp(
    _ connection: String, _ database: Database
  ) throws -> (found: PeopleSource, nobodies: [CRMUserID: People.Nobody]) {
    var found = PeopleSource()
    var nobodies: [CRMUserID: People.Nobody] = [:]
    let rows = try Row.fetchAll(
      database.cachedStatement(
        sql: "SELECT * FROM looked_up_person WHERE connection = ? AND state <> 'wanted' ORDER BY crm_user"),
      arguments: [connection])
    for row in rows {
      let user = CRMUserID(row.text("crm_user"))
      if let account = row.textOrNil("account_id") {
        found.add(CRMUser(id: user, name: row.textOrNil("crm_name")), account: AccountID(account))
      } else if let until = row.time("due_at") {
        nobodies[user] = People.Nobody(reason: row.text("reason"), until: until)
      }
    }
    return (found, nobodies)
  }

  // MARK: - Accounts of Jira's of whom nobody was found

  /// Why nobody was found lately for an account; nil: it was not looked up since.
  package func nobody(is account: AccountID, in connection: ConnectionName, now: Timestamp) async throws -> String? {
    try await read { database in
      try String.fetchOne(
        database.cachedStatement(
          sql: "SELECT reason FROM unknown_account WHERE connection = ? AND account_id = ? AND until > ?"),
        arguments: [connection.rawValue, account.rawValue, now.milliseconds])
    }
  }

  package func keepUnknown(
    _ account: AccountID, in connection: ConnectionName, reason: String, until: Timestamp, now: Timestamp
  ) async throws {
    try await commit { database in
      try Self.forgetDoubts(now: now, database)
      try database.executeCached(
        sql: "INSERT OR REPLACE INTO unknown_account (connection, account_id, reason, until) VALUES (?, ?, ?, ?)",
        arguments: [connection.rawValue, account.rawValue, reason, until.milliseconds])
    }
  }

  /// Forgets that nobody was found, where that is no longer believed: it would only be stored.
  package func forgetDoubts(now: Timestamp) async throws {
    try await commit { try Self.forgetDoubts(now: now, $0) }
  }

  private static func forgetDoubts(now: Timestamp, _ database: Database) throws {
    try database.executeCached(
      sql: "DELETE FROM looked_up_person WHERE state = 'nobody' AND due_at <= ?", arguments: [now.milliseconds])
    try database.executeCached(sql: "DELETE FROM unknown_account WHERE until <= ?", arguments: [now.milliseconds])
  }
}

extension Schema {
  /// `due_at`: of a user who is wanted, when they are looked up next; of one who was found, when that is done again; of one
  /// who was not, until when that is believed.
  static let lookedUpPeople = """
    CREATE TABLE looked_up_person (
      connection TEXT NOT NULL,
      crm_user TEXT NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('wanted', 'found', 'nobody')),
      account_id TEXT,
      crm_name TEXT,
      reason TEXT,
      attempts INTEGER NOT NULL DEFAULT 0,
      wanted_at INTEGER NOT NULL,
      due_at INTEGER NOT NULL,
      PRIMARY KEY (connection, crm_user),
      CHECK (state <> 'nobody' OR (reason IS NOT NULL AND account_id IS NULL)),
      CHECK (state <> 'found' OR account_id IS NOT NULL)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX looked_up_person_due ON looked_up_person (due_at) WHERE state <> 'nobody';
    CREATE TABLE unknown_account (
      connection TEXT NOT NULL,
      account_id TEXT NOT NULL,
      reason TEXT NOT NULL,
      until INTEGER NOT NULL,
      PRIMARY KEY (connection, account_id)
    ) STRICT, WITHOUT ROWID;
    CREATE TRIGGER looked_up_person_comes AFTER INSERT ON looked_up_person WHEN NEW.state <> 'wanted'
      BEGIN \(countsPeople("NEW")) END;
    CREATE TRIGGER looked_up_person_goes AFTER DELETE ON looked_up_person BEGIN \(countsPeople("OLD")) END;
    CREATE TRIGGER looked_up_person_is_another AFTER UPDATE OF state, account_id, crm_name, reason, due_at
      ON looked_up_person BEGIN \(countsPeople("NEW")) END;
    """
}
