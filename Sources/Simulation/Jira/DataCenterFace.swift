import JSON
import RichText
import SyncModel
import Wire

/// A Jira Data Center instead of Cloud: REST v2 at the site itself, wiki markup, people by user name, the older search, and
/// none of the requests that Cloud alone has. Inside it is the same Jira; accounts' ids are their user names.
extension JiraWorld {
  mutating func serverAnswer(
    _ request: WireRequest, target: RequestTarget, now: Timestamp
  ) throws(Refusal) -> WireResponse {
    let parts = target.segments
    switch (request.method, target.path) {
    case (.get, "/rest/oauth2/latest/authorize"): return consentPage(target.query)
    case (.post, "/authorize/approve"): return approve(request.form, now: now)
    case (.post, "/rest/oauth2/latest/token"): return try serverToken(request, now: now)
    default: break
    }
    if request.method == .get, parts.count == 4, parts[0...1] == ["secure", "attachment"] {
      let account = try serverCaller(request, now: now)
      guard let content = serverContent(parts[2], name: parts[3], for: account) else {
        throw errors(404, ["The attachment does not exist."])
      }
      return content
    }
    guard parts.count > 3, parts[0...2] == ["rest", "api", "2"] else {
      if parts.isEmpty || ["browse", "simulated"].contains(parts[0]) {
        return parts.first == "simulated"
          ? try control(request, target: target, now: now) : try page(request, target: target, now: now)
      }
      return .html(404, "<html><body><h1>Not found</h1></body></html>")
    }
    let account = try serverCaller(request, now: now)
    let call = JiraCall(request: request, target: target, path: Array(parts[3...]), account: account, now: now)
    return try serverREST(call) ?? .html(404, "<html><body><h1>Oops, you've found a dead link.</h1></body></html>")
  }

  private mutating func serverCaller(_ request: WireRequest, now: Timestamp) throws(Refusal) -> SimulatedAccount {
    let prefix = "Bearer "
    guard let header = request.header("Authorization"), header.hasPrefix(prefix) else { throw unauthorised }
    let token = String(header.dropFirst(prefix.count))
    let id: AccountID
    if let access = sessions.accessTokens[token], now < access.expires {
      id = access.account
    } else if let own = sessions.ownTokens[token], own.expires.map({ now < $0 }) ?? true {
      id = own.account
    } else {
      throw unauthorised
    }
    guard let account = configuration.account(id) else { throw unauthorised }
    note.account = id
    return account
  }

  private var unauthorised: Refusal {
    Refusal(.html(401, "<html><head><title>Unauthorized (401)</title></head><body>Basic Authentication Failure"))
  }

  private func serverContent(_ id: String, name: String, for account: SimulatedAccount) -> WireResponse? {
    for issue in issues where !issue.isDeleted && permissions(of: account.id, in: issue.project).contains(.browse) {
      guard let file = issue.attachments.first(where: { $0.id == id && $0.name == name }) else { continue }
      return WireResponse(status: 200, headers: [WireHeader("Content-Type", file.type)], body: file.content)
    }
    return nil
  }

  // MARK: - REST v2

  private mutating func serverREST(_ call: JiraCall) throws(Refusal) -> WireResponse? {
    let path = call.path
    let cloudOnly = [
      ["search", "jql"], ["issue", "bulkfetch"], ["changelog", "bulkfetch"], ["comment", "list"],
      ["project", "search"], ["resolution", "search"], ["attachment", "content"],
    ]
    guard !cloudOnly.contains(Array(path.prefix(2))) else { return nil }
    switch (call.request.method, path.count, path[0]) {
    case (.post, 1, "search"): return ServerForm.outgoing(try serverSearch(call))
    case (.get, 1, "project"), (.get, 1, "resolution"):
      let answer = path[0] == "project" ? projectPage(call) : resolutionPage(call)
      return ServerForm.list(answer, "values")
    case (.get, 4..., "issue") where path[1] == "createmeta":
      return try createMetadata(call).map { ServerForm.renamed($0, ["issueTypes", "fields"], "values") }
    case (.get, 3, "issue") where path[2] == "comment": return ServerForm.outgoing(try serverComments(call))
    case (.get, 3, "issue") where path[2] == "changelog": return nil
    default: break
    }
    var call = call
    if !call.request.body.isEmpty, call.request.header("Content-Type") == "application/json" {
      let body = try call.json()
      call.request.body = try incoming(body).utf8
    }
    return try rest(call).map(ServerForm.outgoing)
  }

  /// A body as the same Jira takes it in Cloud's form; what is Cloud's already is refused.
  private func incoming(_ body: JSONValue) throws(Refusal) -> JSONValue {
    var result: [JSONMember] = []
    for member in body.members ?? [] {
      switch member.key {
      case "body":
        guard let text = member.value.string else { throw notText("comment") }
        result.append(JSONMember("body", RichTextDocument(serverWiki: text).adf))
      case "fields":
        var fields: [JSONMember] = []
        for field in member.value.members ?? [] { fields.append(JSONMember(field.key, try incoming(field))) }
        result.append(JSONMember("fields", .object(fields)))
      default: result.append(member)
      }
    }
    return .object(result)
  }

