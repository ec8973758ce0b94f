import JSON
import SyncModel
import Wire

/// The workflow: which ways lead out of an issue's status, and taking one.
extension JiraWorld {
  /// `GET /issue/{id}/transitions`: none for who may not move the issue.
  func transitions(_ call: JiraCall, _ issue: String) throws(Refusal) -> WireResponse {
    let place = try visiblePlace(issue, for: call)
    let withFields = (call.target.value("expand") ?? "").split(separator: ",").contains("transitions.fields")
    return .json(
      200, ["expand": "transitions", "transitions": .array(transitions(call, of: place, withFields: withFields))])
  }

  /// The ways out of an issue's status that are open to the caller.
  func transitions(_ call: JiraCall, of place: Int, withFields: Bool) -> [JSONValue] {
    let project = project(of: place)
    let mayMove = permissions(of: call.account.id, in: project.key).contains(.transition)
    var available = mayMove ? project.workflow.transitions(from: issues[place].status) : []
    if let id = call.target.value("transitionId") { available.removeAll { $0.id != id } }
    return available.map { transition in
      var members = [
        JSONMember("id", .string(transition.id)), JSONMember("name", .string(transition.name)),
        JSONMember("to", status(transition.to, in: project)),
        JSONMember("hasScreen", .bool(!transition.screen.isEmpty)),
        JSONMember("isAvailable", true),
      ]
      if withFields { members.append(JSONMember("fields", screen(transition, in: project))) }
      return .object(members)
    }
  }

  private func screen(_ transition: SimulatedWorkflow.Transition, in project: SimulatedProject) -> JSONValue {
    .object(
      transition.screen.map { id in
        let isRequired = transition.required.contains(id)
        guard let field = field(id) else { return JSONMember(id, resolutionMetadata(isRequired, in: project)) }
        return JSONMember(id, .object(fieldMetadata(field, in: project, isRequired: isRequired)))
      })
  }

  private func resolutionMetadata(_ isRequired: Bool, in project: SimulatedProject) -> JSONValue {
    [
      "required": .bool(isRequired), "schema": ["type": "resolution", "system": "resolution"], "name": "Resolution",
      "key": "resolution", "hasDefaultValue": false, "operations": ["set"],
      "allowedValues": .array(Self.resolutions(of: project)),
    ]
  }

  /// Resolutions have ids from 10000.
  static func resolutions(of project: SimulatedProject) -> [JSONValue] {
    project.workflow.resolutions.enumerated().map { index, name in
      ["id": .string(String(10_000 + index)), "name": .string(name)]
    }
  }

  /// `POST /issue/{id}/transitions`.
  mutating func transition(_ call: JiraCall, _ issue: String) throws(Refusal) -> WireResponse {
    let place = try visiblePlace(issue, for: call)
    let body = try call.json()
    guard let id = body["transition"]?["id"]?.text else { throw errors(400, ["Missing 'transition' identifier"]) }
    let project = project(of: place)
    guard permissions(of: call.account.id, in: project.key).contains(.transition),
      let transition = project.workflow.transitions(from: issues[place].status).first(where: { $0.id == id })
    else { throw errors(400, ["Transition id '\(id)' is not valid for this issue."]) }
    try limitWrites(place, now: call.now)
    let given = body["fields"]?.members ?? []
    for member in given where !transition.screen.contains(member.key) {
      throw errors(
        400, [],
        [(member.key, "Field '\(member.key)' cannot be set. It is not on the appropriate screen, or unknown.")])
    }
    let resolution = try resolution(body["fields"]?["resolution"], in: project)
    let values = try check(
      given.filter { $0.key != "resolution" }, update: nil, current: issues[place].values, project: project,
      account: call.account.id)
    let missing = transition.required.filter { id in
      id == "resolution"
        ? resolution == nil && issues[place].resolution == nil
        : isEmpty(values[id] ?? issues[place].values[id])
    }
    guard missing.isEmpty else {
      throw errors(400, [], missing.map { ($0, "\(field($0)?.name ?? "Resolution") is required.") })
    }
    let comments = try (body["update"]?["comment"]?.array ?? []).map { entry throws(Refusal) in
      try commentBody(entry["add"]?["body"])
    }
    take(
      transition, on: place, resolution: resolution, values: values, by: call.account.id,
      metadata: body["historyMetadata"], now: call.now)
    for comment in comments { _ = insertComment(comment, on: place, by: call.account.id, now: call.now) }
    return .empty(204)
  }

  private func isEmpty(_ value: JSONValue?) -> Bool { value == nil || value == .null || value == [] || value == "" }

  private func resolution(_ value: JSONValue?, in project: SimulatedProject) throws(Refusal) -> String? {
    guard let value, !value.isNull else { return nil }
    let names = project.workflow.resolutions
    if let name = value["name"]?.string, names.contains(name) { return name }
    if let id = value["id"]?.string.flatMap(Int.init), names.indices.contains(id - 10_000) { return names[id - 10_000] }
    throw errors(400, [], [("resolution", "The resolution selected is invalid.")])
  }

  /// Moves an issue through its workflow. A done issue always has a resolution, another never.
  mutating func take(
    _ transition: SimulatedWorkflow.Transition, on place: Int, resolution: String?, values: [String: JSONValue] = [:],
    by account: AccountID, metadata: JSONValue?, now: Timestamp
  ) {
    let workflow = project(of: place).workflow
    let old = issues[place]
    let isDone = workflow.status(transition.to)?.category == .done
    let newResolution = isDone ? resolution ?? old.resolution ?? workflow.resolutions.first : nil
    issues[place].status = transition.to
    issues[place].resolution = newResolution
    var items = [
      SimulatedChange.item(
        field: "status", id: "status", from: workflow.status(old.status)?.id, fromText: old.status,
        to: workflow.status(transition.to)?.id, toText: transition.to)
    ]
    if newResolution != old.resolution {
      items.append(
        SimulatedChange.item(
          field: "resolution", id: "resolution", from: nil, fromText: old.resolution, to: nil, toText: newResolution))
    }
    for (key, value) in values.sorted(by: { $0.key < $1.key }) {
      guard let field = field(key), let item = changeItem(field, from: old.values[key], to: value) else { continue }
      items.append(item)
      issues[place].values[key] = value
    }
    record(items, on: place, by: account, metadata: metadata, now: now)
    touch(place, now: now)
    effects.note(
      .changed(effectFields([("status", .string(transition.to))])), on: old.id, by: account.rawValue, now: now)
  }
}
