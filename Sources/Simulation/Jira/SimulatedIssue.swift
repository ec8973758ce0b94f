import JSON
import SyncModel

/// An issue as the simulated site holds it.
struct SimulatedIssue: Hashable {
  var id: String
  var key: String
  /// Keys that it had before it moved.
  var formerKeys: [String] = []
  var project: String
  var issueType: String
  var status: String
  var resolution: String?
  var creator: AccountID
  var created: Timestamp
  var updated: Timestamp
  /// By field id, in the form that ``FieldRules`` keeps: names and account ids instead of objects.
  var values: [String: JSONValue] = [:]
  var comments: [SimulatedComment] = []
  var changes: [SimulatedChange] = []
  var properties: [JSONMember] = []
  var remoteLinks: [JSONValue] = []
  var attachments: [SimulatedAttachment] = []
  var recentWrites: [Timestamp] = []
  var isDeleted = false
}

/// A comment on an issue.
struct SimulatedComment: Hashable {
  var id: String
  var author: AccountID
  var updateAuthor: AccountID
  var body: JSONValue
  var created: Timestamp
  var updated: Timestamp
  var properties: [JSONMember] = []
  /// `{"type":"role","value":…}` as it was sent.
  var visibility: JSONValue?

  /// Whether the customers of a service project do not see it.
  var isInternal: Bool {
    properties.first { $0.key == "sd.public.comment" }?.value["internal"]?.text == "true"
  }
}

/// A file on an issue.
struct SimulatedAttachment: Hashable {
  var id: String
  var name: String
  var type: String
  var size: Int
  var digest: String
  var author: AccountID
  var created: Timestamp
  var content: [UInt8] = []
}

/// One entry of an issue's changelog.
struct SimulatedChange: Hashable {
  var id: String
  var author: AccountID
  var created: Timestamp
  /// As Jira writes them: field, fieldtype, fieldId, from, fromString, to, toString.
  var items: [JSONValue]
  var historyMetadata: JSONValue?

  /// `nil` becomes JSON's null.
  static func item(
    field: String, id: String, isCustom: Bool = false, from: String?, fromText: String?, to: String?, toText: String?
  ) -> JSONValue {
    [
      "field": .string(field), "fieldtype": isCustom ? "custom" : "jira", "fieldId": .string(id),
      "from": JSONValue(orNull: from), "fromString": JSONValue(orNull: fromText), "to": JSONValue(orNull: to),
      "toString": JSONValue(orNull: toText),
    ]
  }
}

extension JSONValue {
  init(orNull text: String?) { self = text.map { .string($0) } ?? .null }
}
