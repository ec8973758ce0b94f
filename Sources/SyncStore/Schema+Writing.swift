import GRDB

extension Schema {
  /// Comments that are edited and deleted, attachments, remote links: their kinds, and what is remembered of them.
  static func writing(_ database: Database) throws {
    try widen(
      "operation", "'add-case-comment')",
      "'add-case-comment', 'edit-comment', 'delete-comment', 'add-attachment', 'add-remote-link', "
        + "'edit-case-comment', 'delete-case-comment')", database)
    try widen(
      "event", "'commented', 'deleted')",
      "'commented', 'deleted', 'comment-updated', 'comment-deleted', 'attached')", database)
    try database.execute(sql: pairs)
  }

  /// Replaces a part of a table's CHECK in place: rows stay as they are, and so do columns that others added.
  ///
  /// The way that SQLite itself gives for this: https://sqlite.org/lang_altertable.html#otheralter
  static func widen(_ table: String, _ old: String, _ new: String, _ database: Database) throws {
    try database.execute(sql: "PRAGMA writable_schema = ON")
    try database.execute(
      sql: "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE type = 'table' AND name = ?",
      arguments: [old, new, table])
    let version = try Int.fetchOne(database, sql: "PRAGMA schema_version") ?? 0
    try database.execute(sql: "PRAGMA schema_version = \(version + 1)")
    // Also reads the schema anew.
    try database.execute(sql: "PRAGMA writable_schema = RESET")
    let sql = try String.fetchOne(
      database, sql: "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", arguments: [table])
    guard sql?.contains(new) == true else {
      throw DatabaseError(message: "the table \(table) is not as its migrations left it, so it cannot be widened")
    }
  }

  /// `crm_text` and `jira_text` are digests of what either side was last seen or written with; `crm_at` is when the CRM's
  /// was; `gone` says that one side deleted the comment, so that nothing follows from it any more.
  private static let pairs = """
    ALTER TABLE comment_pair ADD COLUMN crm_text TEXT;
    ALTER TABLE comment_pair ADD COLUMN crm_at INTEGER;
    ALTER TABLE comment_pair ADD COLUMN crm_public INTEGER CHECK (crm_public IN (0, 1));
    ALTER TABLE comment_pair ADD COLUMN jira_text TEXT;
    ALTER TABLE comment_pair ADD COLUMN gone INTEGER NOT NULL DEFAULT 0 CHECK (gone IN (0, 1));

    CREATE TABLE attachment_pair (
      link INTEGER NOT NULL REFERENCES link (id),
      crm_attachment TEXT NOT NULL,
      jira_attachment TEXT,
      PRIMARY KEY (link, crm_attachment)
    ) STRICT, WITHOUT ROWID;
    """
}
