import GRDB
package import SyncModel

/// Takes a CRM user out of the tables as somebody who acted. What the promises need stays: that an event or a change was
/// there, its ids and digests, and who did not do it.
extension Store {
  /// - Parameter pseudonym: stands in the place of the user's id; the same for all that one purge finds.
  package func purge(
    _ user: CRMUserID, in connection: ConnectionName, pseudonym: CRMUserID, now: Timestamp
  ) async throws -> ErasureReport {
    let (names, accounts) = try await shownNames(of: user, in: connection)
    var report = try await eraseNames(names, accounts: accounts, of: user, in: connection)
    let person: StatementArguments = [
      "connection": connection.rawValue, "user": user.rawValue, "other": pseudonym.rawValue,
    ]
    report.events = max(report.events, try await rename(Self.purgedEvents, "event", person))
    report.operations = max(report.operations, try await rename(Self.purgedOperations, "operation", person))
    let counted = report
    return try await commit { database in
      var report = counted
      try database.execute(
        sql: "DELETE FROM grant_ WHERE connection = ? AND crm_user = ?",
        arguments: [connection.rawValue, user.rawValue])
      report.grants = database.changesCount
      try database.execute(
        sql: "DELETE FROM authorization WHERE connection = ? AND crm_user = ?",
        arguments: [connection.rawValue, user.rawValue])
      report.authorizations = database.changesCount
      try database.execute(
        sql: "DELETE FROM looked_up_person WHERE connection = ? AND crm_user = ?",
        arguments: [connection.rawValue, user.rawValue])
      report.lookUps = database.changesCount
      // A lane of which nothing waits any more is only what finished operations name.
      try database.execute(
        sql: """
          UPDATE lane SET actor_id = :other WHERE connection = :connection AND actor_id = :user
            AND NOT EXISTS (SELECT 1 FROM operation WHERE operation.lane = lane.id
              AND operation.state NOT IN ('done', 'skipped'))
          """, arguments: person)
      if !report.isEmpty {
        try Self.write(
          LedgerLine(
            at: now, connection: connection, caseID: nil, link: nil, event: nil, operation: nil,
            text: "an admin had a person's data erased"), database)
      }
      return report
    }
  }

  /// What waits or may be tried again keeps its person: without them it could not go out under their name.
  private static let purgedEvents = """
    connection = :connection AND actor_id = :user AND state IN ('planned', 'ignored')
      AND NOT EXISTS (SELECT 1 FROM operation WHERE operation.event = event.id
        AND operation.state NOT IN ('done', 'skipped'))
    """

  private static let purgedOperations =
    "connection = :connection AND actor_id = :user AND state IN ('done', 'skipped')"

  private func rename(_ condition: String, _ table: String, _ person: StatementArguments) async throws -> Int {
    var count = 0
    while true {
      let changed = try await commit { database in
        try database.execute(
          sql: """
            UPDATE \(table) SET actor_id = :other, actor_name = NULL WHERE id IN
              (SELECT id FROM \(table) WHERE \(condition) LIMIT 200)
            """, arguments: person)
        return database.changesCount
      }
      guard changed > 0 else { return count }
      count += changed
    }
  }

  /// What a person was called in events, changes and grants, and what their account was; names of other people's accounts,
  /// such as the service user's who wrote for them, are not theirs.
  private func shownNames(
    of user: CRMUserID, in connection: ConnectionName
  ) async throws -> (names: Set<String>, accounts: Set<String>) {
    try await read { database in
      let person: StatementArguments = ["connection": connection.rawValue, "user": user.rawValue]
      let own = try Row.fetchOne(
        database, sql: "SELECT * FROM grant_ WHERE connection = :connection AND crm_user = :user", arguments: person)
      var names = Set(
        try String.fetchAll(
          database,
          sql: """
            SELECT DISTINCT actor_name FROM event WHERE connection = :connection AND actor_id = :user
              AND actor_name IS NOT NULL
            UNION SELECT DISTINCT actor_name FROM operation WHERE connection = :connection AND actor_id = :user
              AND actor_name IS NOT NULL
            """, arguments: person))
      var accounts = Set(
        try String.fetchAll(
          database,
          sql: """
            SELECT DISTINCT sent_as FROM operation WHERE connection = :connection AND actor_id = :user
              AND sent_as IS NOT NULL AND sent_as NOT IN
                (SELECT account_name FROM grant_ WHERE connection = :connection AND crm_user <> :user)
            """, arguments: person))
      if let own {
        accounts.insert(own.text("account_name"))
        for text in [own.textOrNil("crm_name"), own.textOrNil("crm_email")] { if let text { names.insert(text) } }
      }
      // An id that is a word, such as a user's name in the CRM, stands in lines as itself; a number is too short to tell.
      if user.rawValue.unicodeScalars.contains(where: \.properties.isAlphabetic) { names.insert(user.rawValue) }
      return (names, accounts)
    }
  }
}
