import SyncModel
import XML

extension FieldCompiler {
  /// Holds a field's id and format against what Jira's own fields are.
  mutating func checkTarget(_ element: XMLElement, _ key: String, _ direction: SyncDirection, _ format: FieldFormat) {
    guard let attribute = element.attribute("jira") else { return }
    let position = findings.position(attribute)
    if key == StatusRule.key.rawValue {
      findings.error(JiraFieldTable.others[key] ?? "", at: findings.position(element))
    } else if let remedy = JiraFieldTable.others[key] {
      findings.error(remedy, at: position)
    } else if JiraFieldTable.kept.contains(key) {
      if direction.writesJira {
        findings.error("Jira keeps the field '\(key)' itself; nobody can write it", at: position)
      }
    } else if !JiraFieldTable.isPossible(key) {
      findings.warning(
        "Jira has no field with the id '\(key.prefix(60))'\(JiraFieldTable.hint(for: key))", at: position)
    }
    if let formats = JiraFieldTable.formats[key], !formats.contains(format), let attribute = element.attribute("as") {
      let fitting = formats.map { "as=\"\($0.rawValue)\"" }.joined(separator: " or ")
      findings.error(
        "the field '\(key)' cannot be as=\"\(format.rawValue)\"; it is \(fitting)", at: findings.position(attribute))
    }
  }

  /// What the sides get for empty and missing values.
  mutating func readEmptiness(_ element: XMLElement, _ rule: inout FieldRule) {
    rule.whenEmpty = emptyRule(
      element, "when-empty", "default", isUsed: rule.direction.writesJira, way: "to Jira", sync: "to-jira")
    rule.whenJiraEmpty = emptyRule(
      element, "when-jira-empty", "crm-default", isUsed: rule.direction.writesCRM, way: "to the CRM", sync: "to-crm")
    rule.crmDefault = element[attribute: "crm-default"]
    rule.whenAbsent = findings.choice(element, "when-absent", .leave)
    if rule.key == "summary", rule.whenEmpty == .clear, let attribute = element.attribute("when-empty") {
      findings.error("Jira's summary cannot be cleared; write default=\"…\"", at: findings.position(attribute))
    }
    if rule.format == .priority, rule.whenEmpty == .clear, let attribute = element.attribute("when-empty") {
      findings.error(
        "a priority cannot be cleared in Jira; write when-empty=\"leave\" or default=\"…\"",
        at: findings.position(attribute))
    }
    if let attribute = element.attribute("when-absent"), rule.isFixed {
      findings.warning(
        "a text without holes is never missing, so when-absent= says nothing", at: findings.position(attribute))
    }
  }

  private mutating func emptyRule(
    _ element: XMLElement, _ name: String, _ defaultName: String, isUsed: Bool, way: String, sync: String
  ) -> EmptyRule {
    let value = element.attribute(defaultName)
    let said = element.attribute(name)
    let rule: EmptyRule? = said.flatMap { EmptyRule(rawValue: $0.value) }
    if !isUsed, let attribute = said ?? value {
      findings.error(
        "\(attribute.name)= is about what goes \(way), and this field does not go there; write sync=\"\(sync)\" or "
          + "\"both\"", at: findings.position(attribute))
      return .clear
    }
    if rule == .default, value == nil, let said {
      findings.error("\(name)=\"default\" needs \(defaultName)=\"…\"", at: findings.position(said))
    }
    if let rule, rule != .default, let value {
      findings.error(
        "\(defaultName)= has no meaning beside \(name)=\"\(rule.rawValue)\"; keep one", at: findings.position(value))
    }
    return rule ?? (value == nil ? .clear : .default)
  }

  /// `on="new"`: only new issues get the value.
  mutating func readOccasion(_ element: XMLElement, _ rule: inout FieldRule) {
    guard let attribute = element.attribute("on"), attribute.value == "new" else { return }
    rule.isOnlyForNewIssues = true
    if rule.direction.writesCRM {
      findings.error(
        "on=\"new\" is for fields that go to Jira once; they cannot come back, so sync=\"to-jira\" is needed",
        at: findings.position(attribute))
    }
  }

