import GRDB
import JSON
import SyncCore
import SyncModel

// An event may wait, for a bounded time: for another event of its case, or until somebody was looked up whom it names.
// Whoever waits is looked at anew when that has happened.
extension Store {
  /// Sets an event aside for what its plans wait for.
  static func wait(
    _ event: EventToPlan, _ waits: [Plan.Wait], now: Timestamp, _ database: Database
  ) throws {
    guard let wait = waits.first(where: \.holdsCase) ?? waits.first else { return }
    if event.waitsUntil == nil { try note(wait.words, at: now, event: event, link: nil, database) }
    let end = event.waitsUntil ?? waits.map(\.until).max() ?? wait.until
    let people = waits.reduce(into: Set<CRMUserID>()) { people, wait in
      if case .people(let users) = wait.what { people.formUnion(users) }
    }
    try database.executeCached(
      sql: "UPDATE event SET waits_for = ?, waits_people = ?, waits_until = ?, reason = ? WHERE id = ?",
      arguments: [
        wait.column, JSONValue.array(people.sorted().map { .string($0.rawValue) }).compact, end.milliseconds,
        wait.words,
        event.id,
      ])
    if !people.isEmpty { try want(people, connection: event.connection, now: now, database) }
  }

  /// Events that wait for others of their case are looked at again, since one of them was planned.
  static func wakeWaiting(caseOf event: EventToPlan, _ database: Database) throws {
    try database.executeCached(sql: wakeCase, arguments: [event.connection.rawValue, event.caseID.rawValue])
  }

  static let wakeCase = """
    UPDATE event SET waits_for = NULL WHERE connection = ? AND case_id = ? AND waits_for IS NOT NULL
      AND waits_for = 'opener'
    """

  /// The event itself is decided: it waits no more, whatever it waited for.
  static func endWait(of event: EventToPlan, _ database: Database) throws {
    guard event.waitsUntil != nil else { return }
    try database.executeCached(sql: "UPDATE event SET waits_for = NULL WHERE id = ?", arguments: [event.id])
  }

  /// Events that wait for a CRM user are looked at again, since that user was looked up.
  static func wakeWaiting(for user: CRMUserID, in connection: ConnectionName, _ database: Database) throws {
    try database.executeCached(sql: wakeForPerson, arguments: [connection.rawValue, user.rawValue])
  }

  static let wakeForPerson = """
    UPDATE event SET waits_for = NULL WHERE connection = ? AND waits_for IS NOT NULL AND waits_for = 'people'
      AND EXISTS (SELECT 1 FROM json_each(event.waits_people) AS person WHERE person.value = ?)
    """

  /// Whether an event is not set aside, or was for long enough; and no earlier one of its case waits for people: it would
  /// have come first, and what both show is its actor's.
  ///
  /// Takes the time twice.
  static let isNotWaiting = """
    (event.waits_for IS NULL OR event.waits_until <= ?) AND NOT EXISTS (
      SELECT 1 FROM event AS earlier
      WHERE earlier.connection = event.connection AND earlier.case_id = event.case_id AND earlier.id < event.id
        AND earlier.waits_for IS NOT NULL AND earlier.waits_for = 'people' AND earlier.waits_until > ?)
    """
}

extension Plan.Wait {
  var column: String { holdsCase ? "people" : "opener" }
}

extension Schema {
  /// `waits_until` stays while the event is looked at again, so that all of its waiting has one end.
  static let waitingEvents = """
    ALTER TABLE event ADD COLUMN waits_for TEXT CHECK (waits_for IN ('opener', 'people'));
    ALTER TABLE event ADD COLUMN waits_people TEXT;
    ALTER TABLE event ADD COLUMN waits_until INTEGER;
    CREATE INDEX event_waiting ON event (connection, case_id, id) WHERE waits_for IS NOT NULL;
    CREATE INDEX event_waiting_until ON event (waits_until) WHERE waits_for IS NOT NULL;
    """
}
