import GRDB
import JSON
import SyncCore
package import SyncModel

/// What is remembered of comments and files that are in both systems, and what follows from it for a new operation.
extension Store {
  /// What becomes of a planned operation when it is journaled.
  enum Wanted {
    case operation(PlannedOperation)
    /// It is done already, or cannot be; why, where a person would want to know.
    case nothing(String?)
  }

  /// A comment or file that is mirrored already is not mirrored again, and no echo of ours is an edit (promises 2, 6).
  static func wanted(
    _ planned: PlannedOperation, link: Int64, event: Int64?, now: Timestamp, _ database: Database
  ) throws -> Wanted {
    let isNew: Bool
    switch planned.call {
    case .createIssue, .editIssue, .transitionIssue, .addRemoteLink, .deleteIssue, .writeCase, .askCase:
      return .operation(planned)
    case .addComment(let comment): isNew = try remember(comment, link: link, event: event, now: now, database)
    case .addCaseComment(let comment):
      isNew = try change(
        database,
        """
        INSERT INTO comment_pair (link, origin, jira_comment, jira_text, crm_public, gone)
          VALUES (?, 'jira', ?, ?, ?, ?)
        ON CONFLICT (link, jira_comment) DO NOTHING
        """,
        [
          link, comment.jiraComment.rawValue, comment.jiraText, comment.isPublic,
          // A sentence of ours mirrors nothing that could change.
          EchoGuard.isNote(comment.jiraComment),
        ])
    case .editComment(let edit):
      return try wanted(edit, planned, link: link, event: event, now: now, database)
    case .deleteComment(let deletion): return try wanted(deletion, planned, link: link, now: now, database)
    case .editCaseComment(var edit):
      let pair = try pair(jira: edit.comment.jiraComment, link: link, database)
      if pair?.textOrNil("origin") == "crm" { edit.replaces = pair?.textOrNil("crm_text") }
      let isNews = try change(
        database,
        """
        UPDATE comment_pair SET jira_text = ?, crm_text = ?, crm_public = ?
        WHERE link = ? AND jira_comment = ? AND NOT gone AND jira_text IS NOT ?
        """,
        [
          edit.comment.jiraText, edit.crmText, edit.comment.isPublic, link, edit.comment.jiraComment.rawValue,
          edit.comment.jiraText,
        ])
      var planned = planned
      planned.call = .editCaseComment(edit)
      return isNews ? .operation(planned) : .nothing(nil)
    case .deleteCaseComment(let deletion):
      isNew = try change(
        database, "UPDATE comment_pair SET gone = 1 WHERE link = ? AND jira_comment = ? AND NOT gone",
        [link, deletion.jiraComment.rawValue])
    case .addAttachment(let attachment): isNew = try remember(attachment, link: link, database)
    case .addCaseAttachment(let attachment): isNew = try remember(attachment, link: link, database)
    }
    return isNew ? .operation(planned) : .nothing(nil)
  }

  // MARK: - The queries

  static let openEditsOfCopy = """
    SELECT id, call FROM operation WHERE link = ? AND kind = 'edit-case-comment'
    AND state IN ('ready', 'waiting', 'held') AND json_extract(call, '$.comment.jiraComment') = ?
    """

  /// What we wrote last over a person's own comment in the CRM.
  static let textWrittenToCRM = """
    SELECT id, json_extract(call, '$.crmText') AS text FROM operation WHERE link = ? AND kind = 'edit-case-comment'
    AND state <> 'skipped' AND sent_at IS NOT NULL AND json_extract(call, '$.comment.jiraComment') = ?
    ORDER BY id DESC LIMIT 1
    """

  /// An edit of the comment's author that reached Jira after an operation: the CRM held it then.
  static let laterEdit = """
    SELECT 1 FROM operation WHERE link = ? AND kind = 'edit-comment' AND state = 'done' AND id > ?
    AND json_extract(call, '$.comment.crmComment') = ?
    """

  static let openDeletion = """
    SELECT 1 FROM operation WHERE link = ? AND kind = 'delete-comment' AND state NOT IN ('done', 'skipped', 'dead')
    AND json_extract(call, '$.crmComment') = ?
    """

  static let unsentComment = """
    SELECT id FROM operation WHERE link = ? AND kind = 'add-comment' AND state IN ('ready', 'held', 'dead')
    AND NOT must_look AND json_extract(call, '$.crmComment') = ?
    """

  static let openCommentEdits = """
    SELECT json_extract(call, '$.comment.crmComment') FROM operation
    WHERE link = :link AND kind = 'edit-comment' AND state NOT IN ('done', 'skipped', 'dead')
    """

  static let pairOfCRM = "SELECT * FROM comment_pair WHERE link = ? AND crm_comment = ?"

  static let pairOfJira = "SELECT * FROM comment_pair WHERE link = ? AND jira_comment = ?"

