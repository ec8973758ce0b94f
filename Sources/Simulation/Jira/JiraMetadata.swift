import JSON
import SyncModel
import Wire

/// What a site says of itself: projects, screens, workflows, permissions. Shapes after the document of the REST API.
extension JiraWorld {
  /// `GET /project/search`: the projects that the caller sees.
  func projectPage(_ call: JiraCall) -> WireResponse {
    let wanted = call.target.query.filter { $0.name == "keys" }.map(\.value)
    let seen = configuration.projects.filter { project in
      permissions(of: call.account.id, in: project.key).contains(.browse)
        && (wanted.isEmpty || wanted.contains(project.key))
    }
    let values: [JSONValue] = seen.map {
      ["key": .string($0.key), "name": .string($0.name), "projectTypeKey": "software"]
    }
    return .json(200, page(values, call, largest: 100, name: "values"))
  }

  /// `GET /project/{key}/statuses`: by issue type; every type has the project's one workflow here.
  func statuses(_ call: JiraCall, of key: String) throws(Refusal) -> WireResponse {
    let project = try visibleProject(key, call)
    let statuses = project.workflow.statuses.map { status($0.name, in: project) }
    let types = issueTypes(of: project).map { type in
      JSONValue.object((type.members ?? []) + [JSONMember("statuses", .array(statuses))])
    }
    return .json(200, .array(types))
  }

  /// `GET /mypermissions`: exactly those that were asked about.
  func permissions(_ call: JiraCall) throws(Refusal) -> WireResponse {
    let keys = (call.target.value("permissions") ?? "").split(separator: ",").map(String.init)
    let known = Set(SimulatedPermission.allCases.flatMap(\.keys)).union([Self.browsingUsers])
    guard !keys.isEmpty else { throw errors(400, ["The 'permissions' query parameter is required."]) }
    if let unknown = keys.first(where: { !known.contains($0) }) {
      throw errors(400, ["Unrecognized permission: \(unknown)"])
    }
    var granted: Set<String> = []
    if let key = call.target.value("projectKey") {
      granted = Set(permissions(of: call.account.id, in: try visibleProject(key, call).key).flatMap(\.keys))
    } else {
      for project in configuration.projects {
        granted.formUnion(permissions(of: call.account.id, in: project.key).flatMap(\.keys))
      }
    }
    if browsesUsers(call.account.id) { granted.insert(Self.browsingUsers) }
    let members = keys.map { key in
      JSONMember(
        key,
        [
          "id": "0", "key": .string(key), "name": .string(key),
          "type": .string(key == Self.browsingUsers ? "GLOBAL" : "PROJECT"), "description": "",
          "havePermission": .bool(granted.contains(key)),
        ])
    }
    return .json(200, ["permissions": .object(members)])
  }

  /// `GET /field`: all fields, those that no screen shows included.
  func fieldList() -> WireResponse {
    let fixed = [
      ("status", "Status"), ("resolution", "Resolution"), ("issuetype", "Issue Type"), ("project", "Project"),
    ]
    let own: [JSONValue] = fixed.map {
      ["id": .string($0.0), "key": .string($0.0), "name": .string($0.1), "custom": false]
    }
    let all: [JSONValue] = (SimulatedField.system + configuration.customFields).map { field in
      [
        "id": .string(field.id), "key": .string(field.id), "name": .string(field.name), "custom": .bool(field.isCustom),
        "schema": field.schema,
      ]
    }
    return .json(200, .array(own + all))
  }

  /// `GET /resolution/search`: those of the whole site.
  func resolutionPage(_ call: JiraCall) -> WireResponse {
    var seen: Set<String> = []
    let values = configuration.projects.flatMap(Self.resolutions).filter {
      seen.insert($0["name"]?.string ?? "").inserted
    }
    return .json(200, page(values, call, largest: 100, name: "values"))
  }

  /// `GET /issue/{id}/editmeta`: what the caller may change; nothing for who may not edit.
  func editMetadata(_ call: JiraCall, _ issue: String) throws(Refusal) -> WireResponse {
    let place = try visiblePlace(issue, for: call)
    let project = project(of: place)
    let shown = settable(by: call.account.id, in: project).filter { field in
      permissions(of: call.account.id, in: project.key).contains(.edit) && !project.notOnEditScreen.contains(field.id)
    }
    return .json(
      200,
      [
        "fields": .object(
          shown.map { field in
            let isRequired = field.id == "summary" || project.requiredFields.contains(field.id)
            return JSONMember(field.id, .object(fieldMetadata(field, in: project, isRequired: isRequired)))
          })
      ])
  }

