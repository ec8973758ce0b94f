import JSON
import SyncModel
import Wire

/// What a person sees and does in the simulated help desk, and the JSON addresses by which a driver plays that person.
extension CRMWorld {
  /// `GET /`, `GET /cases/{id}` and the forms on them.
  mutating func page(_ request: WireRequest, target: RequestTarget, now: Timestamp) throws(Refusal) -> WireResponse {
    let parts = target.segments
    if request.method == .post, parts.last == "attach" {
      return try upload(request, target, now: now)
    }
    if request.method == .post {
      let place = try act(parts, values: request.form, now: now)
      let user = URLEncoding.component(request.form.value("user") ?? "")
      return .redirect(to: "/cases/\(cases[place].id)?user=\(user)")
    }
    guard parts.count > 1 else { return .html(200, listPage(user: reader(target), now: now)) }
    guard let place = place(of: parts[1]) else {
      return .html(404, SimulatedPage(title: "No such case", body: "<p><a href=\"/\">All cases</a></p>").html)
    }
    return .html(200, casePage(cases[place], user: reader(target), now: now))
  }

  /// A file from the page's form; the address says who attaches it.
  private mutating func upload(
    _ request: WireRequest, _ target: RequestTarget, now: Timestamp
  ) throws(Refusal) -> WireResponse {
    guard let user = reader(target), target.segments.count == 3, let place = place(of: target.segments[1]) else {
      throw refusal(404, "There is no such case.")
    }
    let parts = MultipartForm(request)?.parts ?? []
    guard !parts.isEmpty, parts.allSatisfy({ !$0.content.isEmpty }) else { throw refusal(400, "Choose a file.") }
    _ = attach(parts.map { ($0.fileName, $0.type, $0.content, true) }, to: place, by: user, now: now)
    return .redirect(to: "/cases/\(cases[place].id)\(asUser(user))")
  }

  /// The person that the page is shown to: nobody signs in here, the address says who it is.
  private func reader(_ target: RequestTarget) -> CRMUser? {
    target.value("user").flatMap { configuration.user(CRMUserID($0)) } ?? configuration.users.first
  }

  /// `GET /simulated/state`, `/simulated/log` and `/simulated/links` (connect links by user), `POST /simulated/faults`,
  /// `POST /simulated/cases` and `POST /simulated/cases/{id}/comment|edit-comment|delete-comment|attach|edit|delete`.
  mutating func control(
    _ request: WireRequest, target: RequestTarget, now: Timestamp
  ) throws(Refusal) -> WireResponse {
    let parts = Array(target.segments.dropFirst())
    switch (request.method, parts) {
    case (.get, ["state"]): return .json(200, state)
    case (.get, ["log"]): return .json(200, log.json)
    case (.post, ["faults"]):
      guard let fault = ArmedFault(json: try json(request)) else { throw refusal(400, "There is no such fault.") }
      armedFaults.append(fault)
      return .empty(204)
    case (.get, ["links"]):
      return .json(
        200,
        .object(
          configuration.users.map {
            JSONMember($0.id.rawValue, .string(ConnectLink.address(for: $0, configuration, now: now)))
          }))
    case (.post, _):
      let values = (try json(request).members ?? []).map { (name: $0.key, value: $0.value.text ?? "") }
      let place = try act(parts, values: values, now: now)
      return .json(
        200, ["id": .string(cases[place].id), "comment": JSONValue(orNull: cases[place].comments.last?.id)])
    default: throw refusal(404, "There is no such control.")
    }
  }

