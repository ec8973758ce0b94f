extension Schema {
  /// What the claim of the next operation looks at, kept up to date by triggers, so that it costs the same however many
  /// operations wait, whoever waits for whom and by whichever statement an operation changes.
  ///
  /// A *lane* is what is paced as one: the operations towards Jira of one person, or those towards one CRM. Each operation
  /// that may not go yet names in `blocked_by` the nearest one before it, of its link and side, that must be finished
  /// first: the creation blocks everything; what is on its way blocks what comes after it, unless it only waits
  /// for its own person's pace; what is held or dead blocks nothing, so that other people's later changes go on.
  static let lanes = """
    CREATE TABLE lane (
      id INTEGER PRIMARY KEY,
      connection TEXT NOT NULL,
      side TEXT NOT NULL CHECK (side IN ('crm', 'jira')),
      actor_id TEXT NOT NULL,
      first_due INTEGER,
      paced_until INTEGER NOT NULL DEFAULT 0,
      is_paced INTEGER NOT NULL DEFAULT 0 CHECK (is_paced IN (0, 1)),
      claimable_at INTEGER GENERATED ALWAYS AS (MAX(first_due, paced_until)) VIRTUAL,
      UNIQUE (connection, side, actor_id)
    ) STRICT;
    CREATE INDEX lane_claimable ON lane (claimable_at, id) WHERE claimable_at IS NOT NULL;

    ALTER TABLE operation ADD COLUMN lane INTEGER REFERENCES lane (id);
    ALTER TABLE operation ADD COLUMN blocked_by INTEGER;
    ALTER TABLE operation ADD COLUMN blocked_lane INTEGER;
    INSERT INTO lane (connection, side, actor_id)
      SELECT DISTINCT connection, side, CASE side WHEN 'jira' THEN COALESCE(actor_id, '') ELSE '' END FROM operation;
    UPDATE operation SET lane = (SELECT lane.id FROM lane WHERE lane.connection = operation.connection
      AND lane.side = operation.side
      AND lane.actor_id = CASE operation.side WHEN 'jira' THEN COALESCE(operation.actor_id, '') ELSE '' END);
    UPDATE lane SET paced_until = COALESCE((SELECT MAX(until) FROM pace WHERE name IN (
      CASE lane.side WHEN 'jira' THEN 'site:' ELSE 'crm:' END || lane.connection,
      'grant:' || lane.connection || ':' || lane.actor_id)), 0);
    DELETE FROM pace WHERE name LIKE 'grant:%';

    DROP INDEX operation_due;
    CREATE INDEX operation_due ON operation (lane, due_at, id)
      WHERE blocked_by IS NULL AND state IN ('ready', 'verifying', 'waiting');
    CREATE INDEX operation_blocked ON operation (blocked_by) WHERE blocked_by IS NOT NULL;
    CREATE INDEX operation_crossing ON operation (blocked_lane) WHERE blocked_lane <> lane;

    CREATE TRIGGER operation_planned AFTER INSERT ON operation
    WHEN NEW.state IN ('ready', 'verifying', 'waiting') AND NEW.blocked_by IS NULL
    BEGIN \(firstDue) END;
    CREATE TRIGGER operation_moved AFTER UPDATE OF state, due_at, blocked_by, lane ON operation
    WHEN NEW.state IN ('ready', 'verifying', 'waiting') OR OLD.state IN ('ready', 'verifying', 'waiting')
    BEGIN \(firstDue) END;

    CREATE TRIGGER operation_unblocks AFTER UPDATE OF state ON operation
    WHEN NEW.state NOT IN ('ready', 'running', 'verifying', 'waiting')
      AND (OLD.state IN ('ready', 'running', 'verifying', 'waiting') OR NEW.kind = 'create-issue')
    BEGIN
      UPDATE operation SET (blocked_by, blocked_lane) = (\(blocker)) WHERE blocked_by = NEW.id;
    END;
    CREATE TRIGGER operation_blocks AFTER UPDATE OF state ON operation
    WHEN NEW.state IN ('ready', 'running', 'verifying', 'waiting')
      AND OLD.state NOT IN ('ready', 'running', 'verifying', 'waiting')
    BEGIN
      UPDATE operation SET (blocked_by, blocked_lane) = (\(blocker))
      WHERE link = NEW.link AND side = NEW.side AND id >= NEW.id AND state IN ('ready', 'verifying', 'waiting');
    END;
    CREATE TRIGGER lane_paced AFTER UPDATE OF is_paced ON lane WHEN NEW.is_paced AND NOT OLD.is_paced
    BEGIN
      UPDATE operation SET (blocked_by, blocked_lane) = (\(blocker))
      WHERE blocked_lane = NEW.id AND blocked_lane <> lane;
    END;

    UPDATE operation SET (blocked_by, blocked_lane) = (\(blocker)) WHERE state IN ('ready', 'verifying', 'waiting');
    """

  /// What an operation waits for; nothing: it may go.
  static let blocker = """
    SELECT earlier.id, earlier.lane FROM operation AS earlier JOIN lane ON lane.id = earlier.lane
    WHERE earlier.link = operation.link AND earlier.side = operation.side AND earlier.id < operation.id
      AND earlier.state NOT IN ('done', 'skipped')
      AND (earlier.kind = 'create-issue' OR earlier.state IN ('ready', 'running', 'verifying', 'waiting')
        AND (earlier.lane = operation.lane OR NOT lane.is_paced))
    ORDER BY earlier.id DESC LIMIT 1
    """

  private static let firstDue = """
    UPDATE lane SET first_due = (SELECT due_at FROM operation WHERE lane = NEW.lane AND blocked_by IS NULL
      AND state IN ('ready', 'verifying', 'waiting') ORDER BY due_at, id LIMIT 1) WHERE id = NEW.lane;
    """
}