  static func change(
    _ database: Database, _ sql: String, _ arguments: StatementArguments
  ) throws -> Bool {
    try database.executeCached(sql: sql, arguments: arguments)
    return database.changesCount > 0
  }

  private static func time(of event: Int64?, now: Timestamp, _ database: Database) throws -> Int64 {
    try Int64.fetchOne(
      database.cachedStatement(sql: "SELECT COALESCE(occurred_at, received_at) FROM event WHERE id = ?"),
      arguments: [event]) ?? now.milliseconds
  }

  private static func remember(
    _ comment: CommentAddition, link: Int64, event: Int64?, now: Timestamp, _ database: Database
  ) throws -> Bool {
    try change(
      database,
      """
      INSERT INTO comment_pair (link, origin, crm_comment, crm_text, crm_at, crm_public) VALUES (?, 'crm', ?, ?, ?, ?)
      ON CONFLICT (link, crm_comment) DO NOTHING
      """,
      [
        link, comment.crmComment.rawValue, comment.crmText, try time(of: event, now: now, database),
        comment.crmIsPublic,
      ])
  }

  private static func pair(_ comment: CommentID, link: Int64, _ database: Database) throws -> Row? {
    try Row.fetchOne(
      database.cachedStatement(sql: Self.pairOfCRM),
      arguments: [link, comment.rawValue])
  }

  // MARK: - Edits and deletions in the CRM

  private static func wanted(
    _ edit: CommentEdit, _ planned: PlannedOperation, link: Int64, event: Int64?, now: Timestamp, _ database: Database
  ) throws -> Wanted {
    let comment = edit.comment
    guard let pair = try pair(comment.crmComment, link: link, database) else {
      guard edit.isActorsOwn else {
        return .nothing("a comment that is not in Jira was changed in the CRM by somebody else than its author")
      }
      // Its own event is still to come, or was lost: the text goes over as it is now.
      _ = try remember(comment, link: link, event: event, now: now, database)
      return .operation(PlannedOperation(call: .addComment(comment), actor: planned.actor))
    }
    guard pair.text("origin") == "crm" else {
      return .nothing("the copy of a Jira comment was changed in the CRM; in Jira it stays as its author wrote it")
    }
    let at = try time(of: event, now: now, database)
    if let text = comment.crmText, try isEcho(text, of: pair, link: link, database) {
      try database.executeCached(
        sql: "UPDATE comment_pair SET crm_text = ?, crm_at = ? WHERE link = ? AND crm_comment = ? AND crm_at <= ?",
        arguments: [text, at, link, comment.crmComment.rawValue, at])
      return .nothing(nil)
    }
    let isNews = try change(
      database,
      """
      UPDATE comment_pair SET crm_text = :text, crm_at = :at, crm_public = :public
      WHERE link = :link AND crm_comment = :comment AND NOT gone AND crm_text IS NOT :text
        AND COALESCE(crm_at, 0) <= :at
      """,
      [
        "text": comment.crmText, "at": at, "public": comment.crmIsPublic, "link": link,
        "comment": comment.crmComment.rawValue,
      ])
    guard isNews else { return .nothing(nil) }
    let isUnsent = try change(
      database,
      """
      UPDATE operation SET call = :call WHERE link = :link AND kind = 'add-comment' AND state IN ('ready', 'held')
        AND NOT must_look AND actor_id IS :actor AND json_extract(call, '$.crmComment') = :comment
        AND :comment NOT IN (\(Self.openCommentEdits))
      """,
      [
        "call": RemoteCall.addComment(comment).json.compact, "link": link, "actor": planned.actor?.id.rawValue,
        "comment": comment.crmComment.rawValue,
      ])
    if isUnsent { return .nothing("the comment had not been sent yet, and will be sent as it reads now") }
    if let jira = pair.textOrNil("jira_comment") {
      try overtake(jira, by: comment, link: link, now: now, database)
    }
    return .operation(planned)
  }

  private static func writtenToCRM(_ pair: Row, link: Int64, _ database: Database) throws -> Row? {
    guard let jira = pair.textOrNil("jira_comment") else { return nil }
    return try Row.fetchOne(database.cachedStatement(sql: textWrittenToCRM), arguments: [link, jira])
  }

  /// Whether a text is our own write's. Once its author's later edit stands in Jira, the same text again is theirs.
  private static func isEcho(_ text: String, of pair: Row, link: Int64, _ database: Database) throws -> Bool {
    guard let written = try writtenToCRM(pair, link: link, database), written.text("text") == text else { return false }
    let later = try Bool.fetchOne(
      database.cachedStatement(sql: laterEdit),
      arguments: [link, written.int("id"), pair.textOrNil("crm_comment")])
    return later != true
  }

