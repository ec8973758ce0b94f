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
}
