import GRDB
import JSON
import SyncCore
package import SyncModel

/// What was erased, by what it was.
package struct ErasureReport: Hashable, Sendable {
  package var grants = 0
  /// Begun and not finished connections.
  package var authorizations = 0
  /// Who a look-up found them to be, or that it found nobody.
  package var lookUps = 0
  package var events = 0
  package var operations = 0
  package var lines = 0
  package var values = 0

  package init() {}

  package var isEmpty: Bool { self == ErasureReport() }

  static func + (left: ErasureReport, right: ErasureReport) -> ErasureReport {
    var sum = left
    sum.grants += right.grants
    sum.authorizations += right.authorizations
    sum.lookUps += right.lookUps
    sum.events += right.events
    sum.operations += right.operations
    sum.lines += right.lines
    sum.values += right.values
    return sum
  }
}

/// Takes one person out of the tables. Texts are looked through outside of the write, and written some at a time: nobody
/// waits for a long history. The grant goes last, because it tells the names; so what was cut off is done again.
extension Store {
  private static let erasureSlice = 200

  /// Erases an account that was closed: its grants with their tokens, its id wherever it stands by itself, and its
  /// name where that belongs to its grants.
  package func erase(_ account: AccountID, in places: AccountPlaces, now: Timestamp) async throws -> ErasureReport {
    let grants = try await grants().filter { $0.account == account && places.connections.contains($0.connection) }
    var report = ErasureReport()
    for grant in grants {
      report = report + (try await eraseName(of: grant))
    }
    for connection in places.connections {
      report = report + (try await eraseCalls(account, in: connection))
    }
    let counted = report
    return try await commit { database in
      var report = counted
      for connection in places.connections {
        try database.executeCached(
          sql: "DELETE FROM grant_ WHERE connection = ? AND account_id = ?",
          arguments: [connection.rawValue, account.rawValue])
        report.grants += database.changesCount
        for table in ["looked_up_person", "unknown_account"] {
          try database.executeCached(
            sql: "DELETE FROM \(table) WHERE connection = ? AND account_id = ?",
            arguments: [connection.rawValue, account.rawValue])
        }
      }
      for field in places.fields { report.values += try Self.eraseValues(account, in: field, database) }
      try database.executeCached(
        sql: "DELETE FROM account_report WHERE api = ? AND account_id = ?",
        arguments: [places.api, account.rawValue])
      try database.executeCached(
        sql: "INSERT OR IGNORE INTO erased_account (digest, at) VALUES (?, ?)",
        arguments: [People.digest(of: account), now.milliseconds])
      for connection in Set(grants.map(\.connection)).sorted() {
        let text = "an Atlassian account was closed; its connection and what was stored of it were erased"
        try Self.write(
          LedgerLine(
            at: now, connection: connection, caseID: nil, link: nil, event: nil, operation: nil, text: text), database)
      }
      return report
    }
  }

  /// Erases what an account was called until now, in what was written down with its grant.
  @discardableResult
  package func eraseName(of grant: StoredGrant) async throws -> ErasureReport {
    try await eraseNames([], accounts: [grant.accountName], of: grant.user.id, in: grant.connection)
  }

  /// The id in fields that hold people: what a field last agreed on, and the values that lost.
  private static func eraseValues(
    _ account: AccountID, in field: AccountPlaces.Field, _ database: Database
  ) throws -> Int {
    let ofLinks = "link IN (SELECT id FROM link WHERE connection = :connection AND mapping = :mapping)"
    var count = 0
    for (table, column) in [("field_state", "base_jira"), ("conflict", "jira")] {
      try database.execute(
        sql: "UPDATE \(table) SET \(column) = :nobody WHERE \(ofLinks) AND field = :field AND \(column) = :account",
        arguments: [
          "connection": field.connection.rawValue, "mapping": field.mapping.rawValue, "field": field.key.rawValue,
          "nobody": FieldValue.text(AccountID.deletedUser.rawValue).column,
          "account": FieldValue.text(account.rawValue).column,
        ])
      count += database.changesCount
    }
    return count
  }

