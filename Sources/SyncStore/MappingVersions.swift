import GRDB
package import SyncModel

import struct FoundationEssentials.Data

/// One file of the mappings folder as it is kept.
package struct MappingFile: Hashable, Sendable {
  /// Relative to the folder, with `/`.
  package var path: String
  /// The SHA-256 of the content, as 64 lower-case digits.
  package var digest: String
  package var content: [UInt8]

  package init(path: String, digest: String, content: [UInt8]) {
    self.path = path
    self.digest = digest
    self.content = content
  }
}

/// One state of the whole mappings folder that ran, or that a rollback replaced.
///
/// Kept so that whoever asks later what an event was planned with gets the very text, and can go back to it. The files
/// name secrets and never hold them: the compiler refuses a literal one.
package struct MappingVersion: Hashable, Sendable {
  /// Where a version came from.
  package enum Origin: Hashable, Sendable {
    /// Found when the server started, changed while it did not run.
    case start
    /// Somebody changed files while the server ran.
    case edit
    /// The files of an earlier version were put back.
    case rollback(to: Int64)
    /// What lay in the folder when a rollback replaced it, and had never run.
    case setAside
  }

  package var id: Int64
  package var origin: Origin
  package var keptAt: Timestamp
  /// When it first ran; nil: it has not.
  package var liveAt: Timestamp?
  /// It runs now, or ran last.
  package var isLive: Bool
  /// The digest of each file, by its path.
  package var files: [String: String]
}

extension MappingVersion {
  /// The paths of which two versions have different content, or only one has any.
  package func paths(differingFrom other: [String: String]) -> [String] {
    Set(files.keys).union(other.keys).filter { files[$0] != other[$0] }.sorted()
  }
}

extension Store {
  /// How many versions are kept beyond those that are needed.
  package static let mappingVersionsKept = 200

  // MARK: - Writing

  /// Says that these files run now, and keeps them as a version unless they are the one that ran already.
  ///
  /// Files that a rollback announced (``announceRollback(to:replacing:now:)``) become that rollback's version.
  ///
  /// - Parameter origin: where they come from, unless a rollback announced them.
  package func goLive(
    _ files: [MappingFile], origin: MappingVersion.Origin, now: Timestamp
  ) async throws -> MappingVersion {
    try await commit { database in
      let digests = Self.digests(files)
      if let live = try Self.liveVersion(database), live.files == digests { return live }
      let newest = try Self.versions("ORDER BY id DESC LIMIT 1", [], database).first
      let id: Int64
      if let newest, newest.liveAt == nil, case .rollback = newest.origin, newest.files == digests {
        id = newest.id
      } else {
        id = try Self.keep(files, origin, now: now, database)
      }
      try database.execute(
        sql: "UPDATE mapping_version SET live_at = COALESCE(live_at, ?) WHERE id = ?",
        arguments: [now.milliseconds, id])
      try database.execute(
        sql: """
          INSERT INTO mapping_live (id, version) VALUES (1, ?)
          ON CONFLICT (id) DO UPDATE SET version = excluded.version
          """, arguments: [id])
      try Self.forgetOldVersions(keeping: Self.mappingVersionsKept, database)
      guard let version = try Self.version(id, database) else {
        throw StoreError.failed("the version \(id) of the mappings cannot be read back")
      }
      return version
    }
  }

  /// Writes down that the folder is about to get the files of an earlier version, before any is touched.
  ///
  /// - Parameters:
  ///   - files: what lies in the folder; kept as a version of its own where it is none yet.
  ///   - id: the version whose files are put back.
  /// - Returns: the version that is to run, and the one that was set aside; nil where there is no such version.
  package func announceRollback(
    to id: Int64, replacing files: [MappingFile], now: Timestamp
  ) async throws -> (version: Int64, setAside: Int64?)? {
    try await commit { database in
      guard let target = try Self.version(id, database) else { return nil }
      let digests = Self.digests(files)
      let isKept = try Self.versions("ORDER BY id DESC", [], database).contains { $0.files == digests }
      let setAside = isKept ? nil : try Self.keep(files, .setAside, now: now, database)
      let newest = try Self.versions("ORDER BY id DESC LIMIT 1", [], database).first
      if let newest, newest.liveAt == nil, case .rollback = newest.origin, newest.files == target.files {
        return (newest.id, setAside)
      }
      // The same files as run: nothing becomes live by them that is not.
      if let live = try Self.liveVersion(database), live.files == target.files { return (live.id, setAside) }
      let version = try Self.insert(target.files, .rollback(to: id), now: now, database)
      return (version, setAside)
    }
  }

  // MARK: - Reading

  /// The newest versions first.
  package func mappingVersions(limit: Int = Int.max) async throws -> [MappingVersion] {
    try await read { try Self.versions("ORDER BY id DESC LIMIT ?", [limit], $0) }
  }

  package func mappingVersion(_ id: Int64) async throws -> MappingVersion? {
    try await read { try Self.version(id, $0) }
  }

  /// What runs now, or ran last; nil: nothing ever did.
  package func liveMappings() async throws -> MappingVersion? {
    try await read { try Self.liveVersion($0) }
  }

