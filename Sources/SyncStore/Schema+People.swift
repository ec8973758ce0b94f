extension Schema {
  /// Which accounts the journal names, when Atlassian was told of which account, and which it said were closed.
  ///
  /// `operation_account` is kept up to date by triggers: an account stands in a call as the `accountId` of a field, as
  /// the `id` of a mention, or, in a write to the CRM, as the value that Jira had; that last one is told from other text
  /// by being known as an account already. Of a closed account only a digest stays, by which a table of an admin's
  /// that still names it is recognised.
  static let people = """
    CREATE TABLE operation_account (
      connection TEXT NOT NULL,
      account_id TEXT NOT NULL,
      operation INTEGER NOT NULL REFERENCES operation (id) ON DELETE CASCADE,
      PRIMARY KEY (connection, account_id, operation)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX operation_account_of ON operation_account (operation);

    CREATE TABLE account_report (
      api TEXT NOT NULL,
      account_id TEXT NOT NULL,
      read_at INTEGER NOT NULL,
      reported_at INTEGER,
      is_stale INTEGER NOT NULL DEFAULT 0 CHECK (is_stale IN (0, 1)),
      PRIMARY KEY (api, account_id)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE report_turn (
      api TEXT PRIMARY KEY,
      cycle INTEGER NOT NULL,
      due_at INTEGER NOT NULL,
      done_at INTEGER,
      problem TEXT
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE erased_account (
      digest TEXT PRIMARY KEY,
      at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    INSERT OR IGNORE INTO operation_account
      \(accounts(of: "operation", from: "operation, json_tree(operation.call) AS part")) AND \(names("operation"));
    INSERT OR IGNORE INTO operation_account
      \(mentions(of: "operation", from: "operation, json_tree(operation.call) AS part")) AND \(names("operation"));

    CREATE TRIGGER operation_names_accounts AFTER INSERT ON operation WHEN \(names("NEW"))
    BEGIN \(taken) END;
    CREATE TRIGGER operation_names_others AFTER UPDATE OF call ON operation WHEN \(names("NEW"))
    BEGIN \(taken) END;
    """

  private static let taken = """
    INSERT OR IGNORE INTO operation_account \(accounts(of: "NEW", from: "json_tree(NEW.call) AS part"));
    INSERT OR IGNORE INTO operation_account \(mentions(of: "NEW", from: "json_tree(NEW.call) AS part"));
    """

  /// Most calls name nobody, which the first look tells.
  private static func names(_ row: String) -> String {
    """
    (instr(\(row).call, '"accountId"') > 0 OR instr(\(row).call, '"mention"') > 0 OR \(row).kind = 'write-case')
      AND json_valid(\(row).call)
    """
  }

  private static func accounts(of row: String, from tables: String) -> String {
    """
    SELECT \(row).connection, part.atom, \(row).id FROM \(tables)
      WHERE part.type = 'text' AND part.atom NOT IN ('', '-1', 'unknown')
        AND (part.key = 'accountId' OR part.key = 'jira' AND \(row).kind = 'write-case'
          AND (EXISTS (SELECT 1 FROM grant_ WHERE grant_.connection = \(row).connection
              AND grant_.account_id = part.atom)
            OR EXISTS (SELECT 1 FROM account_report WHERE account_report.account_id = part.atom)))
    """
  }

  private static func mentions(of row: String, from tables: String) -> String {
    """
    SELECT \(row).connection, json_extract(\(row).call, part.path || '.attrs.id'), \(row).id FROM \(tables)
      WHERE part.key = 'type' AND part.atom = 'mention'
        AND json_type(\(row).call, part.path || '.attrs.id') = 'text'
        AND json_extract(\(row).call, part.path || '.attrs.id') NOT IN ('', 'unknown')
    """
  }
}
