import GRDB
import JSON
package import SyncCore
package import SyncModel

/// An event as it was received, with the delivery that brought it: what `preview` and `replay` plan again.
package struct RecordedEvent: Sendable {
  package var id: Int64
  package var delivery: Int64
  /// Which of its delivery's events it is, from 0.
  package var position: Int
  package var connection: ConnectionName
  package var caseID: CaseID
  package var kind: CaseEvent.Kind
  package var actor: CRMUser?
  package var occurredAt: Timestamp?
  package var receivedAt: Timestamp
  package var isPending: Bool
  /// The raw body; empty where it is kept no longer.
  package var body: [UInt8]

  package init(
    id: Int64, delivery: Int64, position: Int, connection: ConnectionName, caseID: CaseID, kind: CaseEvent.Kind,
    actor: CRMUser?, occurredAt: Timestamp?, receivedAt: Timestamp, isPending: Bool, body: [UInt8]
  ) {
    self.id = id
    self.delivery = delivery
    self.position = position
    self.connection = connection
    self.caseID = caseID
    self.kind = kind
    self.actor = actor
    self.occurredAt = occurredAt
    self.receivedAt = receivedAt
    self.isPending = isPending
    self.body = body
  }
}

/// A case of one connection.
package struct RecordedCase: Hashable, Sendable {
  package var connection: ConnectionName
  package var caseID: CaseID

  package init(connection: ConnectionName, caseID: CaseID) {
    self.connection = connection
    self.caseID = caseID
  }
}

/// What is known of a case beside its events.
package struct RecordedHistory: Sendable {
  /// Something that Counterpart wrote to the case: what events show of it afterwards is no change of a person's.
  package struct Write: Sendable {
    package var mapping: MappingName
    package var call: RemoteCall
    package var at: Timestamp
  }

  /// When the case's link under a mapping was made.
  package var linkedAt: [MappingName: Timestamp]
  /// The issue, where there is one.
  package var issues: [MappingName: IssueReference]
  /// In the order in which they were made.
  package var writes: [Write]
  /// Jira's ids of the CRM's comments.
  package var comments: [CommentID: CommentID]
}

extension Store {
  /// The first event that was received at this time or later; nil: there is none.
  package func firstEvent(since time: Timestamp) async throws -> Int64? {
    try await read {
      try Int64.fetchOne($0, sql: "SELECT MIN(id) FROM event WHERE received_at >= ?", arguments: [time.milliseconds])
    }
  }

  /// How many events there are from one on.
  package func countEvents(from first: Int64, of connection: ConnectionName?) async throws -> Int {
    try await read { database in
      try Int.fetchOne(
        database, sql: "SELECT COUNT(*) FROM event WHERE id >= :first AND (:name IS NULL OR connection = :name)",
        arguments: ["first": first, "name": connection?.rawValue]) ?? 0
    }
  }

