import Foundation
import MappingLanguage
import Testing

/// The files of the repository that tests read.
enum MappingFolders {
  static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  static let diagnostics = repository.appending(path: "fixtures/mapping-diagnostics")

  static func file(_ path: String, as name: String? = nil) throws -> SourceFile {
    SourceFile(path: name ?? path, bytes: Array(try Data(contentsOf: repository.appending(path: path))))
  }

  static func shipped() throws -> [SourceFile] {
    let folder = repository.appending(path: "mappings").resolvingSymlinksInPath()
    let paths = try FileManager.default.subpathsOfDirectory(atPath: folder.path())
    return try paths.filter(SourceFile.counts).map { (path: String) in try file("mappings/\(path)", as: path) }
  }

  /// The site, profile and connection that broken documents are compiled beside.
  static func base() throws -> [SourceFile] {
    try ["crm/generic.xml", "example-crm.xml", "example-site.xml"].map { (path: String) in
      try file("mappings/\(path)", as: path)
    }
  }

  static func brokenNames() -> [String] {
    let names =
      (try? FileManager.default.contentsOfDirectory(atPath: diagnostics.resolvingSymlinksInPath().path())) ?? []
    return names.filter { $0.hasSuffix(".xml") }.map { String($0.dropLast(4)) }.sorted()
  }
}
