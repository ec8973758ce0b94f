import JSON
import SyncModel
import Wire

/// Changelogs, issue properties and remote links.
extension JiraWorld {
  /// `POST /changelog/bulkfetch`: oldest first, `created` as a number of milliseconds; an issue may go on on the next page.
  func changelogs(_ call: JiraCall) throws(Refusal) -> WireResponse {
    let body = try call.json()
    let wanted = (body["issueIdsOrKeys"]?.array ?? []).compactMap(\.text)
    guard wanted.count <= 1000 else {
      throw errors(
        400, ["You may only load changelogs for a maximum of 1,000 issues by ID or key at a time."])
    }
    guard !wanted.isEmpty else { throw invalidPayload() }
    let fieldIDs = body["fieldIds"]?.array?.compactMap(\.string)
    let size = min(max(1, Int(body["maxResults"]?.int ?? 1000)), 10_000)
    guard let start = body["nextPageToken"]?.string.map({ Int($0) }) ?? 0 else {
      throw errors(400, ["The provided next page token is invalid or expired."])
    }
    let visible = Set(wanted.compactMap { place(of: $0) }).sorted().filter {
      permissions(of: call.account.id, in: issues[$0].project).contains(.browse)
    }
    let all = visible.flatMap { place in
      issues[place].changes.compactMap { change -> (String, JSONValue)? in
        var shown = change
        if let fieldIDs { shown.items.removeAll { !fieldIDs.contains($0.text("fieldId")) } }
        guard !shown.items.isEmpty else { return nil }
        return (issues[place].id, json(shown, for: call.account, inMilliseconds: true))
      }
    }
    let page = all.dropFirst(start).prefix(size)
    var histories: [(issue: String, entries: [JSONValue])] = []
    for (issue, entry) in page {
      if histories.last?.issue == issue {
        histories[histories.count - 1].entries.append(entry)
      } else {
        histories.append((issue, [entry]))
      }
    }
    var members = [
      JSONMember(
        "issueChangeLogs",
        .array(histories.map { ["issueId": .string($0.issue), "changeHistories": .array($0.entries)] }))
    ]
    if start + size < all.count { members.append(JSONMember("nextPageToken", .string(String(start + size)))) }
    return .json(200, .object(members))
  }

  /// `GET /issue/{id}/changelog`: paged, oldest first, `created` as text.
  func changelog(_ call: JiraCall, _ issue: String) throws(Refusal) -> WireResponse {
    let changes = issues[try visiblePlace(issue, for: call)].changes
    let start = max(0, call.target.value("startAt").flatMap { Int($0) } ?? 0)
    let size = min(max(1, call.target.value("maxResults").flatMap { Int($0) } ?? 100), 100)
    let page = changes.dropFirst(start).prefix(size)
    return .json(
      200,
      [
        "startAt": .integer(start), "maxResults": .integer(size), "total": .integer(changes.count),
        "isLast": .bool(start + page.count >= changes.count),
        "values": .array(page.map { json($0, for: call.account) }),
      ])
  }

  func json(_ change: SimulatedChange, for reader: SimulatedAccount, inMilliseconds: Bool = false) -> JSONValue {
    let created: JSONValue =
      inMilliseconds ? .integer(change.created.milliseconds) : .string(date(change.created, for: reader))
    var members = [
      JSONMember("id", .string(change.id)),
      JSONMember("author", configuration.account(change.author).map { user($0) } ?? .null),
      JSONMember("created", created), JSONMember("items", .array(change.items)),
    ]
    if let metadata = change.historyMetadata { members.append(JSONMember("historyMetadata", metadata)) }
    return .object(members)
  }

  /// `GET /issue/{id}/properties/{key}`.
  func property(_ call: JiraCall, _ issue: String, _ key: String) throws(Refusal) -> WireResponse {
    let place = try visiblePlace(issue, for: call)
    guard let property = issues[place].properties.first(where: { $0.key == key }) else {
      throw errors(404, ["The property with key '\(key)' does not exist."])
    }
    return .json(200, ["key": .string(key), "value": property.value])
  }

  /// `PUT /issue/{id}/properties/{key}`: 201 for a new one, 200 for one that is replaced whole.
  mutating func setProperty(_ call: JiraCall, _ issue: String, _ key: String) throws(Refusal) -> WireResponse {
    let place = try visiblePlace(issue, for: call)
    guard permissions(of: call.account.id, in: issues[place].project).contains(.edit) else {
      throw errors(403, ["You do not have permission to edit this issue."])
    }
    guard key.unicodeScalars.count <= 255, call.request.body.count <= 32_768 else {
      throw errors(400, ["The property is too long."])
    }
    let value = try call.json()
    let isNew = !issues[place].properties.contains { $0.key == key }
    issues[place].properties.replace(with: [JSONMember(key, value)])
    return .empty(isNew ? 201 : 200)
  }

  /// `POST /issue/{id}/remotelink`: the same `globalId` replaces in place, without one every POST makes another link.
  mutating func addRemoteLink(_ call: JiraCall, _ issue: String) throws(Refusal) -> WireResponse {
    let place = try visiblePlace(issue, for: call)
    guard permissions(of: call.account.id, in: issues[place].project).contains(.link) else {
      throw errors(403, ["You do not have permission to link issues."])
    }
    try limitWrites(place, now: call.now)
    let body = try call.json()
    guard body["globalId"]?.string?.unicodeScalars.count ?? 0 <= 255 else {
      throw errors(400, [], [("globalId", "The global ID must not be longer than 255 characters.")])
    }
    guard let object = body["object"], object["url"]?.string != nil, object["title"]?.string != nil else {
      throw errors(400, [], [("title", "'title' is required."), ("url", "'url' is required.")])
    }
    let known = body["globalId"]?.string.flatMap { globalID in
      issues[place].remoteLinks.firstIndex { $0["globalId"]?.string == globalID }
    }
    var link = body.members?.filter { $0.key != "id" } ?? []
    let id: Int64
    if let known {
      id = issues[place].remoteLinks[known]["id"]?.int ?? 0
      link.insert(JSONMember("id", .integer(id)), at: 0)
      issues[place].remoteLinks[known] = .object(link)
    } else {
      lastRemoteLinkID += 1
      id = Int64(lastRemoteLinkID)
      link.insert(JSONMember("id", .integer(id)), at: 0)
      issues[place].remoteLinks.append(.object(link))
    }
    touch(place, now: call.now)
    return .json(
      known == nil ? 201 : 200,
      [
        "id": .integer(id),
        "self": .string("\(call.target.origin)/rest/api/3/issue/\(issues[place].id)/remotelink/\(id)"),
      ])
  }
}
