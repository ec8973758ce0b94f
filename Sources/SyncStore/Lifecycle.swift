import GRDB
import JSON
package import SyncCore
package import SyncModel

// What becomes of links when cases are deleted and opened again, and when issues disappear. A link is never deleted: its
// row is the case's place under a mapping, and its story.
extension Store {
  /// What an event changes of how the case and its issue stand, before its operations are journaled.
  static func follow(
    _ plan: Plan, of event: EventToPlan, link: Int64, now: Timestamp, _ database: Database
  ) throws {
    if plan.letsGo { try letGo(link, standing: .vacant, since: nil, now: now, database) }
    if let standing = plan.standing {
      let since = try occurrence(ofEvent: event.id, database) ?? now
      try stand(link, standing, since: since, database)
      if standing == .caseDeleted { try forgetUnsent(link, since: since, now: now, database) }
    }
    switch plan.stray {
    case nil: break
    case .some(.none): try database.executeCached(sql: "UPDATE link SET stray = NULL WHERE id = ?", arguments: [link])
    case .to(let words):
      try database.executeCached(sql: "UPDATE link SET stray = ? WHERE id = ?", arguments: [words, link])
    }
  }

  /// Gives a link without an issue its next one.
  static func renew(_ link: Int64, _ new: Plan.NewLink, _ database: Database) throws {
    try database.executeCached(
      sql: """
        UPDATE link SET project = ?, issue_type = ?, label = ?, standing = 'linked', standing_since = NULL, stray = NULL
        WHERE id = ?
        """, arguments: [new.project, new.issueType, new.label, link])
  }

  static func stand(_ link: Int64, _ standing: LinkStanding, since: Timestamp?, _ database: Database) throws {
    try database.executeCached(
      sql: "UPDATE link SET standing = ?, standing_since = ? WHERE id = ?",
      arguments: [standing.rawValue, since?.milliseconds, link])
  }

  /// The case was deleted before its issue was ever asked for: none is made any more.
  private static func forgetUnsent(_ link: Int64, since: Timestamp, now: Timestamp, _ database: Database) throws {
    let unsent = try Int64.fetchOne(database.cachedStatement(sql: unsentCreation), arguments: [link])
    guard let unsent else { return }
    try skip(unsent, CaseDeletion.leftOut, now: now, database)
    try letGo(link, standing: .neverLinked, since: since, now: now, database)
    let comments = try Row.fetchAll(database.cachedStatement(sql: neverSent), arguments: [link])
    for comment in comments { try skip(comment.int("id"), CaseDeletion.leftOut, now: now, database) }
  }

  static let unsentCreation = """
    SELECT id FROM operation WHERE link = ? AND kind = 'create-issue' AND NOT must_look
      AND (state IN ('ready', 'held', 'dead') OR state = 'waiting' AND sent_at IS NULL)
    """

  /// Parts a case from its issue. What was on its way to that issue and says nothing of a new one is left out; comments
  /// and files that were never sent stay, and go to the next issue. Of those whose answer was lost nobody can tell any
  /// more without looking into the issue that is left: that is for an admin to decide.
  static func letGo(
    _ link: Int64, standing: LinkStanding, since: Timestamp?, now: Timestamp, _ database: Database
  ) throws {
    try database.executeCached(
      sql: """
        INSERT INTO former_issue (link, issue_id, issue_key, until)
        SELECT id, issue_id, issue_key, ? FROM link WHERE id = ? AND issue_id IS NOT NULL
        ON CONFLICT (link, issue_id) DO NOTHING
        """, arguments: [now.milliseconds, link])
    try database.executeCached(
      sql: """
        UPDATE link SET former_key = COALESCE(issue_key, former_key), issue_id = NULL, issue_key = NULL,
          generation = generation + 1, issue_updated_at = NULL WHERE id = ?
        """, arguments: [link])
    try stand(link, standing, since: since, database)
    // What was seen in the CRM stays: only what goes beyond it is a change of the case.
    try database.executeCached(
      sql: """
        UPDATE field_state SET base_crm = NULL, base_jira = NULL, replaced_crm = NULL, turns = 0, turned_to = NULL,
          turned_at = NULL, frozen_at = NULL WHERE link = ?
        """, arguments: [link])
    let left = try Int64.fetchAll(database.cachedStatement(sql: leftBehind), arguments: [link])
    for id in left { try skip(id, FormerIssue.leftOut, now: now, database) }
    try leaveOpen(link, now: now, database)
    try markUnderWay(link, database)
    // What the old issue has of the case's comments stays there as it is.
    try database.executeCached(
      sql: """
        UPDATE comment_pair SET gone = 1 WHERE link = :link AND (jira_comment IS NOT NULL
          OR crm_comment NOT IN (\(unsentComments)))
        """, arguments: ["link": link])
  }

