import CRMClient
import JiraClient
import MappingLanguage
import SyncCore
import SyncModel
import SyncStore

/// A comment that both sides may change is read before it is written, as two-way fields are, and patched as they are.
extension JiraPerformance {
  func merge(_ edit: CommentEdit, _ operation: ClaimedOperation) async -> Result<Merged, CallFailure> {
    guard mapping.comments?.edits == .both, let known = operation.mirror?.jiraText,
      let issue = operation.link.issue?.id, let id = operation.mirror?.jira
    else { return .success(Merged(call: operation.call)) }
    switch await stillReads(edit, operation) {
    case .failure(let failure): return .failure(failure)
    case .success(true): break
    case .success(false):
      var merged = Merged(isOvertaken: true, reason: "left out: the comment reads differently in the CRM by now")
      merged.conflicts.append(
        Conflict(
          field: FieldKey("comment \(id)"), winner: .jira, crm: .text(orEmpty: edit.comment.words), jira: .empty))
      return .success(merged)
    }
    switch await jira.comment(id, of: issue, token: token) {
    // Whether it is the comment or the issue that is gone, the write finds out.
    case .failure(.notFound): return .success(Merged(call: operation.call))
    case .failure(let failure): return .failure(failure)
    case .success(let comment):
      let now = JiraResponses.digest(comment)
      if now == edit.comment.jiraText {
        return .success(
          Merged(receipt: .commented(id, text: now), reason: "nothing to send: Jira has this text already"))
      }
      var merged = Merged(call: operation.call)
      if let markup = crm?.markup { merged.call = .editComment(edit.patched(into: comment.body, markup: markup)) }
      let isUntouched = comment.updated != nil && comment.updated == comment.created
      if now != known, !isUntouched {
        merged.conflicts.append(
          Conflict(
            field: FieldKey("comment \(id)"), winner: .crm, crm: .text(orEmpty: edit.comment.words),
            jira: .text(orEmpty: CommentText.words(comment.body))))
      }
      return .success(merged)
    }
  }

  /// Asks the CRM, where the event may be older than a write of ours, whether its comment reads still as the event said.
  private func stillReads(_ edit: CommentEdit, _ operation: ClaimedOperation) async -> Result<Bool, CallFailure> {
    guard operation.mirror?.isWrittenByUs == true, let crm, crm.canListComments, let text = edit.comment.crmText
    else { return .success(true) }
    switch await crm.comments(of: operation.caseID) {
    case .failure(.notFound), .failure(.gone): return .success(false)
    case .failure(let failure): return .failure(failure)
    case .success(let comments):
      let now = comments.first { $0.id == edit.comment.crmComment }
      return .success(now.map { CommentText.digest(ofCRM: $0.body, isPublic: $0.isPublic) } == text)
    }
  }
}