  /// A change of Jira's that has not reached the CRM yet loses against the CRM's own; its text is kept.
  private static func overtake(
    _ jiraComment: String, by comment: CommentAddition, link: Int64, now: Timestamp, _ database: Database
  ) throws {
    let open = try Row.fetchAll(
      database.cachedStatement(
        sql: Self.openEditsOfCopy), arguments: [link, jiraComment])
    for row in open {
      try skip(row.int("id"), "left out: the comment was changed in the CRM, too", now: now, database)
      guard let json = try? JSONReader.read(row.text("call")),
        case .editCaseComment(let lost)? = RemoteCall(kind: .editCaseComment, json: json)
      else { continue }
      try keep(
        Conflict(
          field: FieldKey("comment \(jiraComment)"), winner: .crm, crm: .text(comment.words),
          jira: .text(lost.comment.text)), link: link, now: now, database)
    }
  }

  private static func wanted(
    _ deletion: CommentDeletion, _ planned: PlannedOperation, link: Int64, now: Timestamp, _ database: Database
  ) throws -> Wanted {
    guard let pair = try pair(deletion.crmComment, link: link, database) else {
      // Should its own event still come, it must not bring it back.
      try database.executeCached(
        sql: "INSERT INTO comment_pair (link, origin, crm_comment, gone) VALUES (?, 'crm', ?, 1)",
        arguments: [link, deletion.crmComment.rawValue])
      return .nothing(nil)
    }
    guard pair.text("origin") == "crm" else {
      return .nothing("the copy of a Jira comment was deleted in the CRM; in Jira it stays")
    }
    let isNews = try change(
      database, "UPDATE comment_pair SET gone = 1 WHERE link = ? AND crm_comment = ? AND NOT gone",
      [link, deletion.crmComment.rawValue])
    guard isNews else { return .nothing(nil) }
    let unsent = try Int64.fetchAll(
      database.cachedStatement(
        sql: Self.unsentComment), arguments: [link, deletion.crmComment.rawValue])
    guard !unsent.isEmpty else { return .operation(planned) }
    for id in unsent { try skip(id, "left out: the comment was deleted in the CRM", now: now, database) }
    return .nothing("the comment had not been sent yet, and is not sent any more")
  }

  static func skip(_ id: Int64, _ reason: String, now: Timestamp, _ database: Database) throws {
    try database.executeCached(
      sql: """
        UPDATE operation SET state = 'skipped', hold_reason = NULL, due_at = NULL, settled_at = ?, reason = ?
        WHERE id = ?
        """, arguments: [now.milliseconds, reason, id])
  }

  // MARK: - What answers brought

  /// Remembers what an answer says of a comment or a file.
  static func takePair(
    _ receipt: Receipt, of operation: ClaimedOperation, now: Timestamp, _ database: Database
  ) throws {
    let link = operation.link.id
    switch (receipt, operation.call) {
    case (.commented(let id, let text), .addComment(let comment)):
      try database.executeCached(
        sql: """
          UPDATE comment_pair SET jira_comment = ?, jira_text = ?, jira_lead = ? WHERE link = ? AND crm_comment = ?
          """,
        arguments: [
          id.rawValue, text ?? comment.jiraText, comment.lead.json?.compact, link, comment.crmComment.rawValue,
        ])
      try deleteIfGone(comment, of: operation, now: now, database)
    case (.commented(_, let text), .editComment(let edit)):
      try database.executeCached(
        sql: "UPDATE comment_pair SET jira_text = ?, jira_lead = ? WHERE link = ? AND crm_comment = ?",
        arguments: [
          text ?? edit.comment.jiraText, edit.comment.lead.json?.compact, link, edit.comment.crmComment.rawValue,
        ])
    case (.caseCommented(let id?), .addCaseComment(let comment)):
      try database.executeCached(
        sql: "UPDATE comment_pair SET crm_comment = ? WHERE link = ? AND jira_comment = ?",
        arguments: [id.rawValue, link, comment.jiraComment.rawValue])
    case (.commentGone, .editComment):
      // Whether it was deleted, and what follows from that in the CRM, is the next run's to find out.
      try forgetReconciliation(link: link, database)
    case (.commentGone, .editCaseComment(let edit)):
      // The CRM's own comment: its deletion is an event that is still to come, and must not count as known then.
      try database.executeCached(
        sql: "UPDATE comment_pair SET gone = 1 WHERE link = ? AND jira_comment = ? AND origin = 'jira'",
        arguments: [link, edit.comment.jiraComment.rawValue])
    case (.attached, .addAttachment), (.caseAttached, .addCaseAttachment):
      try takeFile(receipt, of: operation, database)
    case (.caseAsked(let answer), _): try remember(answer, of: operation, database)
    case (.issueDeleted, _), (.issueGone, _): try stand(link, .ended, since: now, database)
    case (.issueCreated, _), (.commented, _), (.caseCommented, _), (.commentGone, _), (.attached, _),
      (.issueEdited, _), (.transitioned, _), (.commentDeleted, _), (.linked, _), (.caseWritten, _),
      (.caseCommentEdited, _), (.caseCommentDeleted, _), (.caseAttached, _), (.nothingToDo, _):
      break
    }
  }

