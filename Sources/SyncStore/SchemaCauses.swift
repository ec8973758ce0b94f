extension Schema {
  /// Why things stand still, grouped; fields that were stopped going back and forth; the newest time that was seen.
  static let causes = """
    ALTER TABLE operation ADD COLUMN cause TEXT;
    ALTER TABLE operation ADD COLUMN retried_after INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE event ADD COLUMN cause TEXT;
    UPDATE operation SET cause = CASE
        WHEN state = 'held' AND hold_reason IN ('grant', 'reconnect')
          THEN 'person/' || hold_reason || '/' || connection || '/' || COALESCE(actor_id, '')
        WHEN state = 'held' THEN kind || '/' || hold_reason || '/' || connection
        ELSE kind || '/refused' END
      WHERE state IN ('held', 'dead');
    UPDATE event SET cause = 'event/unplannable' WHERE state = 'dead';
    CREATE INDEX operation_cause ON operation (cause) WHERE state IN ('held', 'dead');
    CREATE INDEX event_cause ON event (cause) WHERE state = 'dead';

    ALTER TABLE field_state ADD COLUMN turns INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE field_state ADD COLUMN turned_to TEXT CHECK (turned_to IN ('crm', 'jira'));
    ALTER TABLE field_state ADD COLUMN turned_at INTEGER;
    ALTER TABLE field_state ADD COLUMN frozen_at INTEGER;
    CREATE INDEX field_frozen ON field_state (frozen_at) WHERE frozen_at IS NOT NULL;

    CREATE TABLE clock (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      at INTEGER NOT NULL
    ) STRICT;
    """
}
