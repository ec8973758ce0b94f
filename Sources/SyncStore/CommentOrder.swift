import GRDB
import SyncCore
import SyncModel

// What is done to a comment of the CRM's comes after the comment itself, and in the order in which it was done there, also
// where an earlier step had to wait for its author: unlike a case's fields, which later events may pass on their way.
extension Store {
  /// The comment's own way to Jira, as long as it is not at its end: to change or to delete it has to wait.
  static func precursor(_ row: Row, _ database: Database) throws -> Int64? {
    let path: String
    switch RemoteCall.Kind(rawValue: row.text("kind")) {
    case .editComment: path = "$.comment.crmComment"
    case .deleteComment: path = "$.crmComment"
    case .createIssue, .editIssue, .transitionIssue, .addComment, .addAttachment, .addRemoteLink, .writeCase,
      .addCaseComment, .editCaseComment, .deleteCaseComment, nil:
      return nil
    }
    return try Int64.fetchOne(
      database.cachedStatement(sql: unfinishedComment), arguments: [row.int("link"), row.text("call"), path])
  }

  static let unfinishedComment = """
    SELECT id FROM operation WHERE link = ? AND kind = 'add-comment' AND state NOT IN ('done', 'skipped')
    AND json_extract(call, '$.crmComment') = json_extract(?, ?)
    """

  /// Whether Jira has a later change of the comment already, which this one must not undo.
  static func isOvertaken(_ call: RemoteCall, operation: Int64, link: Int64, _ database: Database) throws -> Bool {
    guard case .editComment(let edit) = call else { return false }
    return try Bool.fetchOne(
      database.cachedStatement(sql: laterEdit), arguments: [link, operation, edit.comment.crmComment.rawValue]) == true
  }
}

extension Schema {
  /// A comment that waited for a person and then ends in any way lets go what is to be done to it.
  static let commentsInOrder = """
    DROP TRIGGER operation_unblocks;
    CREATE TRIGGER operation_unblocks AFTER UPDATE OF state ON operation
    WHEN NEW.state NOT IN ('ready', 'running', 'verifying', 'waiting')
      AND (OLD.state IN ('ready', 'running', 'verifying', 'waiting') OR NEW.kind IN ('create-issue', 'add-comment'))
    BEGIN
      UPDATE operation SET (blocked_by, blocked_lane) = (\(blocker)) WHERE blocked_by = NEW.id;
    END;
    """
}
