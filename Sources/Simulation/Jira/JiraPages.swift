import JSON
import SyncModel
import Wire

/// What a person sees and does in the simulated Jira, and the JSON addresses by which a driver plays that person.
extension JiraWorld {
  /// `GET /`, `GET /browse/{key}` and the forms on it.
  mutating func page(_ request: WireRequest, target: RequestTarget, now: Timestamp) throws(Refusal) -> WireResponse {
    let parts = target.segments
    if parts == ["browse", "tokens"] { return .html(200, tokenPage(request, now: now)) }
    guard parts.count > 1 else { return .html(200, listPage()) }
    guard let place = place(of: parts[1]) else {
      return .html(404, SimulatedPage(title: "No such issue", body: "<p><a href=\"/\">All issues</a></p>").html)
    }
    guard request.method == .post, parts.count == 3 else { return .html(200, issuePage(issues[place])) }
    let form = request.form
    try act(parts[2], on: place, as: form.value("account") ?? "", text: form.value("value") ?? "", now: now)
    return .redirect(to: "/browse/\(issues[place].key)")
  }

  /// `GET /simulated/state` and `/simulated/log`, `POST /simulated/faults`, and
  /// `POST /simulated/issues/{issue}/comment|internal|edit-comment|delete-comment|transition|priority|summary {"account","value"}`.
  mutating func control(
    _ request: WireRequest, target: RequestTarget, now: Timestamp
  ) throws(Refusal) -> WireResponse {
    let parts = target.segments
    if request.method == .get, parts.last == "state" { return .json(200, state) }
    if request.method == .get, parts.last == "log" { return .json(200, log.json) }
    let body: JSONValue
    do throws(JSONError) { body = try JSONReader.read(request.body) } catch { throw invalidPayload() }
    if parts.last == "faults", let fault = ArmedFault(json: body) {
      armedFaults.append(fault)
      return .empty(204)
    }
    if parts.last == "faults", let text = body["plan"]?.string, let plan = FaultPlan(text: text) {
      faults = plan
      return .empty(204)
    }
    guard request.method == .post, parts.count == 4, parts[1] == "issues", let place = place(of: parts[2]) else {
      throw errors(404, ["There is no such control, or no such issue."])
    }
    try act(parts[3], on: place, as: body.text("account"), text: body.text("value"), now: now)
    return .json(200, ["id": .string(issues[place].id), "key": .string(issues[place].key)])
  }

  private mutating func act(
    _ action: String, on place: Int, as account: String, text: String, now: Timestamp
  ) throws(Refusal) {
    guard let person = configuration.account(AccountID(account)) else {
      throw errors(400, ["There is no such account."])
    }
    switch action {
    case "comment", "internal":
      guard !text.isEmpty else { throw errors(400, [], [("comment", "Comment body can not be empty!")]) }
      let properties = action == "internal" ? [JSONMember("sd.public.comment", ["internal": true])] : []
      _ = insertComment(
        DocumentRules.document(text), on: place, by: person.id, properties: properties, now: now)
    case "delete-comment":
      guard let index = issues[place].comments.firstIndex(where: { $0.id == text && $0.author == person.id }) else {
        throw errors(400, ["You do not have the permission to delete this comment."])
      }
      issues[place].comments.remove(at: index)
      touch(place, now: now)
    case "edit-comment":
      // The comment's id, a blank, and its new text.
      let words = text.split(separator: " ", maxSplits: 1).map(String.init)
      let index = issues[place].comments.firstIndex { $0.id == words.first && $0.author == person.id }
      guard words.count == 2, let index else {
        throw errors(400, ["You do not have the permission to edit this comment."])
      }
      issues[place].comments[index].body = DocumentRules.document(words[1])
      issues[place].comments[index].updated = now
      touch(place, now: now)
    case "transition":
      let ways = project(of: place).workflow.transitions(from: issues[place].status)
      guard let way = ways.first(where: { $0.id == text || $0.to == text }) else {
        throw errors(400, ["No transition leads from \(issues[place].status) to '\(text)'."])
      }
      take(way, on: place, resolution: nil, by: person.id, metadata: nil, now: now)
    case "priority" where SimulatedField.priorities.contains(text):
      apply(["priority": .string(text)], to: place, by: person.id, metadata: nil, now: now)
    case "summary" where !text.isEmpty && text.unicodeScalars.count < 255:
      apply(["summary": .string(text)], to: place, by: person.id, metadata: nil, now: now)
    default: throw errors(404, ["There is no such action, or it cannot take this value."])
    }
  }

  /// What a person's profile lets them make: an API token, or a personal access token. It is shown once.
  private mutating func tokenPage(_ request: WireRequest, now: Timestamp) -> String {
    var made = ""
    if request.method == .post, let account = configuration.account(AccountID(request.form.value("account") ?? "")) {
      let token = random.token()
      sessions.ownTokens[token] = AuthorizationSessions.OwnToken(account: account.id)
      made =
        "<p class=\"box\">\(SimulatedPage.escape(account.name)) (\(SimulatedPage.escape(account.email))): "
        + "<code id=\"token\">\(token)</code></p>"
    }
    let accounts = SimulatedPage.choice(
      "account", configuration.accounts.map { ($0.id.rawValue, $0.name) }, label: "For")
    return SimulatedPage(
      title: "Tokens",
      body: "<p><a href=\"/\">All issues</a></p>\(made)<form method=\"post\" "
        + "action=\"/browse/tokens\">\(accounts) <button>Make a token</button></form>"
    ).html
  }

