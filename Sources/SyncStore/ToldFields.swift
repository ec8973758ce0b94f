import GRDB
import SyncCore
import SyncModel

// A field of the case says for whom changes of the case wait, where the mapping asks for that: whatever makes changes wait
// or wait no more brings it up to date.
extension Store {
  /// Writes to the case for whom its changes wait, if that is not what was written last.
  static func keepTold(
    _ field: ToldField, of link: Int64, connection: ConnectionName, now: Timestamp, _ database: Database
  ) throws {
    let names = try String.fetchAll(database.cachedStatement(sql: waitedFor), arguments: [link])
    let text = HoldNote.fieldText(waitingFor: names)
    let told = try String.fetchOne(
      database.cachedStatement(sql: "SELECT told_text FROM link WHERE id = ?"), arguments: [link])
    guard text != told ?? "" else { return }
    try database.executeCached(
      sql: "UPDATE link SET told_text = ?, told_field = ?, told_place = ? WHERE id = ?",
      arguments: [text, field.name, field.place, link])
    try insert(
      HoldNote.write(text, to: field.name, place: field.place), link: link, event: nil, connection: connection,
      now: now, database)
  }

  static let waitedFor = """
    SELECT DISTINCT SUBSTR(COALESCE(actor_name, 'the CRM user ' || actor_id), 1, 60) FROM operation
    WHERE link = ? AND state = 'held' AND hold_reason IN ('grant', 'reconnect') ORDER BY 1 LIMIT 10
    """

  /// The same for every case that says so: what waited was given up.
  static func keepAllTold(now: Timestamp, _ database: Database) throws {
    for row in try Row.fetchAll(database.cachedStatement(sql: toldLinks)) {
      try keepTold(
        ToldField(name: row.text("told_field"), place: row.text("told_place")), of: row.int("id"),
        connection: ConnectionName(row.text("connection")), now: now, database)
    }
  }

  static let toldLinks = "SELECT id, connection, told_field, told_place FROM link WHERE told_text <> ''"
}

extension Schema {
  static let toldFields = """
    ALTER TABLE link ADD COLUMN told_text TEXT;
    ALTER TABLE link ADD COLUMN told_field TEXT;
    ALTER TABLE link ADD COLUMN told_place TEXT;
    CREATE INDEX link_told ON link (id) WHERE told_text <> '';
    """
}
