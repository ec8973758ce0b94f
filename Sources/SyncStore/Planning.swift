import GRDB
import JSON
package import SyncCore
package import SyncModel

/// A stored event with all that a decision about it needs.
package struct EventToPlan: Sendable {
  package var id: Int64
  package var connection: ConnectionName
  package var caseID: CaseID
  /// Which of its delivery's events it is, from 0.
  package var position: Int
  package var body: [UInt8]
  package var receivedAt: Timestamp
  /// Until when it waits at most for other events of its case, if it does.
  package var waitsUntil: Timestamp?
  /// The links that the case has, by mapping.
  package var links: [MappingName: LinkState]
  /// Who is who, from the connection's grants.
  package var people: People
  /// What the case was found to hold since the event came, by mapping.
  package var answers: [MappingName: CaseAnswer] = [:]
  /// With ``answers``: the events of the case that wait behind this one, in the order of their arrival.
  package var later: [LaterEvent] = []

  /// An event that waits behind another.
  package struct LaterEvent: Hashable, Sendable {
    package var position: Int
    package var body: [UInt8]
  }

  package init(
    id: Int64, connection: ConnectionName, caseID: CaseID, position: Int, body: [UInt8], receivedAt: Timestamp,
    links: [MappingName: LinkState], people: People
  ) {
    self.id = id
    self.connection = connection
    self.caseID = caseID
    self.position = position
    self.body = body
    self.receivedAt = receivedAt
    self.links = links
    self.people = people
  }
}

/// What a decision about an event came to.
package enum EventDecision: Sendable {
  case planned([MappedPlan])
  case ignored(reason: String)
  case dead(reason: String)

  package struct MappedPlan: Sendable {
    package var mapping: MappingName
    package var digest: String
    package var plan: Plan

    package init(mapping: MappingName, digest: String, plan: Plan) {
      self.mapping = mapping
      self.digest = digest
      self.plan = plan
    }
  }
}

extension Store {
  /// Decides about the oldest pending events and journals what follows.
  ///
  /// Deciding takes longer than writing, so it happens between a look and a transaction that writes what still holds: an
  /// event whose links have changed since is decided again there, where nothing can change. Nothing outside is asked, so
  /// no claim is needed. An event waits while a write to its own case is under way in the CRM: until that is settled, its
  /// echo could not be told from a person's change.
  ///
  /// - Parameter version: of the mappings that decide; see ``MappingVersion``.
  /// - Returns: how many events were decided.
  package func planPending(
    limit: Int, version: Int64? = nil, now: Timestamp, decide: @escaping @Sendable (EventToPlan) -> EventDecision
  ) async throws -> Int {
    do { return try await planGroup(limit: limit, version, now: now, decide: decide) } catch StoreError.failed {
      // One event of the group breaks a rule of the tables, at every attempt: each by itself, and that one dies alone.
      for _ in 0..<limit {
        do {
          guard try await planGroup(limit: 1, version, now: now, decide: decide) > 0 else { break }
        } catch StoreError.failed(let words) {
          let reason = "what follows from it cannot be written down: \(words)"
          _ = try await planGroup(limit: 1, version, now: now) { _ in .dead(reason: reason) }
        }
      }
      return limit
    }
  }

  private func planGroup(
    limit: Int, _ version: Int64?, now: Timestamp, decide: @escaping @Sendable (EventToPlan) -> EventDecision
  ) async throws -> Int {
    let events = try await read { database in
      let rows = try Row.fetchAll(
        database.cachedStatement(sql: Self.pendingEvents), arguments: [now.milliseconds, now.milliseconds, limit])
      var people: [String: People] = [:]
      return try rows.map { row in
        let connection = row.text("connection")
        if people[connection] == nil { people[connection] = try peopleMemory.people(connection, database) }
        var event = EventToPlan(
          id: row.int("id"), connection: ConnectionName(connection), caseID: CaseID(row.text("case_id")),
          position: Int(row.int("position")), body: row.bytesOrNil("body") ?? [],
          receivedAt: row.time("received_at") ?? now, links: [:], people: people[connection] ?? People())
        event.waitsUntil = row.time("waits_until")
        try Self.look(at: &event, database)
        return event
      }
    }
    guard !events.isEmpty else { return 0 }
    let decided = events.map { ($0, decide($0)) }
    return try await commit { database in
      let isPending = try database.cachedStatement(sql: Self.isPending)
      var count = 0
      for (seen, decision) in decided
      where try Bool.fetchOne(isPending, arguments: [seen.id, now.milliseconds, now.milliseconds]) == true {
        var event = seen
        try Self.look(at: &event, database)
        let isStillSo = event.links == seen.links && event.answers == seen.answers && event.later == seen.later
        try Self.journal(isStillSo ? decision : decide(event), of: event, version, now: now, database)
        count += 1
      }
      return count
    }
  }

