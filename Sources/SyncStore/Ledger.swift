import GRDB
package import SyncModel

/// One line of the story of a case, in plain words; never a customer's text.
package struct LedgerLine: Hashable, Sendable {
  package var at: Timestamp
  package var connection: ConnectionName
  package var caseID: CaseID?
  package var link: Int64?
  package var event: Int64?
  package var operation: Int64?
  package var text: String

  package init(
    at: Timestamp, connection: ConnectionName, caseID: CaseID?, link: Int64?, event: Int64?, operation: Int64?,
    text: String
  ) {
    self.at = at
    self.connection = connection
    self.caseID = caseID
    self.link = link
    self.event = event
    self.operation = operation
    self.text = text
  }
}

extension Store {
  static func write(_ line: LedgerLine, _ database: Database) throws {
    try database.cachedStatement(
      sql: "INSERT INTO ledger (at, connection, case_id, link, event, operation, line) VALUES (?, ?, ?, ?, ?, ?, ?)"
    ).execute(arguments: [
      line.at.milliseconds, line.connection.rawValue, line.caseID?.rawValue, line.link, line.event, line.operation,
      line.text,
    ])
  }
}
