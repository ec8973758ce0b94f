package import JSON
package import SyncModel

/// What an edit or a transition of ours carries as `historyMetadata`: Jira keeps it with the changelog entry, so that
/// the entry can be told from a person's, whose name it bears.
///
/// Anyone who sees the issue may read it; it names the connection and a row of our own and nothing else.
package struct ChangeReceipt: Hashable, Sendable {
  package var connection: ConnectionName
  /// The operation's row.
  package var operation: Int64

  package init(connection: ConnectionName, operation: Int64) {
    self.connection = connection
    self.operation = operation
  }

  private static let type = "counterpart:operation"

  package var json: JSONValue {
    [
      "type": .string(Self.type), "generator": ["id": "counterpart", "type": "application"],
      "extraData": ["connection": .string(connection.rawValue), "operation": .string(String(operation))],
    ]
  }

  /// Nil for metadata that is none of ours.
  package init?(json: JSONValue) {
    guard json["type"]?.string == Self.type, let connection = json["extraData"]?["connection"]?.string,
      let operation = json["extraData"]?["operation"]?.text.flatMap({ Int64($0) })
    else { return nil }
    self.init(connection: ConnectionName(connection), operation: operation)
  }
}
