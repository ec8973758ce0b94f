import SyncCore
import SyncModel
import SyncStore

extension Settlement {
  /// What becomes of an operation whose case and issue are not linked as they were when it was planned; nil: nothing
  /// stands in its way.
  init?(parted operation: ClaimedOperation) {
    switch (operation.link.standing, operation.call.kind.side) {
    case (.linked, _), (.outOfReach, _), (.caseDeleted, .jira), (.ended, .crm), (.vacant, .crm), (.neverLinked, .crm):
      return nil
    case (.caseDeleted, .crm): self.init(transition: .skip, reason: "left out: the case was deleted")
    case (.ended, .jira):
      self.init(transition: .skip, reason: "left out: the case and its issue are linked no more")
    case (.neverLinked, .jira):
      guard operation.call.kind != .createIssue else { return nil }
      self.init(transition: .skip, reason: CaseDeletion.leftOut)
    case (.vacant, .jira):
      switch operation.call {
      case .createIssue: return nil
      case .addComment, .addAttachment:
        let kind = operation.call.kind
        self.init(
          transition: .hold(.issue), reason: OperationWords.waiting(.issue, for: operation.actor),
          cause: Cause(held: .issue, for: operation.actor, kind: kind, connection: operation.connection))
      case .editIssue, .transitionIssue, .editComment, .deleteComment, .addRemoteLink, .deleteIssue, .writeCase,
        .addCaseComment, .editCaseComment, .deleteCaseComment, .addCaseAttachment, .askCase:
        self.init(transition: .skip, reason: FormerIssue.leftOut)
      }
    }
  }
}
