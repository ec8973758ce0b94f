package import MappingLanguage
import SyncModel

extension RemoteCall {
  /// The call as the mapping would have it now, from the CRM's values that it was planned from: whoever mends a mapping and
  /// has a dead letter tried again is heard.
  ///
  /// Accounts stay as they were translated; what the mapping no longer writes, or cannot translate, stays as it is and
  /// meets the same refusal.
  package func renewed(under mapping: Mapping) -> RemoteCall {
    switch self {
    case .createIssue(var creation):
      creation.fields = creation.fields.map { $0.renewed(under: mapping) }
      return .createIssue(creation)
    case .editIssue(var edit):
      edit.fields = edit.fields.map { $0.renewed(under: mapping) }
      return .editIssue(edit)
    case .transitionIssue(var transition):
      guard !transition.crmStatus.isEmpty, let rule = mapping.status,
        let status = rule.values.jira(forCRM: transition.crmStatus)
      else { return self }
      transition.status = status
      transition.resolution = rule.resolutions[status]
      transition.place = (rule.ways[status]?.position ?? rule.position).description
      return .transitionIssue(transition)
    case .addComment, .editComment, .deleteComment, .addAttachment, .addRemoteLink, .deleteIssue, .writeCase,
      .addCaseComment, .editCaseComment, .deleteCaseComment, .addCaseAttachment, .askCase:
      return self
    }
  }
}

extension FieldWrite {
  fileprivate func renewed(under mapping: Mapping) -> FieldWrite {
    guard let rule = mapping.fields.first(where: { $0.key == key }), rule.format != .user,
      case .value(let canonical, let payload) = rule.jiraValue(forCRM: crm)
    else { return self }
    return FieldWrite(
      key: key, payload: payload, crm: crm, jira: canonical, isTwoWay: rule.direction == .both,
      place: rule.place)
  }
}