  private func listPage() -> String {
    let rows = issues.filter { !$0.isDeleted }.map { issue in
      "<tr><td><a href=\"/browse/\(issue.key)\">\(issue.key)</a></td><td class=\"text\">\(text(issue, "summary"))</td>"
        + "<td>\(SimulatedPage.escape(issue.status))</td><td>\(name(issue.creator))</td></tr>"
    }
    let table = "<table><tr><th>Key</th><th>Summary</th><th>Status</th><th>Created by</th></tr>\(rows.joined())</table>"
    return SimulatedPage(
      title: "Simulated Jira: issues",
      body: (rows.isEmpty ? "<p>There are no issues yet.</p>" : table)
        + "<p><a href=\"/browse/tokens\">Tokens that people make themselves</a></p>"
    ).html
  }

  private func issuePage(_ issue: SimulatedIssue) -> String {
    let comments = issue.comments.map { comment in
      "<article><b>\(name(comment.author))</b> <span class=\"note\">\(comment.created)"
        + (comment.isInternal ? " · internal" : "") + "</span>"
        + SimulatedPage.paragraph(DocumentRules.plainText(of: comment.body))
        + "<form method=\"post\" action=\"/browse/\(issue.key)/delete-comment\">"
        + SimulatedPage.hidden("account", comment.author.rawValue) + SimulatedPage.hidden("value", comment.id)
        + "<button>Delete, as its author</button></form></article>"
    }
    let files = issue.attachments.map { file in
      "<tr><td class=\"text\">\(SimulatedPage.escape(file.name))</td><td>\(file.size) bytes</td>"
        + "<td>\(name(file.author))</td></tr>"
    }
    let history = issue.changes.flatMap { change in
      change.items.map { item in
        "<tr><td>\(change.created)</td><td>\(name(change.author))</td><td>\(SimulatedPage.escape(item.text("field")))</td>"
          + "<td class=\"text\">\(SimulatedPage.escape(item.text("fromString"))) → \(SimulatedPage.escape(item.text("toString")))</td></tr>"
      }
    }
    let body = """
      <p><a href="/">All issues</a></p>
      <h2>\(text(issue, "summary"))</h2>
      <table><tr><th>Status</th><td>\(SimulatedPage.escape(issue.status))</td></tr>
      <tr><th>Resolution</th><td>\(SimulatedPage.escape(issue.resolution ?? "–"))</td></tr>
      <tr><th>Priority</th><td>\(text(issue, "priority"))</td></tr>
      <tr><th>Created by</th><td>\(name(issue.creator))</td></tr>
      <tr><th>Reporter</th><td>\(name(AccountID(issue.values["reporter"]?.string ?? "")))</td></tr>
      <tr><th>Labels</th><td>\(SimulatedPage.escape(issue.values.strings("labels").joined(separator: " ")))</td></tr></table>
      \(SimulatedPage.paragraph(DocumentRules.plainText(of: issue.values["description"] ?? .null)))
      \(links(issue))
      \(files.isEmpty ? "" : "<h2>Attachments</h2><table>\(files.joined())</table>")
      <h2>Comments</h2>\(comments.isEmpty ? "<p class=\"note\">None yet.</p>" : comments.joined())
      \(forms(issue))
      <h2>History</h2>\(history.isEmpty ? "<p class=\"note\">No changes yet.</p>" : "<table>\(history.joined())</table>")
      """
    return SimulatedPage(title: issue.key, body: body).html
  }

  private func forms(_ issue: SimulatedIssue) -> String {
    let accounts = SimulatedPage.choice(
      "account", configuration.accounts.map { ($0.id.rawValue, $0.name) },
      chosen: configuration.accounts.last?.id.rawValue, label: "as")
    let ways = configuration.project(issue.project)?.workflow.transitions(from: issue.status) ?? []
    let targets = SimulatedPage.choice("value", ways.map { ($0.id, "\($0.name) → \($0.to)") }, label: "Move")
    let priorities = SimulatedPage.choice(
      "value", SimulatedField.priorities.map { ($0, $0) }, chosen: issue.values["priority"]?.string,
      label: "Priority")
    return """
      <form method="post" action="/browse/\(issue.key)/comment"><label class="tall">Comment
      <textarea name="value" rows="3" required></textarea></label>
      \(accounts) <button>Add the comment</button></form>
      <h2>Change</h2>
      <form method="post" action="/browse/\(issue.key)/transition">\(targets) \(accounts)
      <button>Move the issue</button></form>
      <form method="post" action="/browse/\(issue.key)/priority">\(priorities) \(accounts)
      <button>Change the priority</button></form>
      """
  }

  private func links(_ issue: SimulatedIssue) -> String {
    issue.remoteLinks.compactMap { $0["object"] }.map { object in
      let address = object.text("url")
      let isWeb = address.hasPrefix("http://") || address.hasPrefix("https://")
      let title = SimulatedPage.escape(object.text("title"))
      return isWeb ? "<p>Link: <a href=\"\(SimulatedPage.escape(address))\">\(title)</a></p>" : "<p>Link: \(title)</p>"
    }.joined()
  }

  private func name(_ account: AccountID) -> String {
    SimulatedPage.escape(configuration.account(account)?.name ?? "nobody")
  }

  private func text(_ issue: SimulatedIssue, _ field: String) -> String {
    SimulatedPage.escape(issue.values[field]?.text ?? "–")
  }
}

extension [String: JSONValue] {
  fileprivate func strings(_ key: String) -> [String] { self[key]?.array?.compactMap(\.string) ?? [] }
}
