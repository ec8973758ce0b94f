import JSON
import SyncModel

import struct FoundationEssentials.Data

/// The help desk as JSON, for restarts.
extension CRMWorld {
  var snapshot: JSONValue {
    [
      "random": .string(String(random.state)), "comment": .integer(lastCommentID),
      "attachment": .integer(lastAttachmentID), "event": .integer(lastEvent),
      "cases": .array(cases.map(\.snapshot)),
      "outgoing": .array(
        outgoing.map { delivery in
          [
            "id": .string(delivery.id.rawValue), "body": .string(String(decoding: delivery.body, as: UTF8.self)),
            "due": .integer(delivery.dueAt.milliseconds), "attempts": .integer(delivery.attempts),
            "arrivals": .integer(delivery.arrivals),
          ]
        }),
    ]
  }

  mutating func restore(_ value: JSONValue) {
    random = SeededRandom(seed: UInt64(value.text("random")) ?? configuration.seed)
    lastCommentID = value.integer("comment")
    lastAttachmentID = max(lastAttachmentID, value.integer("attachment"))
    lastEvent = value.integer("event")
    cases = (value["cases"]?.array ?? []).map(SimulatedCase.init(restoring:))
    outgoing = (value["outgoing"]?.array ?? []).map { entry in
      SimulatedDelivery(
        id: DeliveryID(entry.text("id")), body: Array(entry.text("body").utf8), dueAt: entry.time("due"),
        attempts: entry.integer("attempts"), arrivals: entry.integer("arrivals"))
    }
  }
}

extension SimulatedCase {
  var snapshot: JSONValue {
    [
      "id": .string(id), "number": .string(number),
      "fields": .object(Self.writable.map { JSONMember($0, .string(self[$0])) }), "version": .integer(version),
      "created": .integer(created.milliseconds), "updated": .integer(updated.milliseconds),
      "opener": .string(opener.rawValue), "deleted": .bool(isDeleted),
      "attachments": .array(
        attachments.map { file in
          [
            "id": .string(file.id), "name": .string(file.name), "type": .string(file.type),
            "content": .string(Data(file.content).base64EncodedString()), "public": .bool(file.isPublic),
            "author": .string(file.author.rawValue),
          ]
        }),
      "comments": .array(
        comments.map { comment in
          [
            "id": .string(comment.id), "body": .string(comment.body), "public": .bool(comment.isPublic),
            "author": .string(comment.author.rawValue), "name": .string(comment.authorName),
            "created": .integer(comment.created.milliseconds),
          ]
        }),
    ]
  }

  init(restoring value: JSONValue) {
    self.init(
      id: value.text("id"), number: value.text("number"), subject: "", description: "", priority: "", status: "",
      jiraKey: "", version: value.integer("version"), created: value.time("created"), updated: value.time("updated"),
      opener: CRMUserID(value.text("opener")), isDeleted: value["deleted"]?.bool ?? false)
    for name in Self.writable { self[name] = value["fields"]?.text(name) ?? "" }
    attachments = (value["attachments"]?.array ?? []).map { file in
      SimulatedCaseAttachment(
        id: file.text("id"), name: file.text("name"), type: file.text("type"),
        content: Data(base64Encoded: file.text("content")).map { Array($0) } ?? [],
        isPublic: file["public"]?.bool ?? false, author: CRMUserID(file.text("author")))
    }
    comments = (value["comments"]?.array ?? []).map { entry in
      SimulatedCaseComment(
        id: entry.text("id"), body: entry.text("body"), isPublic: entry["public"]?.bool ?? false,
        author: CRMUserID(entry.text("author")), authorName: entry.text("name"), created: entry.time("created"))
    }
  }
}