  /// `GET /issue/createmeta/{project}/issuetypes[/{id}]`: nothing for who may not create, as the document requires the
  /// permission to create issues.
  func createMetadata(_ call: JiraCall) throws(Refusal) -> WireResponse? {
    guard call.path.count >= 4, call.path[3] == "issuetypes" else { return nil }
    let project = try visibleProject(call.path[2], call)
    if let size = call.target.value("maxResults").flatMap(Int.init), size > 200 {
      throw errors(400, ["Parameter 'maxResults' must not exceed the limit '200'"])
    }
    let mayCreate = permissions(of: call.account.id, in: project.key).contains(.create)
    let types = mayCreate ? issueTypes(of: project) : []
    guard call.path.count == 5 else {
      return .json(200, page(types, call, largest: 200, name: "issueTypes"))
    }
    guard types.contains(where: { $0["id"]?.string == call.path[4] }) else {
      throw errors(404, ["Issue type not found."])
    }
    let shown = settable(by: call.account.id, in: project).filter { !project.notOnCreateScreen.contains($0.id) }
    let all = shown.map { field in
      let isRequired = field.id == "summary" || project.requiredFields.contains(field.id)
      return JSONValue.object(
        [JSONMember("fieldId", .string(field.id))] + fieldMetadata(field, in: project, isRequired: isRequired))
    }
    return .json(200, page(all, call, largest: 200, name: "fields"))
  }

  private func visibleProject(_ key: String, _ call: JiraCall) throws(Refusal) -> SimulatedProject {
    guard let project = configuration.project(key), permissions(of: call.account.id, in: key).contains(.browse) else {
      throw errors(404, ["No project could be found with key '\(key)'."])
    }
    return project
  }

  /// Issue types have ids from 10001 in every project.
  private func issueTypes(of project: SimulatedProject) -> [JSONValue] {
    project.issueTypes.enumerated().map { index, name in
      ["id": .string(String(10_001 + index)), "name": .string(name), "subtask": false]
    }
  }

  /// A field that takes a permission of its own is shown only to who has it.
  private func settable(by account: AccountID, in project: SimulatedProject) -> [SimulatedField] {
    let allowed = permissions(of: account, in: project.key)
    return fields(of: project.key).filter { $0.id != "reporter" || allowed.contains(.modifyReporter) }
  }

  /// A page with `startAt`, `maxResults` and `total`; never longer than the site's largest.
  private func page(_ values: [JSONValue], _ call: JiraCall, largest: Int, name: String) -> JSONValue {
    let start = call.target.value("startAt").flatMap(Int.init) ?? 0
    let asked = call.target.value("maxResults").flatMap(Int.init) ?? 50
    let size = max(1, min(asked, largest, configuration.largestPage))
    let shown = Array(values.dropFirst(start).prefix(size))
    return .object([
      JSONMember(name, .array(shown)), JSONMember("startAt", .integer(start)), JSONMember("maxResults", .integer(size)),
      JSONMember("total", .integer(values.count)),
      JSONMember("isLast", .bool(start + shown.count >= values.count)),
    ])
  }

  /// A field as create, edit and transition screens describe it.
  func fieldMetadata(_ field: SimulatedField, in project: SimulatedProject, isRequired: Bool) -> [JSONMember] {
    var members = [
      JSONMember("key", .string(field.id)), JSONMember("name", .string(field.name)),
      JSONMember("required", .bool(isRequired)),
      JSONMember("hasDefaultValue", .bool(field.id == "priority" || field.id == "reporter")),
      JSONMember("operations", field.emptyValue == [] ? ["add", "set", "remove"] : ["set"]),
      JSONMember("schema", field.schema),
    ]
    let allowed: (member: String, names: [String], firstID: Int)? =
      switch field.kind {
      case .option(let values), .options(let values): ("value", values, 10_100)
      case .priority: ("name", SimulatedField.priorities, 1)
      case .components: ("name", project.components, 10_200)
      case .versions: ("name", project.versions, 10_300)
      case .text, .richText, .number, .date, .dateTime, .labels, .user: nil
      }
    if let allowed {
      let values = allowed.names.enumerated().map { index, name in
        JSONValue.object([
          JSONMember("id", .string(String(allowed.firstID + index))), JSONMember(allowed.member, .string(name)),
        ])
      }
      members.append(JSONMember("allowedValues", .array(values)))
    }
    return members
  }
}
