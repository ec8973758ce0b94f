import CSQLite
import Dispatch
import GRDB

/// The database: SQLite, one file, durable.
///
/// It speaks the domain (accept, plan, claim, settle): no type of GRDB leaves this module, so that another engine can
/// stand beside it. Every write goes through ``commit(_:)``.
package struct Store: Sendable {
  private let writer: any DatabaseWriter
  private let group: CommitGroup
  private let isInMemory: Bool
  /// A connection for what is looked up by its key, on the calling thread.
  private let looks: any DatabaseReader
  let peopleMemory = PeopleMemory()

  /// Opens a file, creating and migrating it as needed.
  ///
  /// WAL with `synchronous=FULL`: a commit that returned survives a power cut (https://sqlite.org/pragma.html#pragma_synchronous).
  /// GRDB's pool sets NORMAL on its own after its preparation hook has run, so FULL is set afterwards and read back.
  ///
  /// - Throws: ``StoreError`` when the file is from a newer version or cannot be made durable; SQLite's error otherwise.
  package init(path: String) throws {
    Self.settleSQLite
    var configuration = Configuration()
    configuration.busyMode = .timeout(5)
    configuration.maximumReaderCount = 2
    configuration.prepareDatabase { database in
      try database.execute(sql: "PRAGMA cache_size = -1000")
      // Fewer checkpoints write a page that changes often less often (https://sqlite.org/pragma.html#pragma_wal_autocheckpoint).
      try database.execute(sql: "PRAGMA wal_autocheckpoint = 4000")
    }
    let pool = try DatabasePool(path: path, configuration: configuration)
    try pool.writeWithoutTransaction { database in
      try database.execute(sql: "PRAGMA synchronous = FULL")
      // What a busy minute works on stays at hand; the readers of pages and runs need less.
      try database.execute(sql: "PRAGMA cache_size = -2000")
    }
    let migrator = Schema.migrator
    if try pool.read({ try migrator.hasBeenSuperseded($0) }) { throw StoreError.newerVersion }
    try migrator.migrate(pool)
    writer = pool
    looks = try Self.looks(path)
    group = CommitGroup(writer: pool, thread: DispatchQueue(label: "counterpart.commit"))
    isInMemory = false
    guard try synchronousLevel() == 2 else { throw StoreError.notDurable }
  }

  /// Opens a file that a server made, for reading only: nothing in it changes, not even its tables.
  ///
  /// - Throws: ``StoreError`` when the file is from another version; SQLite's error otherwise.
  package init(reading path: String) throws {
    Self.settleSQLite
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(5)
    let queue = try DatabaseQueue(path: path, configuration: configuration)
    let migrator = Schema.migrator
    if try queue.read({ try migrator.hasBeenSuperseded($0) }) { throw StoreError.newerVersion }
    guard try queue.read({ try migrator.hasCompletedMigrations($0) }) else { throw StoreError.olderVersion }
    writer = queue
    looks = queue
    group = CommitGroup(writer: queue, thread: DispatchQueue(label: "counterpart.commit"))
    isInMemory = false
  }

  /// A database in memory, for tests and simulation: the same tables and statements, and nothing that waits for a disk.
  package init() throws {
    Self.settleSQLite
    let queue = try DatabaseQueue()
    try Self.migrated.get().backup(to: queue)
    writer = queue
    looks = queue
    group = CommitGroup(writer: queue, thread: nil)
    isInMemory = true
  }

  private static func looks(_ path: String) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(5)
    configuration.prepareDatabase { try $0.execute(sql: "PRAGMA cache_size = -200") }
    return try DatabaseQueue(path: path, configuration: configuration)
  }

  /// An empty database with all tables, to copy: that costs a small part of what making the tables does.
  private static let migrated = Result {
    let queue = try DatabaseQueue()
    try Schema.migrator.migrate(queue)
    return queue
  }

  /// What SQLite is told once, before it is first used; where it was used already it refuses, and is only slower.
  ///
  /// It does not count the memory that it takes, which it does under one lock for all connections. And the pages that a
  /// statement may have to put back stay in memory up to what no statement of the loop reaches; a bulk change writes them
  /// to a temporary file (https://sqlite.org/c3ref/c_config_covering_index_scan.html). They are written in one piece, and
  /// a piece of 128 KiB or more fails as if the disk were full (seekAndWriteFd in SQLite's os_unix.c).
  private static let settleSQLite: Void = {
    _ = sqlite_configure(SQLITE_CONFIG_MEMSTATUS, 0)
    _ = sqlite_configure(SQLITE_CONFIG_STMTJRNL_SPILL, 120 << 10)
  }()

  /// Closes the file; call it when nothing uses the store any more.
  package func close() throws {
    if !isInMemory { try looks.close() }
    try writer.close()
  }

  /// What `PRAGMA synchronous` reads on the writing connection: 2 is FULL.
  package func synchronousLevel() throws -> Int {
    try writer.writeWithoutTransaction { try Int.fetchOne($0, sql: "PRAGMA synchronous") ?? -1 }
  }

  func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
    do { return try isInMemory ? readInMemory(body) : await writer.read(body) } catch let error as DatabaseError {
      throw StoreError(error)
    }
  }

  /// Looks one thing up by its key, on the calling thread: the way to another one and back takes several times as long as
  /// the look. Nothing that reads many rows may come here, since the next one would wait for it.
  func look<Value>(_ body: (Database) throws -> Value) throws -> Value {
    do { return try looks.unsafeRead(body) } catch let error as DatabaseError { throw StoreError(error) }
  }

  /// A queue's own `read` switches `PRAGMA query_only` on and off, and each time SQLite prepares all statements anew
  /// (OP_Expire in its pragma.c). Nobody writes meanwhile without it either: the one connection serves one after another.
  private func readInMemory<Value: Sendable>(_ body: (Database) throws -> Value) throws -> Value {
    try writer.unsafeRead(body)
  }

  /// Runs a write to its end, whatever becomes of the calling task, together with whatever else waits to be written.
  func commit<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
    do { return try await group.commit(body) } catch let error as DatabaseError { throw StoreError(error) }
  }
}

/// Why the store refused.
package enum StoreError: Error, Hashable, Sendable, CustomStringConvertible {
  case newerVersion
  case olderVersion
  case notDurable
  /// The disk is full, the file is locked by another program or cannot be written: try again later.
  case busy
  /// What SQLite says, without values: its messages name tables and columns only.
  case failed(String)

  init(_ error: DatabaseError) {
    switch error.resultCode {
    case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_FULL, .SQLITE_IOERR, .SQLITE_READONLY, .SQLITE_CANTOPEN: self = .busy
    default: self = .failed("SQLite \(error.extendedResultCode.rawValue): \(error.message ?? "no message")")
    }
  }

  package var description: String {
    switch self {
    case .newerVersion:
      "the database was written by a newer version of Counterpart; run that version, or restore a backup"
    case .olderVersion:
      "the database was written by an older version of Counterpart; a server brings it up to date at its start"
    case .notDurable: "the database cannot be opened with synchronous=FULL, so accepted deliveries could be lost"
    case .busy: "the database cannot be written right now (locked by another program, or the disk is full)"
    case .failed(let message): message
    }
  }
}