  /// The id in the journal's calls, which ``Schema/people`` tells, and in what Jira held before them.
  private func eraseCalls(_ account: AccountID, in connection: ConnectionName) async throws -> ErasureReport {
    let erasure = Erasure(names: [], accounts: [account])
    let calls = try await read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT id, call, jira_before FROM operation WHERE id IN
            (SELECT operation FROM operation_account WHERE connection = :connection AND account_id = :account)
          UNION
          SELECT id, call, jira_before FROM operation WHERE jira_before IS NOT NULL AND connection = :connection
            AND instr(jira_before, :account) > 0
          """, arguments: ["connection": connection.rawValue, "account": account.rawValue]
      ).map { row in
        (
          id: row.int("id"), call: Self.erased(row.text("call"), erasure),
          before: row.textOrNil("jira_before").map { Self.erased($0, erasure) }
        )
      }
    }
    var report = ErasureReport()
    for slice in calls.slices(of: Self.erasureSlice) {
      try await commit { database in
        for item in slice {
          try database.executeCached(
            sql: "UPDATE operation SET call = ?, jira_before = ? WHERE id = ?",
            arguments: [item.call, item.before, item.id])
          try database.executeCached(
            sql: "DELETE FROM operation_account WHERE connection = ? AND account_id = ? AND operation = ?",
            arguments: [connection.rawValue, account.rawValue, item.id])
        }
      }
      report.operations += slice.count
    }
    return report
  }

  private static func erased(_ text: String, _ erasure: Erasure) -> String {
    (try? JSONReader.read(text)).map { erasure.json($0).compact } ?? text
  }

  /// Names in what belongs to one person: in the lines of the story and the reasons of what they did or what was sent with
  /// their account, in whose name it was sent, and who a run says wrote something in Jira.
  ///
  /// - Parameters:
  ///   - names: what the person was called.
  ///   - accounts: what their account was called.
  func eraseNames(
    _ names: Set<String>, accounts: Set<String>, of user: CRMUserID, in connection: ConnectionName
  ) async throws -> ErasureReport {
    let erasure = Erasure(names: names.union(accounts))
    guard !erasure.isEmpty else { return ErasureReport() }
    let list = { (texts: Set<String>) in JSONValue.array(texts.sorted().map(JSONValue.string)).compact }
    let arguments: StatementArguments = [
      "connection": connection.rawValue, "user": user.rawValue, "accounts": list(accounts),
      "names": list(names.union(accounts)),
    ]
    var report = ErasureReport()
    report.lines = try await rewrite("ledger", ["line"], where: Self.linesAbout, arguments, erasure)
    report.operations = try await rewrite(
      "operation", ["reason", "sent_as", "actor_name"], where: Self.operationsAbout, arguments, erasure)
    report.events = try await rewrite("event", ["reason"], where: Self.eventsAbout, arguments, erasure)
    return report
  }

  private static let operationsAbout = """
    connection = :connection AND (actor_id = :user OR sent_as IN (SELECT value FROM json_each(:accounts))
      OR actor_id IS NULL AND actor_name IN (SELECT value FROM json_each(:names)))
    """

  private static let eventsAbout = "connection = :connection AND actor_id = :user AND reason IS NOT NULL"

  private static let linesAbout = """
    connection = :connection AND (operation IN (SELECT id FROM operation WHERE \(operationsAbout))
      OR event IN (SELECT id FROM event WHERE connection = :connection AND actor_id = :user)
      OR case_id IS NULL AND EXISTS (SELECT 1 FROM json_each(:accounts) WHERE instr(line, value) > 0))
    """

  /// - Returns: how many rows had a name in them.
  func rewrite(
    _ table: String, _ columns: [String], where condition: String, _ arguments: StatementArguments, _ erasure: Erasure
  ) async throws -> Int {
    let list = columns.joined(separator: ", ")
    let changed = try await read { database in
      var changed: [(id: Int64, texts: [String?])] = []
      let rows = try Row.fetchCursor(
        database, sql: "SELECT id, \(list) FROM \(table) WHERE \(condition)", arguments: arguments)
      // One person's part of the history fits into memory; the whole need not.
      while let row = try rows.next() {
        let texts = columns.map { row.textOrNil($0) }
        let erased = texts.map { $0.map(erasure.text) }
        if erased != texts { changed.append((row.int("id"), erased)) }
      }
      return changed
    }
    let assignments = columns.map { "\($0) = ?" }.joined(separator: ", ")
    for slice in changed.slices(of: Self.erasureSlice) {
      try await commit { database in
        for (id, texts) in slice {
          try database.executeCached(
            sql: "UPDATE \(table) SET \(assignments) WHERE id = ?",
            arguments: StatementArguments(texts) + [id])
        }
      }
    }
    return changed.count
  }
}

extension Array where Element: Sendable {
  /// Its elements in their order, at most so many at once.
  func slices(of size: Int) -> [[Element]] {
    stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
  }
}
