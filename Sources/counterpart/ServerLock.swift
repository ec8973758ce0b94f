import Glibc

/// Keeps a second server off a database: the first one takes over at its start what a crash left running, which is safe
/// only while nobody else is carrying it out.
struct ServerLock: ~Copyable {
  private let descriptor: CInt

  /// - Throws: ``CommandError`` when another server holds the lock.
  init(database: String) throws {
    let path = database + ".lock"
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw CommandError("the lock file '\(path)' cannot be written") }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw CommandError("another 'counterpart serve' runs on the database '\(database)'")
    }
  }

  deinit { close(descriptor) }
}

/// Why a command cannot do what it was asked, in a sentence.
struct CommandError: Error, CustomStringConvertible {
  var description: String

  init(_ description: String) { self.description = description }
}
