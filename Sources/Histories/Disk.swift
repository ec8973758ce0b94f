import FoundationEssentials
import SyncStore

/// Where the store of a history is kept: in memory, or, where a power cut is to lose its last commits, in a file of
/// which copies are taken.
final class Disk {
  private let folder: String?
  private var actionsSinceCopy = 0
  private var hasCopy = false
  private static let actionsPerCopy = 4
  private static let parts = ["", "-wal"]

  init(isWritten: Bool) throws {
    guard isWritten else {
      folder = nil
      return
    }
    let files = FileManager.default
    let parent = files.fileExists(atPath: "/dev/shm") ? "/dev/shm" : files.temporaryDirectory.path
    let folder = parent + "/counterpart-history-\(UInt64.random(in: 0...UInt64.max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    self.folder = folder
  }

  private func path(_ name: String) -> String { (folder ?? "") + "/" + name }

  func open() throws -> Store {
    guard folder != nil else { return try Store() }
    return try Store(path: path("db"))
  }

  /// Called after each action: now and then everything is copied.
  func keepCopy() {
    guard folder != nil else { return }
    actionsSinceCopy += 1
    guard actionsSinceCopy >= Self.actionsPerCopy else { return }
    actionsSinceCopy = 0
    hasCopy = replace("copy", by: "db")
  }

  /// The power fails: what was committed since the last copy is gone.
  ///
  /// - Returns: the store as it is found then; nil: nothing was lost.
  func losePower(closing store: Store) throws -> Store? {
    guard folder != nil, hasCopy else { return nil }
    try store.close()
    _ = replace("db", by: "copy")
    return try open()
  }

  func remove() {
    guard let folder else { return }
    // A folder that stays behind is small, and in a place that is emptied.
    try? FileManager.default.removeItem(atPath: folder)
  }

  private func replace(_ old: String, by new: String) -> Bool {
    let files = FileManager.default
    for part in Self.parts + ["-shm"] where files.fileExists(atPath: path(old + part)) {
      guard (try? files.removeItem(atPath: path(old + part))) != nil else { return false }
    }
    for part in Self.parts where files.fileExists(atPath: path(new + part)) {
      guard (try? files.copyItem(atPath: path(new + part), toPath: path(old + part))) != nil else { return false }
    }
    return true
  }
}
