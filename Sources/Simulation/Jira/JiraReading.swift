import JSON
import SyncModel
import Wire

/// Issues as answers show them.
extension JiraWorld {
  /// `GET /issue/{id}`: all fields unless `fields` says otherwise.
  func read(_ call: JiraCall, _ issue: String) throws(Refusal) -> WireResponse {
    let place = try visiblePlace(issue, for: call)
    let fields = call.target.value("fields").map(list) ?? ["*all"]
    var members =
      json(
        issues[place], fields: fields, properties: call.target.value("properties").map(list) ?? [], call: call
      ).members ?? []
    if list(call.target.value("expand") ?? "").contains("changelog") {
      let newest = issues[place].changes.reversed().map { json($0, for: call.account) }
      members.append(
        JSONMember(
          "changelog",
          ["startAt": 0, "maxResults": 100, "total": .integer(newest.count), "histories": .array(newest)]))
    }
    let expand = list(call.target.value("expand") ?? "")
    if expand.contains("transitions") {
      let withFields = configuration.showsScreensWithIssues && expand.contains("transitions.fields")
      members.append(
        JSONMember("transitions", .array(transitions(call, of: place, withFields: withFields))))
    }
    return .json(200, .object(members))
  }

  private func list(_ text: String) -> [String] { text.split(separator: ",").map(String.init) }

  /// `POST /issue/bulkfetch`: what is missing or hidden is simply absent.
  func bulkFetch(_ call: JiraCall) throws(Refusal) -> WireResponse {
    let body = try call.json()
    let wanted = (body["issueIdsOrKeys"]?.array ?? []).compactMap(\.text)
    guard (1...100).contains(wanted.count) else {
      throw errors(400, ["The number of issues to fetch must be between 1 and 100."])
    }
    let fields = body["fields"]?.array?.compactMap(\.string) ?? ["*navigable"]
    let found = Set(wanted.compactMap { place(of: $0) }).sorted().filter {
      permissions(of: call.account.id, in: issues[$0].project).contains(.browse)
    }
    let properties = body.strings("properties")
    return .json(
      200,
      [
        "issues": .array(found.map { json(issues[$0], fields: fields, properties: properties, call: call) }),
        "issueErrors": [],
      ])
  }

  /// An issue with the fields that were asked for: ids, `*all`, `*navigable`, `-id`.
  func json(
    _ issue: SimulatedIssue, fields: [String], properties: [String] = [], call: JiraCall
  ) -> JSONValue {
    let excluded = Set(fields.filter { $0.hasPrefix("-") }.map { String($0.dropFirst()) })
    let asksAll = fields.contains { $0.hasPrefix("*") } || (!excluded.isEmpty && excluded.count == fields.count)
    let isWanted = { (id: String) in !excluded.contains(id) && (asksAll || fields.contains(id)) }
    var members = [
      JSONMember("expand", "renderedFields,names,schema,operations,editmeta,changelog,versionedRepresentations"),
      JSONMember("id", .string(issue.id)),
      JSONMember(
        "self",
        .string("\(call.target.origin)/ex/jira/\(configuration.cloudID)/rest/api/3/issue/\(issue.id)")),
      JSONMember("key", .string(issue.key)),
    ]
    let shownFields =
      fixedFields(issue, for: call).filter { isWanted($0.key) }
      + settableFields(issue, for: call, isWanted)
    if !shownFields.isEmpty { members.append(JSONMember("fields", .object(shownFields))) }
    if !properties.isEmpty {
      let chosen = issue.properties.filter { properties.contains("*all") || properties.contains($0.key) }
      members.append(JSONMember("properties", .object(chosen)))
    }
    return .object(members)
  }

  private func settableFields(
    _ issue: SimulatedIssue, for call: JiraCall, _ isWanted: (String) -> Bool
  ) -> [JSONMember] {
    guard let project = configuration.project(issue.project) else { return [] }
    return fields(of: issue.project).filter { isWanted($0.id) }.map { field in
      JSONMember(field.id, shown(issue.values[field.id], field, in: project, to: call.account))
    }
  }

  private func fixedFields(_ issue: SimulatedIssue, for call: JiraCall) -> [JSONMember] {
    let project = configuration.project(issue.project)
    let typeID = 10_001 + (project?.issueTypes.firstIndex(of: issue.issueType) ?? 0)
    let comments = issue.comments.prefix(20).map { json($0, for: call) }
    return [
      JSONMember("project", ["key": .string(issue.project), "name": .string(project?.name ?? "")]),
      JSONMember("issuetype", ["id": .string(String(typeID)), "name": .string(issue.issueType)]),
      JSONMember("status", status(issue.status, in: project)),
      JSONMember("resolution", resolution(issue.resolution, in: project)),
      JSONMember("creator", configuration.account(issue.creator).map { user($0) } ?? .null),
      JSONMember("created", .string(date(issue.created, for: call.account))),
      JSONMember("updated", .string(date(issue.updated, for: call.account))),
      JSONMember("attachment", .array(issue.attachments.map { json($0, for: call) })),
      JSONMember(
        "comment",
        [
          "comments": .array(comments), "startAt": 0, "maxResults": .integer(comments.count),
          "total": .integer(issue.comments.count),
        ]),
    ]
  }

  func status(_ name: String, in project: SimulatedProject?) -> JSONValue {
    let status = project?.workflow.status(name)
    let category: JSONValue =
      switch status?.category ?? .new {
      case .new: ["id": 2, "key": "new", "colorName": "blue-gray", "name": "To Do"]
      case .indeterminate: ["id": 4, "key": "indeterminate", "colorName": "yellow", "name": "In Progress"]
      case .done: ["id": 3, "key": "done", "colorName": "green", "name": "Done"]
      }
    return ["name": .string(name), "id": .string(status?.id ?? "0"), "statusCategory": category]
  }

  private func resolution(_ name: String?, in project: SimulatedProject?) -> JSONValue {
    guard let name else { return .null }
    let place = project?.workflow.resolutions.firstIndex(of: name) ?? 0
    return ["id": .string(String(10_000 + place)), "name": .string(name)]
  }
}
