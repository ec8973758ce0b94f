import GRDB

@testable import SyncStore

extension Store {
  /// SQLite's plan of a query, line by line.
  func explain(_ sql: String) async throws -> [String] {
    try await read { database in
      let statement = try database.makeStatement(sql: "EXPLAIN QUERY PLAN " + sql)
      statement.setUncheckedArguments(
        sql.contains(":now") ? ["now": 1] : sql.contains("?") ? [1] : StatementArguments())
      return try Row.fetchAll(statement).map { row in row["detail"] as String }
    }
  }
}
