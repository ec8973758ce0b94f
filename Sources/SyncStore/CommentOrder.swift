import GRDB
import SyncCore
import SyncModel

// What is done to a comment of the CRM's comes after the comment itself, and in the order in which it was done there, also
// where an earlier step had to wait for its author: unlike a case's fields, which later events may pass on their way.
extension Store {
  /// Keeps a change or deletion of a comment waiting while the comment's own way to Jira is not at its end.
  ///
  /// What stands still itself has it stand still likewise, so that it blocks nothing else and is retried together with it.
  ///
  /// - Returns: whether it has to wait.
  static func waitsForComment(_ row: Row, now: Timestamp, _ database: Database) throws -> Bool {
    let path: String
    switch RemoteCall.Kind(rawValue: row.text("kind")) {
    case .editComment: path = "$.comment.crmComment"
    case .deleteComment: path = "$.crmComment"
    case .createIssue, .editIssue, .transitionIssue, .addComment, .addAttachment, .addRemoteLink, .deleteIssue,
      .writeCase, .addCaseComment, .editCaseComment, .deleteCaseComment, .addCaseAttachment, .askCase, nil:
      return false
    }
    let comment = try Row.fetchOne(
      database.cachedStatement(sql: unfinishedComment), arguments: [row.int("link"), row.text("call"), path])
    guard let comment else { return false }
    guard ["held", "dead"].contains(comment.text("state")) else {
      try wait(row.int("id"), for: comment.int("id"), database)
      return true
    }
    try database.executeCached(
      sql: """
        UPDATE operation SET (state, hold_reason, cause, blocked_by, blocked_lane) =
          (SELECT state, hold_reason, cause, id, lane FROM operation WHERE id = :comment),
          due_at = NULL, settled_at = CASE :state WHEN 'dead' THEN :now END, reason = :reason
        WHERE id = :id
        """,
      arguments: [
        "comment": comment.int("id"), "state": comment.text("state"), "now": now.milliseconds, "id": row.int("id"),
        "reason": "waits for the comment itself (operation \(comment.int("id")))",
      ])
    return true
  }

  static let unfinishedComment = """
    SELECT id, state FROM operation WHERE link = ? AND kind = 'add-comment' AND state NOT IN ('done', 'skipped')
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
  /// A comment that waited for somebody and then ends in any way lets go what is to be done to it.
  static let commentsInOrder = """
    DROP TRIGGER operation_unblocks;
    CREATE TRIGGER operation_unblocks AFTER UPDATE OF state ON operation
    WHEN NEW.state NOT IN ('ready', 'running', 'verifying', 'waiting')
      AND (OLD.state IN ('ready', 'running', 'verifying', 'waiting') OR NEW.kind IN ('create-issue', 'add-comment'))
    BEGIN
      UPDATE operation SET (blocked_by, blocked_lane) = (\(blocker)) WHERE blocked_by = NEW.id
        AND NOT (NEW.kind = 'add-comment' AND kind IN ('edit-comment', 'delete-comment') AND state IN ('held', 'dead'));
      UPDATE operation SET state = CASE WHEN must_look THEN 'verifying' ELSE 'ready' END, hold_reason = NULL,
        settled_at = NULL, reason = NULL, due_at = COALESCE(NEW.settled_at, 0)
      WHERE blocked_by = NEW.id AND NEW.kind = 'add-comment' AND kind IN ('edit-comment', 'delete-comment')
        AND state IN ('held', 'dead') AND NEW.state IN ('done', 'skipped');
    END;
    """
}
