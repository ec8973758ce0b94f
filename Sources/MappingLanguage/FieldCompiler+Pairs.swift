import SyncModel
import XML

extension FieldCompiler {
  /// Finds pairs that no value can meet, and Jira values of which nothing says what they are in the CRM.
  mutating func checkReversible(_ values: ValueTable, _ direction: SyncDirection, _ element: XMLElement) {
    var crmLines: [String: Int] = [:]
    var first: [String: String] = [:]
    for (pair, tag) in zip(values.pairs, element.elements(named: "pair")) {
      let position = findings.position(tag)
      let goesToJira = pair.direction.writesJira && direction.writesJira
      let goesToCRM = pair.direction.writesCRM && direction.writesCRM
      if !goesToJira && !goesToCRM {
        findings.warning(
          "no value meets this pair: it goes \(pair.direction.rawValue), and the \(element.name) only "
            + direction.rawValue,
          at: position)
        continue
      }
      if goesToJira, let line = crmLines[pair.crm] {
        findings.error(
          "the CRM value '\(pair.crm.prefix(60))' has a pair in line \(line) already"
            + (goesToCRM ? "; sync=\"to-crm\" makes this one count on the way back only" : ""), at: position)
      }
      if goesToJira { crmLines[pair.crm] = crmLines[pair.crm] ?? tag.line }
      guard goesToCRM else { continue }
      if let crm = first[pair.jira], crm != pair.crm {
        if goesToJira {
          findings.warning(
            "the Jira value '\(pair.jira)' comes back as '\(crm)', never as '\(pair.crm)': two pairs share it; "
              + "sync=\"to-jira\" on this one says that it is meant", at: position)
        } else {
          findings.warning(
            "no value meets this pair: the Jira value '\(pair.jira)' becomes '\(crm)' by an earlier one", at: position)
        }
      }
      first[pair.jira] = first[pair.jira] ?? pair.crm
    }
  }

  /// Holds the values of a field's own pairs against the form in which its values are compared with them.
  mutating func checkMet(_ element: XMLElement, _ rule: FieldRule) {
    guard let values = rule.values else { return }
    for (pair, tag) in zip(values.pairs, element.elements(named: "pair")) {
      for (name, words) in rule.doubts(of: pair) {
        findings.warning(words, at: tag.attribute(name).map { findings.position($0) } ?? findings.position(tag))
      }
    }
  }
}

extension FieldRule {
  /// What is legal about a pair and surely wrong, by the attribute that it is about.
  func doubts(of pair: ValueTable.Pair) -> [(attribute: String, words: String)] {
    var doubts: [(String, String)] = []
    func quoted(_ text: String) -> String { "'\(text.prefix(60))'" }
    if direction.writesJira, pair.direction.writesJira, let form = otherForm(ofCRM: pair.crm) {
      let words = "no value meets this pair: the CRM's \(quoted(pair.crm)) is read as \(quoted(form)); write that"
      doubts.append(("crm", words))
    }
    if direction.writesCRM, pair.direction.writesCRM, let form = otherForm(ofJira: pair.jira) {
      let words = "this pair never leads back: Jira's \(quoted(pair.jira)) is read as \(quoted(form)); write that"
      doubts.append(("jira", words))
    }
    let length = pair.jira.utf16.count
    if direction.writesJira, pair.direction.writesJira, format == .text, let maxLength, length > maxLength {
      doubts.append(("jira", "the value has \(length) characters, and max-length=\"\(maxLength)\" cuts it"))
    }
    return doubts
  }

  /// The form in which the pairs see a value of the CRM's; nil: this one.
  private func otherForm(ofCRM text: String) -> String? {
    let form: String
    switch format {
    case .options, .labels, .components, .versions: form = text.trimmed
    case .text, .plain, .html, .markdown, .wiki, .number, .date, .datetime, .user, .option, .priority, .cascading,
      .checkbox, .parent:
      form = canonical(ofCRM: [text]).display
    }
    return form == text ? nil : form
  }

  /// The form in which the pairs see a value of Jira's; nil: this one, or not known before there is one.
  private func otherForm(ofJira text: String) -> String? {
    var plain = self
    plain.values = nil
    plain.maxLength = nil
    switch format {
    case .plain, .html, .markdown, .wiki, .user: return nil
    case .options, .components, .versions: return text.trimmed == text ? nil : text.trimmed
    case .labels: return text.trimmed.asLabel == text ? nil : text.trimmed.asLabel
    case .text, .number, .date, .datetime, .option, .priority, .cascading, .checkbox, .parent:
      guard case .value(let canonical, _) = plain.jiraValue(forCRM: plain.canonical(ofCRM: [text])) else { return nil }
      return canonical.display == text ? nil : canonical.display
    }
  }
}
