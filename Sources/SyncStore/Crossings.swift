import GRDB
import JSON
import SyncCore
import SyncModel

// A field of a case and its issue is written on one side at a time. Each write looks at both sides first; were another
// under way on the other side, each could replace what the other had just looked at, and the two sides would have
// exchanged their values.
extension Store {
  /// What writes two-way fields of the same link on the other side right now, or those of the same case for another
  /// mapping, so that this one has to wait.
  static func crossing(_ row: Row, _ database: Database) throws -> Int64? {
    let statements: [String]
    switch RemoteCall.Kind(rawValue: row.text("kind")) {
    case .editIssue, .transitionIssue: statements = [writesToCase]
    case .askCase: statements = [writesToCaseByOthers]
    case .writeCase where writesTwoWayFields(row): statements = [writesToIssue, writesToCaseByOthers]
    default: return nil
    }
    for statement in statements {
      let others = try Row.fetchAll(database.cachedStatement(sql: statement), arguments: [row.int("link")])
      if let other = others.first(where: writesTwoWayFields) { return other.int("id") }
    }
    return nil
  }

  static let writesToCase = underWay(["write-case"])
  static let writesToIssue = underWay(["edit-issue", "transition-issue"])
  /// What the case's other mappings write to it: each looks at the case before it writes.
  static let writesToCaseByOthers = underWay(
    ["write-case"],
    of: """
      IN (SELECT other.id FROM link AS own JOIN link AS other
        ON other.connection = own.connection AND other.case_id = own.case_id AND other.id <> own.id WHERE own.id = ?)
      """)

  private static func underWay(_ kinds: [String], of link: String = "= ?") -> String {
    """
    SELECT id, kind, call FROM operation
    WHERE link \(link) AND state NOT IN ('done', 'skipped') AND kind IN ('\(kinds.joined(separator: "', '"))')
      AND (state = 'running' OR state = 'verifying' AND blocked_by IS NULL)
    """
  }

  private static func writesTwoWayFields(_ row: Row) -> Bool {
    guard let kind = RemoteCall.Kind(rawValue: row.text("kind")), let json = try? JSONReader.read(row.text("call")),
      let call = RemoteCall(kind: kind, json: json)
    else { return false }
    return !call.twoWayFields.isEmpty
  }

  static func wait(_ id: Int64, for other: Int64, _ database: Database) throws {
    try database.executeCached(
      sql:
        "UPDATE operation SET (blocked_by, blocked_lane) = (SELECT id, lane FROM operation WHERE id = ?) WHERE id = ?",
      arguments: [other, id])
  }

  /// Lets go what waited for an operation of the other side, or of another mapping: whatever came of its attempt, it is
  /// not under way any more.
  static func uncross(_ operation: ClaimedOperation, _ database: Database) throws {
    switch operation.call.kind {
    case .editIssue, .transitionIssue, .writeCase:
      try database.executeCached(
        sql: """
          UPDATE operation SET (blocked_by, blocked_lane) = (\(Schema.blocker))
          WHERE blocked_by = ? AND (side <> ? OR link <> ?)
          """, arguments: [operation.id, operation.call.kind.side.rawValue, operation.link.id])
    case .createIssue, .addComment, .editComment, .deleteComment, .addAttachment, .addRemoteLink, .deleteIssue,
      .addCaseComment, .editCaseComment, .deleteCaseComment, .addCaseAttachment, .askCase:
      break
    }
  }

  /// Remembers what the CRM was found to hold, unless an event of the case was planned since the operation was claimed:
  /// then nobody knows which of the two is newer, and the operation looks again.
  static func holding(
    _ settlement: Settlement, of operation: ClaimedOperation, _ database: Database
  ) throws -> Settlement {
    guard !settlement.seen.isEmpty else { return settlement }
    let newest = try Int64.fetchOne(
      database.cachedStatement(sql: newestPlannedEvent),
      arguments: [operation.connection.rawValue, operation.caseID.rawValue])
    guard newest == operation.newestEvent else {
      var again = settlement
      again.transition = .sendAgain
      again.reason = "an event of the case arrived meanwhile, so the case is looked at again"
      again.seen = [:]
      again.conflicts = []
      return again
    }
    for (field, value) in settlement.seen.sorted(by: { $0.key < $1.key }) {
      try database.executeCached(
        sql: "UPDATE field_state SET seen_crm = ? WHERE link = ? AND field = ?",
        arguments: [value.column, operation.link.id, field.rawValue])
    }
    return settlement
  }
}

extension RemoteCall {
  /// What a write to the CRM replaces, as far as that is known.
  func assumption(of field: FieldKey) -> Store.Replaced? {
    guard case .writeCase(let edit) = self else { return nil }
    return edit.assumed[field]?.crm.map { .value($0) } ?? .whatWasSeen
  }
}
