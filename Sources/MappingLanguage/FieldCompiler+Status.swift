import SyncModel
import XML

/// Reads the `<status>` element of a mapping.
extension FieldCompiler {
  mutating func status(_ element: XMLElement) -> StatusRule? {
    let direction: SyncDirection = findings.choice(element, "sync", .toJira)
    let own = table(element)
    let values = own ?? ValueTable(pairs: [], otherwiseJira: nil, otherwiseCRM: nil)
    checkReversible(values, direction, element)
    checkPairs(own, element)
    var resolutions: [String: String] = [:]
    for pair in Self.described(element) {
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
    var rule = StatusRule(
      source: source, crmName: name, direction: direction, onConflict: findings.choice(element, "on-conflict", .crm),
      values: values, resolutions: resolutions, position: findings.position(element),
      crmType: findings.choice(element, "crm-type", .string), ways: ways)
    rule.valuesFrom = valuesUse(element)
    checkCRMValues(element, rule.direction, rule.crmType)
    return rule
  }

  /// The elements that say how a status is reached: the pairs, and beside shared pairs the ways.
  private static func described(_ element: XMLElement) -> [XMLElement] {
    element.elements(named: "pair") + element.elements(named: "way")
  }

  /// Pairs of the status's own, or shared ones; one of them, and not both.
  private mutating func checkPairs(_ own: ValueTable?, _ element: XMLElement) {
    if let use = element.attribute("values") {
      if own != nil {
        findings.error(
          "values= and pairs of the status's own exclude each other; put them into <values name=\"\(use.value)\">",
          at: findings.position(use))
      }
      return
    }
    if own?.pairs.isEmpty != false {
      findings.error(
        "the status needs a <pair crm=\"…\" jira=\"…\"/> for each state, or values=\"…\"",
        at: findings.position(element))
    }
    for way in element.elements(named: "way") {
      findings.error(
        "<way> goes with values=; beside pairs of the status's own, write its attributes on the <pair>",
        at: findings.position(way))
    }
  }

  /// What the pairs say of the ways to their statuses; one status has one way, whichever pair leads to it.
  private mutating func ways(_ element: XMLElement) -> [String: StatusWay] {
    var ways: [String: StatusWay] = [:]
    for pair in Self.described(element) {
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
      rule.sourcePosition = element.attribute("value").map { findings.position($0) }
      readForm(element, &rule)
      checkFixedValues(element, rule)
      rules.append(rule)
    }
    return rules
  }
}
