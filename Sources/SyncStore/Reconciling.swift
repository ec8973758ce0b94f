import GRDB
package import SyncCore
package import SyncModel

/// A link as a reconciliation run sees it.
package struct LinkToReconcile: Sendable {
  package var mapping: MappingName
  package var caseID: CaseID
  package var state: LinkState
  /// A write to this issue or this case is under way: what is read now cannot be told from our own doing.
  package var isBusy: Bool
  /// A comment was sent and its answer lost, and nobody has looked yet whether it stands in Jira: its author must
  /// reconnect first, or it was given up. Only its marker tells it from a comment that was written there.
  package var hasLostComment: Bool
  /// Jira comments that are mirrored already, or that are mirrors of the CRM's.
  package var comments: [CommentID: CommentPair]
  /// Files of the issue that were decided about, or are copies of the case's.
  package var files: Set<AttachmentID>
  package var hasLostFile: Bool
  /// What we wrote to the issue since the last run that looked at it.
  package var writes: [JiraWrite]
  /// Changes whenever an operation of the link is journaled or settled.
  fileprivate var version: Version

  fileprivate struct Version: Equatable, Sendable {
    var newest: Int64
    var open: Int64
    var running: Int64
  }
}

/// What a run decided about one link.
package struct ReconciledLink: Sendable {
  package var link: LinkToReconcile
  package var issue: JiraIssue
  package var operations: [PlannedOperation]
  package var bases: [FieldKey: FieldState.Base]
  package var conflicts: [Conflict]
  package var notes: [String]
  /// Digests of comments that are only to be remembered, by Jira's id.
  package var texts: [CommentID: String]
  /// Comments that were deleted in Jira and stay in the CRM.
  package var gone: Set<CommentID>
  /// Files that stay in Jira.
  package var leftOut: Set<AttachmentID>

  package init(
    link: LinkToReconcile, issue: JiraIssue, operations: [PlannedOperation] = [],
    bases: [FieldKey: FieldState.Base] = [:], conflicts: [Conflict] = [], notes: [String] = [],
    texts: [CommentID: String] = [:], gone: Set<CommentID> = [], leftOut: Set<AttachmentID> = []
  ) {
    self.leftOut = leftOut
    self.texts = texts
    self.gone = gone
    self.link = link
    self.issue = issue
    self.operations = operations
    self.bases = bases
    self.conflicts = conflicts
    self.notes = notes
  }
}

extension ReconciledLink {
  /// Jira's `updated`, by which the next run passes the issue over; nil for an issue that was changed just now, since a
  /// second change may have got the same time.
  fileprivate func settledUpdated(_ now: Timestamp) -> Timestamp? {
    issue.updated.flatMap { $0 + .seconds(1) < now ? $0 : nil }
  }
}

extension Store {
  static func forgetReconciliation(link: Int64, _ database: Database) throws {
    try database.executeCached(sql: "UPDATE link SET issue_updated_at = NULL WHERE id = ?", arguments: [link])
  }

  /// Takes a named lease, such as `reconcile/acme`, unless somebody else's still runs. One that would run longer than
  /// it is ever taken for comes from a clock that was ahead, and holds nobody up.
  package func takeLease(_ name: String, owner: String, until: Timestamp, now: Timestamp) async throws -> Bool {
    try await commit { database in
      try database.executeCached(
        sql: """
          INSERT INTO lease (name, owner, until) VALUES (?, ?, ?)
          ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until
          WHERE lease.owner = excluded.owner OR lease.until <= ? OR lease.until > excluded.until
          """, arguments: [name, owner, until.milliseconds, now.milliseconds])
      return database.changesCount > 0
    }
  }

  package func giveBackLease(_ name: String, owner: String) async throws {
    try await commit { database in
      try database.executeCached(sql: "DELETE FROM lease WHERE name = ? AND owner = ?", arguments: [name, owner])
    }
  }

  /// Since when a connection's issues are to be read: the cursor, else the first link's time; nil: there is no link.
  package func reconcileSince(_ connection: ConnectionName) async throws -> Timestamp? {
    try await read { database in
      try Int64.fetchOne(
        database.cachedStatement(
          sql: """
            SELECT CASE WHEN EXISTS (SELECT 1 FROM link WHERE connection = :c) THEN COALESCE(
              (SELECT updated_since FROM reconcile_cursor WHERE connection = :c),
              (SELECT MIN(created_at) FROM link WHERE connection = :c)) END
            """), arguments: ["c": connection.rawValue]
      ).map(Timestamp.init(milliseconds:))
    }
  }

