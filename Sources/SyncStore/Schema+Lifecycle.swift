import GRDB

extension Schema {
  /// How cases and issues stand to each other over their lives, what came before, and files of issues at cases.
  static func lifecycle(_ database: Database) throws {
    try widen(
      "operation", "'edit-case-comment', 'delete-case-comment')",
      "'edit-case-comment', 'delete-case-comment', 'delete-issue', 'add-case-attachment')", database)
    try database.execute(sql: standing)
  }

  /// A case that was deleted before it had an issue stands for itself, and what waits for a case's next issue is held.
  static func casesWithoutIssues(_ database: Database) throws {
    try widen("link", "'ended', 'vacant')", "'ended', 'vacant', 'never-linked')", database)
    try widen(
      "operation", "'permission', 'anonymous')", "'permission', 'anonymous', 'issue')", database)
    // Only such a case was vacant since a known moment.
    try database.execute(
      sql: "UPDATE link SET standing = 'never-linked' WHERE standing = 'vacant' AND standing_since IS NOT NULL")
  }

  /// `stray` says where a new case like this one would go, if elsewhere; `generation` counts the issues that a case
  /// has had.
  /// A `case_attachment` without the CRM's id is on its way, or was left out.
  private static let standing = """
    ALTER TABLE link ADD COLUMN standing TEXT NOT NULL DEFAULT 'linked'
      CHECK (standing IN ('linked', 'case-deleted', 'out-of-reach', 'ended', 'vacant'));
    ALTER TABLE link ADD COLUMN standing_since INTEGER;
    ALTER TABLE link ADD COLUMN issue_type TEXT;
    ALTER TABLE link ADD COLUMN stray TEXT;
    ALTER TABLE link ADD COLUMN generation INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE link ADD COLUMN former_key TEXT;

    CREATE TABLE former_issue (
      link INTEGER NOT NULL REFERENCES link (id),
      issue_id TEXT NOT NULL,
      issue_key TEXT NOT NULL,
      until INTEGER NOT NULL,
      PRIMARY KEY (link, issue_id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX former_issue_key ON former_issue (issue_key);
    CREATE INDEX former_issue_id ON former_issue (issue_id);

    CREATE TABLE sweep (
      connection TEXT PRIMARY KEY,
      link INTEGER NOT NULL,
      began_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX link_of_connection ON link (connection, id) WHERE issue_id IS NOT NULL;

    CREATE TABLE case_attachment (
      link INTEGER NOT NULL REFERENCES link (id),
      jira_attachment TEXT NOT NULL,
      crm_attachment TEXT,
      PRIMARY KEY (link, jira_attachment),
      UNIQUE (link, crm_attachment)
    ) STRICT, WITHOUT ROWID;
    """
}
