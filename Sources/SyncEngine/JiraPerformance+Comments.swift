import JiraClient
import MappingLanguage
import SyncCore
import SyncModel
import SyncStore

/// A comment that both sides may change is read before it is written, as two-way fields are.
extension JiraPerformance {
  func merge(_ edit: CommentEdit, _ operation: ClaimedOperation) async -> Result<Merged, CallFailure> {
    guard mapping.comments?.edits == .both, let known = operation.mirror?.jiraText,
      let issue = operation.link.issue?.id, let id = operation.mirror?.jira
    else { return .success(Merged(call: operation.call)) }
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
}