  /// Moves the cursor; it never goes back by itself.
  package func moveCursor(_ connection: ConnectionName, to time: Timestamp) async throws {
    try await commit { database in
      try database.executeCached(
        sql: """
          INSERT INTO reconcile_cursor (connection, updated_since) VALUES (?, ?)
          ON CONFLICT (connection) DO UPDATE SET updated_since = MAX(updated_since, excluded.updated_since)
          """, arguments: [connection.rawValue, time.milliseconds])
    }
  }

  /// The links of some issues; an issue may have one per mapping.
  package func linksToReconcile(
    _ connection: ConnectionName, issues: [IssueID]
  ) async throws -> [IssueID: [LinkToReconcile]] {
    try await read { database in
      var result: [IssueID: [LinkToReconcile]] = [:]
      let statement = try database.cachedStatement(
        sql: """
          SELECT * FROM link WHERE connection = ? AND issue_id = ? AND standing IN ('linked', 'out-of-reach')
          """)
      for issue in issues {
        let rows = try Row.fetchAll(statement, arguments: [connection.rawValue, issue.rawValue])
        result[issue] = try rows.map { try Self.linkToReconcile($0, database) }
      }
      return result
    }
  }

  /// Journals what a run decided, unless something about the link changed while the run was reading.
  ///
  /// - Returns: how many operations were journaled; nil: something changed, so the link is left to the next run.
  package func journal(_ reconciled: ReconciledLink, connection: ConnectionName, now: Timestamp) async throws -> Int? {
    try await commit { database in
      let id = reconciled.link.state.id
      guard try Self.isUnchanged(reconciled.link, database) else { return nil }
      try Self.isThere(reconciled.link, reconciled.issue.key, connection: connection, now: now, database)
      var count = 0
      for operation in reconciled.operations
      where try Self.insert(operation, link: id, event: nil, connection: connection, now: now, database) != nil {
        count += 1
      }
      for (field, base) in reconciled.bases.sorted(by: { $0.key < $1.key }) {
        try Self.agree(on: field, base, isSeen: true, link: id, database)
      }
      for (comment, text) in reconciled.texts.sorted(by: { $0.key < $1.key }) {
        try database.executeCached(
          sql: "UPDATE comment_pair SET jira_text = ? WHERE link = ? AND jira_comment = ?",
          arguments: [text, id, comment.rawValue])
      }
      for comment in reconciled.gone.sorted() {
        try database.executeCached(
          sql: "UPDATE comment_pair SET gone = 1 WHERE link = ? AND jira_comment = ?",
          arguments: [id, comment.rawValue])
      }
      for file in reconciled.leftOut.sorted() { try Self.leaveOut(file, link: id, database) }
      for conflict in reconciled.conflicts { try Self.keep(conflict, link: id, now: now, database) }
      try Self.checked(reconciled.link.writes, database)
      for line in reconciled.notes {
        try Self.write(
          LedgerLine(
            at: now, connection: connection, caseID: reconciled.link.caseID, link: id, event: nil, operation: nil,
            text: line), database)
      }
      try database.executeCached(
        sql: "UPDATE link SET issue_key = ?, issue_updated_at = ? WHERE id = ?",
        arguments: [reconciled.issue.key.rawValue, reconciled.settledUpdated(now)?.milliseconds, id])
      return count
    }
  }

  /// Issues that are to be looked at in the next run whenever they were changed: new ones, and those that a run or a
  /// conflict left open.
  package func issuesLeftOpen(_ connection: ConnectionName, limit: Int) async throws -> [IssueID] {
    try await read { database in
      try String.fetchAll(
        database.cachedStatement(
          sql: """
            SELECT issue_id FROM link WHERE connection = ? AND issue_id IS NOT NULL AND issue_updated_at IS NULL
              AND standing IN ('linked', 'out-of-reach')
            ORDER BY id LIMIT ?
            """), arguments: [connection.rawValue, limit]
      ).map { IssueID($0) }
    }
  }

