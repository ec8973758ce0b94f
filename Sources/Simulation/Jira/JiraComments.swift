import JSON
import SyncModel
import Wire

/// Comments: listed with an issue or by their ids, made and changed under the token's account.
extension JiraWorld {
  /// `GET /issue/{id}/comment`. Answers no properties; `comment/list` does.
  func comments(_ call: JiraCall, _ issue: String) throws(Refusal) -> WireResponse {
    let all = issues[try visiblePlace(issue, for: call)].comments
    let order = call.target.value("orderBy") ?? "created"
    let field = order.drop { $0 == "-" || $0 == "+" }
    guard field == "created" else {
      throw errors(400, ["The field to order by should be one of [created]. Instead, it was: \(field)."])
    }
    let ordered = order.hasPrefix("-") ? all.reversed() : all
    let start = max(0, call.target.value("startAt").flatMap { Int($0) } ?? 0)
    let size = min(max(0, call.target.value("maxResults").flatMap { Int($0) } ?? 100), 100)
    let page = ordered.dropFirst(start).prefix(size)
    return .json(
      200,
      [
        "comments": .array(page.map { json($0, for: call) }), "startAt": .integer(start), "maxResults": .integer(size),
        "total": .integer(all.count),
      ])
  }

  /// `GET /issue/{id}/comment/{id}`.
  func comment(_ call: JiraCall, _ issue: String, _ id: String) throws(Refusal) -> WireResponse {
    let (place, index) = try commentPlace(call, issue, id)
    return .json(200, json(issues[place].comments[index], for: call))
  }

  /// `POST /comment/list`: by ids, over all issues that the caller may see; unknown ids are absent.
  func listComments(_ call: JiraCall) throws(Refusal) -> WireResponse {
    let body = try call.json()
    guard let ids = body["ids"]?.array?.map(\.int), !ids.contains(nil), (1...1000).contains(ids.count) else {
      throw invalidPayload()
    }
    let wanted = Set(ids.compactMap { $0.map { String($0) } })
    let withProperties = (call.target.value("expand") ?? "").split(separator: ",").contains("properties")
    let visible = issues.filter {
      !$0.isDeleted && permissions(of: call.account.id, in: $0.project).contains(.browse)
    }
    let found = visible.flatMap(\.comments).filter { wanted.contains($0.id) }
    return .json(
      200,
      [
        "values": .array(found.map { json($0, for: call, withProperties: withProperties) }), "startAt": 0,
        "maxResults": 1000, "total": .integer(found.count), "isLast": true,
      ])
  }

  /// `POST /issue/{id}/comment`.
  mutating func addComment(_ call: JiraCall, _ issue: String) throws(Refusal) -> WireResponse {
    let place = try visiblePlace(issue, for: call)
    let body = try call.json()
    try mayComment(call, place)
    let text = try commentBody(body["body"])
    try limitWrites(place, now: call.now)
    let id = insertComment(
      text, on: place, by: call.account.id, properties: properties(body["properties"]), visibility: body["visibility"],
      now: call.now)
    guard let comment = issues[place].comments.first(where: { $0.id == id }) else { throw invalidPayload() }
    return .json(201, json(comment, for: call))
  }

  /// `PUT /issue/{id}/comment/{id}`: what is left out of properties and visibility stays.
  mutating func editComment(_ call: JiraCall, _ issue: String, _ id: String) throws(Refusal) -> WireResponse {
    let (place, index) = try commentPlace(call, issue, id)
    let body = try call.json()
    try mayChange(call, place, index, .editAllComments, "edit")
    let text = try commentBody(body["body"])
    try limitWrites(place, now: call.now)
    let before = issues[place].comments[index]
    issues[place].comments[index].body = text
    issues[place].comments[index].updated = call.now
    issues[place].comments[index].updateAuthor = call.account.id
    issues[place].comments[index].properties.replace(with: properties(body["properties"]))
    if let visibility = body["visibility"] { issues[place].comments[index].visibility = visibility }
    touch(place, now: call.now)
    noteEdit(of: before, on: place, index, by: call.account.id, now: call.now)
    return .json(200, json(issues[place].comments[index], for: call))
  }

  /// `DELETE /issue/{id}/comment/{id}`.
  mutating func deleteComment(_ call: JiraCall, _ issue: String, _ id: String) throws(Refusal) -> WireResponse {
    let (place, index) = try commentPlace(call, issue, id)
    try mayChange(call, place, index, .deleteAllComments, "delete")
    try limitWrites(place, now: call.now)
    removeComment(index, of: place, by: call.account.id, now: call.now)
    return .empty(204)
  }

