import JSON
import SyncModel

extension CommentAddition {
  var json: JSONValue {
    let members: [JSONMember] = [
      JSONMember("crmComment", .string(crmComment.rawValue)), JSONMember("body", body),
      JSONMember("isInternal", .bool(isInternal)), JSONMember("marker", .string(marker)),
      JSONMember("crmText", JSONValue(orNull: crmText)), JSONMember("crmIsPublic", .bool(crmIsPublic)),
    ]
    return .object(members + [lead.json.map { JSONMember("lead", $0) }].compactMap { $0 })
  }

  /// Calls of before comments could be edited name neither the text's digest nor the CRM's visibility.
  init?(json: JSONValue) {
    guard let comment = json["crmComment"]?.string, let body = json["body"],
      let isInternal = json["isInternal"]?.bool, let marker = json["marker"]?.string
    else { return nil }
    self.init(
      crmComment: CommentID(comment), body: body, isInternal: isInternal, marker: marker,
      crmText: json["crmText"]?.string, crmIsPublic: json["crmIsPublic"]?.bool ?? false)
    lead = CommentLead(json: json["lead"])
  }
}

extension CaseCommentAddition {
  var json: JSONValue {
    [
      "jiraComment": .string(jiraComment.rawValue), "text": .string(text), "isPublic": .bool(isPublic),
      "marker": .string(marker), "jiraText": JSONValue(orNull: jiraText),
    ]
  }

  init?(json: JSONValue) {
    guard let comment = json["jiraComment"]?.string, let text = json["text"]?.string,
      let isPublic = json["isPublic"]?.bool, let marker = json["marker"]?.string
    else { return nil }
    self.init(
      jiraComment: CommentID(comment), text: text, isPublic: isPublic, marker: marker,
      jiraText: json["jiraText"]?.string)
  }
}

extension AttachmentAddition {
  var json: JSONValue {
    [
      "crmAttachment": .string(crmAttachment.rawValue), "name": .string(name), "type": .string(type),
      "size": size.map { .integer($0) } ?? .null, "address": JSONValue(orNull: address),
      "limitBytes": .integer(limitBytes), "place": .string(place),
    ]
  }

  init?(json: JSONValue) {
    guard let id = json["crmAttachment"]?.string, let name = json["name"]?.string, let type = json["type"]?.string,
      let limit = json["limitBytes"]?.int, let place = json["place"]?.string
    else { return nil }
    self.init(
      crmAttachment: AttachmentID(id), name: name, type: type, size: json["size"]?.int,
      address: json["address"]?.string, limitBytes: limit, place: place)
  }
}

extension CaseAttachmentAddition {
  var json: JSONValue {
    [
      "jiraAttachment": .string(jiraAttachment.rawValue), "name": .string(name), "type": .string(type),
      "size": .integer(size), "isPublic": .bool(isPublic), "limitBytes": .integer(limitBytes),
      "place": .string(place),
    ]
  }

  init?(json: JSONValue) {
    guard let id = json["jiraAttachment"]?.string, let name = json["name"]?.string, let type = json["type"]?.string,
      let size = json["size"]?.int, let isPublic = json["isPublic"]?.bool, let limit = json["limitBytes"]?.int,
      let place = json["place"]?.string
    else { return nil }
    self.init(
      jiraAttachment: AttachmentID(id), name: name, type: type, size: size, isPublic: isPublic, limitBytes: limit,
      place: place)
  }
}
