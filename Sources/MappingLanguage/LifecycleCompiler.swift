import SyncModel
import XML

/// Reads the `<deletion>` and `<reopening>` elements of a mapping.
struct LifecycleCompiler {
  var findings: Findings

  mutating func deletion(_ element: XMLElement?, _ status: StatusRule?) -> DeletionRule {
    guard let element else { return DeletionRule() }
    let ofCase: DeletionRule.OfCase = findings.choice(element, "case", .keep)
    let target = element.attribute("status")
    if ofCase == .close {
      if let target {
        checkKnown(target, status)
      } else {
        findings.error(
          "case=\"close\" needs status=\"…\": which status of Jira's counts as closed?",
          at: element.attribute("case").map { findings.position($0) } ?? findings.position(element))
      }
    } else if let extra = target ?? element.attribute("resolution") {
      findings.error("\(extra.name)= has a meaning only with case=\"close\"", at: findings.position(extra))
    }
    return DeletionRule(
      ofCase: ofCase, status: target?.value,
      resolution: element[attribute: "resolution"] ?? target.flatMap { status?.resolutions[$0.value] },
      ofIssue: findings.choice(element, "issue", .note),
      ofIssuePosition: element.attribute("issue").map { findings.position($0) }, position: findings.position(element))
  }

  /// The status need not be one of the map's; a name that is nearly one of them is surely meant to be.
  private mutating func checkKnown(_ target: XMLAttribute, _ status: StatusRule?) {
    let names = Set(status?.values.pairs.map(\.jira) ?? [])
    guard !names.contains(target.value) else { return }
    let hint = NearestName.hint(target.value, in: names)
    guard !hint.isEmpty else { return }
    findings.warning(
      "no <pair> leads to the status '\(target.value.prefix(60))'\(hint)", at: findings.position(target))
  }

  mutating func reopening(_ element: XMLElement?, _ status: StatusRule?) -> ReopeningRule {
    guard let element else { return ReopeningRule() }
    let ofCase: ReopeningRule.OfCase = findings.choice(element, "case", .follow)
    let ofIssue: ReopeningRule.OfIssue = findings.choice(element, "issue", .follow)
    if ofCase != .follow, status?.direction.writesJira != true, let attribute = element.attribute("case") {
      findings.error(
        "no <status> goes to Jira, so an issue is never opened again with its case; case= has nothing to say",
        at: findings.position(attribute))
    }
    if ofIssue != .follow, status?.direction.writesCRM != true, let attribute = element.attribute("issue") {
      findings.error(
        "no <status> goes to the CRM, so a case is never opened again with its issue; issue= has nothing to say",
        at: findings.position(attribute))
    }
    let attribute = element.attribute("closed")
    let names = (attribute?.value ?? "").split(separator: ",").map { $0.trimmedBlanks }.filter { !$0.isEmpty }
    if let attribute, names.isEmpty {
      findings.error(
        "closed= lists statuses of the CRM's, such as closed=\"Closed, Solved\"", at: findings.position(attribute))
    }
    var rule = ReopeningRule(ofCase: ofCase, ofIssue: ofIssue, closed: Set(names))
    rule.position = findings.position(element)
    rule.closedPosition = attribute.map { findings.position($0) }
    // Shared pairs are not here yet.
    if let status, status.valuesFrom == nil {
      for problem in rule.take(status) { findings.error(problem.message, at: problem.position) }
    }
    return rule
  }
}

extension ReopeningRule {
  /// Finds out which cases are closed: those in the statuses that are named, else those whose pairs set a resolution.
  ///
  /// - Returns: what is wrong with them.
  mutating func take(_ status: StatusRule) -> [Diagnostic] {
    guard let position else { return [] }
    let known = status.values.pairs.map(\.crm)
    if let closedPosition {
      return closed.sorted().filter { !known.contains($0) }.map { name in
        Diagnostic(
          .error, at: closedPosition,
          "no <pair> has the CRM status '\(name.prefix(60))'\(NearestName.hint(name, in: known))")
      }
    }
    closed = Set(status.values.pairs.filter { status.resolutions[$0.jira] != nil }.map(\.crm))
    guard closed.isEmpty else { return [] }
    return [
      Diagnostic(
        .error, at: position,
        "no <pair> sets a resolution, so it is not clear which cases are closed; add closed=\"…\" with the CRM's "
          + "statuses")
    ]
  }
}

extension Substring {
  fileprivate var trimmedBlanks: String {
    let start = drop { $0 == " " }
    return start.lastIndex { $0 != " " }.map { String(start[...$0]) } ?? ""
  }
}

extension MappingCompilation {
  /// What `<deletion>` and `<reopening>` ask of a profile.
  static func lifecycleNeeds(_ mapping: Mapping, _ profile: CRMProfile) -> [Diagnostic] {
    var diagnostics: [Diagnostic] = []
    let deletion = mapping.deletion
    let tellsOfDeletions = profile.delivery.event.kinds.contains { $0.kind == .deleted }
    if deletion.ofCase != .keep, !tellsOfDeletions, let position = deletion.position {
      diagnostics.append(
        Diagnostic(
          .error, at: position,
          "the profile '\(profile.name)' has no <kind name=\"deleted\"/>, so a case is never known to be deleted"))
    }
    if deletion.ofIssue != .keep, !profile.canAddNotes, let position = deletion.ofIssuePosition {
      diagnostics.append(
        Diagnostic(
          .error, at: position,
          "telling the case needs the requests add-comment and list-comments, which the profile '\(profile.name)' does "
            + "not describe; write issue=\"keep\""))
    }
    if mapping.reopening.ofIssue == .comment, !profile.canAddNotes, let position = mapping.status?.position {
      diagnostics.append(
        Diagnostic(
          .error, at: position,
          "<reopening issue=\"comment\"> needs the requests add-comment and list-comments, which the profile "
            + "'\(profile.name)' does not describe"))
    }
    return diagnostics
  }
}

extension CRMProfile {
  /// Whether a sentence of ours can be put on a case, and be found again after a lost answer.
  package var canAddNotes: Bool {
    api?.requests[.addComment] != nil && api?.requests[.listComments] != nil
  }
}
