import GRDB
import JSON
import SyncCore
import SyncModel

extension Store {
  /// Journals one operation; a comment that is mirrored already is not mirrored again (promise 2).
  ///
  /// - Returns: the operation's id; nil where nothing had to be done.
  @discardableResult
  static func insert(
    _ planned: PlannedOperation, link: Int64, event: Int64?, connection: ConnectionName, now: Timestamp,
    _ database: Database
  ) throws -> Int64? {
    guard try pairIsNew(planned.call, link: link, database) else { return nil }
    let isDead = planned.problem != nil
    let insert = try database.cachedStatement(
      sql: """
        INSERT INTO operation (link, event, connection, kind, side, actor_id, actor_name, call, state, due_at, reason,
          created_at, settled_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """)
    try insert.execute(arguments: [
      link, event, connection.rawValue, planned.call.kind.rawValue, planned.call.kind.side.rawValue,
      planned.actor?.id.rawValue, planned.actor?.name ?? planned.authorName, planned.call.json.compact,
      isDead ? "dead" : "ready", isDead ? nil : now.milliseconds, planned.problem, now.milliseconds,
      isDead ? now.milliseconds : nil,
    ])
    return database.lastInsertedRowID
  }

  private static func pairIsNew(_ call: RemoteCall, link: Int64, _ database: Database) throws -> Bool {
    switch call {
    case .addComment(let comment):
      try database.executeCached(
        sql: """
          INSERT INTO comment_pair (link, origin, crm_comment) VALUES (?, 'crm', ?)
          ON CONFLICT (link, crm_comment) DO NOTHING
          """, arguments: [link, comment.crmComment.rawValue])
      return database.changesCount > 0
    case .addCaseComment(let comment):
      try database.executeCached(
        sql: """
          INSERT INTO comment_pair (link, origin, jira_comment) VALUES (?, 'jira', ?)
          ON CONFLICT (link, jira_comment) DO NOTHING
          """, arguments: [link, comment.jiraComment.rawValue])
      return database.changesCount > 0
    case .createIssue, .editIssue, .transitionIssue, .writeCase: return true
    }
  }

  static func links(connection: String, caseID: String, _ database: Database) throws -> [MappingName: LinkState] {
    let rows = try Row.fetchAll(
      database.cachedStatement(sql: linksOfCase),
      arguments: [connection, caseID])
    var result: [MappingName: LinkState] = [:]
    for row in rows { result[MappingName(row.text("mapping"))] = try linkState(row, database) }
    return result
  }

  static let linksOfCase = "SELECT * FROM link WHERE connection = ? AND case_id = ?"

  static func linkState(_ row: Row, _ database: Database) throws -> LinkState {
    let id = row.int("id")
    var fields: [FieldKey: FieldState] = [:]
    let states = try database.cachedStatement(sql: "SELECT * FROM field_state WHERE link = ?")
    for state in try Row.fetchAll(states, arguments: [id]) {
      let base = FieldValue(column: state.textOrNil("base_crm")).flatMap { crm in
        FieldValue(column: state.textOrNil("base_jira")).map { FieldState.Base(crm: crm, jira: $0) }
      }
      fields[FieldKey(state.text("field"))] = FieldState(
        seenCRM: FieldValue(column: state.textOrNil("seen_crm")), base: base)
    }
    return LinkState(
      id: id, issue: issue(row), fields: fields, seenAt: row.time("seen_at"),
      issueUpdatedAt: row.time("issue_updated_at"), unsettled: try unsettled(link: id, database))
  }

  /// The fields that unfinished operations write in Jira: the base may be about to move.
  private static func unsettled(link: Int64, _ database: Database) throws -> Set<FieldKey> {
    let open = try database.cachedStatement(
      sql: """
        SELECT kind, call FROM operation
        WHERE link = ? AND state NOT IN ('done', 'skipped', 'dead') AND kind IN ('edit-issue', 'transition-issue')
        """)
    return try Row.fetchAll(open, arguments: [link]).reduce(into: []) { fields, row in
      guard let kind = RemoteCall.Kind(rawValue: row.text("kind")), let json = try? JSONReader.read(row.text("call")),
        let call = RemoteCall(kind: kind, json: json)
      else { return }
      fields.formUnion(call.agreedBases.keys)
    }
  }

  static func issue(_ row: Row) -> IssueReference? {
    guard let id = row.textOrNil("issue_id"), let key = row.textOrNil("issue_key") else { return nil }
    return IssueReference(id: IssueID(id), key: IssueKey(key))
  }

  static func people(_ connection: String, _ database: Database) throws -> People {
    var people = People()
    let rows = try Row.fetchAll(
      database.cachedStatement(
        sql: "SELECT crm_user, crm_name, account_id FROM grant_ WHERE connection = ? ORDER BY connected_at"),
      arguments: [connection])
    for row in rows {
      people.add(
        CRMUser(id: CRMUserID(row.text("crm_user")), name: row.textOrNil("crm_name")),
        account: AccountID(row.text("account_id")))
    }
    return people
  }
}
