import GRDB
import JSON
import SyncCore
import SyncModel

extension Store {
  /// Notes the digest of the text that an edit will leave in a person's own comment in the CRM, when that is another than
  /// was planned. It is written down before the request is sent, so that its echo is known as ours whenever it comes.
  ///
  /// The operation keeps Jira's whole text: another attempt patches it anew.
  ///
  /// - Returns: false: the attempt is not the operation's any more, and nothing may be sent.
  package func note(crmText text: String, of operation: ClaimedOperation) async throws -> Bool {
    guard case .editCaseComment(var edit) = operation.call else { return false }
    let planned = edit.crmText
    edit.crmText = text
    let call = RemoteCall.editCaseComment(edit).json.compact
    let comment = edit.comment.jiraComment.rawValue
    return try await commit { database in
      let isOurs = try Self.change(
        database, "UPDATE operation SET call = ? WHERE id = ? AND state = 'running' AND attempt = ?",
        [call, operation.id, operation.attempt])
      guard isOurs else { return false }
      try database.executeCached(
        sql: "UPDATE comment_pair SET crm_text = ? WHERE link = ? AND jira_comment = ? AND crm_text IS ?",
        arguments: [text, operation.link.id, comment, planned])
      try database.executeCached(
        sql: Self.editsOfTextToCome,
        arguments: [
          "text": text, "link": operation.link.id, "id": operation.id, "comment": comment, "planned": planned,
        ])
      return true
    }
  }

  /// What was planned meanwhile to replace the planned text replaces the noted one.
  static let editsOfTextToCome = """
    UPDATE operation SET call = json_set(call, '$.replaces', :text)
    WHERE link = :link AND kind = 'edit-case-comment' AND state NOT IN ('done', 'skipped') AND id > :id
      AND json_extract(call, '$.comment.jiraComment') = :comment AND json_extract(call, '$.replaces') = :planned
    """
}
