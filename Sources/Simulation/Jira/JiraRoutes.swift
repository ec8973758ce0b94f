import JSON
import SyncModel
import Wire

import struct FoundationEssentials.Data

/// One authenticated request to the site's REST interface.
struct JiraCall {
  var request: WireRequest
  var target: RequestTarget
  /// After `/rest/api/3/`.
  var path: [String]
  var account: SimulatedAccount
  var now: Timestamp

  /// The body as JSON; Jira's own words where it is none.
  func json() throws(Refusal) -> JSONValue {
    do throws(JSONError) { return try JSONReader.read(request.body) } catch {
      throw Refusal(
        .json(
          400,
          ["errorMessages": ["There was an error parsing JSON. Check that your request body is valid."]]))
    }
  }
}

/// Which request is what: the one origin plays auth.atlassian.com, api.atlassian.com and the site's pages.
extension JiraWorld {
  mutating func answer(_ request: WireRequest, target: RequestTarget, now: Timestamp) -> WireResponse {
    do throws(Refusal) {
      if configuration.isDataCenter { return try serverAnswer(request, target: target, now: now) }
      switch (request.method, target.segments.first) {
      case (.get, "authorize"): return consentPage(target.query)
      case (.post, "authorize") where target.path == "/authorize/approve": return approve(request.form, now: now)
      case (.post, "oauth") where target.path == "/oauth/token": return try token(request, now: now)
      case (.get, "oauth") where target.path == "/oauth/token/accessible-resources":
        return try accessibleResources(request, target: target, now: now)
      case (.get, "me") where target.segments.count == 1: return try whoAmI(request, now: now)
      case (.post, "app") where target.path == "/app/report-accounts/":
        return try reportAccounts(request, now: now)
      case (_, "ex"): return try gateway(request, target: target, now: now)
      case (_, "rest"): return try site(request, target: target, now: now)
      case (.get, "_edge") where target.path == "/_edge/tenant_info":
        return .json(200, ["cloudId": .string(configuration.cloudID)], contentType: "application/json")
      case (_, "simulated"): return try control(request, target: target, now: now)
      case (_, nil), (_, "browse"): return try page(request, target: target, now: now)
      default: return unknownPath(request, target)
      }
    } catch { return error.response }
  }

  private func unknownPath(_ request: WireRequest, _ target: RequestTarget) -> WireResponse {
    let detail = "No endpoint \(request.method.rawValue) \(target.path)."
    return .json(
      404,
      [
        "type": "about:blank", "title": "Not Found", "status": 404, "detail": .string(detail),
        "instance": .string(target.path),
      ], contentType: "application/problem+json")
  }

  /// Who a bearer token stands for.
  mutating func caller(
    _ request: WireRequest, scope: String?, now: Timestamp
  ) throws(Refusal) -> SimulatedAccount {
    let prefix = "Bearer "
    guard let header = request.header("Authorization"), header.hasPrefix(prefix),
      let token = sessions.accessTokens[String(header.dropFirst(prefix.count))],
      let account = configuration.account(token.account)
    else { throw Refusal(.json(401, ["code": 401, "message": "Unauthorized"], contentType: "application/json")) }
    note.account = account.id
    guard now < token.expires else {
      throw errors(401, ["The access token expired."])
    }
    if let scope, !token.scopes.contains(scope) {
      throw Refusal(
        .json(401, ["code": 401, "message": "Unauthorized; scope does not match"], contentType: "application/json"))
    }
    return account
  }

  private mutating func accessibleResources(
    _ request: WireRequest, target: RequestTarget, now: Timestamp
  ) throws(Refusal) -> WireResponse {
    _ = try caller(request, scope: nil, now: now)
    func site(_ id: String, _ url: String, _ scopes: [String]) -> JSONValue {
      [
        "id": .string(id), "url": .string(url), "name": .string(configuration.siteName), "scopes": .strings(scopes),
        "avatarUrl": .string(target.origin + "/avatar.png"),
      ]
    }
    let own = configuration.siteURL ?? target.origin
    var sites = configuration.otherSites.map { site("cloud-of-" + $0, $0, configuration.scopes) }
    // A site with another product stands there once for each, with one id.
    if !sites.isEmpty { sites.append(site(configuration.cloudID, own, ["read:confluence-content.all"])) }
    sites.append(site(configuration.cloudID, own, configuration.scopes))
    return .json(200, .array(sites), contentType: "application/json")
  }

