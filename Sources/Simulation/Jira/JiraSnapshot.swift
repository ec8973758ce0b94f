import JSON
import SyncModel

import struct FoundationEssentials.Data

/// The world as JSON: the whole for restarts, and the readable part for drivers and kill tests.
extension JiraWorld {
  var snapshot: JSONValue {
    [
      "random": .string(String(random.state)), "comment": .integer(lastCommentID), "change": .integer(lastChangeID),
      "link": .integer(lastRemoteLinkID), "attachment": .integer(lastAttachmentID),
      "numbers": .object(lastNumbers.sorted { $0.key < $1.key }.map { JSONMember($0.key, .integer($0.value)) }),
      "sessions": sessions.snapshot, "issues": .array(issues.map(\.snapshot)),
      "permissions": .array(
        permissions.sorted { $0.key < $1.key }.flatMap { account, projects in
          projects.sorted { $0.key < $1.key }.map { project, allowed in
            [
              "account": .string(account.rawValue), "project": .string(project),
              "allowed": .strings(allowed.map(\.rawValue).sorted()),
            ] as JSONValue
          }
        }),
    ]
  }

  mutating func restore(_ value: JSONValue) {
    random = SeededRandom(seed: UInt64(value.text("random")) ?? configuration.seed)
    lastCommentID = value.integer("comment")
    lastChangeID = value.integer("change")
    lastRemoteLinkID = value.integer("link")
    lastAttachmentID = max(lastAttachmentID, value.integer("attachment"))
    for member in value["numbers"]?.members ?? [] { lastNumbers[member.key] = Int(member.value.int ?? 0) }
    sessions = AuthorizationSessions(restoring: value["sessions"] ?? [:])
    issues = (value["issues"]?.array ?? []).map(SimulatedIssue.init(restoring:))
    for (place, issue) in issues.enumerated() {
      for key in issue.formerKeys + [issue.key] { places[key] = place }
      index.note(issue, at: issue.updated, lag: configuration.searchLag)
    }
    for entry in value["permissions"]?.array ?? [] {
      permissions[AccountID(entry.text("account")), default: [:]][entry.text("project")] =
        Set(entry.strings("allowed").compactMap(SimulatedPermission.init(rawValue:)))
    }
  }

  /// For people and tests: no tokens, deleted issues left out.
  var state: JSONValue {
    ["issues": .array(issues.filter { !$0.isDeleted }.map { summary($0) })]
  }

  private func summary(_ issue: SimulatedIssue) -> JSONValue {
    let kept = issue.values.sorted { $0.key < $1.key }.map { JSONMember($0.key, $0.value) }
    return [
      "id": .string(issue.id), "key": .string(issue.key), "project": .string(issue.project),
      "issueType": .string(issue.issueType), "summary": issue.values["summary"] ?? .null,
      "creator": person(issue.creator), "reporter": person(AccountID(issue.values["reporter"]?.string ?? "")),
      "status": .string(issue.status), "resolution": JSONValue(orNull: issue.resolution),
      "labels": issue.values["labels"] ?? [], "fields": .object(kept),
      "comments": .array(
        issue.comments.map { comment in
          [
            "id": .string(comment.id), "author": person(comment.author),
            "text": .string(DocumentRules.plainText(of: comment.body)), "internal": .bool(comment.isInternal),
            "created": .string(comment.created.description),
          ]
        }),
      "changes": .array(
        issue.changes.map { change in
          ["author": person(change.author), "items": .array(change.items)]
        }),
      "attachments": .array(
        issue.attachments.map { file in
          [
            "id": .string(file.id), "name": .string(file.name), "type": .string(file.type),
            "size": .integer(file.size), "digest": .string(file.digest), "author": person(file.author),
          ]
        }),
      "remoteLinks": .array(issue.remoteLinks), "properties": .object(issue.properties),
    ]
  }

