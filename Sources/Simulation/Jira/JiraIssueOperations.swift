import JSON
import SyncModel
import Wire

/// Creating, editing and reading issues.
extension JiraWorld {
  /// `POST /issue`. Checks come in stages, as in Jira: the body, the project, the type, then all fields together.
  mutating func create(_ call: JiraCall) throws(Refusal) -> WireResponse {
    guard !call.request.body.isEmpty else { throw errors(400, ["No Issue Create payload supplied"]) }
    let body = try call.json()
    guard case .object = body, case .object(let given) = body["fields"] ?? [:] else { throw invalidPayload() }
    let fields = JSONValue.object(given)
    let name = fields["project"]?["key"]?.string ?? fields["project"]?["id"]?.string ?? ""
    guard let project = configuration.project(name), permissions(of: call.account.id, in: name).contains(.browse) else {
      throw errors(400, [], [("project", "Specify a valid project ID or key")])
    }
    guard permissions(of: call.account.id, in: name).contains(.create) else {
      throw errors(400, ["You do not have permission to create issues in this project."])
    }
    guard let type = issueType(fields["issuetype"], in: project) else {
      throw errors(400, [], [("issuetype", "Specify an issue type")])
    }
    let settable = given.filter { $0.key != "project" && $0.key != "issuetype" }
    try refuse(settable.map(\.key), project.notOnCreateScreen)
    var values = try check(settable, update: body["update"], current: [:], project: project, account: call.account.id)
    let missing = (["summary"] + project.requiredFields).filter { (values[$0] ?? .null).isNull }
    guard missing.isEmpty else {
      throw errors(400, [], missing.map { ($0, requirement($0)) })
    }
    if values["priority"] == nil { values["priority"] = "Medium" }
    if values["reporter"] == nil { values["reporter"] = .string(call.account.id.rawValue) }
    let place = insert(
      values, project: project, type: type, creator: call.account.id, properties: properties(body["properties"]),
      now: call.now)
    let id = issues[place].id
    return .json(
      201,
      [
        "id": .string(id), "key": .string(issues[place].key),
        "self": .string(call.target.origin + "/ex/jira/\(configuration.cloudID)/rest/api/3/issue/\(id)"),
      ])
  }

  private func requirement(_ field: String) -> String {
    field == "summary" ? "You must specify a summary of the issue." : "\(self.field(field)?.name ?? field) is required."
  }

  /// Issue types have ids from 10001 in every project.
  private func issueType(_ value: JSONValue?, in project: SimulatedProject) -> String? {
    if let name = value?["name"]?.string { return project.issueTypes.first { $0 == name } }
    guard let id = value?["id"]?.string.flatMap(Int.init), project.issueTypes.indices.contains(id - 10_001) else {
      return nil
    }
    return project.issueTypes[id - 10_001]
  }

  func properties(_ value: JSONValue?) -> [JSONMember] {
    (value?.array ?? []).compactMap { entry in
      guard let key = entry["key"]?.string, let value = entry["value"] else { return nil }
      return JSONMember(key, value)
    }
  }

