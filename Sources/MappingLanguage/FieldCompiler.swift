import SyncModel
import XML

/// Reads the `<field>` and `<status>` elements of a mapping.
struct FieldCompiler {
  var findings: Findings

  mutating func fields(_ elements: [XMLElement]) -> [FieldRule] {
    var rules: [FieldRule] = []
    var positions: [String: SourcePosition] = [:]
    var written: [String: SourcePosition] = [:]
    for element in elements {
      let key = element[attribute: "jira"] ?? ""
      if let first = positions[key], let attribute = element.attribute("jira") {
        findings.error("the field '\(key)' stands in line \(first.line) already", at: findings.position(attribute))
      }
      positions[key] = positions[key] ?? findings.position(element)
      guard let rule = field(element, key) else { continue }
      if rule.direction.writesCRM {
        if let first = written[rule.crmName] {
          findings.error(
            "the CRM field '\(rule.crmName)' is written by line \(first.line) already", at: rule.position)
        }
        written[rule.crmName] = written[rule.crmName] ?? rule.position
      }
      rules.append(rule)
    }
    return rules
  }

  private mutating func field(_ element: XMLElement, _ key: String) -> FieldRule? {
    let direction: SyncDirection = findings.choice(element, "sync", .toJira)
    let format: FieldFormat = findings.choice(element, "as", JiraFieldTable.defaultFormat(of: key))
    checkTarget(element, key, direction, format)
    let maxLength = element[attribute: "max-length"].flatMap { Int($0) } ?? (key == "summary" ? 255 : nil)
    checkLength(element, key, format)
    let values = table(element)
    if let values { checkReversible(values, direction, element) }
    guard let source = source(element, direction) else { return nil }
    var rule = FieldRule(
      key: FieldKey(key), source: source, crmName: crmName(element, direction), format: format, direction: direction,
      onConflict: findings.choice(element, "on-conflict", .crm), values: values,
      defaultValue: element[attribute: "default"], maxLength: maxLength, position: findings.position(element),
      crmType: findings.choice(element, "crm-type", format == .number ? .number : .string))
    if let use = element.attribute("values") {
      rule.valuesFrom = ValuesUse(name: use.value, position: findings.position(use))
      if values != nil {
        findings.error(
          "values= and pairs of the field's own exclude each other; put them into <values name=\"\(use.value)\">",
          at: findings.position(use))
      }
    }
    readEmptiness(element, &rule)
    readOccasion(element, &rule)
    readForm(element, &rule)
    checkFixedValues(element, rule)
    return rule
  }

  private mutating func checkLength(_ element: XMLElement, _ key: String, _ format: FieldFormat) {
    guard let attribute = element.attribute("max-length") else { return }
    let length = Int(attribute.value)
    if length == nil || (key == "summary" && (length ?? 0) > 255) {
      findings.error("Jira takes at most 255 characters in summary", at: findings.position(attribute))
    }
    switch format {
    case .text, .plain, .html, .markdown, .wiki: return
    case .number, .date, .datetime, .user, .option, .options, .labels, .components, .versions, .priority,
      .cascading, .checkbox, .parent:
      findings.error(
        "max-length works only with as=\"text\" and rich text, not with \"\(format.rawValue)\"",
        at: findings.position(attribute))
    }
  }

  private mutating func source(_ element: XMLElement, _ direction: SyncDirection) -> FieldRule.Source? {
    let position = findings.position(element)
    switch (element.attribute("crm"), element.attribute("value")) {
    case (nil, nil):
      findings.error("the field needs crm=\"…\" (a field of the case) or value=\"…\" (a composed text)", at: position)
      return nil
    case (.some, .some(let value)):
      findings.error("crm= and value= exclude each other; keep one", at: findings.position(value))
      return nil
    case (.some, nil): return findings.expression(element, "crm").map { .field($0) }
    case (nil, .some):
      if direction.writesCRM, let attribute = element.attribute("sync") {
        findings.error(
          "a composed value= cannot be written back; use crm=\"…\", or sync=\"to-jira\"",
          at: findings.position(attribute))
      }
      return findings.template(element, "value", variables: ["connection", "case"], allowsExpressions: true)
        .map { .template($0) }
    }
  }

  private mutating func crmName(_ element: XMLElement, _ direction: SyncDirection) -> String {
    if let name = element[attribute: "crm-name"] { return name }
    let path = element[attribute: "crm"] ?? ""
    let isName = path.unicodeScalars.allSatisfy { $0.properties.isAlphabetic || $0.isDigit || $0 == "_" || $0 == "-" }
    if direction.writesCRM, !path.isEmpty, !isName, let attribute = element.attribute("crm") {
      findings.error(
        "crm=\"\(path.prefix(60))\" is a path; add crm-name=\"…\": what the CRM's API calls the field",
        at: findings.position(attribute))
    }
    return path
  }