  /// What is still to be done for an issue that is let go: all but comments and files that nobody has sent yet, and what
  /// is on its way to the case.
  static let leftBehind = """
    SELECT id FROM operation WHERE link = ? AND state NOT IN ('done', 'skipped', 'running')
      AND kind NOT IN ('add-comment', 'add-attachment', 'add-case-comment', 'add-case-attachment',
        'ask-case')
      AND (kind <> 'create-issue' OR must_look)
    """

  private static let unsentComments = """
    SELECT json_extract(call, '$.crmComment') FROM operation WHERE link = :link AND kind = 'add-comment'
      AND state NOT IN ('done', 'skipped', 'running')
    """

  /// Puts comments and files that the former issue never got after the creation of the next one.
  static func sendAfterCreation(
    of link: Int64, connection: ConnectionName, now: Timestamp, _ database: Database
  ) throws {
    let rows = try Row.fetchAll(database.cachedStatement(sql: neverSent), arguments: [link])
    for row in rows { try sendAfterCreation(row, connection: connection, now: now, database) }
  }

  static func sendAfterCreation(
    _ row: Row, connection: ConnectionName, now: Timestamp, _ database: Database
  ) throws {
    let link = row.int("link")
    guard let kind = RemoteCall.Kind(rawValue: row.text("kind")), let json = try? JSONReader.read(row.text("call")),
      let call = RemoteCall(kind: kind, json: json)
    else { return }
    try skip(row.int("id"), FormerIssue.sentToNext, now: now, database)
    switch call {
    case .addComment(let comment):
      try database.executeCached(
        sql: "DELETE FROM comment_pair WHERE link = ? AND crm_comment = ? AND jira_comment IS NULL",
        arguments: [link, comment.crmComment.rawValue])
    case .addAttachment(let file):
      try database.executeCached(
        sql: "DELETE FROM attachment_pair WHERE link = ? AND crm_attachment = ? AND jira_attachment IS NULL",
        arguments: [link, file.crmAttachment.rawValue])
    default: return
    }
    let actor = row.textOrNil("actor_id").map { CRMUser(id: CRMUserID($0), name: row.textOrNil("actor_name")) }
    try insert(
      PlannedOperation(call: call, actor: actor), link: link, event: row.intOrNil("event"), connection: connection,
      now: now, database)
  }

  static let neverSent = """
    SELECT * FROM operation WHERE link = ? AND kind IN ('add-comment', 'add-attachment')
      AND state NOT IN ('done', 'skipped', 'running') AND NOT must_look ORDER BY id
    """

  // MARK: - Issues that disappear

