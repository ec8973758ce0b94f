import JSON
package import SyncModel

/// A case as the simulated help desk holds it.
struct SimulatedCase: Hashable {
  var id: String
  var number: String
  var subject: String
  var description: String
  var priority: String
  var status: String
  var jiraKey: String
  /// Goes up with each change of a field; comments leave it alone.
  var version = 1
  var created: Timestamp
  var updated: Timestamp
  var opener: CRMUserID
  var comments: [SimulatedCaseComment] = []
  var attachments: [SimulatedCaseAttachment] = []
  var isDeleted = false

  /// The fields that can be written, by their names in the API.
  static let writable = ["subject", "description", "priority", "status", "jira_key"]

  subscript(field: String) -> String {
    get {
      switch field {
      case "subject": subject
      case "description": description
      case "priority": priority
      case "status": status
      case "jira_key": jiraKey
      default: ""
      }
    }
    set {
      switch field {
      case "subject": subject = newValue
      case "description": description = newValue
      case "priority": priority = newValue
      case "status": status = newValue
      case "jira_key": jiraKey = newValue
      default: break
      }
    }
  }

  /// As the API and the webhooks show it.
  var json: JSONValue {
    [
      "id": .string(id), "number": .string(number), "subject": .string(subject), "description": .string(description),
      "priority": .string(priority), "status": .string(status), "jira_key": .string(jiraKey),
      "version": .integer(version), "created": .string(created.description), "updated": .string(updated.description),
      "opened_by": .string(opener.rawValue),
    ]
  }
}

/// A comment on a case.
struct SimulatedCaseComment: Hashable {
  var id: String
  var body: String
  var isPublic: Bool
  var author: CRMUserID
  var authorName: String
  var created: Timestamp

  var json: JSONValue {
    [
      "id": .string(id), "body": .string(body), "public": .bool(isPublic), "author": .string(authorName),
      "author_id": .string(author.rawValue), "created": .string(created.description),
    ]
  }
}

/// A file at a case.
struct SimulatedCaseAttachment: Hashable {
  var id: String
  var name: String
  var type: String
  var content: [UInt8]
  var isPublic: Bool
  var author: CRMUserID

  var json: JSONValue {
    [
      "id": .string(id), "name": .string(name), "type": .string(type), "size": .integer(content.count),
      "public": .bool(isPublic), "author_id": .string(author.rawValue),
    ]
  }
}

/// A webhook that has still to reach its receiver.
package struct SimulatedDelivery: Hashable, Sendable {
  package var id: DeliveryID
  package var body: [UInt8]
  package var dueAt: Timestamp
  package var attempts = 0
  /// How often it has to arrive: more than once where a duplicate was diced.
  package var arrivals = 1

  package init(id: DeliveryID, body: [UInt8], dueAt: Timestamp, attempts: Int = 0, arrivals: Int = 1) {
    self.id = id
    self.body = body
    self.dueAt = dueAt
    self.attempts = attempts
    self.arrivals = arrivals
  }
}
