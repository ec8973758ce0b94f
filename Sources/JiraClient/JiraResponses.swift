import JSON
import MappingLanguage
package import SyncCore
package import SyncModel
package import Wire

/// Turns Jira's answers into values, leniently: ids may be numbers or strings, and members may be missing.
package enum JiraResponses {
  package static func created(_ response: WireResponse) -> CallOutcome {
    written(response) { body in
      guard let id = body["id"]?.text, let key = body["key"]?.text else { return nil }
      return .issueCreated(id: IssueID(id), key: IssueKey(key))
    }
  }

  package static func edited(_ response: WireResponse) -> CallOutcome { done(response, .issueEdited) }

  package static func transitioned(_ response: WireResponse) -> CallOutcome { done(response, .transitioned) }

  package static func commented(_ response: WireResponse) -> CallOutcome {
    written(response) { body in
      body["id"]?.text.map { id in
        // The answer shows the document as Jira keeps it from now on.
        let text = body["body"] == nil ? nil : comment(from: body).map(digest)
        return .commented(CommentID(id), text: text)
      }
    }
  }

  package static func digest(_ comment: JiraComment) -> String {
    CommentText.digest(ofJira: comment.body, isPublic: comment.isPublic)
  }

  package static func deleted(_ response: WireResponse) -> CallOutcome { done(response, .commentDeleted) }

  package static func linked(_ response: WireResponse) -> CallOutcome { done(response, .linked) }

  package static func attached(_ response: WireResponse) -> CallOutcome {
    written(response) { body in body[0]?["id"]?.text.map { .attached(AttachmentID($0)) } }
  }

  package static func comment(_ response: WireResponse) -> Result<JiraComment, CallFailure> {
    read(response, comment(from:))
  }

  /// The attachments of an issue that was read with the field `attachment`.
  package static func attachments(_ response: WireResponse) -> Result<[JiraAttachment], CallFailure> {
    read(response) { body in
      guard let fields = body["fields"], fields["attachment"]?.array != nil else { return nil }
      return JiraAttachment.list(in: fields)
    }
  }

  package static func issueDeleted(_ response: WireResponse) -> CallOutcome { done(response, .issueDeleted) }

  package static func issues(_ response: WireResponse) -> Result<[JiraIssue], CallFailure> {
    read(response) { body in body["issues"]?.array?.compactMap(issue(from:)) }
  }

  package static func issue(_ response: WireResponse) -> Result<JiraIssue, CallFailure> {
    read(response, issue(from:))
  }

  package static func transitions(_ response: WireResponse) -> Result<[JiraTransition], CallFailure> {
    read(response) { body in body["transitions"]?.array?.compactMap(transition(from:)) }
  }

  package static func standing(_ response: WireResponse) -> Result<IssueStanding, CallFailure> {
    read(response) { body in
      guard let issue = issue(from: body) else { return nil }
      let items = body["transitions"]?.array
      return IssueStanding(
        issue: issue, transitions: (items ?? []).compactMap(transition(from:)),
        hasScreens: items?.allSatisfy { $0["fields"] != nil } ?? false)
    }
  }

  private static func transition(from item: JSONValue) -> JiraTransition? {
    guard let id = item["id"]?.text else { return nil }
    return JiraTransition(
      id: id, name: item["name"]?.string ?? "", toStatus: item["to"]?["name"]?.string ?? "",
      fields: (item["fields"]?.members ?? []).map { field in
        JiraTransition.Field(id: field.key, isRequired: field.value["required"]?.bool ?? false)
      })
  }

  /// One page of comments, and how many there are in all.
  package static func comments(
    _ response: WireResponse
  ) -> Result<(comments: [JiraComment], received: Int, total: Int?), CallFailure> {
    read(response) { body in
      guard let items = body["comments"]?.array else { return nil }
      return (items.compactMap(comment(from:)), items.count, body["total"]?.int.map { Int($0) })
    }
  }

  /// The markers of those comments that carry one.
  package static func commentMarkers(_ response: WireResponse) -> Result<[CommentID: String], CallFailure> {
    read(response) { body in
      // By id from a list of ids, or with an issue's comments.
      guard let values = (body["values"] ?? body["comments"])?.array else { return nil }
      var markers: [CommentID: String] = [:]
      for value in values {
        let property = value["properties"]?.array?.first { $0["key"]?.string == "counterpart" }
        guard let id = value["id"]?.text, let marker = property?["value"]?["marker"]?.string else { continue }
        markers[CommentID(id)] = marker
      }
      return markers
    }
  }

  package static func page(_ response: WireResponse) -> Result<IssuePage, CallFailure> {
    read(response) { body in
      guard let issues = body["issues"]?.array else { return nil }
      let next = body["isLast"]?.bool == true ? nil : body["nextPageToken"]?.string ?? serverPage(body, issues.count)
      return IssuePage(issues: issues.compactMap(issue(from:)), nextPage: next)
    }
  }

  /// Where a Data Center's search goes on: it counts.
  private static func serverPage(_ body: JSONValue, _ received: Int) -> String? {
    guard received > 0, let start = body["startAt"]?.int, let total = body["total"]?.int else { return nil }
    let next = start + Int64(received)
    return next < total ? String(next) : nil
  }

  /// The history of one issue that was read with it; of a Data Center.
  package static func history(_ response: WireResponse, of issue: IssueID) -> Result<[ChangelogEntry], CallFailure> {
    read(response) { body in
      body["changelog"]?["histories"]?.array?.compactMap { entry(from: $0, issue: issue) }
    }
  }

  package static func changelogs(
    _ response: WireResponse
  ) -> Result<(entries: [ChangelogEntry], nextPage: String?), CallFailure> {
    read(response) { body in
      guard let logs = body["issueChangeLogs"]?.array else { return nil }
      let entries = logs.flatMap { log in
        guard let issue = log["issueId"]?.text else { return [ChangelogEntry]() }
        return (log["changeHistories"]?.array ?? []).compactMap { entry(from: $0, issue: IssueID(issue)) }
      }
      return (entries, body["nextPageToken"]?.string)
    }
  }

  package static func account(_ response: WireResponse) -> Result<AtlassianAccount, CallFailure> {
    read(response) { body in
      guard let id = person(body) else { return nil }
      return AtlassianAccount(
        accountID: id, displayName: body["displayName"]?.string ?? "",
        email: body["emailAddress"]?.string, timeZone: body["timeZone"]?.string)
    }
  }

  package static func cloudID(_ response: WireResponse) -> Result<String, CallFailure> {
    read(response) { body in body["cloudId"]?.string.flatMap { $0.isEmpty ? nil : $0 } }
  }

  /// Whose account it is; nil also for deleted users, who have one id together.
  static func person(_ body: JSONValue?) -> AccountID? {
    body?["accountId"]?.text.map { AccountID($0) }.flatMap { $0.isIdentity ? $0 : nil }
  }

  private static func issue(from body: JSONValue) -> JiraIssue? {
    guard let id = body["id"]?.text else { return nil }
    let fields = body["fields"] ?? .object([])
    return JiraIssue(
      id: IssueID(id), key: IssueKey(body["key"]?.text ?? ""), updated: moment(fields["updated"]),
      status: fields["status"]?["name"]?.string ?? "", fields: fields)
  }

  private static func comment(from body: JSONValue) -> JiraComment? {
    guard let id = body["id"]?.text else { return nil }
    let isRestricted = body["visibility"].map { !$0.isNull } ?? false
    let hidden = body["properties"]?.array?.first { $0["key"]?.string == "sd.public.comment" }
    return JiraComment(
      id: CommentID(id), author: person(body["author"]),
      authorName: body["author"]?["displayName"]?.string ?? "", created: moment(body["created"]),
      updated: moment(body["updated"]), body: body["body"] ?? .null,
      isPublic: body["jsdPublic"]?.bool != false && !isRestricted && hidden?["value"]?["internal"]?.bool != true)
  }

  private static func entry(from body: JSONValue, issue: IssueID) -> ChangelogEntry? {
    guard let id = body["id"]?.text else { return nil }
    let items = (body["items"]?.array ?? []).compactMap { item -> ChangelogEntry.Item? in
      guard let field = item["fieldId"]?.text ?? item["field"]?.text else { return nil }
      return ChangelogEntry.Item(
        field: FieldKey(field), fromText: item["fromString"]?.text, toText: item["toString"]?.text)
    }
    return ChangelogEntry(
      id: id, issue: issue, author: person(body["author"]),
      authorName: body["author"]?["displayName"]?.string ?? "", created: moment(body["created"]), items: items,
      receipt: body["historyMetadata"].flatMap(ChangeReceipt.init(json:)))
  }

  /// Jira writes moments as text, and in the bulk changelog as epoch milliseconds.
  private static func moment(_ value: JSONValue?) -> Timestamp? {
    switch value {
    case .string(let text): Timestamp(text)
    case .number: value?.int.map { Timestamp(milliseconds: $0) }
    case nil, .null, .bool, .array, .object: nil
    }
  }

  private static func isSuccess(_ response: WireResponse) -> Bool { (200...299).contains(response.status) }

  private static func done(_ response: WireResponse, _ receipt: Receipt) -> CallOutcome {
    isSuccess(response) ? .success(receipt) : .failure(JiraFailures.failure(response, .write))
  }

  private static func written(_ response: WireResponse, _ decode: (JSONValue) -> Receipt?) -> CallOutcome {
    guard isSuccess(response) else { return .failure(JiraFailures.failure(response, .write)) }
    guard let body = try? JSONReader.read(response.body), let receipt = decode(body) else {
      return .failure(.unknown("Jira answered \(response.status) without naming what it made"))
    }
    return .success(receipt)
  }

  static func read<Value>(
    _ response: WireResponse, _ decode: (JSONValue) -> Value?
  ) -> Result<Value, CallFailure> {
    guard isSuccess(response) else { return .failure(JiraFailures.failure(response, .read)) }
    guard let body = try? JSONReader.read(response.body), let value = decode(body) else {
      return .failure(.unreadable("Jira answered \(response.status) in a shape that is not known"))
    }
    return .success(value)
  }
}
