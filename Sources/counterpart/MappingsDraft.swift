import FoundationEssentials
import MappingLanguage
import SyncEngine
import XML

/// The live mappings with a draft in place of what has the same name in them.
struct MappingsDraft {
  let live: MappingSet
  let draft: MappingSet

  /// - Parameters:
  ///   - files: what is live.
  ///   - path: a file with one document, or a folder laid out as a mappings folder is, whole or in part.
  /// - Throws: ``CommandError`` with the findings, where the draft has errors.
  init(files: [SourceFile], path: String) throws {
    let (live, problems) = MappingSet.compile(files: files)
    guard let live else {
      throw CommandError("the mappings are wrong:\n" + problems.map(\.description).joined(separator: "\n"))
    }
    let documents = try Self.documents(at: path)
    guard !documents.isEmpty else { throw CommandError("'\(path)' holds no document") }
    let replaced = Set(documents.compactMap(Self.name))
    let paths = Set(documents.map(\.path))
    let kept = files.filter { file in
      !paths.contains(file.path) && Self.name(file).map { !replaced.contains($0) } ?? true
    }
    let (draft, findings) = MappingSet.compile(files: kept + documents)
    guard let draft else {
      throw CommandError("the draft is wrong:\n" + findings.map(\.description).joined(separator: "\n"))
    }
    self.live = live
    self.draft = draft
  }

  private static func documents(at path: String) throws -> [SourceFile] {
    var isFolder = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw CommandError("there is no '\(path)'")
    }
    if isFolder { return try MappingsFolder(path: path, environment: [:]).files() }
    let parts = path.split(separator: "/")
    let folder = (path.hasPrefix("/") ? "/" : "") + parts.dropLast().joined(separator: "/")
    let name = parts.last.map(String.init) ?? path
    guard SourceFile.counts(name) else { throw CommandError("'\(path)' is no .xml file") }
    return [try MappingsFolder(path: folder.isEmpty ? "." : folder, environment: [:]).read(name)]
  }

  /// What kind of document a file is, and its name in it; nil where that cannot be read.
  private static func name(_ file: SourceFile) -> String? {
    guard let root = try? XMLReader.read(file.bytes), let name = root[attribute: "name"] else { return nil }
    return "\(root.namespace ?? "") \(root.name) \(name)"
  }
}
