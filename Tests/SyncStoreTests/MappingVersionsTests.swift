import GRDB
import SyncModel
import Testing

@testable import SyncStore

@Suite("Versions of the mappings folder")
struct MappingVersionsTests {
  static let now = Timestamp(seconds: 1_780_000_000)

  /// A file whose content is its text; its digest stands for it.
  static func file(_ path: String, _ text: String) -> MappingFile {
    let digest = text.utf8.map { String($0, radix: 16) }.joined()
    return MappingFile(
      path: path, digest: String(repeating: "0", count: 64 - digest.utf8.count) + digest, content: Array(text.utf8))
  }

  private func count(_ table: String, _ store: Store) async throws -> Int? {
    try await store.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM \(table)") }
  }

  @Test("What goes live is a version; the same files again are the same one, and content is kept once")
  func goingLive() async throws {
    let store = try Store()
    let files = [Self.file("a.xml", "one"), Self.file("b.xml", "two")]
    let first = try await store.goLive(files, origin: .start, now: Self.now)
    #expect(try await store.goLive(files, origin: .edit, now: Self.now + .seconds(1)) == first)
    let second = try await store.goLive(
      [Self.file("a.xml", "three"), Self.file("b.xml", "two")], origin: .edit, now: Self.now + .seconds(2))
    #expect(second.paths(differingFrom: first.files) == ["a.xml"])
    #expect(try await store.mappingVersions().map(\.id) == [second.id, first.id])
    #expect(try await store.mappingVersions().map(\.isLive) == [true, false])
    #expect(try await store.liveMappings()?.liveAt == Self.now + .seconds(2))
    #expect(try await store.mappingFiles(of: first.id) == files)
    #expect(try await count("mapping_file", store) == 3)
  }

  @Test("The files of an earlier version, put back without a word, are an edit of their own")
  func backByHand() async throws {
    let store = try Store()
    let old = [Self.file("a.xml", "one")]
    let first = try await store.goLive(old, origin: .start, now: Self.now)
    _ = try await store.goLive([Self.file("a.xml", "two")], origin: .edit, now: Self.now)
    let third = try await store.goLive(old, origin: .edit, now: Self.now)
    #expect(third.id != first.id && third.isLive && third.origin == .edit)
  }

  @Test("A rollback is written down before it runs, and runs as that; what never ran is set aside")
  func rollback() async throws {
    let store = try Store()
    let old = [Self.file("a.xml", "one")]
    let first = try await store.goLive(old, origin: .start, now: Self.now)
    let second = try await store.goLive([Self.file("a.xml", "two")], origin: .edit, now: Self.now)
    let broken = [Self.file("a.xml", "<rout")]
    let announced = try #require(try await store.announceRollback(to: first.id, replacing: broken, now: Self.now))
    #expect(try await store.liveMappings()?.id == second.id)
    let setAside = try #require(announced.setAside)
    let aside = try #require(try await store.mappingVersion(setAside))
    #expect(aside.origin == .setAside && aside.liveAt == nil)
    #expect(try await store.mappingFiles(of: aside.id) == broken)
    // Again, as after an interruption: nothing more is written down.
    let again = try #require(try await store.announceRollback(to: first.id, replacing: old, now: Self.now))
    #expect(again.version == announced.version && again.setAside == nil)
    let live = try await store.goLive(old, origin: .edit, now: Self.now + .seconds(1))
    #expect(live.id == announced.version && live.origin == .rollback(to: first.id))
    #expect(live.liveAt == Self.now + .seconds(1))
    #expect(try await store.announceRollback(to: 99, replacing: old, now: Self.now) == nil)
  }

  @Test("Old versions are forgotten, but none that runs or that something is still to be done from")
  func forgetting() async throws {
    let store = try Store()
    for number in 1...6 {
      _ = try await store.goLive([Self.file("a.xml", "v\(number)")], origin: .edit, now: Self.now)
    }
    try await store.commit { database in
      try database.execute(
        sql: """
          INSERT INTO delivery (id, connection, delivery_id, received_at, body, state)
            VALUES (1, 'acme', '1', 1, x'', 'accepted');
          INSERT INTO event (id, delivery, position, connection, case_id, kind, received_at, state, settled_at,
              mapping_version)
            VALUES (1, 1, 0, 'acme', '1', 'updated', 1, 'planned', 1, 1),
              (2, 1, 1, 'acme', '1', 'updated', 1, 'planned', 1, 2),
              (3, 1, 2, 'acme', '1', 'updated', 1, 'dead', 1, 3);
          INSERT INTO link (id, connection, mapping, case_id, project, label, created_at)
            VALUES (1, 'acme', 'm', '1', 'SUP', 'l', 1);
          INSERT INTO operation (link, event, connection, kind, side, call, state, hold_reason, created_at, settled_at)
            VALUES (1, 1, 'acme', 'add-comment', 'jira', '{}', 'held', 'grant', 1, NULL),
              (1, 2, 'acme', 'add-comment', 'jira', '{}', 'done', NULL, 1, 1);
          """)
      try Store.forgetOldVersions(keeping: 1, database)
    }
    #expect(try await store.mappingVersions().map(\.id) == [6, 3, 1])
    #expect(try await count("mapping_file", store) == 3)
    // What ran last stays even where newer ones were only kept.
    let old = try await store.mappingFiles(of: 1)
    _ = try await store.announceRollback(to: 1, replacing: [Self.file("a.xml", "never")], now: Self.now)
    try await store.commit { try Store.forgetOldVersions(keeping: 1, $0) }
    #expect(try await store.mappingVersions().map(\.id) == [8, 6, 3, 1])
    #expect(try await store.mappingFiles(of: 8) == old)
  }
}