  /// Journals what becomes of a link whose issue cannot be found, unless something about it changed meanwhile.
  ///
  /// - Returns: how many operations were journaled; nil: something changed, so it is left to the next run.
  package func journal(
    _ disappearance: Disappearance, of link: LinkToReconcile, updated: Timestamp?, connection: ConnectionName,
    now: Timestamp
  ) async throws -> Int? {
    try await commit { database in
      let id = link.state.id
      guard try Self.isUnchanged(link, database) else { return nil }
      try database.executeCached(
        sql: "UPDATE link SET issue_updated_at = ? WHERE id = ?", arguments: [(updated ?? now).milliseconds, id])
      // It was told already.
      guard link.state.standing != .outOfReach || disappearance.standing != .outOfReach else { return 0 }
      if disappearance.standing == .vacant {
        try Self.letGo(id, standing: .vacant, since: nil, now: now, database)
      } else {
        try Self.stand(id, disappearance.standing, since: now, database)
      }
      try Self.write(
        LedgerLine(
          at: now, connection: connection, caseID: link.caseID, link: id, event: nil, operation: nil,
          text: disappearance.line), database)
      for operation in disappearance.operations {
        try Self.insert(operation, link: id, event: nil, connection: connection, now: now, database)
      }
      return disappearance.operations.count
    }
  }

  /// The issue can be seen, whatever an earlier run found.
  static func isThere(
    _ link: LinkToReconcile, _ key: IssueKey, connection: ConnectionName, now: Timestamp, _ database: Database
  ) throws {
    guard link.state.standing == .outOfReach else { return }
    try stand(link.state.id, .linked, since: nil, database)
    try write(
      LedgerLine(
        at: now, connection: connection, caseID: link.caseID, link: link.state.id, event: nil, operation: nil,
        text: "\(key) can be seen again, and its changes reach the case"), database)
  }

  /// The next links whose issues are to be looked for, each pass over all of them beginning at most so often.
  ///
  /// A search shows no issue that was deleted, hidden or moved to a project that no route names.
  package func nextToSweep(
    _ connection: ConnectionName, limit: Int, every: Duration, now: Timestamp
  ) async throws -> [IssueID] {
    try await commit { database in
      let state = try Row.fetchOne(
        database.cachedStatement(sql: "SELECT link, began_at FROM sweep WHERE connection = ?"),
        arguments: [connection.rawValue])
      var start = state?.int("link") ?? 0
      var began = state?.time("began_at") ?? now
      // A clock that was ahead must not hold the next pass up.
      if start == 0, state != nil {
        guard now >= began + every || began > now else { return [] }
        began = now
      }
      let rows = try Row.fetchAll(
        database.cachedStatement(sql: Self.linksToSweep), arguments: [connection.rawValue, start, limit])
      start = rows.count < limit ? 0 : rows.last?.int("id") ?? 0
      try database.executeCached(
        sql: """
          INSERT INTO sweep (connection, link, began_at) VALUES (?, ?, ?)
          ON CONFLICT (connection) DO UPDATE SET link = excluded.link, began_at = excluded.began_at
          """, arguments: [connection.rawValue, start, began.milliseconds])
      return rows.map { IssueID($0.text("issue_id")) }
    }
  }

  static let linksToSweep = """
    SELECT id, issue_id FROM link WHERE connection = ? AND id > ? AND issue_id IS NOT NULL
      AND standing IN ('linked', 'out-of-reach') ORDER BY id LIMIT ?
    """

  /// Looks at a link in the next run: the issue was not found by somebody who wrote to it.
  static func doubt(_ operation: ClaimedOperation, _ settlement: Settlement, _ database: Database) throws {
    guard settlement.transition == .bury, settlement.cause?.reason == .notFound, operation.call.kind.side == .jira
    else { return }
    try forgetReconciliation(link: operation.link.id, database)
  }

  /// The former issues of a case, the oldest first.
  static func formerIssues(connection: String, caseID: String, _ database: Database) throws -> [Int64: [IssueKey]] {
    let rows = try Row.fetchAll(
      database,
      sql: """
        SELECT former_issue.link, former_issue.issue_key FROM link JOIN former_issue ON former_issue.link = link.id
        WHERE connection = ? AND case_id = ? ORDER BY until
        """, arguments: [connection, caseID])
    return Dictionary(grouping: rows, by: { $0.int("link") }).mapValues { $0.map { IssueKey($0.text("issue_key")) } }
  }
}
