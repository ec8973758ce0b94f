import JSON
import SyncCore
package import SyncModel

/// Reads what Jira answers, leniently: ids come as numbers or strings, members are missing, new ones appear.
enum JiraResponses {
  static func created(_ json: JSONValue) -> Receipt? {
    guard let id = json["id"]?.text, let key = json["key"]?.string else { return nil }
    return .issueCreated(id: IssueID(id), key: IssueKey(key))
  }

  static func issue(_ json: JSONValue) -> JiraIssue? {
    guard let id = json["id"]?.text else { return nil }
    let fields = json["fields"] ?? .object([])
    return JiraIssue(
      id: IssueID(id), key: IssueKey(json["key"]?.string ?? ""),
      updated: (fields["updated"]?.string).flatMap { Timestamp($0) },
      status: fields["status"]?["name"]?.string ?? "", fields: fields)
  }

  /// A comment that a role or group restricts is not public, whatever the service project says of it.
  static func comment(_ json: JSONValue) -> JiraComment? {
    guard let id = json["id"]?.text else { return nil }
    let author = json["author"]
    let account = (author?["accountId"]?.string).flatMap { $0 == "unknown" ? nil : AccountID($0) }
    let isRestricted = json["visibility"].map { !$0.isNull } ?? false
    return JiraComment(
      id: CommentID(id), author: account, authorName: author?["displayName"]?.string ?? "Somebody in Jira",
      created: (json["created"]?.string).flatMap { Timestamp($0) },
      updated: (json["updated"]?.string).flatMap { Timestamp($0) }, body: json["body"] ?? .null,
      isPublic: json["jsdPublic"]?.bool != false && !isRestricted)
  }

  static func page(_ json: JSONValue) -> IssuePage? {
    guard let issues = json["issues"]?.array else { return nil }
    let isLast = json["isLast"]?.bool ?? false
    return IssuePage(
      issues: issues.compactMap(issue), nextPage: isLast ? nil : json["nextPageToken"]?.string)
  }

  static func transitions(_ json: JSONValue) -> [JiraTransition]? {
    json["transitions"]?.array?.compactMap { transition in
      guard let id = transition["id"]?.text, let to = transition["to"]?["name"]?.string else { return nil }
      return JiraTransition(
        id: id, name: transition["name"]?.string ?? "", toStatus: to,
        fields: transition["fields"]?.members?.map(\.key) ?? [])
    }
  }

  /// The markers that we put on comments, by comment.
  static func markers(_ json: JSONValue) -> [CommentID: String]? {
    guard let comments = json["values"]?.array else { return nil }
    var markers: [CommentID: String] = [:]
    for comment in comments {
      let property = comment["properties"]?.array?.first { $0["key"]?.string == JiraRequests.propertyKey }
      if let id = comment["id"]?.text, let marker = property?["value"]?["marker"]?.string {
        markers[CommentID(id)] = marker
      }
    }
    return markers
  }

  /// `created` is a number of milliseconds here, although the schema says string; both are read.
  static func changelog(_ json: JSONValue) -> [ChangelogEntry]? {
    guard let logs = json["issueChangeLogs"]?.array else { return nil }
    return logs.flatMap { log -> [ChangelogEntry] in
      guard let issue = log["issueId"]?.text else { return [] }
      return (log["changeHistories"]?.array ?? []).compactMap { entry($0, of: IssueID(issue)) }
    }
  }

  private static func entry(_ json: JSONValue, of issue: IssueID) -> ChangelogEntry? {
    guard let id = json["id"]?.text else { return nil }
    let created = json["created"]
    return ChangelogEntry(
      id: id, issue: issue, author: (json["author"]?["accountId"]?.string).map { AccountID($0) },
      authorName: json["author"]?["displayName"]?.string ?? "Somebody in Jira",
      created: created?.int.map(Timestamp.init(milliseconds:)) ?? (created?.string).flatMap { Timestamp($0) },
      items: (json["items"]?.array ?? []).compactMap { item in
        guard let field = item["fieldId"]?.string ?? item["field"]?.string else { return nil }
        return ChangelogEntry.Item(
          field: FieldKey(field), fromText: item["fromString"]?.string, toText: item["toString"]?.string)
      })
  }

  static func account(_ json: JSONValue) -> AtlassianAccount? {
    guard let id = json["accountId"]?.string else { return nil }
    return AtlassianAccount(
      accountID: AccountID(id), displayName: json["displayName"]?.string ?? id, email: json["emailAddress"]?.string,
      timeZone: json["timeZone"]?.string)
  }
}

/// Who a token belongs to (`GET /rest/api/3/myself`).
package struct AtlassianAccount: Hashable, Sendable {
  package var accountID: AccountID
  package var displayName: String
  /// Absent where the person's privacy settings hide it.
  package var email: String?
  package var timeZone: String?

  package init(accountID: AccountID, displayName: String, email: String?, timeZone: String?) {
    self.accountID = accountID
    self.displayName = displayName
    self.email = email
    self.timeZone = timeZone
  }
}
