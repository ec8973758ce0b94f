import SyncModel
import XML

/// Reads the `<field>` and `<status>` elements of a mapping, and the pairs of both.
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
    rule.valuesFrom = valuesUse(element)
    if let use = rule.valuesFrom, values != nil {
      findings.error(
        "values= and pairs of the field's own exclude each other; put them into <values name=\"\(use.name)\">",
        at: use.position)
    }
    rule.sourcePosition = (element.attribute("crm") ?? element.attribute("value")).map { findings.position($0) }
    readEmptiness(element, &rule)
    readOccasion(element, &rule)
    readForm(element, &rule)
    checkFixedValues(element, rule)
    checkMet(element, rule)
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

  mutating func crmName(_ element: XMLElement, _ direction: SyncDirection) -> String {
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

  /// The shared pairs that an element names.
  func valuesUse(_ element: XMLElement) -> ValuesUse? {
    element.attribute("values").map { ValuesUse(name: $0.value, position: findings.position($0)) }
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