  private func person(_ id: AccountID) -> JSONValue {
    ["id": .string(id.rawValue), "name": JSONValue(orNull: configuration.account(id)?.name)]
  }
}

extension SimulatedIssue {
  var snapshot: JSONValue {
    [
      "id": .string(id), "key": .string(key), "formerKeys": .strings(formerKeys), "project": .string(project),
      "type": .string(issueType), "status": .string(status), "resolution": JSONValue(orNull: resolution),
      "creator": .string(creator.rawValue), "created": .integer(created.milliseconds),
      "updated": .integer(updated.milliseconds),
      "values": .object(values.sorted { $0.key < $1.key }.map { JSONMember($0.key, $0.value) }),
      "comments": .array(comments.map(\.snapshot)), "changes": .array(changes.map(\.snapshot)),
      "properties": .object(properties), "links": .array(remoteLinks),
      "attachments": .array(attachments.map(\.snapshot)), "deleted": .bool(isDeleted),
    ]
  }

  init(restoring value: JSONValue) {
    self.init(
      id: value.text("id"), key: value.text("key"), formerKeys: value.strings("formerKeys"),
      project: value.text("project"), issueType: value.text("type"), status: value.text("status"),
      resolution: value["resolution"]?.string, creator: AccountID(value.text("creator")),
      created: value.time("created"), updated: value.time("updated"))
    for member in value["values"]?.members ?? [] { values[member.key] = member.value }
    comments = (value["comments"]?.array ?? []).map(SimulatedComment.init(restoring:))
    changes = (value["changes"]?.array ?? []).map(SimulatedChange.init(restoring:))
    properties = value["properties"]?.members ?? []
    remoteLinks = value["links"]?.array ?? []
    attachments = (value["attachments"]?.array ?? []).map(SimulatedAttachment.init(restoring:))
    isDeleted = value["deleted"]?.bool ?? false
  }
}

extension SimulatedAttachment {
  var snapshot: JSONValue {
    [
      "id": .string(id), "name": .string(name), "type": .string(type), "size": .integer(size),
      "digest": .string(digest), "author": .string(author.rawValue), "created": .integer(created.milliseconds),
      "content": .string(Data(content).base64EncodedString()),
    ]
  }

  init(restoring value: JSONValue) {
    self.init(
      id: value.text("id"), name: value.text("name"), type: value.text("type"), size: value.integer("size"),
      digest: value.text("digest"), author: AccountID(value.text("author")), created: value.time("created"),
      content: Data(base64Encoded: value.text("content")).map { Array($0) } ?? [])
  }
}

extension SimulatedComment {
  var snapshot: JSONValue {
    [
      "id": .string(id), "author": .string(author.rawValue), "updateAuthor": .string(updateAuthor.rawValue),
      "body": body, "created": .integer(created.milliseconds), "updated": .integer(updated.milliseconds),
      "properties": .object(properties), "visibility": visibility ?? .null,
    ]
  }

  init(restoring value: JSONValue) {
    let visibility = value["visibility"] ?? .null
    self.init(
      id: value.text("id"), author: AccountID(value.text("author")),
      updateAuthor: AccountID(value.text("updateAuthor")),
      body: value["body"] ?? .null, created: value.time("created"), updated: value.time("updated"),
      properties: value["properties"]?.members ?? [], visibility: visibility.isNull ? nil : visibility)
  }
}

extension SimulatedChange {
  var snapshot: JSONValue {
    [
      "id": .string(id), "author": .string(author.rawValue), "created": .integer(created.milliseconds),
      "items": .array(items), "metadata": historyMetadata ?? .null,
    ]
  }

  init(restoring value: JSONValue) {
    let metadata = value["metadata"] ?? .null
    self.init(
      id: value.text("id"), author: AccountID(value.text("author")), created: value.time("created"),
      items: value["items"]?.array ?? [], historyMetadata: metadata.isNull ? nil : metadata)
  }
}
