import Dispatch
import GRDB
import Synchronization

/// Group commit: writes that arrive while a transaction is under way wait for the next one, together.
///
/// So the disk is synced once for as many as are waiting (deliveries, claims and outcomes alike), and nobody is answered
/// before what they wrote is on disk. A write that fails takes nothing with it: the transaction is then done again, each
/// write in a savepoint of its own. Savepoints are not there from the start because each would have SQLite keep a copy
/// of every page that the write changes, mostly in a temporary file.
final class CommitGroup: Sendable {
  private let writer: any DatabaseWriter
  private let limit: Int
  private let queue = Mutex(Queue())
  private let thread: DispatchQueue?

  private struct Queue {
    var waiting: [Member] = []
    var isWriting = false
  }

  private struct Member: Sendable {
    /// Does the member's work, perhaps for the second time, and keeps its result.
    let perform: @Sendable (Database, MemberPlace) throws -> Void
    /// Answers the member: with its own result, or with the error that lost the transaction.
    let finish: @Sendable ((any Error)?) -> Void
  }

  /// - Parameters:
  ///   - thread: where writes wait for the disk; nil: there is no disk, and the caller's own thread does.
  ///   - limit: how many writes one transaction takes at most.
  init(writer: any DatabaseWriter, thread: DispatchQueue?, limit: Int = 256) {
    self.writer = writer
    self.thread = thread
    self.limit = limit
  }

  /// Runs one write to its end, whatever becomes of the calling task; returns when it is on disk.
  func commit<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
    let result = MemberResult<Value>()
    return try await withCheckedThrowingContinuation { continuation in
      let member = Member(
        perform: { database, place in try result.keep(body, in: database, at: place) },
        finish: { continuation.resume(with: result.taken(transactionError: $0)) })
      let mustStart = queue.withLock { queue in
        queue.waiting.append(member)
        defer { queue.isWriting = true }
        return !queue.isWriting
      }
      // GRDB's asynchronous write honours cancellation, and would roll back the outcome of a call that did happen; its
      // synchronous one does not, and blocks no thread but this queue's. Cancellation is looked at between transactions.
      guard mustStart else { return }
      if let thread { thread.async { self.writeUntilNobodyWaits() } } else { writeUntilNobodyWaits() }
    }
  }

  private func writeUntilNobodyWaits() {
    while let members = next() {
      do {
        do { try write(members, at: members.count == 1 ? .alone : .among) } catch is MemberFailure {
          try write(members, at: .apart)
        }
        for member in members { member.finish(nil) }
      } catch {
        for member in members { member.finish(error) }
      }
    }
  }

  private func write(_ members: [Member], at place: MemberPlace) throws {
    try writer.write { database in
      for member in members { try member.perform(database, place) }
    }
  }

  private func next() -> [Member]? {
    queue.withLock { queue in
      guard !queue.waiting.isEmpty else {
        queue.isWriting = false
        return nil
      }
      let members = Array(queue.waiting.prefix(limit))
      queue.waiting.removeFirst(members.count)
      return members
    }
  }
}

/// How a write stands in its transaction.
private enum MemberPlace {
  case alone
  /// With others, trusting that none fails.
  case among
  /// With others, in a savepoint of its own.
  case apart
}

/// One of several writes failed, and the transaction can be done again without it.
private struct MemberFailure: Error {}

/// What one write of a group came to, between the writer's thread and the task that waits.
private final class MemberResult<Value: Sendable>: Sendable {
  private let result = Mutex<Result<Value, any Error>?>(nil)

  /// - Throws: where the transaction cannot be committed as it stands.
  func keep(_ body: (Database) throws -> Value, in database: Database, at place: MemberPlace) throws {
    if place == .apart { try database.executeCached(sql: "SAVEPOINT member") }
    do {
      let value = try body(database)
      if place == .apart { try database.executeCached(sql: "RELEASE member") }
      result.withLock { $0 = .success(value) }
    } catch {
      // A full disk can roll back the transaction itself (https://sqlite.org/lang_transaction.html, 3.2): then nothing
      // that was written before is there any more, and everybody must hear of it.
      guard place != .alone, database.isInsideTransaction else { throw error }
      guard place == .apart else { throw MemberFailure() }
      try database.executeCached(sql: "ROLLBACK TO member")
      try database.executeCached(sql: "RELEASE member")
      result.withLock { $0 = .failure(error) }
    }
  }

  func taken(transactionError: (any Error)?) -> Result<Value, any Error> {
    if let transactionError { return .failure(transactionError) }
    return result.withLock { $0 } ?? .failure(StoreError.failed("a write was left out of its transaction"))
  }
}
