import GRDB
import SyncModel
import Testing

@testable import SyncStore

@Suite("Old deliveries are emptied")
struct RetentionTests {
  private static let day: Int64 = 86_400_000

  /// Deliveries 1 to 6, received a day apart: finished, held, dead, waiting to be planned, unreadable, finished.
  private func store() async throws -> Store {
    let store = try Store()
    try await store.commit { database in
      try database.execute(
        sql: """
          INSERT INTO delivery (id, connection, delivery_id, received_at, body, state, reason)
            SELECT value, 'acme', 'd' || value, value * \(Self.day), x'0102', iif(value = 5, 'dead', 'accepted'),
              iif(value = 5, 'unreadable', NULL) FROM json_each('[1, 2, 3, 4, 5, 6]');
          INSERT INTO event (id, delivery, position, connection, case_id, kind, received_at, state, settled_at)
            VALUES (1, 1, 0, 'acme', '1', 'updated', 1, 'planned', 1),
              (2, 2, 0, 'acme', '1', 'updated', 1, 'planned', 1), (3, 3, 0, 'acme', '1', 'updated', 1, 'dead', 1), (4, 4, 0, 'acme', '1', 'updated', 1, 'pending', NULL),
              (6, 6, 0, 'acme', '1', 'updated', 1, 'ignored', 1);
          INSERT INTO link (id, connection, mapping, case_id, project, label, created_at)
            VALUES (1, 'acme', 'm', '1', 'SUP', 'l', 1);
          INSERT INTO operation (link, event, connection, kind, side, call, state, hold_reason, created_at, settled_at)
            VALUES (1, 1, 'acme', 'add-comment', 'jira', '{}', 'done', NULL, 1, 1),
              (1, 2, 'acme', 'add-comment', 'jira', '{}', 'held', 'grant', 1, NULL);
          """)
    }
    return store
  }

  private func emptied(_ store: Store) async throws -> [Int64] {
    try await store.read { try Int64.fetchAll($0, sql: "SELECT id FROM delivery WHERE length(body) = 0 ORDER BY id") }
  }

  @Test("What is finished and old is emptied, in slices; what waits, is held, dead or new is kept whole")
  func slices() async throws {
    let store = try await store()
    let time = Timestamp(milliseconds: 6 * Self.day)
    var last: Int64? = 0
    var steps: [Int64] = []
    while let from = last {
      last = try await store.forgetBodies(after: from, before: time, limit: 2)
      if let last { steps.append(last) }
    }
    #expect(steps == [2, 4, 6])
    #expect(try await emptied(store) == [1])
    _ = try await store.forgetBodies(after: 4, before: Timestamp(milliseconds: 7 * Self.day), limit: 10)
    #expect(try await emptied(store) == [1, 6])
  }

  @Test("A delivery of which the body is gone is known when it comes again")
  func known() async throws {
    let store = try await store()
    _ = try await store.forgetBodies(after: 0, before: Timestamp(milliseconds: 7 * Self.day))
    #expect(try await store.accept(InboxTests.delivery("d1")) == .known)
  }
}