  /// `cases` opens a case; `cases/{id}/comment`, `/edit` and `/delete` work on one.
  private mutating func act(
    _ parts: [String], values: [(name: String, value: String)], now: Timestamp
  ) throws(Refusal) -> Int {
    guard let user = configuration.user(CRMUserID(values.value("user") ?? "")) else {
      throw refusal(400, "There is no such user.")
    }
    if parts == ["cases"] {
      return open(
        subject: try checked("subject", values.value("subject") ?? ""), description: values.value("description") ?? "",
        priority: try checked("priority", values.value("priority") ?? configuration.priorities.last ?? ""), by: user,
        now: now)
    }
    guard parts.count == 3, parts[0] == "cases", let place = place(of: parts[1]) else {
      throw refusal(404, "There is no such case or action.")
    }
    switch parts[2] {
    case "comment":
      guard let body = values.value("body"), !body.isEmpty else { throw refusal(400, "A comment needs a body.") }
      let isInternal = values.value("internal") != nil || values.value("public") == "false"
      _ = comment(body, isPublic: !isInternal, on: place, by: user, now: now)
    case "edit-comment", "delete-comment":
      let id = values.value("comment") ?? ""
      guard let index = cases[place].comments.firstIndex(where: { $0.id == id && $0.author == user.id }) else {
        throw refusal(403, "Only its author may change a comment.")
      }
      guard parts[2] == "edit-comment" else {
        deleteComment(index, of: place, by: user, now: now)
        break
      }
      guard let body = values.value("body"), !body.isEmpty else { throw refusal(400, "A comment needs a body.") }
      editComment(
        index, of: place, body: body, isPublic: cases[place].comments[index].isPublic, by: user, now: now)
    case "attach":
      let content = Array((values.value("content") ?? "").utf8)
      guard let name = values.value("name"), !name.isEmpty, !content.isEmpty else {
        throw refusal(400, "A file needs a name and content.")
      }
      _ = attach(
        [(name, values.value("type") ?? "text/plain", content, values.value("public") != "false")], to: place,
        by: user, now: now)
    case "edit":
      let given = values.filter { SimulatedCase.writable.contains($0.name) }
      let fields = try given.map { field throws(Refusal) in (field.name, try checked(field.name, field.value)) }
      write(fields, to: place, by: user, now: now)
    case "delete": delete(place, by: user, now: now)
    default: throw refusal(404, "There is no such action.")
    }
    return place
  }

  /// Cases and comments, without secrets; how many deliveries still wait.
  var state: JSONValue {
    [
      "cases": .array(
        cases.filter { !$0.isDeleted }.map { item in
          .object(
            (item.json.members ?? []) + [
              JSONMember("comments", .array(item.comments.map(\.json))),
              JSONMember("attachments", .array(item.attachments.map(\.json))),
            ])
        }),
      "undelivered": .integer(outgoing.count),
    ]
  }

  private func users(chosen user: CRMUser?, label: String) -> String {
    let options = configuration.users.map { (value: $0.id.rawValue, label: $0.name ?? $0.id.rawValue) }
    return SimulatedPage.choice("user", options, chosen: user?.id.rawValue, label: label)
  }

  private func listPage(user: CRMUser?, now: Timestamp) -> String {
    let rows = cases.filter { !$0.isDeleted }.map { item in
      "<tr><td><a href=\"/cases/\(item.id)\(asUser(user))\">\(item.number)</a></td>"
        + "<td class=\"text\">\(SimulatedPage.escape(item.subject))</td>"
        + "<td>\(SimulatedPage.escape(item.priority))</td><td>\(SimulatedPage.escape(item.status))</td>"
        + "<td>\(SimulatedPage.escape(item.jiraKey))</td></tr>"
    }
    let heads = "<tr><th>Case</th><th>Subject</th><th>Priority</th><th>Status</th><th>Issue</th></tr>"
    let table =
      rows.isEmpty ? "<p>There are no cases yet. Open one below.</p>" : "<table>\(heads)\(rows.joined())</table>"
    let priorities = SimulatedPage.choice(
      "priority", configuration.priorities.map { ($0, $0) }, chosen: configuration.priorities.last, label: "Priority")
    let body = """
      \(identity(user, page: "/", now: now))
      \(table)
      <h2>Open a case</h2>
      <form method="post" action="/cases"><label class="tall">Subject <input name="subject" required></label>
      <label class="tall">Description <textarea name="description" rows="4"></textarea></label>
      \(priorities) \(users(chosen: user, label: "as")) <button>Open the case</button></form>
      """
    return SimulatedPage(title: "Simulated help desk: cases", body: body).html
  }

