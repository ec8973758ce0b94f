import Logging
import MappingLanguage
import ServiceLifecycle
import SyncEngine

/// Looks at the mappings folder twice a second; what changed and then held still for one look is read and handed on.
///
/// A look costs one `stat` a file. Editors write in pieces (empty for a moment, or a new file that is renamed into
/// place), and so do tools that write several files; waiting for one quiet look keeps what is half-written from being
/// taken for a mistake.
struct MappingsWatch: Service {
  let folder: MappingsFolder
  let reload: MappingReload
  let interval: Duration

  func run() async throws {
    var looks = FolderLooks()
    while !Task.isShuttingDownGracefully {
      // A sleep that ends early means that the process is stopping, which the loop looks at.
      await cancelWhenGracefulShutdown { try? await Task.sleep(for: interval) }
      if Task.isShuttingDownGracefully || Task.isCancelled { return }
      do {
        guard let files = try looks.changed(in: folder) else { continue }
        _ = try await reload.take(files, now: SystemClock.now)
        looks.isTaken = true
      } catch let error as FolderError {
        reload.refuse([folder.diagnostic(error)])
      } catch {
        // The database takes no writes for the moment: the same files are taken at the next look.
        Logger.current.error("The mappings could not be reloaded; it is tried again", metadata: ["error": "\(error)"])
      }
    }
  }
}

/// What looks at a folder have shown so far, and the content that was read, so that only what changed is read again.
struct FolderLooks {
  private var seen: [String: MappingsFolder.Stamp]?
  private var known: [String: (stamp: MappingsFolder.Stamp, file: SourceFile)] = [:]
  /// What was read last was made use of; else it is handed out once more.
  var isTaken = false

  /// The files, where they differ from what was taken last and did not change since the look before this one.
  ///
  /// - Throws: ``FolderError``.
  mutating func changed(in folder: MappingsFolder) throws -> [SourceFile]? {
    let stamps = try folder.stamps()
    let isStill = stamps == seen
    seen = stamps
    guard isStill, !isTaken || known.mapValues(\.stamp) != stamps else { return nil }
    isTaken = false
    var files: [String: (stamp: MappingsFolder.Stamp, file: SourceFile)] = [:]
    for (path, stamp) in stamps {
      if let before = known[path], before.stamp == stamp {
        files[path] = before
      } else {
        files[path] = (stamp, try folder.read(path))
      }
    }
    // What changed while it was read is read when it holds still.
    let after = try folder.stamps()
    guard after == stamps else {
      seen = after
      return nil
    }
    known = files
    return files.sorted { $0.key < $1.key }.map(\.value.file)
  }
}
