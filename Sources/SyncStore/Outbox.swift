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

  /// Commits what an attempt brought, if the row still names that attempt; an answer that comes too late changes nothing.
  ///
  /// - Returns: whether it was taken.
  @discardableResult
  package func settle(_ operation: ClaimedOperation, with settlement: Settlement, now: Timestamp) async throws -> Bool {
    try await commit { database in
      let isLeftBehind = try Bool.fetchOne(
        database.cachedStatement(
          sql: "SELECT at_former FROM operation WHERE id = ? AND state = 'running' AND attempt = ?"),
        arguments: [operation.id, operation.attempt])
      guard let isLeftBehind else { return false }
      let own = isLeftBehind ? settlement.ofFormerIssue(operation, now: now) : settlement
      let settlement = try Self.answering(try Self.holding(own, of: operation, database), of: operation, database)
      try Self.apply(settlement, to: operation, now: now, database)
      try Self.uncross(operation, database)
      let isInCRM = operation.call.kind.side == .crm
      for (field, base) in settlement.bases.sorted(by: { $0.key < $1.key }) {
        try Self.agree(
          on: field, base, written: isInCRM ? operation.call.assumption(of: field) : nil, link: operation.link.id,
          database)
      }
      if !settlement.written.isEmpty {
        try Self.countTurns(of: settlement.written, by: operation, breaker: LoopBreaker(), now: now, database)
      }
      try Self.remember(settlement.jiraBefore, of: operation.id, database)
      try Self.doubt(operation, settlement, database)
      for conflict in settlement.conflicts { try Self.keep(conflict, link: operation.link.id, now: now, database) }
      if settlement.leavesToNextRun || settlement.conflicts.contains(where: { $0.winner == .jira }) {
        // Jira's value has yet to reach the CRM, however long ago the issue was changed.
        try Self.forgetReconciliation(link: operation.link.id, database)
      }
      for planned in settlement.followUps {
        try Self.insert(
          planned, link: operation.link.id, event: nil, connection: operation.connection, now: now, database)
      }
      for planned in settlement.leftBehind {
        // It stays the event's: what later events change is not overwritten when it is retried.
        let event = try Int64.fetchOne(
          database.cachedStatement(sql: "SELECT event FROM operation WHERE id = ?"), arguments: [operation.id])
        try Self.insert(
          planned, link: operation.link.id, event: event, connection: operation.connection, now: now, database)
      }
      return true
    }
  }

  private static func apply(
    _ settlement: Settlement, to operation: ClaimedOperation, now: Timestamp, _ database: Database
  ) throws {
    let mustLook = settlement.transition.leavesUnknown(operation)
    if mustLook != operation.mustLook {
      // The request may have been sent long after the claim, so patience with the search begins now.
      try database.executeCached(
        sql: "UPDATE operation SET must_look = :look, sent_at = IIF(:look, :now, sent_at) WHERE id = :id",
        arguments: ["look": mustLook, "now": now.milliseconds, "id": operation.id])
    }
    switch settlement.transition {
    case .done(let receipt):
      try take(receipt, of: operation.saying(settlement.lead), now: now, database)
      try set("done", operation.id, settledAt: now, settlement, database)
    case .tryAgain(let at):
      try set(mustLook ? "verifying" : "waiting", operation.id, dueAt: at, settlement, database)
    case .refreshGrant:
      try set(mustLook ? "verifying" : "waiting", operation.id, dueAt: now, settlement, database)
    case .verify(let at): try set("verifying", operation.id, dueAt: at, settlement, database)
    case .pace(let level, let until):
      try set(mustLook ? "verifying" : "waiting", operation.id, dueAt: until, settlement, database)
      try pace(level, until: until, for: operation, database)
    case .hold where try hasConnectedMeanwhile(operation, database):
      try set(mustLook ? "verifying" : "ready", operation.id, dueAt: now, settlement, database)
    case .hold(let reason):
      try set("held", operation.id, dueAt: settlement.holdUntil, holdReason: reason.rawValue, settlement, database)
      try remember(settlement.standstill(of: operation), of: operation.id, database)
    case .bury:
      try set("dead", operation.id, settledAt: now, settlement, database)
      try remember(settlement.standstill(of: operation), of: operation.id, database)
    case .skip: try set("skipped", operation.id, settledAt: now, settlement, database)
    case .leaveBehind:
      if let remainder = settlement.remainder {
        try database.executeCached(
          sql: "UPDATE operation SET call = ? WHERE id = ?", arguments: [remainder.json.compact, operation.id])
      }
      try set("ready", operation.id, dueAt: now, settlement, database)
    case .sendAgain: try set("ready", operation.id, dueAt: now, settlement, database)
    case .handBack:
      try set(mustLook ? "verifying" : "ready", operation.id, dueAt: now, settlement, database)
      // The number stays the fence, so the attempt is not taken back but does not count.
      try database.executeCached(
        sql: """
          UPDATE operation SET retried_after = retried_after + 1, sent_at = CASE WHEN must_look THEN sent_at END
          WHERE id = ?
          """, arguments: [operation.id])
    }
    try say(settlement, of: operation, now: now, database)
  }

  /// Writes the line of the story. What stands still for the same cause as before is not told at length again: of what
  /// a person had tried again, only that the same came of it; of what was looked at again by itself, nothing.
  private static func say(
    _ settlement: Settlement, of operation: ClaimedOperation, now: Timestamp, _ database: Database
  ) throws {
    guard let reason = settlement.reason else { return }
    var text = reason + (settlement.sentAs.map { " (as \($0))" } ?? "")
    if let cause = settlement.standstill(of: operation), cause.text == operation.cause {
      guard operation.heldFor == nil else { return }
      text = "the same came of it as before"
    }
    try write(
      LedgerLine(
        at: now, connection: operation.connection, caseID: operation.caseID, link: operation.link.id, event: nil,
        operation: operation.id, text: text), database)
  }

  private static func set(
    _ state: String, _ id: Int64, dueAt: Timestamp? = nil, settledAt: Timestamp? = nil, holdReason: String? = nil,
    _ settlement: Settlement, _ database: Database
  ) throws {
    try database.cachedStatement(
      sql: """
        UPDATE operation SET state = ?, due_at = ?, settled_at = ?, hold_reason = ?, claimed_by = NULL,
          reason = ?, sent_as = COALESCE(?, sent_as) WHERE id = ?
        """
    ).execute(arguments: [
      state, dueAt?.milliseconds, settledAt?.milliseconds, holdReason, settlement.reason, settlement.sentAs,
      id,
    ])
  }

  private static func remember(_ cause: Cause?, of id: Int64, _ database: Database) throws {
    try database.executeCached(
      sql: "UPDATE operation SET cause = ? WHERE id = ?", arguments: [cause?.text, id])
  }

  /// Remembers the ids that an answer brought: later operations need them, and echoes are recognised by them.
  private static func take(
    _ receipt: Receipt, of operation: ClaimedOperation, now: Timestamp, _ database: Database
  ) throws {
    guard case .issueCreated(let id, let key) = receipt else {
      return try takePair(receipt, of: operation, now: now, database)
    }
    try database.executeCached(
      sql: "UPDATE link SET issue_id = ?, issue_key = ? WHERE id = ?",
      arguments: [id.rawValue, key.rawValue, operation.link.id])
  }

  /// What a write to the CRM replaced there.
  enum Replaced {
    case value(FieldValue)
    /// Whatever was seen there last.
    case whatWasSeen
  }

  /// - Parameters:
  ///   - isSeen: the CRM was found to hold this value, so an event that shows it shows no change, and what earlier
  ///     events wanted of the field is overtaken. What was seen before it may be shown once more by an event that comes
  ///     late, as if we had replaced it.
  ///   - written: we wrote this value to the CRM, which counts as seen, too; nil: we did not.
  static func agree(
    on field: FieldKey, _ base: FieldState.Base, isSeen: Bool = false, written: Replaced? = nil, link: Int64,
    _ database: Database
  ) throws {
    var replaced: String?
    if case .value(let value) = written { replaced = value.column }
    try database.cachedStatement(
      sql: """
        INSERT INTO field_state (link, field, base_crm, base_jira, seen_crm, replaced_crm)
        VALUES (:link, :field, :crm, :jira, :seen, CASE WHEN :isWritten THEN COALESCE(:replaced, :empty) END)
        ON CONFLICT (link, field) DO UPDATE SET base_crm = excluded.base_crm, base_jira = excluded.base_jira,
          seen_event = CASE WHEN excluded.seen_crm IS NULL OR excluded.seen_crm IS seen_crm THEN seen_event
            ELSE (SELECT COALESCE(MAX(id), 0) + 1 FROM event) END,
          replaced_crm = CASE WHEN :isWritten THEN COALESCE(:replaced, seen_crm, :empty)
            WHEN excluded.seen_crm IS NOT NULL AND excluded.seen_crm IS NOT seen_crm THEN COALESCE(seen_crm, :empty)
            ELSE replaced_crm END,
          seen_crm = COALESCE(excluded.seen_crm, seen_crm)
        """
    ).execute(arguments: [
      "link": link, "field": field.rawValue, "crm": base.crm.column, "jira": base.jira.column,
      "seen": isSeen || written != nil ? base.crm.column : nil, "isWritten": written != nil, "replaced": replaced,
      "empty": FieldValue.empty.column,
    ])
  }

  /// Keeps values that are about to be replaced.
  package func keep(_ conflicts: [Conflict], link: Int64, now: Timestamp) async throws {
    try await commit { database in
      for conflict in conflicts { try Self.keep(conflict, link: link, now: now, database) }
    }
  }

  /// Keeps the value that lost; a conflict that was met again before it was settled is kept once.
  static func keep(_ conflict: Conflict, link: Int64, now: Timestamp, _ database: Database) throws {
    try database.executeCached(
      sql: """
        INSERT INTO conflict (link, field, at, winner, crm, jira)
        SELECT :link, :field, :at, :winner, :crm, :jira WHERE NOT EXISTS (
          SELECT 1 FROM (SELECT * FROM conflict WHERE link = :link AND field = :field ORDER BY id DESC LIMIT 1)
          WHERE winner IS :winner AND crm = :crm AND jira = :jira)
        """,
      arguments: [
        "link": link, "field": conflict.field.rawValue, "at": now.milliseconds, "winner": conflict.winner?.rawValue,
        "crm": conflict.crm.column, "jira": conflict.jira.column,
      ])
  }

  static func forgetReconciliation(link: Int64, _ database: Database) throws {
    try database.executeCached(sql: "UPDATE link SET issue_updated_at = NULL WHERE id = ?", arguments: [link])
  }
}

extension Settlement {
  /// Why the operation stands still from now on; nil where it does not.
  fileprivate func standstill(of operation: ClaimedOperation) -> Cause? {
    switch transition {
    case .hold(let reason):
      cause ?? Cause(held: reason, for: operation.actor, kind: operation.call.kind, connection: operation.connection)
    case .bury: cause ?? Cause(operation.call.kind.rawValue, .refused)
    case .done, .tryAgain, .refreshGrant, .pace, .verify, .sendAgain, .leaveBehind, .skip, .handBack: nil
    }
  }
}

extension OperationLifecycle.Transition {
  /// Whether it is still not known if an earlier request of the operation had its effect.
  ///
  /// Only a look ends this: found means done, and not found means that it is sent again. Everything else that happens to
  /// an operation on its way to that look (no token for the moment, a hold, a shutdown) leaves it unknown.
  fileprivate func leavesUnknown(_ operation: ClaimedOperation) -> Bool {
    switch self {
    case .verify: true
    case .tryAgain, .refreshGrant, .pace, .hold, .bury, .handBack: operation.mustLook
    case .done, .sendAgain, .leaveBehind, .skip: false
    }
  }
}
