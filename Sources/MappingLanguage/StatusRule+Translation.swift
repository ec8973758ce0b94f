package import SyncModel

/// A state to reach in Jira.
package struct JiraStatus: Hashable, Sendable {
  package var name: String
  /// To set on the way there.
  package var resolution: String?

  package init(name: String, resolution: String?) {
    self.name = name
    self.resolution = resolution
  }
}

extension StatusRule {
  /// The Jira status of a CRM status.
  package func jiraStatus(forCRM value: FieldValue) -> Result<JiraStatus, FieldProblem> {
    guard let name = values.jira(forCRM: value.display) else {
      return .failure(problem("the CRM status \(FieldRule.shown(value.display)) has no <pair>", "jira"))
    }
    return .success(JiraStatus(name: name, resolution: resolutions[name]))
  }

  /// The CRM status of a Jira status, with the JSON that `set-fields` would carry.
  package func crmStatus(forJira name: String) -> FieldTranslation {
    guard let status = values.crm(forJira: name) else {
      return .failure(problem("the Jira status \(FieldRule.shown(name)) has no <pair>", "crm"))
    }
    guard let payload = crmType.payload(status) else {
      return .failure(
        FieldProblem(
          key: Self.key, position: position,
          reason: "the CRM wants a \(crmType.rawValue), and \(FieldRule.shown(status)) is none"))
    }
    return .value(canonical: .text(orEmpty: status), payload: payload)
  }

  private func problem(_ reason: String, _ side: String) -> FieldProblem {
    FieldProblem(key: Self.key, position: position, reason: "\(reason), and there is no <otherwise \(side)=\"…\"/>")
  }
}
