import GRDB
import JSON
package import SyncCore
package import SyncModel

/// What an attempt brought, and what follows from it, in one transaction.
extension Store {
  ///
  /// - Parameter spent: what it and others cost since points were written down last; that counts in any case.
  /// - Returns: whether it was taken.
  @discardableResult
  package func settle(
    _ operation: ClaimedOperation, with settlement: Settlement, spent: [PointsSpent] = [], now: Timestamp
  ) async throws -> Bool {
    try await commit { database in
      try Self.note(spent, database)
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
      try releaseRefused(after: operation, settlement, now: now, database)
    case .tryAgain(let at):
      try set(mustLook ? "verifying" : "waiting", operation.id, dueAt: at, settlement, database)
    case .refreshGrant:
      try set(mustLook ? "verifying" : "waiting", operation.id, dueAt: now, settlement, database)
    case .verify(let at): try set("verifying", operation.id, dueAt: at, settlement, database)
    case .pace(let level, let until):
      try set(mustLook ? "verifying" : "waiting", operation.id, dueAt: until, settlement, database)
      try pace(level, until: until, for: operation, database)
      // Whoever is asked to wait has not failed.
      try forgive(operation, database)
    case .hold where try hasConnectedMeanwhile(operation, database):
      try set(mustLook ? "verifying" : "ready", operation.id, dueAt: now, settlement, database)
    case .hold(let reason):
      try set("held", operation.id, dueAt: settlement.holdUntil, holdReason: reason.rawValue, settlement, database)
      try remember(settlement.standstill(of: operation), of: operation.id, database)
      try tell(settlement.telling, of: operation, now: now, database)
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
      try forgive(operation, database)
    }
    if let field = settlement.toldIn {
      try keepTold(field, of: operation.link.id, connection: operation.connection, now: now, database)
    }
    try say(settlement, of: operation, now: now, database)
  }

  /// Writes the line of the story. What stands still for the same cause as before is not told at length again: of what
  /// a person had tried again, only that the same came of it; of what was looked at again by itself, nothing.
  private static func say(
    _ settlement: Settlement, of operation: ClaimedOperation, now: Timestamp, _ database: Database
  ) throws {
    guard let reason = settlement.reason, settlement.isTold else { return }
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
