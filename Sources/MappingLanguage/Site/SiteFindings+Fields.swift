import SyncModel
import XML

extension SiteFindings {
  /// One mapping's fields against the screens of one place.
  mutating func check(_ mapping: Mapping, _ route: Route, _ screens: SiteFacts.Screens) {
    for rule in mapping.fields {
      guard let field = field(of: rule, at: route.place, screens) else { continue }
      check(rule, against: field, "in \(route.place)")
    }
    guard let create = screens.create else { return }
    if !create.contains(where: { $0.id == "labels" }) {
      error(
        "labels are not on the create screen of \(route.place); each issue carries a label by which it is found again, "
          + "so Jira would refuse them all", route.position)
    }
    let given = Set(mapping.fields.filter(\.direction.writesJira).map(\.key.rawValue))
    for field in create where field.isRequired && !field.hasDefault && !given.contains(field.id) {
      // Jira gives these itself, or the route does.
      if ["project", "issuetype", "reporter", "summary", "parent"].contains(field.id) { continue }
      error(
        "\(route.place) requires \(field.words), and this mapping never sets it; add <field jira=\"\(field.id)\" …/>",
        route.position)
    }
  }

  /// The field of a rule, if it is where the rule needs it; else that is said.
  private mutating func field(
    of rule: FieldRule, at place: IssuePlace, _ screens: SiteFacts.Screens
  ) -> SiteField? {
    let id = rule.key.rawValue
    let created = screens.create?.first { $0.id == id }
    let edited = screens.edit?.first { $0.id == id }
    guard rule.direction.writesJira else {
      if created == nil, edited == nil, let names = facts.fieldNames, names[id] == nil {
        error("Jira has no field '\(id)'" + hint(id, screens), rule.position)
      }
      return created ?? edited
    }
    // Who may not set a field is not shown it; what they lack is said as a permission.
    guard !screens.hidden.contains(id) else { return created ?? edited }
    if screens.create != nil, created == nil {
      let isKnown = edited != nil || facts.fieldNames.map { $0[id] != nil } ?? true
      error(
        isKnown
          ? "\(edited?.words ?? words(id)) is not on the create screen of \(place), so Jira would "
            + "refuse the whole issue"
          : "Jira has no field '\(id)'" + hint(id, screens), rule.position)
    } else if screens.edit != nil, edited == nil, !rule.isOnlyForNewIssues, let example = screens.example {
      error(
        "\(created?.words ?? words(id)) is not on the edit screen of \(place) (seen at \(example)), so Jira "
          + "would refuse its changes",
        rule.position)
    }
    return created ?? edited
  }

  /// The nearest id, or the id of the field with that name.
  private func hint(_ id: String, _ screens: SiteFacts.Screens) -> String {
    let shown = (screens.create ?? []) + (screens.edit ?? [])
    var names = facts.fieldNames ?? [:]
    for field in shown { names[field.id] = field.name }
    if let named = names.sorted(by: { $0.key < $1.key }).first(where: { $0.value.lowercased() == id.lowercased() }) {
      return "; '\(named.value)' is the name of '\(named.key)', and the mapping must say that"
    }
    // An id differs from another by its number alone, which says nothing.
    guard !id.hasPrefix("customfield_") else { return "" }
    return NearestName.hint(id, in: names.keys)
  }

  private func words(_ id: String) -> String {
    facts.fieldNames?[id].map { SiteField(id: id, name: $0, type: "").words } ?? "the field '\(id)'"
  }

  /// The format and every value that the mapping can write, against what the field is and takes.
  ///
  /// - Parameter place: where that is, as a sentence says it.
  mutating func check(_ rule: FieldRule, against field: SiteField, _ place: String) {
    guard rule.format.fits(field) else {
      error(
        "\(field.words) is \(field.kindWords) \(place), and as=\"\(rule.format.rawValue)\" is for "
          + rule.format.siteWords
          + (FieldFormat.allCases.first { $0.fits(field) }.map { "; write as=\"\($0.rawValue)\"" } ?? ""),
        rule.position)
      return
    }
    guard let allowed = field.allowed, rule.direction.writesJira else { return }
    for (value, position) in rule.writtenValues where !allowed.contains(value) {
      let hint = NearestName.hint(value, in: allowed)
      error(
        "\(field.words) does not take '\(value)' \(place)" + (hint.isEmpty ? list("; it takes", allowed) : hint),
        position)
    }
  }
}

extension FieldRule {
  /// The Jira values that the rule itself names, and where.
  fileprivate var writtenValues: [(value: String, position: SourcePosition)] {
    if format == .checkbox { return option.map { [($0, position)] } ?? [] }
    var result: [(String, SourcePosition)] = []
    for pair in values?.pairs ?? [] where pair.direction.writesJira {
      result.append((pair.jira, pair.position ?? position))
    }
    if let otherwise = values?.otherwiseJira { result.append((otherwise, values?.otherwisePosition ?? position)) }
    if let defaultValue { result.append((defaultValue, position)) }
    if case .template(let template) = source, values == nil, let constant = template.constant {
      result.append((constant, position))
    }
    if format == .cascading { result = result.map { (CascadingText($0.0).description, $0.1) } }
    return result.filter { !$0.0.isEmpty }
  }
}

extension FieldFormat {
  /// Whether a field's schema holds what this format writes; what the schema does not tell (`any`) fits everything.
  func fits(_ field: SiteField) -> Bool {
    let isArray = field.type == "array"
    guard field.type != "any", !isArray || field.items != nil else { return true }
    return switch self {
    case .text: field.type == "string" && !field.isRichText
    case .plain, .html, .markdown, .wiki: field.isRichText
    case .number: field.type == "number"
    case .date: field.type == "date"
    case .datetime: field.type == "datetime"
    case .user: field.type == "user"
    case .option: field.type == "option"
    case .options: isArray && field.items == "option"
    case .labels: isArray && field.items == "string"
    case .components: isArray && field.items == "component"
    case .versions: isArray && field.items == "version"
    case .priority: field.type == "priority"
    case .cascading: field.type == "option-with-child"
    case .checkbox: isArray && field.items == "option"
    case .parent: field.type == "issuelink" || field.id == "parent"
    }
  }

  /// What the format is for.
  var siteWords: String {
    switch self {
    case .text: "a line of text"
    case .plain, .html, .markdown, .wiki: "rich text"
    case .number: "a number"
    case .date: "a date"
    case .datetime: "a date with time"
    case .user: "a person"
    case .option: "a choice of one"
    case .options: "a choice of several"
    case .labels: "labels"
    case .components: "components"
    case .versions: "versions"
    case .priority: "the priority"
    case .cascading: "a choice of two levels"
    case .checkbox: "one of several boxes"
    case .parent: "the issue's parent"
    }
  }
}

extension SiteField {
  /// What kind of field it is, as its schema says.
  var kindWords: String {
    if let format = FieldFormat.allCases.first(where: { $0.fits(self) }) { return format.siteWords }
    return "of the type '\(type)\(items.map { " of \($0)" } ?? "")'"
  }
}
