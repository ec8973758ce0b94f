import MappingLanguage
import SyncModel
import Testing

@Suite("Hostile files in the mappings folder")
struct HostileFileTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var bytes: [UInt8]
    var message: String
  }

  static let opening = #"<mapping xmlns="urn:counterpart:mapping:1" name="x" crm="acme">"#
  static let bomb =
    "<!DOCTYPE m [<!ENTITY a \"ha\">" + (0..<20).map { "<!ENTITY a\($0) \"&a;&a;&a;&a;\">" }.joined() + "]><m>&a19;</m>"

  static let cases = [
    Case(
      testDescription: "external entity",
      bytes: Array("<!DOCTYPE m [<!ENTITY x SYSTEM 'file:///etc/hostname'>]>\(opening)&x;</mapping>".utf8),
      message: "a DOCTYPE is not accepted"),
    Case(testDescription: "entity bomb", bytes: Array(bomb.utf8), message: "a DOCTYPE is not accepted"),
    Case(
      testDescription: "10,000 levels", bytes: Array((opening + String(repeating: "<a>", count: 10_000)).utf8),
      message: "elements nest deeper than 100"),
    Case(
      testDescription: "invalid UTF-8", bytes: Array(opening.utf8) + [0xFF, 0xFE, 0x80],
      message: "the document is not valid UTF-8"),
    Case(
      testDescription: "Latin-1", bytes: Array("<?xml version='1.0' encoding='latin1'?>\(opening)</mapping>".utf8),
      message: "the encoding 'latin1' is not accepted"),
    Case(
      testDescription: "UTF-32", bytes: [0xFF, 0xFE, 0, 0, 0x3C, 0, 0, 0],
      message: "the encoding 'UTF-32' is not accepted"),
    Case(
      testDescription: "half a UTF-16 unit", bytes: [0xFE, 0xFF, 0x00, 0x3C, 0x00],
      message: "the document is not valid UTF-16"),
    Case(
      testDescription: "unpaired surrogate", bytes: [0xFE, 0xFF, 0x00, 0x3C, 0xD8, 0x00],
      message: "the document is not valid UTF-16"),
    Case(
      testDescription: "2 MiB", bytes: [UInt8](repeating: 0x20, count: 2 << 20), message: "the document is larger than"),
    Case(testDescription: "no XML", bytes: Array("\u{7F}ELF".utf8), message: "not well-formed XML"),
    Case(testDescription: "empty", bytes: [], message: "not well-formed XML"),
  ]

  @Test("A hostile file is one error, and the good files beside it stay silent", arguments: cases)
  func refused(_ item: Case) throws {
    let files = try MappingFolders.base() + [SourceFile(path: "hostile.xml", bytes: item.bytes)]
    let result = MappingSet.compile(files: files)
    #expect(result.set == nil)
    #expect(result.diagnostics.count == 1)
    let only = try #require(result.diagnostics.first)
    #expect(only.severity == .error && only.position.file == "hostile.xml")
    #expect(only.message.hasPrefix(item.message), "\(only.message)")
  }

  @Test("A file of 100 MB is refused by its size, and nobody has read it")
  func oversize() throws {
    let files = try MappingFolders.base() + [SourceFile(path: "huge.xml", oversizeBytes: 100_000_000)]
    #expect(
      MappingSet.compile(files: files).diagnostics.map(\.description) == [
        "huge.xml:1: error: the document is larger than 1048576 bytes: it has 100000000, and was not read; split it or "
          + "shorten it"
      ])
  }

  @Test("A byte order mark changes nothing, nor does a wide encoding", arguments: ["utf-8", "utf-16le", "utf-16be"])
  func marks(_ encoding: String) throws {
    let source = try MappingFolders.file("mappings/example-mapping.xml")
    let text = "\u{FEFF}" + String(decoding: source.bytes, as: UTF8.self).replacing(" encoding=\"UTF-8\"", with: "")
    let bytes: [UInt8] =
      switch encoding {
      case "utf-8": Array(text.utf8)
      case "utf-16le": text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
      default: text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
      }
    let result = MappingSet.compile(files: try MappingFolders.base() + [SourceFile(path: "m.xml", bytes: bytes)])
    #expect(result.diagnostics == [])
  }

  @Test("A thousand mistakes give a bounded list")
  func bounded() throws {
    let rows = String(repeating: "<field jria='x'/>", count: 1000)
    let file = SourceFile(path: "many.xml", bytes: Array("\(Self.opening)\(rows)</mapping>".utf8))
    let result = MappingSet.compile(files: try MappingFolders.base() + [file])
    #expect(result.set == nil)
    #expect((1...2100).contains(result.diagnostics.count))
  }

  @Test("A mapping in UTF-16 compiles like the same in UTF-8")
  func utf16() throws {
    let source = try MappingFolders.file("mappings/example-mapping.xml")
    let text = String(decoding: source.bytes, as: UTF8.self).replacing("UTF-8", with: "UTF-16")
    let bytes = ([0xFEFF] + Array(text.utf16)).flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    let result = MappingSet.compile(files: try MappingFolders.base() + [SourceFile(path: "m.xml", bytes: bytes)])
    #expect(result.diagnostics == [])
    #expect(result.set?.mappings.map(\.name) == ["acme-support"])
  }

  @Test("An empty folder is an empty set")
  func empty() {
    let result = MappingSet.compile(files: [])
    #expect(result.diagnostics == [] && result.set?.mappings.isEmpty == true)
  }
}