  /// Says in the story of a link's case why a run could not reconcile it.
  ///
  /// - Parameter until: Jira's `updated` that need not be looked at again; nil: the next run looks again.
  package func setAside(
    _ link: LinkToReconcile, until updated: Timestamp?, reason: String, connection: ConnectionName, now: Timestamp
  ) async throws {
    try await commit { database in
      try database.executeCached(
        sql: "UPDATE link SET issue_updated_at = ? WHERE id = ?",
        arguments: [updated?.milliseconds, link.state.id])
      let said = try String.fetchOne(
        database.cachedStatement(
          sql: "SELECT line FROM ledger WHERE connection = ? AND case_id = ? ORDER BY id DESC LIMIT 1"),
        arguments: [connection.rawValue, link.caseID.rawValue])
      guard said != reason else { return }
      try Self.write(
        LedgerLine(
          at: now, connection: connection, caseID: link.caseID, link: link.state.id, event: nil, operation: nil,
          text: reason), database)
    }
  }

  private static func linkToReconcile(_ row: Row, _ database: Database) throws -> LinkToReconcile {
    let state = try linkState(row, database)
    let isBusy = try Bool.fetchOne(
      database.cachedStatement(
        sql: """
          SELECT EXISTS (SELECT 1 FROM operation WHERE link = ?
            AND (state IN ('running', 'verifying') OR state = 'waiting' AND sent_at IS NOT NULL))
          """), arguments: [state.id])
    let hasLostComment = try Bool.fetchOne(
      database.cachedStatement(
        sql: "SELECT EXISTS (SELECT 1 FROM operation WHERE link = ? AND kind = 'add-comment' AND must_look)"),
      arguments: [state.id])
    return LinkToReconcile(
      mapping: MappingName(row.text("mapping")), caseID: CaseID(row.text("case_id")), state: state,
      isBusy: isBusy ?? false, hasLostComment: hasLostComment ?? false,
      comments: try commentPairs(link: state.id, database), files: try jiraFiles(link: state.id, database),
      hasLostFile: try hasLostFile(link: state.id, database), writes: try uncheckedWrites(of: state.id, database),
      version: try version(of: state.id, database))
  }

  /// Whether nothing was journaled or settled for a link, and it stands as it did, since it was read.
  static func isUnchanged(_ link: LinkToReconcile, _ database: Database) throws -> Bool {
    let standing = try String.fetchOne(
      database.cachedStatement(sql: "SELECT standing FROM link WHERE id = ?"), arguments: [link.state.id])
    return try standing == link.state.standing.rawValue && version(of: link.state.id, database) == link.version
  }

  private static func version(of link: Int64, _ database: Database) throws -> LinkToReconcile.Version {
    let row = try Row.fetchOne(
      database.cachedStatement(
        sql: """
          SELECT COALESCE(MAX(id), 0) AS newest, COUNT(*) FILTER (WHERE state NOT IN ('done', 'skipped')) AS open,
            COUNT(*) FILTER (WHERE state = 'running') AS running FROM operation WHERE link = ?
          """), arguments: [link])
    guard let row else { return LinkToReconcile.Version(newest: 0, open: 0, running: 0) }
    return LinkToReconcile.Version(newest: row.int("newest"), open: row.int("open"), running: row.int("running"))
  }

  /// Opens a run's row.
  package func beginRun(_ connection: ConnectionName, now: Timestamp) async throws -> Int64 {
    try await commit { database in
      try database.executeCached(
        sql: "INSERT INTO run (connection, started_at) VALUES (?, ?)",
        arguments: [connection.rawValue, now.milliseconds])
      try database.executeCached(sql: "DELETE FROM run WHERE id <= (SELECT MAX(id) FROM run) - 1000")
      return database.lastInsertedRowID
    }
  }

  package func endRun(_ id: Int64, issues: Int, planned: Int, outcome: String, now: Timestamp) async throws {
    try await commit { database in
      try database.executeCached(
        sql: "UPDATE run SET ended_at = ?, issues = ?, planned = ?, outcome = ? WHERE id = ?",
        arguments: [now.milliseconds, issues, planned, outcome, id])
    }
  }

  /// How many operations of a connection are still to be carried out without anybody's help.
  package func unfinished(_ connection: ConnectionName) async throws -> Int {
    try await read { database in
      try Int.fetchOne(
        database.cachedStatement(
          sql: """
            SELECT COUNT(*) FROM operation
            WHERE state IN ('ready', 'running', 'verifying', 'waiting') AND connection = ?
            """), arguments: [connection.rawValue]) ?? 0
    }
  }
}
