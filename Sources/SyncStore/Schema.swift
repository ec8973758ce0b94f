import GRDB

/// The tables, as migrations in SQL text. A migration is never edited once it has shipped.
///
/// Times are integer milliseconds UTC. What must hold is said by STRICT, CHECK, UNIQUE and REFERENCES first.
enum Schema {
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1 inbox") { try $0.execute(sql: inbox) }
    migrator.registerMigration("2 links") { try $0.execute(sql: links) }
    migrator.registerMigration("3 journal") { try $0.execute(sql: journal) }
    migrator.registerMigration("4 grants") { try $0.execute(sql: grants) }
    migrator.registerMigration("5 reconciliation") { try $0.execute(sql: reconciliation) }
    migrator.registerMigration("7 writing") { try writing($0) }
    migrator.registerMigration("8 causes") { try $0.execute(sql: causes) }
    migrator.registerMigration("9 lanes") { try $0.execute(sql: lanes) }
    migrator.registerMigration("10 replaced values") { try $0.execute(sql: replacedValues) }
    migrator.registerMigration("11 values before") { try $0.execute(sql: valuesBefore) }
    migrator.registerMigration("14 mapping versions") { try $0.execute(sql: versions) }
    migrator.registerMigration("16 comments in order") { try $0.execute(sql: commentsInOrder) }
    migrator.registerMigration("12 lifecycle") { try lifecycle($0) }
    migrator.registerMigration("13 site checks") { try $0.execute(sql: siteChecks) }
    migrator.registerMigration("17 cases without issues") { try casesWithoutIssues($0) }
    migrator.registerMigration("18 former issues") { try $0.execute(sql: formerIssues) }
    migrator.registerMigration("19 case answers") { try caseAnswers($0) }
    migrator.registerMigration("20 leads of comments") { try $0.execute(sql: leads) }
    migrator.registerMigration("21 old grants") { try $0.execute(sql: oldGrants) }
    migrator.registerMigration("24 grant kinds") { try $0.execute(sql: grantKinds) }
    migrator.registerMigration("23 people") { try $0.execute(sql: people) }
    migrator.registerMigration("25 opened links") { try $0.execute(sql: openedLinks) }
    migrator.registerMigration("22 points") { try $0.execute(sql: points) }
    migrator.registerMigration("26 versions of people") { try $0.execute(sql: peopleVersions) }
    migrator.registerMigration("27 waiting events") { try $0.execute(sql: waitingEvents) }
    migrator.registerMigration("28 looked up people") { try $0.execute(sql: lookedUpPeople) }
    migrator.registerMigration("29 told fields") { try $0.execute(sql: toldFields) }
    return migrator
  }

  /// What a grant consists of; all that there were are OAuth's.
  private static let grantKinds = "ALTER TABLE grant_ ADD COLUMN kind TEXT NOT NULL DEFAULT 'oauth'"

  /// When Atlassian gave the pair; what is not known is taken for as old as it can be.
  private static let oldGrants = """
    ALTER TABLE grant_ ADD COLUMN refreshed_at INTEGER NOT NULL DEFAULT 0;
    UPDATE grant_ SET refreshed_at = connected_at;
    CREATE INDEX grant_by_age ON grant_ (refreshed_at) WHERE state = 'active';
    CREATE INDEX grant_being_refreshed ON grant_ (refreshing_until) WHERE refreshing_until IS NOT NULL;
    """

  private static let inbox = """
    CREATE TABLE delivery (
      id INTEGER PRIMARY KEY,
      connection TEXT NOT NULL,
      delivery_id TEXT NOT NULL,
      received_at INTEGER NOT NULL,
      body BLOB NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('accepted', 'dead')),
      reason TEXT CHECK ((state = 'dead') = (reason IS NOT NULL)),
      UNIQUE (connection, delivery_id)
    ) STRICT;
    CREATE INDEX delivery_dead ON delivery (id) WHERE state = 'dead';

    CREATE TABLE event (
      id INTEGER PRIMARY KEY,
      delivery INTEGER NOT NULL REFERENCES delivery (id),
      position INTEGER NOT NULL,
      connection TEXT NOT NULL,
      case_id TEXT NOT NULL,
      kind TEXT NOT NULL CHECK (kind IN ('created', 'updated', 'commented', 'deleted')),
      actor_id TEXT,
      actor_name TEXT,
      occurred_at INTEGER,
      received_at INTEGER NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('pending', 'planned', 'ignored', 'dead')),
      reason TEXT,
      mapping_digests TEXT,
      settled_at INTEGER CHECK ((state = 'pending') = (settled_at IS NULL)),
      UNIQUE (delivery, position)
    ) STRICT;
    CREATE INDEX event_pending ON event (id) WHERE state = 'pending';
    CREATE INDEX event_of_case ON event (connection, case_id, id);
    CREATE INDEX event_dead ON event (id) WHERE state = 'dead';

    CREATE TABLE refusal (
      id INTEGER PRIMARY KEY,
      connection TEXT NOT NULL,
      at INTEGER NOT NULL,
      reason TEXT NOT NULL
    ) STRICT;
    CREATE TABLE refusal_count (
      connection TEXT NOT NULL,
      reason TEXT NOT NULL,
      count INTEGER NOT NULL,
      PRIMARY KEY (connection, reason)
    ) STRICT, WITHOUT ROWID;
    """

  private static let links = """
    CREATE TABLE link (
      id INTEGER PRIMARY KEY,
      connection TEXT NOT NULL,
      mapping TEXT NOT NULL,
      case_id TEXT NOT NULL,
      project TEXT NOT NULL,
      label TEXT NOT NULL,
      issue_id TEXT,
      issue_key TEXT CHECK ((issue_id IS NULL) = (issue_key IS NULL)),
      seen_at INTEGER,
      issue_updated_at INTEGER,
      created_at INTEGER NOT NULL,
      UNIQUE (connection, case_id, mapping),
      UNIQUE (connection, mapping, issue_id)
    ) STRICT;
    CREATE INDEX link_of_issue ON link (connection, issue_id) WHERE issue_id IS NOT NULL;
    CREATE INDEX link_of_key ON link (issue_key) WHERE issue_key IS NOT NULL;

    CREATE TABLE field_state (
      link INTEGER NOT NULL REFERENCES link (id),
      field TEXT NOT NULL,
      seen_crm TEXT,
      seen_event INTEGER,
      base_crm TEXT,
      base_jira TEXT CHECK ((base_crm IS NULL) = (base_jira IS NULL)),
      PRIMARY KEY (link, field)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE comment_pair (
      link INTEGER NOT NULL REFERENCES link (id),
      origin TEXT NOT NULL CHECK (origin IN ('crm', 'jira')),
      crm_comment TEXT,
      jira_comment TEXT,
      CHECK (crm_comment IS NOT NULL OR jira_comment IS NOT NULL),
      UNIQUE (link, crm_comment),
      UNIQUE (link, jira_comment)
    ) STRICT;

    CREATE TABLE conflict (
      id INTEGER PRIMARY KEY,
      link INTEGER NOT NULL REFERENCES link (id),
      field TEXT NOT NULL,
      at INTEGER NOT NULL,
      winner TEXT CHECK (winner IN ('crm', 'jira')),
      crm TEXT NOT NULL,
      jira TEXT NOT NULL
    ) STRICT;
    CREATE INDEX conflict_of_link ON conflict (link, id);
    """

  private static let journal = """
    CREATE TABLE operation (
      id INTEGER PRIMARY KEY,
      link INTEGER NOT NULL REFERENCES link (id),
      event INTEGER REFERENCES event (id),
      connection TEXT NOT NULL,
      kind TEXT NOT NULL CHECK (kind IN ('create-issue', 'edit-issue', 'transition-issue', 'add-comment',
        'write-case', 'add-case-comment')),
      side TEXT NOT NULL CHECK (side IN ('crm', 'jira')),
      actor_id TEXT,
      actor_name TEXT,
      call TEXT NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('ready', 'running', 'verifying', 'waiting', 'held', 'done', 'skipped',
        'dead')),
      hold_reason TEXT CHECK (hold_reason IN ('grant', 'reconnect', 'permission', 'anonymous')
        AND (state = 'held') = (hold_reason IS NOT NULL)),
      attempt INTEGER NOT NULL DEFAULT 0,
      due_at INTEGER CHECK ((state IN ('ready', 'verifying', 'waiting')) <= (due_at IS NOT NULL)),
      claimed_by TEXT CHECK ((state = 'running') = (claimed_by IS NOT NULL)),
      sent_at INTEGER,
      must_look INTEGER NOT NULL DEFAULT 0 CHECK (must_look IN (0, 1)),
      sent_as TEXT,
      reason TEXT,
      created_at INTEGER NOT NULL,
      settled_at INTEGER CHECK ((state IN ('done', 'skipped', 'dead')) = (settled_at IS NOT NULL))
    ) STRICT;
    CREATE INDEX operation_due ON operation (due_at, id) WHERE state IN ('ready', 'verifying', 'waiting');
    CREATE INDEX operation_open ON operation (link, id) WHERE state NOT IN ('done', 'skipped');
    CREATE INDEX operation_held ON operation (connection, actor_id, id) WHERE state = 'held';
    CREATE INDEX operation_held_until ON operation (due_at) WHERE state = 'held' AND due_at IS NOT NULL;
    CREATE INDEX operation_running ON operation (claimed_by) WHERE state = 'running';
    CREATE INDEX operation_dead ON operation (id) WHERE state = 'dead';
    CREATE INDEX operation_of_event ON operation (event) WHERE event IS NOT NULL;
    CREATE INDEX operation_of_link ON operation (link, id);

    CREATE TABLE pace (
      name TEXT PRIMARY KEY,
      until INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE ledger (
      id INTEGER PRIMARY KEY,
      at INTEGER NOT NULL,
      connection TEXT NOT NULL,
      case_id TEXT,
      link INTEGER,
      event INTEGER,
      operation INTEGER,
      line TEXT NOT NULL
    ) STRICT;
    CREATE INDEX ledger_of_case ON ledger (connection, case_id, id);
    """

  private static let grants = """
    CREATE TABLE grant_ (
      id INTEGER PRIMARY KEY,
      connection TEXT NOT NULL,
      crm_user TEXT NOT NULL,
      crm_name TEXT,
      crm_email TEXT,
      account_id TEXT NOT NULL,
      account_name TEXT NOT NULL,
      time_zone TEXT,
      cloud_id TEXT NOT NULL,
      scopes TEXT NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('active', 'lapsed')),
      lapse_reason TEXT CHECK ((state = 'lapsed') = (lapse_reason IS NOT NULL)),
      generation INTEGER NOT NULL,
      access_token BLOB NOT NULL,
      refresh_token BLOB,
      expires_at INTEGER NOT NULL,
      refreshing_until INTEGER,
      connected_at INTEGER NOT NULL,
      UNIQUE (connection, crm_user)
    ) STRICT;
    CREATE INDEX grant_of_account ON grant_ (connection, account_id);

    CREATE TABLE authorization (
      state_hash BLOB PRIMARY KEY,
      connection TEXT NOT NULL,
      crm_user TEXT NOT NULL,
      crm_name TEXT,
      crm_email TEXT,
      browser_hash BLOB NOT NULL,
      expires_at INTEGER NOT NULL,
      used INTEGER NOT NULL DEFAULT 0 CHECK (used IN (0, 1)),
      pending BLOB
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX authorization_expiry ON authorization (expires_at);
    """

  /// The CRM's value that our last write to the field replaced.
  private static let replacedValues = "ALTER TABLE field_state ADD COLUMN replaced_crm TEXT"

  /// What Jira held before a write of ours, until a run has held it against the changelog.
  private static let valuesBefore = """
    ALTER TABLE operation ADD COLUMN jira_before TEXT;
    CREATE INDEX operation_unchecked ON operation (link) WHERE jira_before IS NOT NULL;
    """

  /// What we put before the text of a CRM's comment in Jira: a JSON array of its parts; NULL: nothing, or not known.
  private static let leads = "ALTER TABLE comment_pair ADD COLUMN jira_lead TEXT"

  private static let reconciliation = """
    CREATE TABLE reconcile_cursor (
      connection TEXT PRIMARY KEY,
      updated_since INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE lease (
      name TEXT PRIMARY KEY,
      owner TEXT NOT NULL,
      until INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE run (
      id INTEGER PRIMARY KEY,
      connection TEXT NOT NULL,
      started_at INTEGER NOT NULL,
      ended_at INTEGER,
      issues INTEGER NOT NULL DEFAULT 0,
      planned INTEGER NOT NULL DEFAULT 0,
      outcome TEXT
    ) STRICT;
    """
}