  private mutating func whoAmI(_ request: WireRequest, now: Timestamp) throws(Refusal) -> WireResponse {
    let account = try caller(request, scope: "read:me", now: now)
    return .json(
      200,
      [
        "account_type": "atlassian", "account_id": .string(account.id.rawValue), "email": .string(account.email),
        "name": .string(account.name), "account_status": "active",
      ], contentType: "application/json")
  }

  private mutating func gateway(
    _ request: WireRequest, target: RequestTarget, now: Timestamp
  ) throws(Refusal) -> WireResponse {
    let parts = target.segments
    guard parts.count > 2, parts[1] == "jira", parts[2] == configuration.cloudID else {
      throw Refusal(
        .json(
          404,
          [
            "timestamp": .string(now.description), "status": 404, "error": "Not Found",
            "message": "No message available", "path": .string(target.path),
          ], contentType: "application/json"))
    }
    guard parts.count > 6, parts[3...5] == ["rest", "api", "3"] else {
      return unknownPath(request, target)
    }
    let path = Array(parts[6...])
    let isBasic = request.header("Authorization")?.hasPrefix("Basic ") ?? false
    let account =
      isBasic
      ? try owner(request, atGateway: true, now: now)
      : try caller(request, scope: scope(request.method, path), now: now)
    let call = JiraCall(request: request, target: target, path: path, account: account, now: now)
    return try limited(call) { world throws(Refusal) in try world.rest(call) ?? world.unknownPath(request, target) }
  }

  /// The site's own address, where people's API tokens work and the app's tokens do not.
  private mutating func site(
    _ request: WireRequest, target: RequestTarget, now: Timestamp
  ) throws(Refusal) -> WireResponse {
    guard target.segments.count > 3, target.segments[0...2] == ["rest", "api", "3"] else {
      return unknownPath(request, target)
    }
    let account = try owner(request, atGateway: false, now: now)
    let call = JiraCall(
      request: request, target: target, path: Array(target.segments[3...]), account: account, now: now)
    return try limited(call) { world throws(Refusal) in try world.rest(call) ?? world.unknownPath(request, target) }
  }

  /// Whose API token it is, which goes with the e-mail address of its account.
  private mutating func owner(
    _ request: WireRequest, atGateway: Bool, now: Timestamp
  ) throws(Refusal) -> SimulatedAccount {
    let prefix = "Basic "
    guard let header = request.header("Authorization"), header.hasPrefix(prefix),
      let bytes = Data(base64Encoded: String(header.dropFirst(prefix.count))),
      let text = String(validating: bytes, as: UTF8.self), let colon = text.firstIndex(of: ":"),
      let own = sessions.ownTokens[String(text[text.index(after: colon)...])], own.isScoped == atGateway,
      own.expires.map({ now < $0 }) ?? true, let account = configuration.account(own.account),
      account.email.lowercased() == text[..<colon].lowercased()
    else { throw errors(401, ["Client must be authenticated to access this resource."]) }
    note.account = account.id
    return account
  }

  private func scope(_ method: WireRequest.Method, _ path: [String]) -> String {
    if ["myself", "user"].contains(path.first) { return "read:jira-user" }
    let reads = method == .get || ["search", "changelog"].contains(path.first) || path.last == "bulkfetch"
    return reads || path.suffix(2) == ["comment", "list"] ? "read:jira-work" : "write:jira-work"
  }

  /// What a request is logged as: the part after the site, with its ids taken out.
  func template(of target: RequestTarget) -> String {
    let parts = target.segments
    if parts.count > 3, parts[0...1] == ["rest", "api"], ["2", "3"].contains(parts[2]) {
      return "/rest/api/\(parts[2])/" + template(Array(parts[3...])).joined(separator: "/")
    }
    guard parts.count > 6, parts[0] == "ex", parts[1] == "jira", parts[3...5] == ["rest", "api", "3"] else {
      return target.path
    }
    return "/rest/api/3/" + template(Array(parts[6...])).joined(separator: "/")
  }

