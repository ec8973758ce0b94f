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
    _ wish: PlannedOperation, link: Int64, event: Int64?, connection: ConnectionName, now: Timestamp,
    _ database: Database
  ) throws -> Int64? {
    let planned: PlannedOperation
    switch try wanted(wish, link: link, event: event, now: now, database) {
    case .operation(let wanted): planned = wanted
    case .nothing(let reason):
      if let reason {
        let caseID = try String.fetchOne(
          database.cachedStatement(sql: "SELECT case_id FROM link WHERE id = ?"), arguments: [link])
        try write(
          LedgerLine(
            at: now, connection: connection, caseID: caseID.map { CaseID($0) }, link: link, event: event,
            operation: nil, text: reason), database)
      }
      return nil
    }
    if let joined = try join(planned, link: link, event: event, connection: connection, now: now, database) {
      return joined
    }
    let isDead = planned.problem != nil
    let side = planned.call.kind.side
    let lane = try lane(side, of: planned.actor?.id, connection: connection, database)
    let blocker = try Row.fetchOne(
      database.cachedStatement(sql: blocker), arguments: ["link": link, "side": side.rawValue, "lane": lane])
    let insert = try database.cachedStatement(
      sql: """
        INSERT INTO operation (link, event, connection, kind, side, actor_id, actor_name, call, state, due_at, reason,
          cause, created_at, settled_at, lane, blocked_by, blocked_lane)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """)
    try insert.execute(arguments: [
      link, event, connection.rawValue, planned.call.kind.rawValue, side.rawValue,
      planned.actor?.id.rawValue, planned.actor?.name ?? planned.authorName, planned.call.json.compact,
      isDead ? "dead" : "ready", isDead ? nil : now.milliseconds, planned.problem,
      isDead ? (planned.cause ?? Cause(planned.call.kind.rawValue, .refused)).text : nil, now.milliseconds,
      isDead ? now.milliseconds : nil, lane, blocker?.int("id"), blocker?.int("lane"),
    ])
    return database.lastInsertedRowID
  }

  /// Adds an edit to the one that the same person's earlier event left waiting, if nothing else would come between the two:
  /// what one person changes on one issue goes as one request.
  ///
  /// The operation is the later event's from then on: what other events changed in between is told by the values seen.
  ///
  /// - Returns: the waiting operation's id; nil where there is none to join.
  private static func join(
    _ planned: PlannedOperation, link: Int64, event: Int64?, connection: ConnectionName, now: Timestamp,
    _ database: Database
  ) throws -> Int64? {
    guard planned.problem == nil, case .editIssue(let edit) = planned.call else { return nil }
    let last = try database.cachedStatement(
      sql: """
        SELECT id, kind, call, actor_id, state, must_look, event FROM operation
        WHERE link = ? AND side = 'jira' AND state NOT IN ('done', 'skipped')
          AND kind IN ('create-issue', 'edit-issue', 'transition-issue') ORDER BY id DESC LIMIT 1
        """)
    guard let row = try Row.fetchOne(last, arguments: [link]), row.text("kind") == RemoteCall.Kind.editIssue.rawValue,
      ["ready", "held"].contains(row.text("state")), row.int("must_look") == 0,
      row.textOrNil("actor_id") == planned.actor?.id.rawValue, event != nil, row.intOrNil("event") != nil,
      let json = try? JSONReader.read(row.text("call")),
      case .editIssue(let waiting)? = RemoteCall(kind: .editIssue, json: json)
    else { return nil }
    let occurredAt = try occurrence(ofEvent: row.intOrNil("event"), database)
    let joined = RemoteCall.editIssue(waiting.joined(with: edit, changedAt: occurredAt))
    try database.executeCached(
      sql: "UPDATE operation SET call = ?, event = ? WHERE id = ?",
      arguments: [joined.json.compact, event, row.int("id")])
    let caseID = try String.fetchOne(
      database.cachedStatement(sql: "SELECT case_id FROM link WHERE id = ?"), arguments: [link])
    try write(
      LedgerLine(
        at: now, connection: connection, caseID: caseID.map { CaseID($0) }, link: link, event: event,
        operation: row.int("id"),
        text: "goes together with the change of event \(row.int("event")), which still waits"),
      database)
    return row.int("id")
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

  /// - Parameter withFields: false where nobody looks at fields and what is about to change them.
  static func linkState(_ row: Row, withFields: Bool = true, _ database: Database) throws -> LinkState {
    let id = row.int("id")
    guard withFields else {
      var link = LinkState(
        id: id, issue: issue(row), fields: [:], seenAt: row.time("seen_at"),
        issueUpdatedAt: row.time("issue_updated_at"))
      link.takeStanding(row)
      return link
    }
    var fields: [FieldKey: FieldState] = [:]
    let states = try database.cachedStatement(sql: "SELECT * FROM field_state WHERE link = ?")
    for state in try Row.fetchAll(states, arguments: [id]) {
      let base = FieldValue(column: state.textOrNil("base_crm")).flatMap { crm in
        FieldValue(column: state.textOrNil("base_jira")).map { FieldState.Base(crm: crm, jira: $0) }
      }
      fields[FieldKey(state.text("field"))] = FieldState(
        seenCRM: FieldValue(column: state.textOrNil("seen_crm")), base: base,
        isFrozen: state.intOrNil("frozen_at") != nil, replaced: FieldValue(column: state.textOrNil("replaced_crm")))
    }
    var link = LinkState(
      id: id, issue: issue(row), fields: fields, seenAt: row.time("seen_at"),
      issueUpdatedAt: row.time("issue_updated_at"), label: row.text("label"))
    link.takeStanding(row)
    try addUnfinished(to: &link, database)
    return link
  }

  /// The fields that unfinished operations write: in Jira, where the base may be about to move; in the CRM, what was
  /// sent already and may come back.
  private static func addUnfinished(to link: inout LinkState, _ database: Database) throws {
    let open = try database.cachedStatement(
      sql: """
        SELECT kind, call, must_look FROM operation
        WHERE link = ? AND state NOT IN ('done', 'skipped') AND state <> 'dead'
          AND (kind IN ('edit-issue', 'transition-issue') OR kind = 'write-case' AND sent_at IS NOT NULL)
        """)
    for row in try Row.fetchAll(open, arguments: [link.id]) {
      guard let kind = RemoteCall.Kind(rawValue: row.text("kind")), let json = try? JSONReader.read(row.text("call")),
        let call = RemoteCall(kind: kind, json: json)
      else { continue }
      if kind == .writeCase {
        link.sentToCRM.merge(call.agreedBases) { _, newer in newer }
      } else {
        link.unsettled.formUnion(call.agreedBases.keys)
        guard row.int("must_look") == 1 else { continue }
        for (key, base) in call.agreedBases { link.perhapsInJira[key, default: []].append(base) }
      }
    }
  }

  static func issue(_ row: Row) -> IssueReference? {
    guard let id = row.textOrNil("issue_id"), let key = row.textOrNil("issue_key") else { return nil }
    return IssueReference(id: IssueID(id), key: IssueKey(key))
  }
}

extension LinkState {
  fileprivate mutating func takeStanding(_ row: Row) {
    standing = LinkStanding(rawValue: row.text("standing")) ?? .linked
    standingSince = row.time("standing_since")
    project = row.text("project")
    issueType = row.textOrNil("issue_type")
    stray = row.textOrNil("stray")
    generation = Int(row.int("generation"))
    formerKey = row.textOrNil("former_key").map { IssueKey($0) }
  }
}
