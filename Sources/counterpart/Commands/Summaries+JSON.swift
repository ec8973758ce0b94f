import JSON
import SyncCore
import SyncModel
import SyncStore

extension OperationSummary {
  /// Whose grant it needs, or who wrote it in Jira.
  var who: String { actorName ?? actorID?.rawValue ?? "–" }

  var json: JSONValue {
    [
      "id": .integer(id), "event": event.map { .integer($0) } ?? .null, "connection": .string(connection.rawValue),
      "case": .string(caseID.rawValue), "issue": .text(issueKey?.rawValue), "kind": .string(kind.rawValue),
      "actor": .text(actorID?.rawValue), "actorName": .text(actorName), "state": .string(state.rawValue),
      "waitsFor": .text(holdReason?.rawValue), "attempt": .integer(attempt), "dueAt": .text(dueAt?.description),
      "reason": .text(reason), "sentAs": .text(sentAs), "createdAt": .string(createdAt.description),
      "settledAt": .text(settledAt?.description),
    ]
  }
}

extension EventSummary {
  var json: JSONValue {
    [
      "id": .integer(id), "connection": .string(connection.rawValue), "case": .string(caseID.rawValue),
      "kind": .string(kind.rawValue), "actor": .text(actorID?.rawValue), "actorName": .text(actorName),
      "receivedAt": .string(receivedAt.description), "state": .string(state), "reason": .text(reason),
      "operations": .array(operations.map(\.json)),
    ]
  }
}

extension JSONValue {
  static func text(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }
}
