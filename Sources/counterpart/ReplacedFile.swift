import CFileStamp
import FoundationEssentials
import Glibc

/// A file that gets another content whole or not at all, and keeps its mode and its owner.
///
/// The new content is on disk under another name before it takes the old one's place, and the folder's entry is on disk
/// before ``write(_:)`` returns.
struct ReplacedFile {
  struct Failure: Error {
    var path: String
    /// What the system says, right after it happened.
    var reason = String(cString: strerror(errno))
  }

  private let target: String
  private let directory: String
  /// The same for everybody: what a kill left is replaced by the next attempt, and does not stay for good.
  private let temporary: String

  init(path: String) {
    // A link stays one; what it points to is replaced.
    let isLink = (try? FileManager.default.destinationOfSymbolicLink(atPath: path)) != nil
    target = isLink ? Self.resolved(path) : path
    let place = Place(target)
    directory = place.folder
    temporary = "\(place.folder)/.\(place.name).tmp"
  }

  /// A path's folder, and its last part.
  struct Place {
    var folder = "."
    var name: String

    init(_ path: String) {
      name = path
      guard let slash = path.lastIndex(of: "/") else { return }
      folder = slash == path.startIndex ? "/" : String(path[..<slash])
      name = String(path[path.index(after: slash)...])
    }
  }

  func write(_ content: [UInt8]) throws(Failure) {
    if !FileManager.default.fileExists(atPath: directory) {
      try? FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }
    var stamp = file_stamp()
    let isThere = file_stamp_read(target, &stamp) == 0
    let mode = isThere ? stamp.mode : 0o644
    unlink(temporary)
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode & 0o600)
    guard descriptor >= 0 else { throw Failure(path: temporary) }
    var isWritten = !isThere || Self.give(descriptor, to: stamp)
    isWritten = isWritten && fchmod(descriptor, mode) == 0
    var rest = content[...]
    while isWritten, !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      isWritten = count > 0
      rest = rest.dropFirst(max(0, count))
    }
    isWritten = isWritten && fsync(descriptor) == 0
    guard isWritten, rename(temporary, target) == 0 else {
      let failure = Failure(path: target)
      close(descriptor)
      unlink(temporary)
      throw failure
    }
    close(descriptor)
    let folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { throw Failure(path: directory) }
    defer { close(folder) }
    guard fsync(folder) == 0 else { throw Failure(path: directory) }
  }

  /// A file of a service's user stays readable for it when an administrator runs the command.
  private static func give(_ descriptor: CInt, to stamp: file_stamp) -> Bool {
    stamp.owner == geteuid() && stamp.group == getegid() || fchown(descriptor, stamp.owner, stamp.group) == 0
  }

  private static func resolved(_ path: String) -> String {
    guard let real = realpath(path, nil) else { return path }
    defer { free(real) }
    return String(cString: real)
  }
}

/// One at a time does something to the files of a folder; it ends with the process, however that ends.
struct FolderLock: ~Copyable {
  private let descriptor: CInt

  /// - Throws: ``CommandError`` with the given words when somebody else holds it.
  init(of path: String, taken: String) throws {
    let folder = ReplacedFile.Place(path).folder
    descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw CommandError("the folder '\(folder)' cannot be opened") }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw CommandError(taken)
    }
  }

  deinit { close(descriptor) }
}
