import Foundation
import Glibc
import SyncEngine
import SyncModel
import SyncStore
import Testing

@testable import counterpart

@Suite("The files of an earlier version are put back")
struct MappingsRollbackTests {
  static let now = Timestamp(seconds: 1_780_000_000)

  /// A folder with two versions: `mapping.xml` differs, `more.xml` came with the second.
  private func prepared() async throws -> (TestFolder, Store, MappingsRollback) {
    let folder = try TestFolder()
    let store = try Store()
    try await goLive(folder, store)
    try folder.write("mapping.xml", TestFolder.otherMapping)
    try folder.write("more.xml", TestFolder.mapping.split(separator: "support").joined(separator: "more"))
    try await goLive(folder, store)
    return (folder, store, MappingsRollback(folder: folder.mappings, store: store))
  }

  @discardableResult
  private func goLive(_ folder: TestFolder, _ store: Store) async throws -> MappingVersion {
    try await store.goLive(
      try folder.mappings.files().map { MappingFile($0) }, origin: .edit, now: Self.now)
  }

  @Test("Files are written and removed as the version says, keep their mode, and go live as a rollback")
  func putBack() async throws {
    let (folder, store, rollback) = try await prepared()
    defer { folder.remove() }
    #expect(chmod(folder.path + "/mapping.xml", 0o640) == 0)
    let report = try await rollback.run(to: 1, isForced: false, now: Self.now)
    #expect(
      report
        == MappingsRollback.Report(target: 1, version: 3, written: ["mapping.xml"], removed: ["more.xml"]))
    #expect(folder.text("mapping.xml") == TestFolder.mapping)
    #expect(folder.text("more.xml") == nil)
    #expect(try folder.mode("mapping.xml") == 0o640)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".tmp") } == [])
    #expect(try await goLive(folder, store).origin == .rollback(to: 1))
    #expect(
      MappingVersionList(versions: try await store.mappingVersions(), limit: 2).text(json: false) == """
        VERSION  LIVE  SINCE                     CAME BY           CHANGED FILES
        3        live  2026-05-28T20:26:40.000Z  rolled back to 1  mapping.xml more.xml
        2              2026-05-28T20:26:40.000Z  edited            mapping.xml more.xml
        """)
  }

  @Test("Doing it twice is doing it once")
  func twice() async throws {
    let (folder, store, rollback) = try await prepared()
    defer { folder.remove() }
    _ = try await rollback.run(to: 1, isForced: false, now: Self.now)
    let again = try await rollback.run(to: 1, isForced: false, now: Self.now)
    #expect(again == MappingsRollback.Report(target: 1))
    #expect(try await store.mappingVersions().count == 3)
  }

  @Test("What never was live is not overwritten, and by force it is kept as a version")
  func unkept() async throws {
    let (folder, store, rollback) = try await prepared()
    defer { folder.remove() }
    try folder.write("mapping.xml", "<rout")
    let error = await #expect(throws: CommandError.self) {
      try await rollback.run(to: 1, isForced: false, now: Self.now)
    }
    #expect(error?.description.contains("holds changes that never were live, in mapping.xml;") == true)
    #expect(folder.text("mapping.xml") == "<rout")
    #expect(try await store.mappingVersions().count == 2)
    let report = try await rollback.run(to: 1, isForced: true, now: Self.now)
    #expect(report.setAside == 3 && report.version == 4)
    let aside = try await store.mappingFiles(of: 3)
    #expect(aside.first { $0.path == "mapping.xml" }?.content == Array("<rout".utf8))
    #expect(folder.text("mapping.xml") == TestFolder.mapping)
  }

  @Test("A version that is not there, or that this program would refuse, changes nothing")
  func refused() async throws {
    let (folder, store, rollback) = try await prepared()
    defer { folder.remove() }
    let broken = try await store.goLive(
      [MappingFile(path: "mapping.xml", digest: String(repeating: "0", count: 64), content: Array("<old/>".utf8))],
      origin: .edit, now: Self.now)
    for (id, words) in [(99, "there is no version 99"), (broken.id, "cannot run any more, so it is not put back")] {
      let error = await #expect(throws: CommandError.self) {
        try await rollback.run(to: id, isForced: true, now: Self.now)
      }
      #expect(error?.description.contains(words) == true)
    }
    #expect(folder.text("mapping.xml") == TestFolder.otherMapping)
  }

  @Test("A link in the folder stays one, and what it points to is replaced")
  func links() async throws {
    let (folder, _, rollback) = try await prepared()
    defer { folder.remove() }
    try FileManager.default.moveItem(atPath: folder.path + "/mapping.xml", toPath: folder.path + "/kept.txt")
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/mapping.xml", withDestinationPath: folder.path + "/kept.txt")
    _ = try await rollback.run(to: 1, isForced: false, now: Self.now)
    #expect(folder.text("kept.txt") == TestFolder.mapping)
    #expect(
      try FileManager.default.destinationOfSymbolicLink(atPath: folder.path + "/mapping.xml") == folder.path
        + "/kept.txt")
  }
}