  private func incoming(_ field: JSONMember) throws(Refusal) -> JSONValue {
    if self.field(field.key)?.kind == .richText {
      guard !field.value.isNull else { return .null }
      guard let text = field.value.string else { throw notText(field.key) }
      return text.isEmpty ? .null : RichTextDocument(serverWiki: text).adf
    }
    guard let members = field.value.members else { return field.value }
    guard field.value["accountId"] == nil else { throw errors(400, [], [(field.key, "User name is required.")]) }
    guard self.field(field.key)?.kind == .user, members.count == 1, let name = field.value["name"] else {
      return field.value
    }
    return ["accountId": name]
  }

  private func notText(_ field: String) -> Refusal { errors(400, [], [(field, "Operation value must be a string")]) }

  /// `POST /search`: with `startAt` and `total`.
  private func serverSearch(_ call: JiraCall) throws(Refusal) -> WireResponse {
    let body = try call.json()
    guard let members = body.members,
      members.allSatisfy({ ["jql", "startAt", "maxResults", "fields", "validateQuery", "expand"].contains($0.key) })
    else { throw errors(400, ["Can not deserialize instance of SearchRequestBean"]) }
    let start = max(0, Int(body["startAt"]?.int ?? 0))
    let size = min(max(0, Int(body["maxResults"]?.int ?? 50)), configuration.largestPage)
    let found = try found(body.text("jql"), for: call)
    let fields = body["fields"]?.array?.compactMap(\.string) ?? ["*navigable"]
    let page = found.dropFirst(start).prefix(size).map { json($0, fields: fields, properties: [], call: call) }
    return .json(
      200,
      [
        "startAt": .integer(start), "maxResults": .integer(size), "total": .integer(found.count),
        "issues": .array(Array(page)),
      ])
  }

  /// `GET /issue/{id}/comment`, which shows properties on request; whether customers see a comment only they tell.
  private func serverComments(_ call: JiraCall) throws(Refusal) -> WireResponse {
    let all = issues[try visiblePlace(call.path[1], for: call)].comments
    let start = max(0, call.target.value("startAt").flatMap { Int($0) } ?? 0)
    let size = max(0, call.target.value("maxResults").flatMap { Int($0) } ?? 1000)
    let withProperties = call.target.value("expand") == "properties"
    let page = all.dropFirst(start).prefix(size).map { json($0, for: call, withProperties: withProperties) }
    return .json(
      200,
      [
        "startAt": .integer(start), "maxResults": .integer(size), "total": .integer(all.count),
        "comments": .array(Array(page)),
      ])
  }
}

/// Answers as Data Center gives them.
enum ServerForm {
  static func outgoing(_ response: WireResponse) -> WireResponse {
    changed(response) { outgoing($0) }
  }

  /// The list itself, and no page of it.
  static func list(_ response: WireResponse, _ name: String) -> WireResponse {
    changed(response) { $0[name] ?? $0 }
  }

  static func renamed(_ response: WireResponse, _ names: [String], _ name: String) -> WireResponse {
    changed(response) { body in
      .object((body.members ?? []).map { JSONMember(names.contains($0.key) ? name : $0.key, $0.value) })
    }
  }

  private static func changed(_ response: WireResponse, _ change: (JSONValue) -> JSONValue) -> WireResponse {
    guard (200...299).contains(response.status), let body = try? JSONReader.read(response.body) else { return response }
    var response = response
    response.body = change(body).utf8
    return response
  }

  private static func outgoing(_ value: JSONValue) -> JSONValue {
    switch value {
    case .array(let items): return .array(items.map(outgoing))
    case .object(let members):
      if value["type"]?.string == "doc" { return .string(RichTextDocument(adf: value).serverWiki) }
      var result: [JSONMember] = []
      for member in members {
        switch member.key {
        case "accountId":
          result.append(JSONMember("name", member.value))
          result.append(JSONMember("key", .string("JIRAUSER" + (member.value.string ?? ""))))
        // Histories name fields as people see them.
        case "accountType", "fieldId", "jsdPublic": continue
        case "field" where value["fieldId"] != nil: result.append(JSONMember("field", .string(shownField(value))))
        default: result.append(JSONMember(member.key, outgoing(member.value)))
        }
      }
      return .object(result)
    case .null, .bool, .number, .string: return value
    }
  }

  private static func shownField(_ item: JSONValue) -> String {
    switch item["fieldId"]?.string {
    case "fixVersions": "Fix Version"
    case "versions": "Version"
    case "components": "Component"
    default: item["field"]?.string ?? ""
    }
  }
}