  /// Cases that have events from one on, in the order of their names, some at a time.
  package func recordedCases(
    from first: Int64, of connection: ConnectionName?, after last: RecordedCase?, limit: Int
  ) async throws -> [RecordedCase] {
    try await read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT DISTINCT connection, case_id FROM event
          WHERE (connection, case_id) > (:connection, :case) AND id >= :first AND (:name IS NULL OR connection = :name)
          ORDER BY connection, case_id LIMIT :limit
          """,
        arguments: [
          "connection": last?.connection.rawValue ?? "", "case": last?.caseID.rawValue ?? "", "first": first,
          "name": connection?.rawValue, "limit": limit,
        ]
      ).map { RecordedCase(connection: ConnectionName($0.text("connection")), caseID: CaseID($0.text("case_id"))) }
    }
  }

  /// The events of a case from one on, in their order, some at a time.
  package func recordedEvents(
    of recorded: RecordedCase, from first: Int64, limit: Int
  ) async throws -> [RecordedEvent] {
    try await events(
      "event.connection = ? AND event.case_id = ? AND event.id >= ? ORDER BY event.id LIMIT ?",
      [recorded.connection.rawValue, recorded.caseID.rawValue, first, limit])
  }

  /// The last event of a case before one, of which the body is kept.
  package func recordedEvent(of recorded: RecordedCase, before event: Int64) async throws -> RecordedEvent? {
    try await events(
      """
      event.connection = ? AND event.case_id = ? AND event.id < ? AND length(delivery.body) > 0
      ORDER BY event.id DESC LIMIT 1
      """, [recorded.connection.rawValue, recorded.caseID.rawValue, event]
    ).first
  }

  /// The events that one delivery brought.
  package func recordedEvents(ofDelivery delivery: Int64) async throws -> [RecordedEvent] {
    try await events("event.delivery = ? ORDER BY event.position", [delivery])
  }

  private func events(_ condition: String, _ arguments: StatementArguments) async throws -> [RecordedEvent] {
    try await read { database in
      try Row.fetchAll(
        database.cachedStatement(
          sql: """
            SELECT event.*, delivery.body FROM event JOIN delivery ON delivery.id = event.delivery WHERE \(condition)
            """), arguments: arguments
      ).map { row in
        RecordedEvent(
          id: row.int("id"), delivery: row.int("delivery"), position: Int(row.int("position")),
          connection: ConnectionName(row.text("connection")), caseID: CaseID(row.text("case_id")),
          kind: CaseEvent.Kind(rawValue: row.text("kind")) ?? .updated,
          actor: row.textOrNil("actor_id").map { CRMUser(id: CRMUserID($0), name: row.textOrNil("actor_name")) },
          occurredAt: row.time("occurred_at"), receivedAt: row.time("received_at") ?? Timestamp(milliseconds: 0),
          isPending: row.text("state") == "pending", body: row.bytesOrNil("body") ?? [])
      }
    }
  }

  package func history(of recorded: RecordedCase) async throws -> RecordedHistory {
    let arguments: StatementArguments = [recorded.connection.rawValue, recorded.caseID.rawValue]
    return try await read { database in
      var history = RecordedHistory(linkedAt: [:], issues: [:], writes: [], comments: [:])
      for row in try Row.fetchAll(database.cachedStatement(sql: Self.linksOfCase), arguments: arguments) {
        let mapping = MappingName(row.text("mapping"))
        history.linkedAt[mapping] = row.time("created_at")
        history.issues[mapping] = Self.issue(row)
      }
      let writes = try database.cachedStatement(
        sql: """
          SELECT link.mapping, operation.kind, operation.call, operation.settled_at
          FROM link JOIN operation ON operation.link = link.id
          WHERE link.connection = ? AND link.case_id = ? AND operation.kind = 'write-case' AND operation.state = 'done'
          ORDER BY operation.settled_at, operation.id
          """)
      for row in try Row.fetchAll(writes, arguments: arguments) {
        guard let json = try? JSONReader.read(row.text("call")), let at = row.time("settled_at"),
          let call = RemoteCall(kind: .writeCase, json: json)
        else { continue }
        history.writes.append(
          RecordedHistory.Write(mapping: MappingName(row.text("mapping")), call: call, at: at))
      }
      let pairs = try database.cachedStatement(
        sql: """
          SELECT crm_comment, jira_comment FROM link JOIN comment_pair ON comment_pair.link = link.id
          WHERE link.connection = ? AND link.case_id = ? AND crm_comment IS NOT NULL AND jira_comment IS NOT NULL
          """)
      for row in try Row.fetchAll(pairs, arguments: arguments) {
        history.comments[CommentID(row.text("crm_comment"))] = CommentID(row.text("jira_comment"))
      }
      return history
    }
  }

  /// The links that a case has now, by mapping.
  package func links(of recorded: RecordedCase) async throws -> [MappingName: LinkState] {
    try await read {
      try Self.links(connection: recorded.connection.rawValue, caseID: recorded.caseID.rawValue, $0)
    }
  }

  /// The number that the next operation gets which is journaled.
  package func nextOperation() async throws -> Int64 {
    try await read { try Int64.fetchOne($0, sql: "SELECT COALESCE(MAX(id), 0) + 1 FROM operation") ?? 1 }
  }
}
