import JSON
import SyncModel

/// Why a value cannot be put into a field.
enum FieldProblem: Error {
  case message(String)
  /// A document that Jira does not take: it says so without saying where.
  case invalidInput
}

/// What each kind of field takes, how it is kept, and how it is shown.
///
/// Kept are names and account ids; shown are the objects that Jira makes of them.
extension JiraWorld {
  /// The value as it is kept; null empties the field.
  func kept(
    _ value: JSONValue, for field: SimulatedField, in project: SimulatedProject
  ) throws(FieldProblem) -> JSONValue {
    if value.isNull {
      guard field.id != "summary" else { throw .message("You must specify a summary of the issue.") }
      return field.emptyValue
    }
    switch field.kind {
    case .text: return try text(value, field)
    case .richText: return try document(value)
    case .number:
      guard case .number = value else { throw .message("Operation value must be a number") }
      return value
    case .date:
      guard let text = value.string, text.utf8.count == 10, Timestamp(text) != nil else {
        throw .message("Operation value must be a date in the format yyyy-MM-dd")
      }
      return value
    case .dateTime: return try dateTime(value)
    case .option(let values): return try name(value, "value", among: values, firstID: 10_100, what: "Option value")
    case .options(let values): return try names(value, "value", among: values, firstID: 10_100, what: "Option value")
    case .priority: return try priority(value)
    case .labels: return try labels(value)
    case .components:
      return try names(value, "name", among: project.components, firstID: 10_200, what: "Component name")
    case .versions: return try names(value, "name", among: project.versions, firstID: 10_300, what: "Version name")
    case .user:
      guard let id = value["accountId"]?.string ?? value["id"]?.string else {
        throw .message("Operation value must be an object with an accountId")
      }
      guard configuration.account(AccountID(id)) != nil else { throw .message("Account with ID \(id) does not exist.") }
      return .string(id)
    }
  }

