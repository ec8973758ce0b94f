import JSON
import SyncModel
import Wire

/// The help desk's REST interface, in the neutral shape that our generic profile describes.
extension CRMWorld {
  mutating func answer(_ request: WireRequest, target: RequestTarget, now: Timestamp) -> WireResponse {
    do throws(Refusal) {
      switch target.segments.first {
      case "api": return try api(request, target: target, now: now)
      case "simulated": return try control(request, target: target, now: now)
      case nil, "cases": return try page(request, target: target, now: now)
      default: throw refusal(404, "There is no such address.")
      }
    } catch { return error.response }
  }

  private mutating func api(_ request: WireRequest, target: RequestTarget, now: Timestamp) throws(Refusal)
    -> WireResponse
  {
    guard isAuthorised(request), let user = configuration.user(configuration.apiUser) else {
      throw refusal(401, "The API key is missing or wrong.")
    }
    let parts = target.segments
    if parts.count >= 2, parts[1] == "users" { return try users(request, target) }
    guard parts.count >= 2, parts[1] == "cases" else { throw refusal(404, "There is no such address.") }
    if parts.count == 2, request.method == .get { return try list(target) }
    guard parts.count > 2, let place = place(of: parts[2]) else { throw refusal(404, "There is no such case.") }
    switch (request.method, parts.count, parts.last) {
    case (.get, 3, _): return shown(place)
    case (.patch, 3, _): return try patch(request, place, user, now: now)
    case (.get, 4, "comments"): return .json(200, ["comments": .array(cases[place].comments.map(\.json))])
    case (.post, 4, "comments"): return try addComment(request, place, user, now: now)
    case (.patch, 5, _) where parts[3] == "comments":
      return try editComment(request, try knownComment(parts[4], place), place, user, now: now)
    case (.delete, 5, _) where parts[3] == "comments":
      deleteComment(try knownComment(parts[4], place), of: place, by: user, now: now)
      return .empty(204)
    case (.get, 5, _) where parts[3] == "attachments": return try content(parts[4], place)
    case (.get, 4, "attachments"): return .json(200, ["attachments": .array(cases[place].attachments.map(\.json))])
    case (.post, 4, "attachments"): return try addAttachment(request, place, user, now: now)
    default: throw refusal(405, "The address does not have this method.")
    }
  }

  private func shown(_ place: Int) -> WireResponse {
    var response = WireResponse.json(200, cases[place].json)
    response.headers.append(WireHeader("ETag", "\"\(cases[place].version)\""))
    return response
  }

  /// `GET /api/cases?changed_since=…`
  private func list(_ target: RequestTarget) throws(Refusal) -> WireResponse {
    var shown = cases.filter { !$0.isDeleted }
    if let text = target.value("changed_since") {
      guard let since = Timestamp(text) else { throw refusal(400, "changed_since is no RFC 3339 time.") }
      shown.removeAll { $0.updated < since }
    }
    return .json(200, ["cases": .array(shown.map(\.json))])
  }

  /// `PATCH`; with `If-Match`, only on the version that it names.
  private mutating func patch(
    _ request: WireRequest, _ place: Int, _ user: CRMUser, now: Timestamp
  ) throws(Refusal) -> WireResponse {
    if let wanted = request.header("If-Match"), wanted != "\"\(cases[place].version)\"" {
      throw refusal(412, "The case is at version \(cases[place].version).")
    }
    guard let members = try json(request).members else { throw refusal(400, "The body must be an object.") }
    let fields = try members.map { member throws(Refusal) in
      (member.key, try checked(member.key, member.value.isNull ? "" : member.value.string))
    }
    write(fields, to: place, by: user, now: now)
    return shown(place)
  }

  /// One field's value, or the help desk's refusal.
  func checked(_ name: String, _ value: String?) throws(Refusal) -> String {
    guard SimulatedCase.writable.contains(name) else { throw refusal(400, "The field '\(name)' cannot be written.") }
    guard let value else { throw refusal(400, "The field '\(name)' takes a string.") }
    let choices = name == "status" ? configuration.statuses : name == "priority" ? configuration.priorities : nil
    guard choices?.contains(value) ?? true else { throw refusal(400, "The field '\(name)' does not know this value.") }
    guard name != "subject" || !value.isEmpty else { throw refusal(400, "The field 'subject' must not be empty.") }
    return value
  }

  private mutating func addComment(
    _ request: WireRequest, _ place: Int, _ user: CRMUser, now: Timestamp
  ) throws(Refusal) -> WireResponse {
    let body = try json(request)
    guard let text = body["body"]?.string, !text.isEmpty else { throw refusal(400, "A comment needs a body.") }
    guard let isPublic = (body["public"] ?? true).bool else { throw refusal(400, "public must be true or false.") }
    let id = comment(text, isPublic: isPublic, on: place, by: user, now: now)
    return .json(201, ["id": .string(id)])
  }

  func knownComment(_ id: String, _ place: Int) throws(Refusal) -> Int {
    guard let index = cases[place].comments.firstIndex(where: { $0.id == id }) else {
      throw refusal(404, "There is no such comment.")
    }
    return index
  }

  private mutating func editComment(
    _ request: WireRequest, _ index: Int, _ place: Int, _ user: CRMUser, now: Timestamp
  ) throws(Refusal) -> WireResponse {
    let body = try json(request)
    guard let text = body["body"]?.string, !text.isEmpty else { throw refusal(400, "A comment needs a body.") }
    let old = cases[place].comments[index]
    guard let isPublic = (body["public"] ?? .bool(old.isPublic)).bool else {
      throw refusal(400, "public must be true or false.")
    }
    editComment(index, of: place, body: text, isPublic: isPublic, by: user, now: now)
    return .json(200, cases[place].comments[index].json)
  }

  /// A form with the file in the part `file`, and perhaps a field `public`.
  private mutating func addAttachment(
    _ request: WireRequest, _ place: Int, _ user: CRMUser, now: Timestamp
  ) throws(Refusal) -> WireResponse {
    guard let parts = MultipartForm(request)?.parts, let file = parts.first(where: { $0.name == "file" }) else {
      throw refusal(400, "The request holds no file.")
    }
    let isPublic = parts.first { $0.name == "public" }.map { String(decoding: $0.content, as: UTF8.self) } == "true"
    let ids = attach([(file.fileName, file.type, file.content, isPublic)], to: place, by: user, now: now)
    return .json(201, ["id": .string(ids[0])])
  }

  private func content(_ id: String, _ place: Int) throws(Refusal) -> WireResponse {
    guard let file = cases[place].attachments.first(where: { $0.id == id }) else {
      throw refusal(404, "There is no such file.")
    }
    return WireResponse(
      status: 200,
      headers: [WireHeader("Content-Type", file.type), WireHeader("X-Content-Type-Options", "nosniff")],
      body: file.content)
  }

  func json(_ request: WireRequest) throws(Refusal) -> JSONValue {
    do throws(JSONError) { return try JSONReader.read(request.body) } catch {
      throw refusal(400, "The body is not JSON.")
    }
  }

  func refusal(_ status: Int, _ text: String) -> Refusal { Refusal(.json(status, ["error": .string(text)])) }
}