  mutating func status(_ element: XMLElement) -> StatusRule? {
    let direction: SyncDirection = findings.choice(element, "sync", .toJira)
    let values = table(element) ?? ValueTable(pairs: [], otherwiseJira: nil, otherwiseCRM: nil)
    checkReversible(values, direction, element)
    var resolutions: [String: String] = [:]
    for pair in element.elements(named: "pair") {
      guard let status = pair[attribute: "jira"], let resolution = pair[attribute: "resolution"] else { continue }
      if let first = resolutions[status], first != resolution, let attribute = pair.attribute("resolution") {
        findings.error(
          "the Jira status '\(status)' has the resolution '\(first)' already", at: findings.position(attribute))
      }
      resolutions[status] = resolution
    }
    let name = crmName(element, direction)
    let ways = self.ways(element)
    guard let source = findings.expression(element, "crm") else { return nil }
    return StatusRule(
      source: source, crmName: name, direction: direction, onConflict: findings.choice(element, "on-conflict", .crm),
      values: values, resolutions: resolutions, position: findings.position(element),
      crmType: findings.choice(element, "crm-type", .string), ways: ways)
  }

  /// What the pairs say of the ways to their statuses; one status has one way, whichever pair leads to it.
  private mutating func ways(_ element: XMLElement) -> [String: StatusWay] {
    var ways: [String: StatusWay] = [:]
    for pair in element.elements(named: "pair") {
      guard let status = pair[attribute: "jira"] else { continue }
      let position = findings.position(pair)
      var via = pair[attribute: "via"]?.split(separator: ",").map { String($0).trimmed }.filter { !$0.isEmpty } ?? []
      if let attribute = pair.attribute("via") {
        if via.isEmpty || via.contains(where: { $0.lowercased() == status.lowercased() }) {
          findings.error(
            "via= names the statuses before '\(status.prefix(60))', such as via=\"In Progress, Review\"",
            at: findings.position(attribute))
        }
        if via.count >= 5 {
          findings.error("a way may have at most five steps, so via= at most four", at: findings.position(attribute))
          via = []
        }
      }
      let screen = self.screen(pair)
      if let first = ways[status] {
        if !via.isEmpty || !screen.isEmpty {
          findings.error(
            "the way to '\(status.prefix(60))' is described in line \(first.position.line); "
              + "say via= and <screen> there", at: position)
        }
      } else {
        ways[status] = StatusWay(via: via, screen: screen, position: position)
      }
    }
    return ways
  }

  /// The `<screen>` elements of a pair, read as one-way fields.
  private mutating func screen(_ pair: XMLElement) -> [FieldRule] {
    var rules: [FieldRule] = []
    for element in pair.elements(named: "screen") {
      let key = element[attribute: "field"] ?? ""
      let position = findings.position(element)
      if key == "resolution" {
        findings.error("write resolution=\"…\" on the <pair> instead", at: position)
      }
      if rules.contains(where: { $0.key.rawValue == key }) {
        findings.error("the field '\(key.prefix(60))' stands twice for one screen", at: position)
      }
      let format = findings.choice(element, "as", JiraFieldTable.defaultFormat(of: key))
      let template = findings.template(
        element, "value", variables: ["connection", "case"], allowsExpressions: true)
      guard let template else { continue }
      var rule = FieldRule(
        key: FieldKey(key), source: .template(template), crmName: "", format: format, direction: .toJira,
        onConflict: .crm, values: nil, defaultValue: nil, maxLength: nil, position: position)
      readForm(element, &rule)
      checkFixedValues(element, rule)
      rules.append(rule)
    }
    return rules
  }

  mutating func table(_ element: XMLElement) -> ValueTable? {
    let pairs = element.elements(named: "pair")
    let otherwise = element.first("otherwise")
    guard !pairs.isEmpty || otherwise != nil else { return nil }
    if let otherwise, otherwise.attributes.isEmpty {
      findings.error("<otherwise> needs jira=, crm= or both", at: findings.position(otherwise))
    }
    return ValueTable(
      pairs: pairs.map {
        .init(
          crm: $0[attribute: "crm"] ?? "", jira: $0[attribute: "jira"] ?? "",
          direction: findings.choice($0, "sync", .both), position: findings.position($0))
      },
      otherwiseJira: otherwise?[attribute: "jira"], otherwiseCRM: otherwise?[attribute: "crm"],
      otherwisePosition: otherwise.map { findings.position($0) })
  }
}
