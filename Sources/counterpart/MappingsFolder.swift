import CFileStamp
import FoundationEssentials
import Glibc
import MappingLanguage
import SyncEngine
import SyncModel

/// The folder of mappings, profiles and sites: tells cheaply whether anything in it changed, reads it, and fetches the
/// secrets that its files name.
struct MappingsFolder: Sendable {
  /// More files than this are no mappings folder.
  private static let fileLimit = 2000

  let path: String
  /// The environment, for `env:NAME` secrets. Whatever prints this folder, as a log of services does, prints no value.
  private let environment: [String: Secret]

  init(path: String, environment: [String: String]) {
    self.path = path
    self.environment = environment.mapValues { Secret($0) }
  }

  /// What `stat` says of a file: it changes with every change of the file's content, whichever way that is made.
  struct Stamp: Hashable, Sendable {
    var inode: UInt64
    var bytes: Int64
    var modified: Int64
    /// Of the inode: moves also where a tool sets `modified` back.
    var changed: Int64
  }

  /// The stamp of every file that counts, by its path.
  ///
  /// - Throws: ``FolderError`` when the folder or a file in it cannot be looked at.
  func stamps() throws -> [String: Stamp] {
    var paths = try names(in: path)
    if FileManager.default.fileExists(atPath: path + "/crm") {
      paths += try names(in: path + "/crm").map { "crm/" + $0 }
    }
    let counting = paths.filter { SourceFile.counts($0) }
    guard counting.count <= Self.fileLimit else {
      throw FolderError(reason: "the folder '\(path)' holds more than \(Self.fileLimit) documents")
    }
    var stamps: [String: Stamp] = [:]
    for name in counting {
      // A file that went between the two looks is gone.
      if let stamp = try stamp(path + "/" + name) { stamps[name] = stamp }
    }
    return stamps
  }

  private func stamp(_ file: String) throws -> Stamp? {
    var stamp = file_stamp()
    switch file_stamp_read(file, &stamp) {
    case 0:
      return Stamp(inode: stamp.inode, bytes: stamp.bytes, modified: stamp.modified, changed: stamp.changed)
    case ENOENT: return nil
    default: throw FolderError(reason: "'\(file)' cannot be read")
    }
  }

  /// Every file that counts, in the order of their paths.
  ///
  /// - Throws: ``FolderError`` when the folder or a file in it cannot be read.
  func files() throws -> [SourceFile] { try stamps().keys.sorted().map(read) }

  /// One file of the folder.
  func read(_ name: String) throws -> SourceFile {
    let file = path + "/" + name
    guard let size = try? FileManager.default.attributesOfItem(atPath: file)[.size] as? Int,
      size <= SourceFile.limitBytes, let content = FileManager.default.contents(atPath: file)
    else {
      // What is too large is refused by the compiler, with the file's name, and is not read for that.
      if let size = try? FileManager.default.attributesOfItem(atPath: file)[.size] as? Int,
        size > SourceFile.limitBytes
      {
        return SourceFile(path: name, oversizeBytes: Int64(size))
      }
      throw FolderError(reason: "'\(file)' cannot be read")
    }
    return SourceFile(path: name, bytes: Array(content))
  }

  /// The files, or why they cannot be read.
  var content: MappingsFolderContent {
    do { return .files(try files()) } catch { return .unreadable(diagnostic(error)) }
  }

  func diagnostic(_ error: any Error) -> Diagnostic {
    Diagnostic(.error, at: SourcePosition(file: path, line: 1), "\(error)")
  }

  private func names(in folder: String) throws -> [String] {
    do { return try FileManager.default.contentsOfDirectory(atPath: folder) } catch {
      throw FolderError(reason: "the folder '\(folder)' cannot be read")
    }
  }

  /// What a file of the folder names as a secret; nil where it is missing or empty.
  @Sendable func secret(_ source: SecretSource) -> Secret? {
    switch source {
    case .environment(let name): environment[name].flatMap { $0.isEmpty ? nil : $0 }
    case .file(let file): SecretFile.read(file.hasPrefix("/") ? file : path + "/" + file)
    }
  }
}

/// Why the mappings folder cannot be read or written.
struct FolderError: Error, CustomStringConvertible {
  var reason: String
  var description: String { reason }
}
