import JSON
import RichText
import Wire

/// What Jira Data Center says otherwise than Jira Cloud in the same requests: texts are wiki markup, and people are known
/// by their user names, not by account ids.
///
/// After https://docs.atlassian.com/software/jira/docs/api/REST/latest/ (REST v2).
enum DataCenterDialect {
  // MARK: - What is sent

  /// A body as Data Center takes it.
  static func outgoing(_ body: JSONValue) -> JSONValue {
    guard let members = body.members else { return body }
    return .object(
      members.map { member in
        switch member.key {
        case "body": JSONMember(member.key, text(member.value))
        case "fields":
          JSONMember(
            member.key,
            .object((member.value.members ?? []).map { JSONMember($0.key, people(in: text($0.value))) }))
        default: member
        }
      })
  }

  /// A document as wiki markup; anything else as it is.
  private static func text(_ value: JSONValue) -> JSONValue {
    value["type"]?.string == "doc" ? JiraText.Form.wiki.value(RichTextDocument(adf: value)) : value
  }

  private static func people(in value: JSONValue) -> JSONValue {
    switch value {
    case .array(let items): return .array(items.map(people))
    case .object(let members):
      guard members.count == 1, members[0].key == "accountId" else { return value }
      return ["name": members[0].value]
    case .null, .bool, .number, .string: return value
    }
  }

  // MARK: - What comes back

  /// An answer as Cloud would have given it; what is no JSON stays.
  static func incoming(_ response: WireResponse) -> WireResponse {
    guard (200...299).contains(response.status), !response.body.isEmpty,
      let body = try? JSONReader.read(response.body)
    else { return response }
    var response = response
    response.body = incoming(body).utf8
    return response
  }

  private static func incoming(_ value: JSONValue) -> JSONValue {
    switch value {
    case .array(let items): return .array(items.map(incoming))
    case .object(let members):
      // Only people have both; a comment is what has a text and an author.
      let isPerson = value["displayName"] != nil && value["accountId"] == nil
      let isComment = value["author"] != nil && value["body"]?.string != nil
      var result = members.map { member in
        isComment && member.key == "body"
          ? JSONMember(member.key, JiraText.Form.wiki.document(member.value).adf)
          : JSONMember(member.key, incoming(member.value))
      }
      if isPerson, let name = value["name"] { result.append(JSONMember("accountId", name)) }
      return .object(result)
    case .null, .bool, .number, .string: return value
    }
  }
}
