import Foundation
import MappingLanguage
import Testing

@testable import counterpart

@Suite("The mappings folder is read")
struct MappingsFolderTests {
  @Test("A file of 100 MB is refused by its size, with its place, and is not read")
  func oversize() throws {
    let folder = try TestFolder()
    defer { folder.remove() }
    try folder.write("huge.xml", "")
    let file = try FileHandle(forWritingTo: URL(filePath: folder.path + "/huge.xml"))
    try file.truncate(atOffset: 100_000_000)
    try file.close()
    let started = ContinuousClock.now
    let files = try folder.mappings.files()
    #expect(ContinuousClock.now - started < .seconds(20))
    #expect(files.first { $0.path == "huge.xml" } == SourceFile(path: "huge.xml", oversizeBytes: 100_000_000))
    #expect(
      MappingSet.compile(files: files).diagnostics.map(\.description) == [
        "huge.xml:1: error: the document is larger than 1048576 bytes: it has 100000000, and was not read; split it or "
          + "shorten it"
      ])
  }
}
