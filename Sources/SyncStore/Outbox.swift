import GRDB
import JSON
package import SyncCore
package import SyncModel

/// An operation in the hands of one worker. Its attempt number is the fence: an answer is only taken from the attempt
/// that the row still names.
package struct ClaimedOperation: Sendable {
  package var id: Int64
  package var attempt: Int
  /// How many attempts have been made since somebody had it tried again, this one included: what patience is told by.
  package var tries: Int
  /// It stood still for something that somebody had to mend, and is tried again; a person's connection mends nothing.
  package var isRetried: Bool { cause.flatMap(Cause.init(text:)).map { $0.subject != "person" } ?? false }
  package var connection: ConnectionName
  package var mapping: MappingName
  package var caseID: CaseID
  package var project: String
  package var label: String
  package var link: LinkState
  package var call: RemoteCall
  /// Whose grant it needs; nil: the CRM did not say who acted, or it goes to the CRM.
  package var actor: CRMUser?
  /// The answer to an earlier attempt was lost: look before anything is sent.
  package var mustLook: Bool
  /// When that attempt was sent.
  package var sentAt: Timestamp?
  package var createdAt: Timestamp
  /// When what it carries was done in the CRM; nil where no event stands behind it.
  package var occurredAt: Timestamp?
  /// It was held, and the time for which the mapping holds it has passed.
  package var holdHasEnded: Bool
  /// What it was held for until now.
  package var heldFor: OperationLifecycle.HoldReason?
  /// Why it stood still the last time that it did.
  package var cause: String?
  /// Fields that a later event has changed since: not to be overwritten (promise 4).
  package var overtaken: Set<FieldKey>
  /// The newest event of its case that had been planned when it was claimed.
  package var newestEvent: Int64?
  /// Of a question: how often the case was written before.
  package var earlierWrites: Int64?
  /// Its issue was never created, because the mapping said so.
  package var hasNoIssueToCome: Bool
  /// The comment that it changes or deletes, or that it would add although the CRM deleted it.
  package var mirror: CommentMirror?
  /// Jira's attachments that are copies of other files.
  package var knownAttachments: Set<AttachmentID>
  /// The acting user's grant at the time of the claim.
  package var grant: StoredGrant?
}

extension Store {
  /// Takes one operation; see ``claim(limit:worker:now:)``.
  package func claim(worker: String, now: Timestamp) async throws -> ClaimedOperation? {
    try await claim(limit: 1, worker: worker, now: now).first
  }

  /// Takes the oldest operations that are due and depend on nothing unfinished.
  ///
  /// - Parameters:
  ///   - limit: how many at most.
  ///   - worker: who takes them: a process's name, under which a restart finds what a crash left behind.
  package func claim(limit: Int, worker: String, now: Timestamp) async throws -> [ClaimedOperation] {
    try await commit { database in
      var claimed: [ClaimedOperation] = []
      while claimed.count < limit, let row = try Self.nextDueOperation(now: now, database) {
        let id = row.int("id")
        if let other = try Self.crossing(row, database) {
          try Self.wait(id, for: other, database)
          continue
        }
        if try Self.isLeftBehind(row, now: now, database) { continue }
        if try Self.waitsForComment(row, now: now, database) { continue }
        let mustLook = row.int("must_look") == 1
        guard let operation = try Self.claimed(row, mustLook: mustLook, database) else {
          try Self.bury(
            id, reason: "its row cannot be read back, so it cannot be carried out",
            cause: Cause(row.text("kind"), .damaged), now: now, database)
          continue
        }
        try database.cachedStatement(
          sql: """
            UPDATE operation SET state = 'running', hold_reason = NULL, attempt = attempt + 1, claimed_by = ?,
              due_at = NULL, sent_at = CASE WHEN ? THEN sent_at ELSE ? END WHERE id = ?
            """
        ).execute(arguments: [worker, mustLook, now.milliseconds, id])
        claimed.append(operation)
      }
      return claimed
    }
  }

  /// Takes a row out of the way of all others, until somebody decides; it is kept, and named.
  static func bury(_ id: Int64, reason: String, cause: Cause, now: Timestamp, _ database: Database) throws {
    try database.executeCached(
      sql: """
        UPDATE operation SET state = 'dead', hold_reason = NULL, due_at = NULL, settled_at = ?, reason = ?, cause = ?
        WHERE id = ?
        """, arguments: [now.milliseconds, reason, cause.text, id])
  }

