import CRMClient
import MappingLanguage
import SyncCore
import SyncModel
import SyncStore

/// A person's own comment is read before Jira's text is written over it, and the text is patched into what it reads.
extension CRMPerformance {
  /// Writes Jira's change into a person's own comment, unless they changed it since: theirs stays, and Jira's is kept as
  /// the one that lost.
  func change(
    _ edit: CaseCommentEdit, _ operation: ClaimedOperation, now: Timestamp,
    using random: inout some RandomNumberGenerator
  ) async throws -> Settlement {
    let comments: [CaseComment]
    switch await crm.comments(of: operation.caseID) {
    case .success(let list): comments = list
    // The write itself says so.
    case .failure(.notFound), .failure(.gone): comments = []
    case .failure(let failure):
      return settlement(.failure(failure), operation.call, operation, now: now, using: &random)
    }
    guard let current = comments.first(where: { $0.id == operation.mirror?.crm }) else {
      return try await write(edit.digested, operation, now: now, using: &random)
    }
    switch CommentText.digest(ofCRM: current.body, isPublic: current.isPublic) {
    case edit.crmText:
      return Settlement(transition: .done(.caseCommentEdited), reason: "the comment reads so already in the CRM")
    case edit.replaces:
      let patched = edit.patched(into: current.body, markup: crm.markup)
      return try await write(patched, operation, now: now, using: &random)
    default:
      return Settlement(
        transition: .skip, reason: "left out: the comment was changed in the CRM, too",
        conflicts: [
          Conflict(
            field: FieldKey("comment \(edit.comment.jiraComment)"), winner: .crm, crm: .text(orEmpty: current.body),
            jira: .text(orEmpty: edit.comment.text))
        ])
    }
  }

  /// Sends an edit whose digest is noted, or is noted first.
  private func write(
    _ edit: CaseCommentEdit, _ operation: ClaimedOperation, now: Timestamp,
    using random: inout some RandomNumberGenerator
  ) async throws -> Settlement {
    guard case .editCaseComment(let noted) = operation.call else { return Settlement(transition: .sendAgain) }
    if edit.crmText != noted.crmText {
      guard try await note(edit.crmText) else { return Settlement(transition: .sendAgain) }
    }
    return await send(.editCaseComment(edit), operation, now: now, using: &random)
  }
}
