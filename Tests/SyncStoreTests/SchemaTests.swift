import GRDB
import SyncCore
import SyncModel
import Testing

import class FoundationEssentials.FileManager

@testable import SyncStore

@Suite("A database of an earlier version")
struct SchemaTests {
  @Test("An earlier database takes the new kinds of events and operations, and keeps its rows")
  func widened() throws {
    let database = try DatabaseQueue()
    try Schema.migrator.migrate(database, upTo: "5 reconciliation")
    try database.write { database in
      try database.execute(
        sql: """
          INSERT INTO link (id, connection, mapping, case_id, project, label, created_at)
            VALUES (1, 'acme', 'm', '1', 'SUP', 'l', 1);
          INSERT INTO comment_pair (link, origin, crm_comment) VALUES (1, 'crm', 'c1');
          INSERT INTO operation (link, connection, kind, side, call, state, due_at, created_at)
            VALUES (1, 'acme', 'add-comment', 'jira', '{}', 'ready', 1, 1);
          """)
    }
    try Schema.migrator.migrate(database)
    try database.write { database in
      for kind in RemoteCall.Kind.allCases {
        try database.execute(
          sql: """
            INSERT INTO operation (link, connection, kind, side, call, state, settled_at, created_at)
            VALUES (1, 'acme', ?, ?, '{}', 'done', 1, 1)
            """, arguments: [kind.rawValue, kind.side.rawValue])
      }
      for (index, kind) in CaseEvent.Kind.allCases.enumerated() {
        try database.execute(
          sql: """
            INSERT INTO delivery (id, connection, delivery_id, received_at, body, state)
              VALUES (:id, 'acme', :id, 1, x'', 'accepted');
            INSERT INTO event (delivery, position, connection, case_id, kind, received_at, state)
              VALUES (:id, 0, 'acme', '1', :kind, 1, 'pending');
            """, arguments: ["id": index + 1, "kind": kind.rawValue])
      }
      for reason in OperationLifecycle.HoldReason.allCases {
        try database.execute(
          sql: """
            INSERT INTO operation (link, connection, kind, side, call, state, hold_reason, created_at)
            VALUES (1, 'acme', 'edit-issue', 'jira', '{}', 'held', ?, 1)
            """, arguments: [reason.rawValue])
      }
      for standing in LinkStanding.allCases {
        try database.execute(sql: "UPDATE link SET standing = ?", arguments: [standing.rawValue])
      }
      #expect(throws: DatabaseError.self) {
        try database.execute(sql: "UPDATE operation SET kind = 'unheard-of'")
      }
      #expect(try Int.fetchOne(database, sql: "SELECT COUNT(*) FROM operation WHERE kind = 'add-comment'") == 2)
      #expect(try Int.fetchOne(database, sql: "SELECT gone FROM comment_pair") == 0)
      #expect(try String.fetchOne(database, sql: "PRAGMA integrity_check") == "ok")
    }
  }

  @Test("Only a case that was deleted before it had an issue is vacant since a moment, and stands so for itself now")
  func neverLinked() throws {
    let database = try DatabaseQueue()
    try Schema.migrator.migrate(database, upTo: "13 site checks")
    try database.write { database in
      try database.execute(
        sql: """
          INSERT INTO link (id, connection, mapping, case_id, project, label, created_at, standing, standing_since)
            VALUES (1, 'acme', 'm', '1', 'SUP', 'l1', 1, 'vacant', 7),
              (2, 'acme', 'm', '2', 'SUP', 'l2', 1, 'vacant', NULL)
          """)
    }
    try Schema.migrator.migrate(database)
    let standings = try database.read { try String.fetchAll($0, sql: "SELECT standing FROM link ORDER BY id") }
    #expect(standings == ["never-linked", "vacant"])
  }

  @Test("Whoever only reads changes nothing, not even the tables of an older version")
  func reading() async throws {
    let folder = try InboxTests.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appending(path: "store.sqlite").path
    let old = try DatabaseQueue(path: path)
    try Schema.migrator.migrate(old, upTo: "5 reconciliation")
    try old.close()
    #expect(throws: StoreError.olderVersion) { try Store(reading: path) }
    let server = try Store(path: path)
    _ = try await server.accept(InboxTests.delivery("d1"))
    let reader = try Store(reading: path)
    #expect(try await reader.counts().pendingEvents == 1)
    await #expect(throws: StoreError.busy) { try await reader.accept(InboxTests.delivery("d2")) }
    #expect(try await server.counts().pendingEvents == 1)
  }
}
