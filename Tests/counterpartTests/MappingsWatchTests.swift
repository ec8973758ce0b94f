import MappingLanguage
import Testing

@testable import counterpart

@Suite("The mappings folder is watched")
struct MappingsWatchTests {
  @Test("A change is taken when it has held still for one look, and once")
  func stillness() throws {
    let folder = try TestFolder()
    defer { folder.remove() }
    var looks = FolderLooks()
    #expect(try looks.changed(in: folder.mappings) == nil)
    #expect(
      try looks.changed(in: folder.mappings)?.map(\.path) == ["crm.xml", "crm/generic.xml", "mapping.xml", "site.xml"])
    looks.isTaken = true
    #expect(try looks.changed(in: folder.mappings) == nil)
    // An editor empties the file, and writes it in two pieces.
    for piece in ["", "<mapping", TestFolder.otherMapping] {
      try folder.write("mapping.xml", piece)
      #expect(try looks.changed(in: folder.mappings) == nil)
    }
    let files = try #require(try looks.changed(in: folder.mappings))
    #expect(files.first { $0.path == "mapping.xml" }?.bytes == Array(TestFolder.otherMapping.utf8))
    looks.isTaken = true
    #expect(try looks.changed(in: folder.mappings) == nil)
  }

  @Test("What could not be taken is handed out once more, and a change of the same length is seen")
  func again() throws {
    let folder = try TestFolder()
    defer { folder.remove() }
    var looks = FolderLooks()
    _ = try looks.changed(in: folder.mappings)
    let first = try #require(try looks.changed(in: folder.mappings))
    #expect(try looks.changed(in: folder.mappings) == first)
    looks.isTaken = true
    try folder.write("mapping.xml", String(repeating: "x", count: TestFolder.mapping.utf8.count))
    #expect(try looks.changed(in: folder.mappings) == nil)
    #expect(try looks.changed(in: folder.mappings)?.first { $0.path == "mapping.xml" }?.bytes.first == 0x78)
  }

  @Test("Editors' own files beside the documents do not count")
  func editorsFiles() throws {
    let folder = try TestFolder()
    defer { folder.remove() }
    var looks = FolderLooks()
    _ = try looks.changed(in: folder.mappings)
    _ = try looks.changed(in: folder.mappings)
    looks.isTaken = true
    for name in [".mapping.xml.swp", "mapping.xml~", "#mapping.xml#", "4913", ".mapping.xml.17.tmp"] {
      try folder.write(name, "x")
    }
    #expect(try looks.changed(in: folder.mappings) == nil)
    #expect(try looks.changed(in: folder.mappings) == nil)
  }

  @Test("A folder that is gone is an error that names it")
  func gone() throws {
    let folder = try TestFolder()
    folder.remove()
    var looks = FolderLooks()
    let error = #expect(throws: FolderError.self) { try looks.changed(in: folder.mappings) }
    #expect(error?.reason == "the folder '\(folder.path)' cannot be read")
  }
}