  /// The comment was deleted in the CRM while nobody knew whether it was in Jira: now it is, and goes.
  private static func deleteIfGone(
    _ comment: CommentAddition, of operation: ClaimedOperation, now: Timestamp, _ database: Database
  ) throws {
    let link = operation.link.id
    let id = comment.crmComment
    let isOnItsWay = try Bool.fetchOne(
      database.cachedStatement(sql: openDeletion), arguments: [link, id.rawValue])
    guard isOnItsWay != true,
      try change(
        database, "UPDATE comment_pair SET gone = 0 WHERE link = ? AND crm_comment = ? AND gone", [link, id.rawValue])
    else { return }
    let deletion = PlannedOperation(call: .deleteComment(CommentDeletion(crmComment: id)), actor: operation.actor)
    try insert(deletion, link: link, event: nil, connection: operation.connection, now: now, database)
  }

  // MARK: - What an attempt needs to know

  /// The mirror of the comment that a call changes or deletes, or adds although it was deleted; nil for other calls.
  static func mirror(
    of call: RemoteCall, operation: Int64, link: Int64, _ database: Database
  ) throws -> CommentMirror? {
    let row: Row?
    switch call {
    case .editComment(let edit): row = try pair(edit.comment.crmComment, link: link, database)
    case .deleteComment(let deletion): row = try pair(deletion.crmComment, link: link, database)
    case .editCaseComment(let edit): row = try pair(jira: edit.comment.jiraComment, link: link, database)
    case .deleteCaseComment(let deletion): row = try pair(jira: deletion.jiraComment, link: link, database)
    case .addComment(let comment):
      row = try pair(comment.crmComment, link: link, database)
      guard row?.int("gone") == 1 else { return nil }
    case .createIssue, .editIssue, .transitionIssue, .addAttachment, .addRemoteLink, .deleteIssue, .writeCase,
      .addCaseComment, .addCaseAttachment, .askCase:
      return nil
    }
    let written =
      call.kind == .editComment ? try row.flatMap { try writtenToCRM($0, link: link, database) } : nil
    return CommentMirror(
      crm: row?.textOrNil("crm_comment").map { CommentID($0) },
      jira: row?.textOrNil("jira_comment").map { CommentID($0) }, jiraText: row?.textOrNil("jira_text"),
      isWrittenByUs: written != nil,
      isOvertaken: try isOvertaken(call, operation: operation, link: link, database))
  }

  private static func pair(jira comment: CommentID, link: Int64, _ database: Database) throws -> Row? {
    try Row.fetchOne(
      database.cachedStatement(sql: Self.pairOfJira),
      arguments: [link, comment.rawValue])
  }

  /// What is remembered of a link's comments that are in Jira, by Jira's id.
  static func commentPairs(link: Int64, _ database: Database) throws -> [CommentID: CommentPair] {
    let pending = try String.fetchAll(
      database.cachedStatement(
        sql: Self.openCommentEdits), arguments: ["link": link])
    let rows = try Row.fetchAll(
      database.cachedStatement(sql: "SELECT * FROM comment_pair WHERE link = ? AND jira_comment IS NOT NULL"),
      arguments: [link])
    return rows.reduce(into: [:]) { pairs, row in
      let crm = row.textOrNil("crm_comment")
      var pair = CommentPair(
        origin: Side(rawValue: row.text("origin")) ?? .crm, crmComment: crm.map { CommentID($0) },
        jiraText: row.textOrNil("jira_text"), crmIsPublic: row.intOrNil("crm_public").map { $0 == 1 },
        isGone: row.int("gone") == 1, isEditPending: crm.map(pending.contains) ?? false)
      pair.lead = CommentLead(json: row.textOrNil("jira_lead").flatMap { try? JSONReader.read($0) })
      pairs[CommentID(row.text("jira_comment"))] = pair
    }
  }
}

extension ClaimedOperation {
  /// With what stands before the comment in Jira, where that was found to be another than was planned.
  func saying(_ lead: CommentLead?) -> ClaimedOperation {
    guard let lead else { return self }
    var operation = self
    operation.call.lead = lead
    return operation
  }
}

/// Both ids of a comment that an operation changes, and the digest of what Jira was last seen or written with.
package struct CommentMirror: Hashable, Sendable {
  package var crm: CommentID?
  package var jira: CommentID?
  package var jiraText: String?
  /// We wrote the CRM's own comment at least once, so an event that shows it may be older than that.
  package var isWrittenByUs = false
  /// Jira has a later change of it already.
  package var isOvertaken = false
}
