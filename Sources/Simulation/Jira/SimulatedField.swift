import JSON

/// A field that issues can have.
package struct SimulatedField: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    case text
    /// An ADF document.
    case richText
    case number
    case date
    case dateTime
    /// One of these values.
    case option([String])
    /// Several of these values.
    case options([String])
    case labels
    case priority
    case components
    case versions
    case user
  }

  package var id: String
  package var name: String
  package var kind: Kind

  package init(id: String, name: String, kind: Kind) {
    self.id = id
    self.name = name
    self.kind = kind
  }

  /// The fields that every site has and that edits can set; status, resolution, project and type have rules of their own.
  static let system = [
    SimulatedField(id: "summary", name: "Summary", kind: .text),
    SimulatedField(id: "description", name: "Description", kind: .richText),
    SimulatedField(id: "priority", name: "Priority", kind: .priority),
    SimulatedField(id: "labels", name: "Labels", kind: .labels),
    SimulatedField(id: "components", name: "Components", kind: .components),
    SimulatedField(id: "fixVersions", name: "Fix versions", kind: .versions),
    SimulatedField(id: "duedate", name: "Due date", kind: .date),
    SimulatedField(id: "assignee", name: "Assignee", kind: .user),
    SimulatedField(id: "reporter", name: "Reporter", kind: .user),
  ]

  static let priorities = ["Highest", "High", "Medium", "Low", "Lowest"]
  var isCustom: Bool { id.hasPrefix("customfield_") }

  /// `schema`, by which clients decide how to read and write the field.
  var schema: JSONValue {
    let place: JSONMember = isCustom ? JSONMember("custom", .string(customType)) : JSONMember("system", .string(id))
    return switch kind {
    case .text, .richText: .object([JSONMember("type", "string"), place])
    case .number: .object([JSONMember("type", "number"), place])
    case .date: .object([JSONMember("type", "date"), place])
    case .dateTime: .object([JSONMember("type", "datetime"), place])
    case .option: .object([JSONMember("type", "option"), place])
    case .options: .object([JSONMember("type", "array"), JSONMember("items", "option"), place])
    case .priority: .object([JSONMember("type", "priority"), place])
    case .user: .object([JSONMember("type", "user"), place])
    case .labels: .object([JSONMember("type", "array"), JSONMember("items", "string"), place])
    case .components: .object([JSONMember("type", "array"), JSONMember("items", "component"), place])
    case .versions: .object([JSONMember("type", "array"), JSONMember("items", "version"), place])
    }
  }

  private var customType: String {
    let type =
      switch kind {
      case .text: "textfield"
      case .richText: "textarea"
      case .number: "float"
      case .date: "datepicker"
      case .dateTime: "datetime"
      case .option: "select"
      case .options: "multiselect"
      case .labels: "labels"
      case .priority: "select"
      case .components, .versions: "multiversion"
      case .user: "userpicker"
      }
    return "com.atlassian.jira.plugin.system.customfieldtypes:" + type
  }

  /// What an unset field reads as.
  var emptyValue: JSONValue {
    switch kind {
    case .labels, .components, .versions, .options: []
    case .text, .richText, .number, .date, .dateTime, .option, .priority, .user: nil
    }
  }
}
