import GRDB
import JSON
import SyncCore
import SyncModel

/// Our writes to Jira that no run has held against the changelog yet.
extension Store {
  static func remember(_ before: [FieldKey: FieldValue], of operation: Int64, _ database: Database) throws {
    guard !before.isEmpty else { return }
    let values = before.sorted { $0.key < $1.key }.map { JSONMember($0.key.rawValue, $0.value.json) }
    try database.executeCached(
      sql: "UPDATE operation SET jira_before = ? WHERE id = ?",
      arguments: [JSONValue.object(values).compact, operation])
  }

  static let uncheckedWrites =
    "SELECT id, kind, call, jira_before FROM operation WHERE link = ? AND jira_before IS NOT NULL"

  static func uncheckedWrites(of link: Int64, _ database: Database) throws -> [JiraWrite] {
    try Row.fetchAll(database.cachedStatement(sql: uncheckedWrites), arguments: [link]).compactMap { row in
      guard let kind = RemoteCall.Kind(rawValue: row.text("kind")), let json = try? JSONReader.read(row.text("call")),
        let call = RemoteCall(kind: kind, json: json), let values = try? JSONReader.read(row.text("jira_before"))
      else { return nil }
      let before = (values.members ?? []).compactMap { member in
        FieldValue(json: member.value).map { (FieldKey(member.key), $0) }
      }
      return JiraWrite(
        operation: row.int("id"), agreed: call.agreedBases,
        before: Dictionary(before, uniquingKeysWith: { first, _ in first }))
    }
  }

  static func checked(_ writes: [JiraWrite], _ database: Database) throws {
    for write in writes {
      try database.executeCached(
        sql: "UPDATE operation SET jira_before = NULL WHERE id = ?", arguments: [write.operation])
    }
  }
}
