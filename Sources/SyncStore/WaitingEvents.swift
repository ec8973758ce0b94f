import GRDB
import SyncCore
import SyncModel

// The webhook of our own write, which shows a case opened again, waits for that of whoever opened it. Other events of the
// case are planned meanwhile, and after each of them it is looked at anew.
extension Store {
  /// Sets an event aside for as long as its plans say.
  static func wait(_ event: EventToPlan, _ plans: [Plan], now: Timestamp, _ database: Database) throws {
    guard let plan = plans.first(where: { $0.waitsUntil != nil }), let end = plan.waitsUntil else { return }
    if event.waitsUntil == nil {
      for line in plan.notes {
        try write(
          LedgerLine(
            at: now, connection: event.connection, caseID: event.caseID, link: nil, event: event.id, operation: nil,
            text: line), database)
      }
    }
    try database.executeCached(
      sql: "UPDATE event SET is_waiting = 1, waits_until = ?, reason = ? WHERE id = ?",
      arguments: [end.milliseconds, plan.notes.first, event.id])
  }

  /// What waits for others of its case is looked at again, since one of them was planned.
  static func wakeWaiting(caseOf event: EventToPlan, _ database: Database) throws {
    try database.executeCached(sql: wake, arguments: [event.connection.rawValue, event.caseID.rawValue])
  }

  static let wake = "UPDATE event SET is_waiting = 0 WHERE connection = ? AND case_id = ? AND is_waiting = 1"
}

extension Schema {
  /// `waits_until` stays while the event is looked at again, so that all of its waiting has one end.
  static let waitingEvents = """
    ALTER TABLE event ADD COLUMN is_waiting INTEGER NOT NULL DEFAULT 0 CHECK (is_waiting IN (0, 1));
    ALTER TABLE event ADD COLUMN waits_until INTEGER;
    CREATE INDEX event_waiting ON event (connection, case_id) WHERE is_waiting = 1;
    CREATE INDEX event_waiting_until ON event (waits_until) WHERE is_waiting = 1;
    """
}