  private static func claimed(_ row: Row, mustLook: Bool, _ database: Database) throws -> ClaimedOperation? {
    let linkRow = try Row.fetchOne(
      database.cachedStatement(sql: "SELECT * FROM link WHERE id = ?"), arguments: [row.int("link")])
    guard let linkRow, let kind = RemoteCall.Kind(rawValue: row.text("kind")),
      let json = try? JSONReader.read(row.text("call")), let call = RemoteCall(kind: kind, json: json)
    else { return nil }
    let isEdit = kind == .editIssue || kind == .transitionIssue
    let comparesFields = isEdit || kind == .askCase || kind == .writeCase && !call.twoWayFields.isEmpty
    let actor = row.textOrNil("actor_id").map { CRMUser(id: CRMUserID($0), name: row.textOrNil("actor_name")) }
    return ClaimedOperation(
      id: row.int("id"), attempt: Int(row.int("attempt")) + 1,
      tries: Int(row.int("attempt") - row.int("retried_after")) + 1, connection: ConnectionName(row.text("connection")),
      mapping: MappingName(linkRow.text("mapping")), caseID: CaseID(linkRow.text("case_id")),
      project: linkRow.text("project"), label: linkRow.text("label"),
      link: try linkState(linkRow, withFields: comparesFields, database), call: call, actor: actor,
      mustLook: mustLook, sentAt: mustLook ? row.time("sent_at") : nil,
      createdAt: row.time("created_at") ?? Timestamp(milliseconds: 0),
      occurredAt: comparesFields ? try occurrence(ofEvent: row.intOrNil("event"), database) : nil,
      holdHasEnded: row.text("state") == "held",
      heldFor: row.textOrNil("hold_reason").flatMap(OperationLifecycle.HoldReason.init(rawValue:)),
      cause: row.textOrNil("cause"),
      overtaken: comparesFields
        ? try overtaken(event: row.intOrNil("event"), link: row.int("link"), database) : [],
      newestEvent: isEdit ? try newestEvent(ofCase: linkRow, database) : nil,
      earlierWrites: kind == .askCase ? try writes(toCaseOf: row.int("link"), database) : nil,
      hasNoIssueToCome: kind != .createIssue && linkRow.textOrNil("issue_id") == nil
        ? try wasNotCreated(link: row.int("link"), database) : false,
      mirror: try mirror(of: call, operation: row.int("id"), link: row.int("link"), database),
      knownAttachments: try knownAttachments(of: call, link: row.int("link"), database),
      grant: kind.side == .jira
        ? try actor.flatMap { try grant(connection: row.text("connection"), user: $0.id, database) } : nil)
  }

  static func occurrence(ofEvent event: Int64?, _ database: Database) throws -> Timestamp? {
    try Int64.fetchOne(
      database.cachedStatement(sql: "SELECT COALESCE(occurred_at, received_at) FROM event WHERE id = ?"),
      arguments: [event]
    ).map(Timestamp.init(milliseconds:))
  }

  private static func overtaken(event: Int64?, link: Int64, _ database: Database) throws -> Set<FieldKey> {
    Set(
      try String.fetchAll(
        database.cachedStatement(sql: "SELECT field FROM field_state WHERE link = ? AND seen_event > ?"),
        arguments: [link, event ?? Int64.max]
      ).map { FieldKey($0) })
  }

  private static func newestEvent(ofCase link: Row, _ database: Database) throws -> Int64? {
    try Int64.fetchOne(
      database.cachedStatement(sql: newestPlannedEvent), arguments: [link.text("connection"), link.text("case_id")])
  }

  static let newestPlannedEvent = """
    SELECT id FROM event WHERE connection = ? AND case_id = ? AND state <> 'pending' ORDER BY id DESC LIMIT 1
    """

  private static func wasNotCreated(link: Int64, _ database: Database) throws -> Bool {
    try Bool.fetchOne(
      database.cachedStatement(
        sql: "SELECT 1 FROM operation WHERE link = ? AND kind = 'create-issue' AND state = 'skipped' LIMIT 1"),
      arguments: [link]) ?? false
  }
}