  private func text(_ value: JSONValue, _ field: SimulatedField) throws(FieldProblem) -> JSONValue {
    guard let text = value.string else { throw .message("Operation value must be a string") }
    if field.id == "summary" {
      guard text.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) else {
        throw .message("You must specify a summary of the issue.")
      }
      guard text.unicodeScalars.count < 255 else { throw .message("Summary must be less than 255 characters.") }
      guard !text.unicodeScalars.contains(where: { $0 == "\n" || $0 == "\r" }) else {
        throw .message("The summary is invalid because it contains newline characters.")
      }
    } else if text.unicodeScalars.count > 255 {
      throw .message("The entered text is too long. It exceeds the allowed limit of 255 characters.")
    }
    return value
  }

  /// A description, a comment: an Atlassian document of bounded length.
  func document(_ value: JSONValue) throws(FieldProblem) -> JSONValue {
    guard value["type"] == "doc" else {
      throw .message("Operation value must be an Atlassian Document (see the Atlassian Document Format)")
    }
    guard DocumentRules.problems(in: value).isEmpty else { throw .invalidInput }
    guard DocumentRules.plainText(of: value).unicodeScalars.count <= DocumentRules.longestText else {
      throw .message("The entered text is too long. It exceeds the allowed limit of 32,767 characters.")
    }
    return value
  }

  /// `2026-11-23T10:00:00.000+0000`, and nothing else.
  private func dateTime(_ value: JSONValue) throws(FieldProblem) -> JSONValue {
    guard let text = value.string, text.utf8.count == 28, let time = Timestamp(text) else {
      throw .message("Operation value must be a date-time in the format yyyy-MM-dd'T'HH:mm:ss.SSSZ")
    }
    return .integer(time.milliseconds)
  }

  private func labels(_ value: JSONValue) throws(FieldProblem) -> JSONValue {
    guard let items = value.array, items.allSatisfy({ $0.string != nil }) else {
      throw .message("Operation value must be an array of strings")
    }
    var kept: [String] = []
    for label in items.compactMap(\.string) {
      guard !label.isEmpty, !label.unicodeScalars.contains(where: { $0.properties.isWhitespace }) else {
        throw .message("The label '\(label)' contains spaces which is invalid.")
      }
      guard label.unicodeScalars.count <= 255 else { throw .message("The label is too long.") }
      if !kept.contains(label) { kept.append(label) }
    }
    return .strings(kept)
  }

  private func priority(_ value: JSONValue) throws(FieldProblem) -> JSONValue {
    let names = SimulatedField.priorities
    if let name = value["name"]?.string, names.contains(name) { return .string(name) }
    if let id = value["id"]?.string.flatMap(Int.init), names.indices.contains(id - 1) { return .string(names[id - 1]) }
    throw .message("The priority selected is invalid.")
  }

  private func name(
    _ value: JSONValue, _ member: String, among names: [String], firstID: Int, what: String
  ) throws(FieldProblem) -> JSONValue {
    if let name = value[member]?.string {
      guard names.contains(name) else { throw .message("\(what) '\(name)' is not valid") }
      return .string(name)
    }
    guard let id = value["id"]?.string.flatMap(Int.init), names.indices.contains(id - firstID) else {
      throw .message("\(what) is not valid: it needs a known id or \(member)")
    }
    return .string(names[id - firstID])
  }

  private func names(
    _ value: JSONValue, _ member: String, among names: [String], firstID: Int, what: String
  ) throws(FieldProblem) -> JSONValue {
    guard let items = value.array else { throw .message("Operation value must be an array") }
    var kept: [JSONValue] = []
    for item in items {
      let known = try name(item, member, among: names, firstID: firstID, what: what)
      if !kept.contains(known) { kept.append(known) }
    }
    return .array(kept)
  }

  /// The value as Jira shows it to this reader.
  func shown(
    _ kept: JSONValue?, _ field: SimulatedField, in project: SimulatedProject, to reader: SimulatedAccount
  ) -> JSONValue {
    guard let kept, !kept.isNull else { return field.emptyValue }
    switch field.kind {
    case .text, .richText, .number, .date, .labels: return kept
    case .dateTime: return .string(date(Timestamp(milliseconds: kept.int ?? 0), for: reader))
    case .option(let values): return named(kept, "value", values, 10_100)
    case .options(let values): return .array((kept.array ?? []).map { named($0, "value", values, 10_100) })
    case .priority: return named(kept, "name", SimulatedField.priorities, 1)
    case .components: return .array((kept.array ?? []).map { named($0, "name", project.components, 10_200) })
    case .versions: return .array((kept.array ?? []).map { named($0, "name", project.versions, 10_300) })
    case .user: return configuration.account(AccountID(kept.string ?? "")).map { user($0) } ?? .null
    }
  }

  private func named(_ name: JSONValue, _ member: String, _ all: [String], _ firstID: Int) -> JSONValue {
    let place = all.firstIndex(of: name.string ?? "") ?? all.count
    return .object([JSONMember("id", .string(String(firstID + place))), JSONMember(member, name)])
  }

  /// A user as answers embed one; with the e-mail only where the reader may see it.
  func user(_ account: SimulatedAccount, withEmail: Bool = false) -> JSONValue {
    if personalData.closed.contains(account.id) { return Self.formerUser }
    var members = [
      JSONMember("accountId", .string(account.id.rawValue)), JSONMember("accountType", .string(account.kind.rawValue)),
      JSONMember("displayName", .string(account.name)), JSONMember("active", .bool(account.isActive)),
      JSONMember("timeZone", .string(account.timeZone)),
    ]
    if withEmail { members.append(JSONMember("emailAddress", .string(account.email))) }
    return .object(members)
  }

  /// `2026-11-23T13:11:31.504+0100`, in the reader's time zone.
  func date(_ time: Timestamp, for reader: SimulatedAccount) -> String {
    let offset = reader.offsetMinutes
    let local = (time + .seconds(offset * 60)).description.dropLast()
    let minutes = abs(offset)
    let digits = String(10_000 + minutes / 60 * 100 + minutes % 60).dropFirst()
    return "\(local)\(offset < 0 ? "-" : "+")\(digits)"
  }

  /// The changelog's entry for one field; nil where nothing changed.
  func changeItem(_ field: SimulatedField, from old: JSONValue?, to new: JSONValue) -> JSONValue? {
    let before = old ?? field.emptyValue
    guard before != new else { return nil }
    let (from, fromText) = changeText(before, field)
    let (to, toText) = changeText(new, field)
    return SimulatedChange.item(
      field: field.isCustom ? field.name : field.id, id: field.id, isCustom: field.isCustom, from: from,
      fromText: fromText, to: to, toText: toText)
  }

  private func changeText(_ value: JSONValue, _ field: SimulatedField) -> (id: String?, text: String?) {
    switch field.kind {
    case .labels, .components, .versions, .options:
      return (nil, (value.array ?? []).compactMap(\.string).joined(separator: " "))
    case .richText: return (nil, value.isNull ? nil : DocumentRules.plainText(of: value))
    case .user: return (value.string, configuration.account(AccountID(value.string ?? ""))?.name)
    case .priority:
      let place = SimulatedField.priorities.firstIndex(of: value.string ?? "")
      return (place.map { String($0 + 1) }, value.string)
    case .text, .number, .date, .dateTime, .option: return (nil, value.text)
    }
  }
}