  /// The files of a version in the order of their paths; empty where there is no such version.
  package func mappingFiles(of version: Int64) async throws -> [MappingFile] {
    try await read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT path, mapping_file.digest, content FROM mapping_version_file
          JOIN mapping_file ON mapping_file.digest = mapping_version_file.digest WHERE version = ? ORDER BY path
          """, arguments: [version]
      ).map { row in
        MappingFile(path: row.text("path"), digest: row.text("digest"), content: row.bytesOrNil("content") ?? [])
      }
    }
  }

  /// Which of these contents are kept, whichever version they belong to.
  package func keptMappingFiles(among digests: Set<String>) async throws -> Set<String> {
    try await read { database in
      let kept = try database.cachedStatement(sql: "SELECT 1 FROM mapping_file WHERE digest = ?")
      return try digests.filter { try Bool.fetchOne(kept, arguments: [$0]) == true }
    }
  }

  // MARK: - Rows

  private static func digests(_ files: [MappingFile]) -> [String: String] {
    Dictionary(files.map { ($0.path, $0.digest) }, uniquingKeysWith: { first, _ in first })
  }

  private static func keep(
    _ files: [MappingFile], _ origin: MappingVersion.Origin, now: Timestamp, _ database: Database
  ) throws -> Int64 {
    let insert = try database.cachedStatement(
      sql: "INSERT INTO mapping_file (digest, content) VALUES (?, ?) ON CONFLICT (digest) DO NOTHING")
    for file in files { try insert.execute(arguments: [file.digest, Data(file.content)]) }
    return try self.insert(digests(files), origin, now: now, database)
  }

  private static func insert(
    _ files: [String: String], _ origin: MappingVersion.Origin, now: Timestamp, _ database: Database
  ) throws -> Int64 {
    try database.execute(
      sql: "INSERT INTO mapping_version (origin, rolled_back_to, kept_at) VALUES (?, ?, ?)",
      arguments: [origin.column, origin.rolledBackTo, now.milliseconds])
    let id = database.lastInsertedRowID
    let insert = try database.cachedStatement(
      sql: "INSERT INTO mapping_version_file (version, path, digest) VALUES (?, ?, ?)")
    for (path, digest) in files.sorted(by: { $0.key < $1.key }) { try insert.execute(arguments: [id, path, digest]) }
    return id
  }

  private static func version(_ id: Int64, _ database: Database) throws -> MappingVersion? {
    try versions("WHERE id = ?", [id], database).first
  }

  private static func liveVersion(_ database: Database) throws -> MappingVersion? {
    try versions("WHERE id = (SELECT version FROM mapping_live)", [], database).first
  }

  private static func versions(
    _ condition: String, _ arguments: StatementArguments, _ database: Database
  ) throws -> [MappingVersion] {
    let live = try Int64.fetchOne(database, sql: "SELECT version FROM mapping_live")
    let files = try database.cachedStatement(sql: "SELECT path, digest FROM mapping_version_file WHERE version = ?")
    return try Row.fetchAll(database, sql: "SELECT * FROM mapping_version " + condition, arguments: arguments)
      .compactMap { row in
        let id = row.int("id")
        let origin = MappingVersion.Origin(column: row.text("origin"), to: row.intOrNil("rolled_back_to"))
        guard let origin, let keptAt = row.time("kept_at") else { return nil }
        let pairs = try Row.fetchAll(files, arguments: [id]).map { ($0.text("path"), $0.text("digest")) }
        return MappingVersion(
          id: id, origin: origin, keptAt: keptAt, liveAt: row.time("live_at"), isLive: id == live,
          files: Dictionary(pairs, uniquingKeysWith: { first, _ in first }))
      }
  }

  /// Forgets the oldest versions beyond a number of them, and content that no version has any more.
  ///
  /// What runs stays; so does whatever an event was planned with of which something is still to be done: an event that
  /// is dead, or an operation that is not finished.
  static func forgetOldVersions(keeping limit: Int, _ database: Database) throws {
    let newest = "SELECT id FROM mapping_version ORDER BY id DESC LIMIT \(limit)"
    let old = try Int64.fetchAll(
      database, sql: "SELECT id FROM mapping_version WHERE id NOT IN (\(newest)) ORDER BY id")
    guard !old.isEmpty else { return }
    try database.execute(
      sql: """
        DELETE FROM mapping_version WHERE id NOT IN (\(newest)) AND id NOT IN (SELECT version FROM mapping_live)
          AND id NOT IN (SELECT mapping_version FROM event WHERE state = 'dead' AND mapping_version IS NOT NULL)
          AND id NOT IN (SELECT event.mapping_version FROM operation JOIN event ON event.id = operation.event
            WHERE operation.state NOT IN ('done', 'skipped') AND event.mapping_version IS NOT NULL);
        DELETE FROM mapping_file WHERE NOT EXISTS (
          SELECT 1 FROM mapping_version_file WHERE mapping_version_file.digest = mapping_file.digest);
        """)
  }
}

extension MappingVersion.Origin {
  fileprivate var column: String {
    switch self {
    case .start: "start"
    case .edit: "edit"
    case .rollback: "rollback"
    case .setAside: "set-aside"
    }
  }

  fileprivate var rolledBackTo: Int64? { if case .rollback(let id) = self { id } else { nil } }

  fileprivate init?(column: String, to: Int64?) {
    switch (column, to) {
    case ("start", _): self = .start
    case ("edit", _): self = .edit
    case ("rollback", let id?): self = .rollback(to: id)
    case ("set-aside", _): self = .setAside
    default: return nil
    }
  }

  /// Where it came from, in words.
  package var words: String {
    switch self {
    case .start: "found at the start"
    case .edit: "edited"
    case .rollback(let id): "rolled back to \(id)"
    case .setAside: "set aside by a rollback"
    }
  }
}
