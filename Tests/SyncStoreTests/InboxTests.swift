import GRDB
import SyncModel
import Testing

import class FoundationEssentials.FileManager
import struct FoundationEssentials.URL
import struct FoundationEssentials.UUID

@testable import SyncStore

@Suite("Accepting deliveries")
struct InboxTests {
  static let now = Timestamp(seconds: 1_780_000_000)

  static func delivery(
    _ id: DeliveryID, knownFor: Duration? = nil, at time: Timestamp = now,
    content: NewDelivery.Content = .events([
      CaseEvent(kind: .created, caseID: "1", actor: nil, occurredAt: nil, comment: nil)
    ])
  ) -> NewDelivery {
    NewDelivery(connection: "acme", id: id, knownFor: knownFor, receivedAt: time, body: [1, 2], content: content)
  }

  /// A new folder for a database in a file, where writes share their commits.
  static func folder() throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appending(path: "counterpart-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder
  }

  @Test("Deliveries that arrive together are all stored before any is answered, and none twice")
  func groupCommit() async throws {
    let folder = try Self.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let store = try Store(path: folder.appending(path: "store.sqlite").path)
    let answers = try await withThrowingTaskGroup(of: Acceptance.self) { tasks in
      for index in 0..<60 { tasks.addTask { try await store.accept(Self.delivery(DeliveryID("d\(index % 40)"))) } }
      return try await tasks.reduce(into: []) { $0.append($1) }
    }
    #expect(answers.filter { $0 == .accepted }.count == 40)
    #expect(answers.filter { $0 == .known }.count == 20)
    #expect(try await store.counts().pendingEvents == 40)
  }

  @Test("A write that fails takes nothing with it of what is committed together with it")
  func savepoints() async throws {
    let folder = try Self.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let store = try Store(path: folder.appending(path: "store.sqlite").path)
    let outcomes = await withTaskGroup(of: Bool.self) { tasks in
      for index in 0..<40 {
        tasks.addTask {
          do {
            try await store.commit { database in
              try database.execute(
                sql: "INSERT INTO refusal (connection, at, reason) VALUES ('acme', ?, 'a')", arguments: [index])
              if index.isMultiple(of: 4) { try database.execute(sql: "INSERT INTO refusal (at) VALUES (NULL)") }
            }
            return true
          } catch { return false }
        }
      }
      return await tasks.reduce(into: []) { $0.append($1) }
    }
    #expect(outcomes.count { $0 } == 30)
    #expect(try await store.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM refusal") } == 30)
  }

  @Test("A statement that changes more pages than are kept in memory can be put back, and can be committed")
  func bulkChange() async throws {
    let folder = try Self.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let store = try Store(path: folder.appending(path: "store.sqlite").path)
    try await store.commit { database in
      try database.execute(
        sql: """
          INSERT INTO link (id, connection, mapping, case_id, project, label, created_at)
            VALUES (1, 'acme', 'm', '1', 'SUP', 'l', 1);
          INSERT INTO operation (link, connection, kind, side, call, state, hold_reason, created_at)
            WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 3000)
            SELECT 1, 'acme', 'add-comment', 'jira', '{"text": "some words"}', 'held', 'grant', 1 FROM number;
          """)
    }
    let held = "SELECT COUNT(*) FROM operation WHERE state = 'held'"
    await #expect(throws: StoreError.self) {
      try await store.commit { database in
        try database.execute(
          sql: "UPDATE operation SET state = CASE WHEN id = 3000 THEN 'unheard-of' ELSE 'dead' END, settled_at = 2")
      }
    }
    #expect(try await store.read { try Int.fetchOne($0, sql: held) } == 3000)
    try await store.commit { database in
      try database.execute(sql: "UPDATE operation SET state = 'dead', hold_reason = NULL, settled_at = 2")
    }
    #expect(try await store.read { try Int.fetchOne($0, sql: held) } == 0)
  }

  @Test("A digest counts as known for its window only")
  func window() async throws {
    let store = try Store()
    func accept(_ time: Timestamp) async throws -> Acceptance {
      try await store.accept(Self.delivery("digest", knownFor: .seconds(60), at: time))
    }
    #expect(try await accept(Self.now) == .accepted)
    #expect(try await accept(Self.now + .seconds(60)) == .known)
    #expect(try await accept(Self.now + .seconds(61)) == .accepted)
  }

  @Test("What cannot be read is kept as a dead letter, and answered the same way again")
  func unreadable() async throws {
    let store = try Store()
    let delivery = Self.delivery("d", content: .unreadable(reason: "no case"))
    #expect(try await store.accept(delivery) == .unreadable(reason: "no case"))
    #expect(try await store.accept(delivery) == .unreadable(reason: "no case"))
    #expect(try await store.deadDeliveries(limit: 9).map(\.reason) == ["no case"])
  }

  @Test("A database in a file is opened with synchronous=FULL and keeps what it accepted")
  func durable() async throws {
    let folder = try Self.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appending(path: "store.sqlite").path
    let first = try Store(path: path)
    #expect(try first.synchronousLevel() == 2)
    #expect(try await first.accept(Self.delivery("d")) == .accepted)
    try first.close()
    let second = try Store(path: path)
    #expect(try await second.accept(Self.delivery("d")) == .known)
    try await second.commit { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('99 from the future')") }
    try second.close()
    #expect(throws: StoreError.newerVersion) { try Store(path: path) }
  }

  @Test("A commit is carried to its end though its task was cancelled")
  func cancelled() async throws {
    let store = try Store()
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return try await store.accept(Self.delivery("d"))
    }
    #expect(try await task.value == .accepted)
    #expect(try await store.counts().pendingEvents == 1)
  }
}