  /// Puts a new issue into the world; what is given was checked.
  mutating func insert(
    _ values: [String: JSONValue], project: SimulatedProject, type: String, creator: AccountID,
    properties: [JSONMember], now: Timestamp
  ) -> Int {
    let number = (lastNumbers[project.key] ?? 0) + 1
    lastNumbers[project.key] = number
    let place = issues.count
    let issue = SimulatedIssue(
      id: String(Self.firstID + place), key: "\(project.key)-\(number)", project: project.key, issueType: type,
      status: project.workflow.statuses.first?.name ?? "", creator: creator, created: now, updated: now,
      values: values, properties: properties)
    issues.append(issue)
    places[issue.key] = place
    touch(place, now: now)
    let named = [("key", JSONValue.string(issue.key)), ("status", .string(issue.status))]
    effects.note(
      .opened(effectFields(named + values.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })), on: issue.id,
      by: creator.rawValue, now: now)
    return place
  }

  /// The fields as they would be kept, or Jira's refusal of all that are wrong.
  func check(
    _ fields: [JSONMember], update: JSONValue?, current: [String: JSONValue], project: SimulatedProject,
    account: AccountID
  ) throws(Refusal) -> [String: JSONValue] {
    var result: [String: JSONValue] = [:]
    var problems: [(String, String)] = []
    var messages: [String] = []
    let operations = (update?.members ?? []).filter { $0.key != "comment" }.flatMap { member in
      (member.value.array ?? []).flatMap { $0.members ?? [] }.map { (member.key, $0.key, $0.value) }
    }
    for (key, operation, value) in fields.map({ ($0.key, "set", $0.value) }) + operations {
      guard let field = field(key), key != "reporter" || mayModifyReporter(account, value, project) else {
        problems.append((key, "Field '\(key)' cannot be set. It is not on the appropriate screen, or unknown."))
        continue
      }
      do throws(FieldProblem) {
        let before = result[key] ?? current[key] ?? field.emptyValue
        result[key] = try kept(operation, value, for: field, before: before, in: project)
      } catch {
        switch error {
        case .message(let text): problems.append((key, text))
        case .invalidInput:
          messages = ["INVALID_INPUT"]
          problems.append((key, "INVALID_INPUT"))
        }
      }
    }
    guard problems.isEmpty else { throw errors(400, messages, problems) }
    return result
  }

  /// Fields that are not on the screen are refused with the words for unknown ones.
  private func refuse(_ fields: [String], _ offScreen: Set<String>) throws(Refusal) {
    let wrong = fields.filter(offScreen.contains)
    guard wrong.isEmpty else {
      throw errors(
        400, [], wrong.map { ($0, "Field '\($0)' cannot be set. It is not on the appropriate screen, or unknown.") })
    }
  }

  private func mayModifyReporter(_ account: AccountID, _ value: JSONValue, _ project: SimulatedProject) -> Bool {
    permissions(of: account, in: project.key).contains(.modifyReporter)
  }

  /// `set`, or `add` and `remove` on fields that hold several values.
  private func kept(
    _ operation: String, _ value: JSONValue, for field: SimulatedField, before: JSONValue, in project: SimulatedProject
  ) throws(FieldProblem) -> JSONValue {
    if operation == "set" { return try kept(value, for: field, in: project) }
    guard case .array(let elements) = before, operation == "add" || operation == "remove" else {
      throw .message("Field does not support operation '\(operation)'")
    }
    let item = try kept([value], for: field, in: project).array ?? []
    let rest = elements.filter { !item.contains($0) }
    return .array(
      operation == "add" && rest.count == elements.count ? elements + item : operation == "add" ? elements : rest)
  }

  /// `PUT /issue/{id}`.
  mutating func edit(_ call: JiraCall, _ issue: String) throws(Refusal) -> WireResponse {
    let place = try visiblePlace(issue, for: call)
    let body = try call.json()
    guard body["fields"]?.members != nil || body["update"]?.members != nil else { throw invalidPayload() }
    let fields = body["fields"]?.members ?? []
    guard permissions(of: call.account.id, in: issues[place].project).contains(.edit) else {
      let names = fields.map(\.key) + (body["update"]?.members ?? []).map(\.key)
      throw errors(
        400, [], names.map { ($0, "Field '\($0)' cannot be set. It is not on the appropriate screen, or unknown.") })
    }
    try refuse(fields.map(\.key), project(of: place).notOnEditScreen)
    try limitWrites(place, now: call.now)
    let values = try check(
      fields, update: body["update"], current: issues[place].values, project: project(of: place),
      account: call.account.id)
    if let added = properties(body["properties"]).nonEmpty { issues[place].properties.replace(with: added) }
    apply(values, to: place, by: call.account.id, metadata: body["historyMetadata"], now: call.now)
    return .empty(204)
  }

  /// Checked values go into an issue; a write that changes nothing leaves no trace.
  mutating func apply(
    _ values: [String: JSONValue], to place: Int, by account: AccountID, metadata: JSONValue?, now: Timestamp
  ) {
    var items: [JSONValue] = []
    var changed: [(String, JSONValue)] = []
    for (key, value) in values.sorted(by: { $0.key < $1.key }) {
      guard let field = field(key), let item = changeItem(field, from: issues[place].values[key], to: value) else {
        continue
      }
      items.append(item)
      changed.append((key, value))
      issues[place].values[key] = value
    }
    guard !items.isEmpty else { return }
    effects.note(.changed(effectFields(changed)), on: issues[place].id, by: account.rawValue, now: now)
    record(items, on: place, by: account, metadata: metadata, now: now)
    touch(place, now: now)
    automate(place, by: account, now: now)
  }

  /// A site's automation that writes some text fields in small letters, once something else was written into them.
  private mutating func automate(_ place: Int, by account: AccountID, now: Timestamp) {
    var changes: [String: JSONValue] = [:]
    for id in configuration.lowerCased {
      guard let text = issues[place].values[id]?.string, text != text.lowercased() else { continue }
      changes[id] = .string(text.lowercased())
    }
    if !changes.isEmpty { apply(changes, to: place, by: account, metadata: nil, now: now) }
  }

  /// Values as a person would read them.
  func effectFields(_ values: [(String, JSONValue)]) -> [SimulatedEffect.Field] {
    values.map { name, value in
      let text =
        value["type"] == "doc"
        ? DocumentRules.plainText(of: value)
        : value.array.map { $0.compactMap(\.text).joined(separator: " ") } ?? value.text ?? ""
      return SimulatedEffect.Field(name: name, value: text)
    }
  }

  func project(of place: Int) -> SimulatedProject {
    configuration.project(issues[place].project) ?? SimulatedProject(key: issues[place].project, name: "")
  }

  /// The place of an issue that the caller may see; Jira does not tell missing from hidden.
  func visiblePlace(_ issue: String, for call: JiraCall) throws(Refusal) -> Int {
    guard let place = place(of: issue), permissions(of: call.account.id, in: issues[place].project).contains(.browse)
    else { throw errors(404, ["Issue does not exist or you do not have permission to see it."]) }
    return place
  }

  func invalidPayload() -> Refusal {
    Refusal(
      .json(
        400, ["errorMessages": ["Invalid request payload. Refer to the REST API documentation and try again."]]))
  }

  /// Removes an issue from the world and the search.
  /// `DELETE /issue/{id}`.
  mutating func delete(_ call: JiraCall, _ issue: String) throws(Refusal) -> WireResponse {
    let place = try visiblePlace(issue, for: call)
    guard permissions(of: call.account.id, in: issues[place].project).contains(.deleteIssues) else {
      throw errors(403, ["You do not have permission to delete issues in this project."])
    }
    delete(place, now: call.now)
    return .empty(204)
  }

  mutating func delete(_ place: Int, now: Timestamp) {
    issues[place].isDeleted = true
    touch(place, now: now)
    effects.note(.deleted, on: issues[place].id, by: "", now: now)
  }

  /// Moves an issue to another project: a new key, the same id; the old key goes on finding it.
  mutating func move(_ place: Int, to project: SimulatedProject, by account: AccountID, now: Timestamp) {
    let number = (lastNumbers[project.key] ?? 0) + 1
    lastNumbers[project.key] = number
    let old = issues[place]
    issues[place].formerKeys.append(old.key)
    issues[place].key = "\(project.key)-\(number)"
    issues[place].project = project.key
    places[issues[place].key] = place
    let items = [
      SimulatedChange.item(
        field: "Key", id: "issuekey", from: nil, fromText: old.key, to: nil, toText: issues[place].key),
      SimulatedChange.item(
        field: "project", id: "project", from: nil, fromText: old.project, to: nil, toText: project.key),
    ]
    record(items, on: place, by: account, metadata: nil, now: now)
    touch(place, now: now)
    effects.note(.moved(key: issues[place].key), on: old.id, by: account.rawValue, now: now)
  }
}

extension Array {
  var nonEmpty: Self? { isEmpty ? nil : self }
}

extension [JSONMember] {
  /// Members under keys that exist are replaced, the others appended.
  mutating func replace(with others: [JSONMember]) {
    for member in others {
      if let index = firstIndex(where: { $0.key == member.key }) {
        self[index] = member
      } else {
        append(member)
      }
    }
  }
}
