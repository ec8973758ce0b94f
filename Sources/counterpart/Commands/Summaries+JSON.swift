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
      "reason": .text(reason), "cause": .text(cause), "sentAs": .text(sentAs),
      "createdAt": .string(createdAt.description),
      "settledAt": .text(settledAt?.description),
    ]
  }
}

extension EventSummary {
  var json: JSONValue {
    [
      "id": .integer(id), "delivery": .integer(delivery), "connection": .string(connection.rawValue),
      "case": .string(caseID.rawValue),
      "kind": .string(kind.rawValue), "actor": .text(actorID?.rawValue), "actorName": .text(actorName),
      "receivedAt": .string(receivedAt.description), "state": .string(state), "reason": .text(reason),
      "cause": .text(cause), "mappingsVersion": mappingVersion.map { .integer($0) } ?? .null,
      "operations": .array(operations.map(\.json)),
    ]
  }
}

extension CauseGroup {
  private var title: String {
    known?.title(who: example.actorName ?? example.actorID?.rawValue ?? "somebody") ?? example.reason ?? cause
  }

  private var end: String? {
    known?.end(
      for: example.actorID.map { CRMUser(id: $0, name: example.actorName) }, in: example.connection,
      retrying: "--cause " + Cause.quoted(cause))
  }

  /// For people, several lines.
  var text: String {
    let things = [(operations, "operation"), (events, "event")].filter { $0.0 > 0 }
      .map { "\($0.0) \($0.1)\($0.0 == 1 ? "" : "s")" }.joined(separator: ", ")
    var lines = ["\(things) \(isHeld ? "held" : "dead"): \(title)", "  cause    \(cause)"]
    lines.append("  since    \(oldest), newest \(newest)")
    let reason = example.reason.map { ": " + $0 } ?? ""
    lines.append("  example  case \(example.caseID) of \(example.connection)\(reason)")
    if let end { lines.append("  who      \(end)") }
    return lines.joined(separator: "\n")
  }

  var json: JSONValue {
    [
      "cause": .string(cause), "title": .string(title), "end": .text(end),
      "state": .string(isHeld ? "held" : "dead"), "operations": .integer(operations), "events": .integer(events),
      "oldest": .string(oldest.description), "newest": .string(newest.description),
      "example": [
        "connection": .string(example.connection.rawValue), "case": .string(example.caseID.rawValue),
        "operation": example.operation.map { .integer($0) } ?? .null,
        "event": example.event.map { .integer($0) } ?? .null, "reason": .text(example.reason),
      ],
    ]
  }
}

extension JSONValue {
  static func text(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }
}