  private func casePage(_ item: SimulatedCase, user: CRMUser?, now: Timestamp) -> String {
    let comments = item.comments.map { comment in
      "<article><b>\(SimulatedPage.escape(comment.authorName))</b> <span class=\"note\">\(comment.created) · "
        + "\(comment.isPublic ? "public" : "internal")</span>\(SimulatedPage.paragraph(comment.body))"
        + (comment.author == user?.id ? ownComment(comment, of: item) : "") + "</article>"
    }
    let files = item.attachments.map { file in
      "<tr><td class=\"text\">\(SimulatedPage.escape(file.name))</td><td>\(file.content.count) bytes</td></tr>"
    }
    let choices = users(chosen: user, label: "as")
    let action = "action=\"/cases/\(item.id)"
    let statuses = SimulatedPage.choice(
      "status", configuration.statuses.map { ($0, $0) }, chosen: item.status, label: "Status")
    let priorities = SimulatedPage.choice(
      "priority", configuration.priorities.map { ($0, $0) }, chosen: item.priority, label: "Priority")
    let key = item.jiraKey.isEmpty ? "none yet" : item.jiraKey
    let body = """
      <p><a href="/\(asUser(user))">All cases</a></p>
      \(identity(user, page: "/cases/\(item.id)", now: now))
      <h2>\(SimulatedPage.escape(item.subject))</h2>
      <table><tr><th>Status</th><td>\(SimulatedPage.escape(item.status))</td></tr>
      <tr><th>Priority</th><td>\(SimulatedPage.escape(item.priority))</td></tr>
      <tr><th>Jira issue</th><td>\(SimulatedPage.escape(key))</td></tr></table>
      \(SimulatedPage.paragraph(item.description))
      <h2>Comments</h2>\(comments.isEmpty ? "<p class=\"note\">None yet.</p>" : comments.joined())
      <form method="post" \(action)/comment"><label class="tall">Comment
      <textarea name="body" rows="3" required></textarea></label>
      <label><input type="checkbox" name="internal" value="yes"> internal</label> \(choices)
      <button>Add the comment</button></form>
      <h2>Files</h2>\(files.isEmpty ? "<p class=\"note\">None yet.</p>" : "<table>\(files.joined())</table>")
      <form method="post" enctype="multipart/form-data" \(action)/attach\(asUser(user))">
      <label>File <input type="file" name="file" required></label> <button>Attach the file</button></form>
      <h2>Change</h2>
      <form method="post" \(action)/edit">\(statuses) \(priorities) \(choices) <button>Change the case</button></form>
      """
    return SimulatedPage(title: "Case \(item.number)", body: body).html
  }

  /// What its author may do with a comment.
  private func ownComment(_ comment: SimulatedCaseComment, of item: SimulatedCase) -> String {
    let fields =
      SimulatedPage.hidden("user", comment.author.rawValue) + SimulatedPage.hidden("comment", comment.id)
    return """
      <form method="post" action="/cases/\(item.id)/edit-comment">\(fields)<label class="tall">Your comment
      <textarea name="body" rows="2" required>\(SimulatedPage.escape(comment.body))</textarea></label>
      <button>Change it</button></form>
      <form method="post" action="/cases/\(item.id)/delete-comment">\(fields)<button>Delete it</button></form>
      """
  }

  private func asUser(_ user: CRMUser?) -> String {
    user.map { "?user=" + URLEncoding.component($0.id.rawValue) } ?? ""
  }

  /// Who reads the page, and the links by which that person connects to Jira.
  private func identity(_ user: CRMUser?, page: String, now: Timestamp) -> String {
    """
    <div class="box"><form method="get" action="\(page)">\(users(chosen: user, label: "You are"))
    <button>Switch</button></form>\(user.map { connectLinks($0, now: now) } ?? "")</div>
    """
  }

  private func connectLinks(_ user: CRMUser, now: Timestamp) -> String {
    let connect = SimulatedPage.escape(ConnectLink.address(for: user, configuration, now: now))
    let me = SimulatedPage.escape(ConnectLink.address(page: "me", for: user, configuration, now: now))
    let name = SimulatedPage.escape(user.name ?? user.id.rawValue)
    return "<p><a href=\"\(connect)\">Connect \(name) with Jira</a> · <a href=\"\(me)\">\(name)'s connection</a></p>"
  }
}