  static let pendingEvents = """
    SELECT event.id, event.connection, event.case_id, event.position, event.received_at, event.waits_until,
      delivery.body
    FROM event JOIN delivery ON delivery.id = event.delivery
    WHERE event.state = 'pending' AND \(isNotWaiting) AND \(isNotBusyInCRM)
    ORDER BY event.id LIMIT ?
    """

  static let isPending =
    "SELECT 1 FROM event WHERE id = ? AND state = 'pending' AND \(isNotWaiting) AND \(isNotBusyInCRM)"

  private static let isNotBusyInCRM = """
    NOT EXISTS (
      SELECT 1 FROM link JOIN operation ON operation.link = link.id
      WHERE link.connection = event.connection AND link.case_id = event.case_id
        AND operation.side = 'crm' AND operation.state NOT IN ('done', 'skipped')
        AND (operation.state IN ('running', 'verifying') OR operation.kind = 'ask-case'))
    """

  /// What is known of an event's case.
  private static func look(at event: inout EventToPlan, _ database: Database) throws {
    let (connection, id) = (event.connection.rawValue, event.caseID.rawValue)
    event.links = try links(connection: connection, caseID: id, database)
    event.answers = try answers(about: event, database)
    event.later = event.answers.isEmpty ? [] : try eventsBehind(event, database)
  }

  private static func journal(
    _ decision: EventDecision, of event: EventToPlan, _ version: Int64?, now: Timestamp, _ database: Database
  ) throws {
    var state = "planned"
    var reason: String?
    var cause: String?
    var digests: [String] = []
    switch decision {
    case .ignored(let why):
      (state, reason) = ("ignored", why)
      try note(why, at: now, event: event, link: nil, database)
    case .dead(let why):
      (state, reason, cause) = ("dead", why, Cause(event: why).text)
      try note("cannot be planned: \(why)", at: now, event: event, link: nil, database)
    case .planned(let plans) where plans.contains(where: { $0.plan.waits != nil }):
      return try wait(event, plans.compactMap(\.plan.waits), now: now, database)
    case .planned(let plans) where plans.contains(where: \.plan.awaitsAnswer):
      for mapped in plans where mapped.plan.awaitsAnswer {
        guard let link = event.links[mapped.mapping] else { continue }
        for question in mapped.plan.operations {
          try insert(question, link: link.id, event: event.id, connection: event.connection, now: now, database)
        }
      }
      return try endWait(of: event, database)
    case .planned(let plans):
      for mapped in plans {
        digests.append(mapped.digest)
        try journal(mapped, of: event, now: now, database)
      }
    }
    try database.cachedStatement(
      sql: """
        UPDATE event SET state = ?, reason = ?, cause = ?, mapping_digests = ?, mapping_version = ?, settled_at = ?
        WHERE id = ?
        """
    ).execute(arguments: [
      state, reason, cause, digests.joined(separator: " "), version, now.milliseconds, event.id,
    ])
    if !event.answers.isEmpty { try forgetAnswers(to: event.id, database) }
    try endWait(of: event, database)
    try wakeWaiting(caseOf: event, database)
  }

