import GRDB

@testable import SyncStore

extension Store {
  /// Every value of every row of every table, as text, blobs left out: to look for what must not be there.
  func everything() async throws -> [String] {
    try await read { database in
      let tables = try String.fetchAll(
        database, sql: "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
      return try tables.filter { $0 != "delivery" }.flatMap { table in
        try Row.fetchAll(database, sql: "SELECT * FROM \"\(table)\"").flatMap { row in
          row.compactMap { String.fromDatabaseValue($0.1) }
        }
      }
    }
  }
}