  /// `zone`, `pattern` and `option`, each with the formats that it belongs to.
  mutating func readForm(_ element: XMLElement, _ rule: inout FieldRule) {
    let isTime = rule.format == .date || rule.format == .datetime
    for name in ["zone", "pattern"] {
      guard !isTime, let attribute = element.attribute(name) else { continue }
      findings.error(
        "\(name)= is for as=\"date\" and as=\"datetime\", not for \"\(rule.format.rawValue)\"",
        at: findings.position(attribute))
    }
    if isTime { rule.times = TimeForm(zone: findings.zone(element, "zone"), pattern: pattern(element, rule.format)) }
    rule.option = element[attribute: "option"]
    if rule.format == .checkbox, rule.option == nil {
      findings.error(
        "as=\"checkbox\" needs option=\"…\": which of the field's options is ticked?", at: findings.position(element))
    }
    if rule.format != .checkbox, let attribute = element.attribute("option") {
      findings.error(
        "option= is for as=\"checkbox\", not for \"\(rule.format.rawValue)\"", at: findings.position(attribute))
    }
    if rule.format == .checkbox, rule.crmType == .string, element.attribute("crm-type") == nil, rule.values == nil,
      rule.valuesFrom == nil
    {
      rule.crmType = .boolean
    }
  }

  private mutating func pattern(_ element: XMLElement, _ format: FieldFormat) -> TimePattern? {
    guard let attribute = element.attribute("pattern") else { return nil }
    do {
      let pattern = try TimePattern(attribute.value)
      if format == .datetime && !pattern.hasTime {
        findings.warning(
          "pattern=\"\(attribute.value)\" has no time of day, so every time is midnight; as=\"date\" may be meant",
          at: findings.position(attribute))
      }
      return pattern
    } catch {
      findings.error(
        "pattern=\"\(attribute.value.prefix(60))\": \(error.message)",
        at: findings.position(attribute, offset: error.offset))
      return nil
    }
  }

  /// Holds the values that stand in the mapping itself against the field's format: they fail for every case or for none.
  mutating func checkFixedValues(_ element: XMLElement, _ rule: FieldRule) {
    if let attribute = element.attribute("default"), let reason = rule.problem(ofJiraValue: attribute.value) {
      findings.error("default=: \(reason)", at: findings.position(attribute))
    }
    for pair in element.elements(named: "pair") + element.elements(named: "otherwise") {
      guard let attribute = pair.attribute("jira"), rule.direction.writesJira,
        let reason = rule.problem(ofJiraValue: attribute.value)
      else { continue }
      findings.error("jira=: \(reason)", at: findings.position(attribute))
    }
    if let attribute = element.attribute("value"), let fixed = rule.fixedValue {
      if fixed.isEmpty {
        findings.warning("the field can never have a value: value= is blank", at: findings.position(attribute))
      } else if let reason = rule.problem(ofJiraValue: fixed.display) {
        findings.error("value=: \(reason)", at: findings.position(attribute))
      }
    }
    checkCRMValues(element, rule.direction, rule.crmType)
  }

  /// Holds what the mapping itself writes into the CRM against the type that the CRM wants.
  mutating func checkCRMValues(_ element: XMLElement, _ direction: SyncDirection, _ type: CRMType) {
    guard direction.writesCRM else { return }
    var attributes = [element.attribute("crm-default")].compactMap { $0 }
    for pair in element.elements(named: "pair") + element.elements(named: "otherwise") {
      if let attribute = pair.attribute("crm"), pair[attribute: "sync"] != "to-jira" { attributes.append(attribute) }
    }
    for attribute in attributes where type.payload(attribute.value) == nil {
      findings.error(
        "\(attribute.name)=\"\(attribute.value.prefix(60))\" is no \(type.rawValue), and crm-type= says that "
          + "the CRM wants one", at: findings.position(attribute))
    }
  }
}

extension FieldRule {
  /// Whether it is made from nothing of the case's.
  var isFixed: Bool { fixedValue != nil }

  /// Why a value that stands in the mapping itself cannot be written to Jira; nil: it can.
  func problem(ofJiraValue text: String) -> String? {
    var unmapped = self
    unmapped.values = nil
    guard format != .user, format != .checkbox || option != nil,
      case .failure(let problem) = unmapped.jiraValue(forCRM: unmapped.canonical(ofCRM: [text]))
    else { return nil }
    return problem.reason
  }
}

extension Findings {
  /// The time zone in an attribute; nil when the attribute is absent or, after saying so, wrong.
  mutating func zone(_ element: XMLElement, _ name: String) -> Zone? {
    guard let attribute = element.attribute(name) else { return nil }
    if let zone = Zone(named: attribute.value) { return zone }
    var near = NearestName.hint(attribute.value, in: Zone.names)
    if near.isEmpty { near = "; write one such as Europe/Berlin" }
    error(
      "there is no time zone '\(attribute.value.prefix(60))'\(near)",
      at: position(attribute))
    return nil
  }
}
