import SyncCore
import SyncModel
import SyncStore

extension Settlement {
  /// What becomes of an operation whose case and issue are not linked as they were when it was planned; nil: nothing
  /// stands in its way.
  init?(parted operation: ClaimedOperation, now: Timestamp) {
    switch (operation.link.standing, operation.call.kind.side) {
    case (.linked, _), (.outOfReach, _), (.caseDeleted, .jira), (.ended, .crm), (.vacant, .crm): return nil
    case (.caseDeleted, .crm): self.init(transition: .skip, reason: "left out: the case was deleted")
    case (.ended, .jira):
      self.init(transition: .skip, reason: "left out: the case and its issue are linked no more")
    case (.vacant, .jira):
      switch operation.call {
      case .createIssue: return nil
      // Only a case that was deleted before it had an issue is vacant since a moment; all others since their last issue.
      case .addComment where operation.link.standingSince != nil,
        .addAttachment where operation.link.standingSince != nil:
        self.init(transition: .skip, reason: CaseDeletion.leftOut)
      case .addComment, .addAttachment:
        self.init(
          transition: .tryAgain(at: now + .seconds(300)),
          reason: "waits for the case's new issue, which its next change makes")
      case .editIssue, .transitionIssue, .editComment, .deleteComment, .addRemoteLink, .deleteIssue, .writeCase,
        .addCaseComment, .editCaseComment, .deleteCaseComment, .addCaseAttachment:
        self.init(transition: .skip, reason: "left out: the issue is the case's no more")
      }
    }
  }
}
