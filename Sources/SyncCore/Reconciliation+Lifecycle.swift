package import MappingLanguage
package import SyncModel

extension Reconciliation {
  /// Whether the case stays closed although its issue was opened again, as the mapping may say; both statuses are then
  /// agreed on as they are.
  func leavesClosed(
    _ write: FieldWrite, crmNow: FieldValue?, _ input: Input, _ decision: inout Decision
  ) -> Bool {
    let rule = mapping.reopening
    guard rule.ofIssue != .follow, let base = input.link.fields[StatusRule.key]?.base, let crmNow, crmNow == base.crm,
      rule.isClosed(crmNow), !rule.isClosed(write.crm)
    else { return false }
    decision.bases[StatusRule.key] = FieldState.Base(crm: crmNow, jira: write.jira)
    let wasClosed = mapping.status?.values.crm(forJira: base.jira.display).map { rule.isClosed(.text($0)) } ?? false
    guard wasClosed else { return true }
    let key = input.issue.key
    switch rule.ofIssue {
    case .follow: break
    case .ignore: decision.notes.append("\(key) was opened again in Jira; the case stays closed, as the mapping says")
    case .comment:
      let author = input.authors[StatusRule.key]
      let text =
        "\(key) was opened again in Jira" + (author.map { " by \(input.markup.quoting($0))" } ?? "")
        + ": \(input.markup.quoting(write.jira.display))"
      let number = (input.changedAt[StatusRule.key] ?? input.issue.updated)?.milliseconds ?? 0
      decision.notes.append("\(key) was opened again in Jira; the case stays closed and is told, as the mapping says")
      decision.operations.append(Self.note(text, key, number: number, authorName: author))
    }
    return true
  }

  /// An internal comment of ours on the case.
  static func note(_ text: String, _ key: IssueKey, number: Int64, authorName: String? = nil) -> PlannedOperation {
    PlannedOperation(
      call: .addCaseComment(
        CaseCommentAddition(
          jiraComment: EchoGuard.noteID(number: number), text: text, isPublic: false,
          marker: EchoGuard.noteMarker(issue: key, number: number))),
      actor: nil, authorName: authorName)
  }
}

/// What becomes of a link whose issue was deleted or hidden. Pure.
package struct Disappearance: Hashable, Sendable {
  package var standing: LinkStanding
  package var operations: [PlannedOperation]
  /// For the case's story.
  package var line: String

  /// - Parameters:
  ///   - canTell: whether the profile lets a sentence be put on the case.
  ///   - number: what tells this sentence from others about the issue.
  package init(of key: IssueKey, under rule: DeletionRule, canTell: Bool, number: Int64) {
    line = "\(key) is deleted in Jira, or hidden from the service user: its changes no longer reach the case"
    var words = "\(key) was deleted in Jira, or is hidden from Counterpart."
    switch rule.ofIssue {
    case .note, .keep:
      standing = .outOfReach
      words += " Its changes do not reach this case as long as that is so."
    case .unlink:
      standing = .ended
      line += "; they are linked no more, as the mapping says"
      words += " This case has no issue any more."
    case .recreate:
      standing = .vacant
      line += "; the case's next change makes a new issue, as the mapping says"
      words += " The next change of this case makes a new issue."
    }
    operations =
      canTell && rule.ofIssue != .keep ? [Reconciliation.note(words, key, number: number)] : []
  }
}