  private func template(_ path: [String]) -> [String] {
    let words = ["createmeta", "bulkfetch"]
    var result = path
    if path.count == 3, path[0] == "attachment", path[1] == "content" { result[2] = "{attachment}" }
    if path.count > 1, path[0] == "issue", !words.contains(path[1]) { result[1] = "{issue}" }
    if path.count > 3, path[0] == "issue", path[2] == "comment" { result[3] = "{comment}" }
    if path.count > 3, path[0] == "issue", path[2] == "properties" { result[3] = "{key}" }
    if path.count > 2, path[0] == "issue", path[1] == "createmeta" { result[2] = "{project}" }
    if path.count > 4, path[0] == "issue", path[1] == "createmeta" { result[4] = "{issueType}" }
    if path.count > 2, path[0] == "project" { result[1] = "{project}" }
    return result
  }

  /// The operations; nil for a path or method that the site does not have.
  mutating func rest(_ call: JiraCall) throws(Refusal) -> WireResponse? {
    let path = call.path
    switch (call.request.method, path.count, path[0], path.count > 1 ? path[1] : "") {
    case (.get, 1, "myself", _): return .json(200, user(call.account, withEmail: true))
    case (.get, 1, "user", _): return try person(call)
    case (.get, 2, "user", "search"): return try people(call)
    case (.post, 1, "issue", _): return try create(call)
    case (.post, 2, "issue", "bulkfetch"): return try bulkFetch(call)
    case (.get, _, "issue", "createmeta"): return try createMetadata(call)
    case (.get, 2, "issue", let issue): return try read(call, issue)
    case (.put, 2, "issue", let issue): return try edit(call, issue)
    case (.delete, 2, "issue", let issue): return try delete(call, issue)
    case (.post, 2, "search", "jql"): return try search(call)
    case (_, _, "search", ""): throw removedSearch()
    case (.post, 2, "changelog", "bulkfetch"): return try changelogs(call)
    case (.post, 2, "comment", "list"): return try listComments(call)
    case (.get, 2, "attachment", "meta"): return attachmentSettings()
    case (.get, 3, "attachment", "content"): return try attachmentContent(call)
    case (.get, 1, "mypermissions", _): return try permissions(call)
    case (.get, 1, "field", _): return fieldList()
    case (.get, 2, "project", "search"): return projectPage(call)
    case (.get, 3, "project", let project) where path[2] == "statuses": return try statuses(call, of: project)
    case (.get, 2, "resolution", "search"): return resolutionPage(call)
    case (_, 3..., "issue", let issue): return try subresource(call, issue)
    default: return nil
    }
  }

  private mutating func subresource(_ call: JiraCall, _ issue: String) throws(Refusal) -> WireResponse? {
    let path = call.path
    switch (call.request.method, path.count, path[2]) {
    case (.get, 3, "comment"): return try comments(call, issue)
    case (.post, 3, "comment"): return try addComment(call, issue)
    case (.put, 4, "comment"): return try editComment(call, issue, path[3])
    case (.delete, 4, "comment"): return try deleteComment(call, issue, path[3])
    case (.get, 4, "comment"): return try comment(call, issue, path[3])
    case (.get, 3, "transitions"): return try transitions(call, issue)
    case (.post, 3, "transitions"): return try transition(call, issue)
    case (.get, 3, "changelog"): return try changelog(call, issue)
    case (.get, 3, "editmeta"): return try editMetadata(call, issue)
    case (.get, 4, "properties"): return try property(call, issue, path[3])
    case (.put, 4, "properties"): return try setProperty(call, issue, path[3])
    case (.post, 3, "remotelink"): return try addRemoteLink(call, issue)
    case (.post, 3, "attachments"): return try attach(call, issue)
    default: return nil
    }
  }

  /// Jira's usual error body.
  func errors(_ status: Int, _ messages: [String], _ fields: [(String, String)] = []) -> Refusal {
    Refusal(
      .json(
        status,
        [
          "errorMessages": .strings(messages),
          "errors": .object(fields.map { JSONMember($0.0, .string($0.1)) }),
        ]))
  }

  private func removedSearch() -> Refusal {
    errors(
      410,
      [
        "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. A full migration "
          + "guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046"
      ])
  }
}