  mutating func removeComment(_ index: Int, of place: Int, by account: AccountID, now: Timestamp) {
    let comment = issues[place].comments.remove(at: index)
    touch(place, now: now)
    effects.note(.commentDeleted(CommentID(comment.id)), on: issues[place].id, by: account.rawValue, now: now)
  }

  /// A comment that reads as before has not changed for anybody who looks.
  mutating func noteEdit(
    of before: SimulatedComment, on place: Int, _ index: Int, by account: AccountID, now: Timestamp
  ) {
    let comment = issues[place].comments[index]
    guard comment.body != before.body || comment.isInternal != before.isInternal else { return }
    effects.note(
      .commentEdited(
        CommentID(comment.id), text: DocumentRules.plainText(of: comment.body), isPublic: !comment.isInternal),
      on: issues[place].id, by: account.rawValue, now: now)
  }

  mutating func insertComment(
    _ body: JSONValue, on place: Int, by account: AccountID, properties: [JSONMember] = [],
    visibility: JSONValue? = nil,
    now: Timestamp
  ) -> String {
    let id = nextCommentID()
    issues[place].comments.append(
      SimulatedComment(
        id: id, author: account, updateAuthor: account, body: body, created: now, updated: now, properties: properties,
        visibility: visibility))
    touch(place, now: now)
    let isInternal = issues[place].comments.last?.isInternal ?? false
    effects.note(
      .commented(CommentID(id), text: DocumentRules.plainText(of: body), isPublic: !isInternal), on: issues[place].id,
      by: account.rawValue, now: now)
    return id
  }

  private func commentPlace(
    _ call: JiraCall, _ issue: String, _ id: String
  ) throws(Refusal) -> (issue: Int, comment: Int) {
    let place = try visiblePlace(issue, for: call)
    guard let index = issues[place].comments.firstIndex(where: { $0.id == id }) else {
      throw errors(404, ["Can not find a comment for the id: \(id)."])
    }
    return (place, index)
  }

  private func mayComment(_ call: JiraCall, _ place: Int) throws(Refusal) {
    guard permissions(of: call.account.id, in: issues[place].project).contains(.comment) else {
      throw errors(400, ["You do not have the permission to comment on this issue."])
    }
  }

  /// Whose comment it is may change it, and who may change everybody's; others get a 400, as the API's document says.
  private func mayChange(
    _ call: JiraCall, _ place: Int, _ index: Int, _ permission: SimulatedPermission, _ verb: String
  ) throws(Refusal) {
    let allowed = permissions(of: call.account.id, in: issues[place].project)
    let isOwn = issues[place].comments[index].author == call.account.id && allowed.contains(.comment)
    guard isOwn || allowed.contains(permission) else {
      throw errors(400, ["You do not have the permission to \(verb) this comment."])
    }
  }

  func commentBody(_ value: JSONValue?) throws(Refusal) -> JSONValue {
    guard let value, !value.isNull else { throw errors(400, [], [("comment", "Comment body can not be empty!")]) }
    guard value["type"] == "doc" else { throw errors(400, [], [("comment", "Comment body is not valid!")]) }
    guard value["content"] != [] else { throw errors(400, [], [("comment", "Comment body can not be empty!")]) }
    do throws(FieldProblem) {
      return try document(value)
    } catch {
      switch error {
      case .message(let text): throw errors(400, [], [("comment", text)])
      case .invalidInput: throw errors(400, ["INVALID_INPUT"], [("comment", "INVALID_INPUT")])
      }
    }
  }

  func json(_ comment: SimulatedComment, for call: JiraCall, withProperties: Bool = false) -> JSONValue {
    var members = [
      JSONMember("self", .string("\(call.target.origin)/rest/api/3/comment/\(comment.id)")),
      JSONMember("id", .string(comment.id)),
      JSONMember("author", configuration.account(comment.author).map { user($0) } ?? .null),
      JSONMember("body", comment.body),
      JSONMember("updateAuthor", configuration.account(comment.updateAuthor).map { user($0) } ?? .null),
      JSONMember("created", .string(date(comment.created, for: call.account))),
      JSONMember("updated", .string(date(comment.updated, for: call.account))),
      JSONMember("jsdPublic", .bool(!comment.isInternal)),
    ]
    if let visibility = comment.visibility { members.append(JSONMember("visibility", visibility)) }
    if withProperties {
      let properties: [JSONValue] = comment.properties.map { ["key": .string($0.key), "value": $0.value] }
      members.append(JSONMember("properties", .array(properties)))
    }
    return .object(members)
  }
}
