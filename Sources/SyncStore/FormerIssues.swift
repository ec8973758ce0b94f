import GRDB
import SyncCore
import SyncModel

// What was under way to an issue in the moment when its case was parted from it: whatever comes of it concerns the former
// issue, and must neither go to the next one unnoticed nor be lost.
extension Store {
  /// Remembers what is in a worker's hands while the issue is let go.
  static func markUnderWay(_ link: Int64, _ database: Database) throws {
    try database.executeCached(
      sql: """
        UPDATE operation SET at_former = 1
        WHERE link = ? AND state = 'running' AND side = 'jira' AND kind <> 'create-issue'
        """, arguments: [link])
  }

  /// Keeps for an admin whatever may stand at the former issue, or may not: nobody can tell without looking there.
  static func leaveOpen(_ link: Int64, now: Timestamp, _ database: Database) throws {
    for row in try Row.fetchAll(database.cachedStatement(sql: unknownAtFormer), arguments: [link]) {
      try leaveOpen(row, now: now, database)
    }
  }

  private static func leaveOpen(_ row: Row, now: Timestamp, _ database: Database) throws {
    let key = try String.fetchOne(
      database.cachedStatement(sql: "SELECT former_key FROM link WHERE id = ?"), arguments: [row.int("link")])
    try bury(
      row.int("id"), reason: "it is not known whether \(key ?? "the former issue") has it",
      cause: Cause(row.text("kind"), .formerIssue, [row.text("connection")]), now: now, database)
  }

  static let unknownAtFormer = """
    SELECT id, link, kind, connection FROM operation WHERE link = ? AND kind IN ('add-comment', 'add-attachment')
      AND must_look AND state NOT IN ('done', 'skipped', 'running')
    """

  /// Whether a claim passes an operation by, since the issue that it was for is the case's no more.
  ///
  /// Comments and files that surely did not arrive go to the next issue, once there is one.
  static func isLeftBehind(_ row: Row, now: Timestamp, _ database: Database) throws -> Bool {
    let isContent = ["add-comment", "add-attachment"].contains(row.text("kind"))
    guard row.int("at_former") == 1 else { return try isContent && goesBehind(row, now: now, database) }
    try database.executeCached(sql: "UPDATE operation SET at_former = 0 WHERE id = ?", arguments: [row.int("id")])
    guard isContent else {
      try skip(row.int("id"), FormerIssue.leftOut, now: now, database)
      return true
    }
    guard row.int("must_look") == 0 else {
      try leaveOpen(row, now: now, database)
      return true
    }
    try database.executeCached(
      sql: """
        UPDATE comment_pair SET gone = 0
        WHERE link = ? AND crm_comment = json_extract(?, '$.crmComment') AND jira_comment IS NULL
        """, arguments: [row.int("link"), row.text("call")])
    return try goesBehind(row, now: now, database)
  }

  /// Puts what was taken while the case had no issue behind the creation of the next one: it was sent to none.
  private static func goesBehind(_ row: Row, now: Timestamp, _ database: Database) throws -> Bool {
    let isToCome = try Bool.fetchOne(
      database.cachedStatement(sql: issueToCome), arguments: [row.int("link"), row.int("id")])
    guard isToCome == true else { return false }
    try sendAfterCreation(row, connection: ConnectionName(row.text("connection")), now: now, database)
    return true
  }

  static let issueToCome = """
    SELECT 1 FROM link JOIN operation ON operation.link = link.id
    WHERE link.id = ? AND link.issue_id IS NULL AND kind = 'create-issue' AND state NOT IN ('done', 'skipped')
      AND operation.id > ?
    """
}

extension Settlement {
  /// What an answer changes that comes when its issue is the case's no more: nothing that is known of the next one.
  fileprivate func onFormerIssue() -> Settlement {
    Settlement(transition: transition, reason: reason, sentAs: sentAs, holdUntil: holdUntil, cause: cause)
  }

  /// Comments and files that surely did not arrive go to the next issue; whatever else did not is nobody's to mend, since
  /// that issue was made of the case as it is.
  func ofFormerIssue(_ operation: ClaimedOperation, now: Timestamp) -> Settlement {
    switch (operation.call, transition) {
    case (_, .done): return onFormerIssue()
    case (.addComment, .bury), (.addAttachment, .bury):
      guard cause?.reason == .notFound, !operation.mustLook else { return onFormerIssue() }
      return Settlement(transition: .tryAgain(at: now), reason: FormerIssue.sentToNext)
    case (.addComment, _), (.addAttachment, _): return onFormerIssue()
    default: return Settlement(transition: .skip, reason: FormerIssue.leftOut, sentAs: sentAs)
    }
  }
}

extension Schema {
  /// `at_former`: its issue was let go while a worker had it in hand.
  static let formerIssues = """
    ALTER TABLE operation ADD COLUMN at_former INTEGER NOT NULL DEFAULT 0 CHECK (at_former IN (0, 1));
    """
}
