import CustomDump
import Foundation
import MappingLanguage
import SyncModel
import Testing

@Suite("Several mappings of one connection")
struct SeveralMappingsTests {
  private static let folder = MappingFolders.diagnostics.appending(path: "beside-another")

  static let names =
    ((try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? [])
    .filter { $0.hasSuffix(".xml") }.map { String($0.dropLast(4)) }.sorted()

  /// To make a golden file again, delete it and run this: it is written, and the test fails once.
  @Test("A mapping beside another one of its connection gets exactly the findings beside it", arguments: names)
  func golden(_ name: String) throws {
    let result = MappingSet.compile(
      files: try MappingFolders.base() + [
        MappingFolders.file("mappings/example-mapping.xml", as: "first.xml"),
        MappingFolders.file("fixtures/mapping-diagnostics/beside-another/\(name).xml", as: "second.xml"),
      ])
    let text = result.diagnostics.map { "\($0)\n" }.joined()
    let expected = Self.folder.appending(path: "\(name).expected")
    guard FileManager.default.fileExists(atPath: expected.path()) else {
      try Data(text.utf8).write(to: expected)
      Issue.record("\(name).expected was missing and is written now; read it")
      return
    }
    #expect(diff(text, String(decoding: try Data(contentsOf: expected), as: UTF8.self)) == nil)
  }

  @Test("Alone, a mapping's usual label names the case; beside others, the mapping, too")
  func labels() throws {
    let alone = try compiled(["a": "", "b": ""], crm: ["a": "acme", "b": "other"])
    #expect(alone == ["a": "{$connection}-{$case}", "b": "{$connection}-{$case}"])
    let together = try compiled(["a": "", "b": #"<link label="x-{$case}"/>"#, "c": ""], crm: [:])
    #expect(together == ["a": "{$connection}-{$case}-a", "b": "x-{$case}", "c": "{$connection}-{$case}-c"])
  }

  struct Conditions: Sendable, CustomTestStringConvertible {
    var testDescription: String { "\(first) beside \(second)" }
    var first: String
    var second: String
    var warns: Bool
  }

  static let conditions = [
    Conditions(first: "product = 'A'", second: "product='B'", warns: false),
    Conditions(first: "product = 'A'", second: #"product = "A""#, warns: true),
    Conditions(first: "product = 'A'", second: "queue = 'B'", warns: true),
    Conditions(first: "product = 'A' or urgent", second: "product = 'B'", warns: true),
    Conditions(first: "product != 'A'", second: "product = 'B'", warns: true),
  ]

  @Test("Mappings whose cases differ by a field's value may write the same field", arguments: conditions)
  func disjoint(_ conditions: Conditions) throws {
    let fields = #"<field jira="priority" crm="priority" sync="both"/>"#
    let result = MappingSet.compile(
      files: try MappingFolders.base() + [
        file("a", when: conditions.first, adding: fields), file("b", when: conditions.second, adding: fields),
      ])
    #expect(result.diagnostics.map(\.severity) == (conditions.warns ? [.warning] : []))
  }

  private func compiled(_ elements: [String: String], crm: [String: String]) throws -> [String: String] {
    let other = String(decoding: try MappingFolders.file("mappings/example-crm.xml").bytes, as: UTF8.self)
      .replacingOccurrences(of: "name=\"acme\"", with: "name=\"other\"")
    let result = MappingSet.compile(
      files: try MappingFolders.base() + [SourceFile(path: "other.xml", bytes: Array(other.utf8))]
        + elements.map { file($0.key, crm: crm[$0.key] ?? "acme", adding: $0.value) })
    #expect(result.diagnostics == [])
    return Dictionary(
      uniqueKeysWithValues: try #require(result.set).mappings.map { ($0.name.rawValue, $0.link.label.source) })
  }

  private func file(
    _ name: String, crm: String = "acme", when condition: String? = nil, adding: String
  ) -> SourceFile {
    let when = condition.map { " when=\"\($0.replacingOccurrences(of: "\"", with: "&quot;"))\"" } ?? ""
    let text = """
      <mapping xmlns="urn:counterpart:mapping:1" name="\(name)" crm="\(crm)">
        <route\(when) project="SUP" issue-type="Task"/><field jira="summary" crm="subject"/>\(adding)
      </mapping>
      """
    return SourceFile(path: "\(name).xml", bytes: Array(text.utf8))
  }
}