  private static func journal(
    _ mapped: EventDecision.MappedPlan, of event: EventToPlan, now: Timestamp, _ database: Database
  ) throws {
    let plan = mapped.plan
    var link = event.links[mapped.mapping]?.id
    let hasLink = link != nil
    if link == nil, let new = plan.newLink {
      try database.executeCached(
        sql: """
          INSERT INTO link (connection, mapping, case_id, project, issue_type, label, created_at)
          VALUES (?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          event.connection.rawValue, mapped.mapping.rawValue, event.caseID.rawValue, new.project, new.issueType,
          new.label, now.milliseconds,
        ])
      link = database.lastInsertedRowID
    }
    for line in plan.notes { try note(line, at: now, event: event, link: link, database) }
    guard let link else { return }
    try follow(plan, of: event, link: link, now: now, database)
    if hasLink, let new = plan.newLink { try renew(link, new, database) }
    for conflict in plan.conflicts { try keep(conflict, link: link, now: now, database) }
    if !plan.echoes.isEmpty { try confirm(plan.echoes, of: event, link: link, now: now, database) }
    if let seen = plan.seen {
      let known = plan.newLink == nil ? event.links[mapped.mapping]?.fields ?? [:] : [:]
      try remember(seen.filter { known[$0.key]?.seenCRM != $0.value }, link: link, event: event.id, database)
    }
    let isForgotten = try plan.standing == .caseDeleted && hasNoIssueToCome(link, database)
    for operation in isForgotten ? [] : plan.operations {
      try insert(operation, link: link, event: event.id, connection: event.connection, now: now, database)
      if hasLink, operation.call.kind == .createIssue {
        try sendAfterCreation(of: link, connection: event.connection, now: now, database)
      }
    }
  }

  /// The case was deleted before its issue was asked for, so there is nothing to do about an issue.
  private static func hasNoIssueToCome(_ link: Int64, _ database: Database) throws -> Bool {
    try String.fetchOne(database.cachedStatement(sql: "SELECT standing FROM link WHERE id = ?"), arguments: [link])
      == LinkStanding.neverLinked.rawValue
  }

  /// Settles writes to the CRM whose answer was lost, and whose echo has come: the CRM has them.
  private static func confirm(
    _ echoes: Set<FieldKey>, of event: EventToPlan, link: Int64, now: Timestamp, _ database: Database
  ) throws {
    let sent = try Row.fetchAll(
      database.cachedStatement(
        sql: """
          SELECT id, call FROM operation
          WHERE link = ? AND kind = 'write-case' AND state = 'waiting' AND sent_at IS NOT NULL
          """), arguments: [link])
    for row in sent {
      guard let json = try? JSONReader.read(row.text("call")), let call = RemoteCall(kind: .writeCase, json: json),
        echoes.isSuperset(of: call.agreedBases.keys)
      else { continue }
      let reason = "its echo came back from the CRM before an answer: it is done"
      try database.executeCached(
        sql: "UPDATE operation SET state = 'done', due_at = NULL, settled_at = ?, reason = ? WHERE id = ?",
        arguments: [now.milliseconds, reason, row.int("id")])
      for (field, base) in call.agreedBases.sorted(by: { $0.key < $1.key }) {
        try agree(on: field, base, written: call.assumption(of: field), link: link, database)
      }
      try write(
        LedgerLine(
          at: now, connection: event.connection, caseID: event.caseID, link: link, event: event.id,
          operation: row.int("id"), text: reason), database)
    }
  }

  private static func remember(
    _ seen: [FieldKey: FieldValue], link: Int64, event: Int64, _ database: Database
  ) throws {
    let upsert = try database.cachedStatement(
      sql: """
        INSERT INTO field_state (link, field, seen_crm, seen_event) VALUES (?, ?, ?, ?)
        ON CONFLICT (link, field) DO UPDATE SET seen_crm = excluded.seen_crm, seen_event = excluded.seen_event
        WHERE seen_crm IS NOT excluded.seen_crm
        """)
    for (field, value) in seen.sorted(by: { $0.key < $1.key }) {
      try upsert.execute(arguments: [link, field.rawValue, value.column, event])
    }
    try database.executeCached(
      sql: """
        UPDATE link SET seen_at = MAX(COALESCE(seen_at, 0),
          (SELECT MIN(COALESCE(occurred_at, received_at), received_at + ?) FROM event WHERE id = ?)) WHERE id = ?
        """, arguments: [clockDifference.milliseconds, event, link])
  }

  /// So far a CRM's clock may be ahead of ours. An event that says to be from further in the future does not make what
  /// comes after it old.
  private static let clockDifference: Duration = .seconds(300)

  static func note(
    _ line: String, at now: Timestamp, event: EventToPlan, link: Int64?, _ database: Database
  ) throws {
    try write(
      LedgerLine(
        at: now, connection: event.connection, caseID: event.caseID, link: link, event: event.id, operation: nil,
        text: line), database)
  }
}
