import Foundation

@testable import counterpart

/// A new mappings folder with a whole small installation in it; whoever makes it removes it.
struct TestFolder {
  let path: String
  var mappings: MappingsFolder { MappingsFolder(path: path, environment: ["A": "a", "B": "b", "C": "c"]) }

  init() throws {
    path = FileManager.default.temporaryDirectory.appending(path: "counterpart-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path + "/crm", withIntermediateDirectories: true)
    try write(
      "site.xml",
      """
      <jira xmlns="urn:counterpart:jira:1" name="sandbox" kind="cloud" site="https://sandbox.atlassian.net">
        <service-user ref="1"/>
      </jira>

      """)
    try write(
      "crm.xml",
      """
      <crm xmlns="urn:counterpart:crm:1" name="acme" profile="generic" base="https://crm.example.com" jira="sandbox">
        <secret name="webhook" from="env:A"/><secret name="api" from="env:B"/><secret name="connect" from="env:C"/>
      </crm>

      """)
    try write("crm/generic.xml", String(decoding: try Self.repository("mappings/crm/generic.xml"), as: UTF8.self))
    try write("mapping.xml", Self.mapping)
  }

  static let mapping = """
    <mapping xmlns="urn:counterpart:mapping:1" name="support" crm="acme">
      <route project="SUP" issue-type="Task"/>
      <field jira="summary" value="[{number}] {subject}"/>
    </mapping>

    """

  static let otherMapping = """
    <mapping xmlns="urn:counterpart:mapping:1" name="support" crm="acme">
      <route project="SUP" issue-type="Task"/>
      <field jira="summary" value="{subject}"/>
    </mapping>

    """

  func write(_ name: String, _ text: String) throws {
    try Data(text.utf8).write(to: URL(filePath: path + "/" + name))
  }

  func text(_ name: String) -> String? {
    FileManager.default.contents(atPath: path + "/" + name).map { String(decoding: $0, as: UTF8.self) }
  }

  /// A file's mode, as `chmod` takes it.
  func mode(_ name: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path + "/" + name)[.posixPermissions] as? Int
  }

  func remove() { try? FileManager.default.removeItem(atPath: path) }

  /// A file of the repository, found from this file's own place.
  static func repository(_ path: String) throws -> Data {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return try Data(contentsOf: root.appending(path: path))
  }
}
