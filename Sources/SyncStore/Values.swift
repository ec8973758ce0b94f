import GRDB
import JSON
import SyncModel

import struct FoundationEssentials.Data

extension FieldValue {
  /// As a column holds it: JSON text.
  var column: String { json.compact }

  init?(column: String?) {
    guard let column, let json = try? JSONReader.read(column) else { return nil }
    self.init(json: json)
  }
}

extension Row {
  /// A column that the schema says is there.
  func text(_ column: String) -> String { self[column] }
  func textOrNil(_ column: String) -> String? { self[column] }
  func int(_ column: String) -> Int64 { self[column] }
  func intOrNil(_ column: String) -> Int64? { self[column] }
  func bytesOrNil(_ column: String) -> [UInt8]? { (self[column] as Data?).map(Array.init) }
  func time(_ column: String) -> Timestamp? { (self[column] as Int64?).map(Timestamp.init(milliseconds:)) }
}

extension Database {
  /// Runs a statement that is prepared once and kept: preparing costs more than running, on the path of every event.
  func executeCached(sql: String, arguments: StatementArguments = []) throws {
    try cachedStatement(sql: sql).execute(arguments: arguments)
  }
}
