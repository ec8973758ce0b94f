import GRDB
package import SyncModel

import struct FoundationEssentials.Data

/// A delivery that was proved genuine and read, on its way into the store.
package struct NewDelivery: Sendable {
  package var connection: ConnectionName
  package var id: DeliveryID
  /// An id that is only a digest of the body counts as known for this long; nil: for ever.
  package var knownFor: Duration?
  package var receivedAt: Timestamp
  package var body: [UInt8]
  package var content: Content

  package enum Content: Sendable {
    case events([CaseEvent])
    /// Genuine, but it cannot be read: kept whole as a dead letter.
    case unreadable(reason: String)
  }

  package init(
    connection: ConnectionName, id: DeliveryID, knownFor: Duration?, receivedAt: Timestamp, body: [UInt8],
    content: Content
  ) {
    self.connection = connection
    self.id = id
    self.knownFor = knownFor
    self.receivedAt = receivedAt
    self.body = body
    self.content = content
  }
}

/// What became of a delivery: whether this was the first time that it came, and whether it could be read.
package enum Acceptance: Hashable, Sendable {
  case accepted
  case known
  case unreadable(reason: String)
}

extension Store {
  /// Stores one delivery and its events; returns when they are on disk (promise 1).
  ///
  /// - Throws: ``StoreError``; then nothing of the delivery was stored.
  package func accept(_ delivery: NewDelivery) async throws -> Acceptance {
    try await commit { try Self.accept(delivery, $0) }
  }

  private static func accept(_ delivery: NewDelivery, _ database: Database) throws -> Acceptance {
    let known = try database.cachedStatement(
      sql: "SELECT id, received_at, reason FROM delivery WHERE connection = ? AND delivery_id = ?")
    if let row = try Row.fetchOne(known, arguments: [delivery.connection.rawValue, delivery.id.rawValue]) {
      if let window = delivery.knownFor, let before = row.time("received_at"), before + window < delivery.receivedAt {
        try database.execute(
          sql: "UPDATE delivery SET delivery_id = delivery_id || '@' || received_at WHERE id = ?",
          arguments: [row.int("id")])
      } else {
        return row.textOrNil("reason").map(Acceptance.unreadable) ?? .known
      }
    }
    let insert = try database.cachedStatement(
      sql: """
        INSERT INTO delivery (connection, delivery_id, received_at, body, state, reason) VALUES (?, ?, ?, ?, ?, ?)
        """)
    let reason: String? = if case .unreadable(let reason) = delivery.content { reason } else { nil }
    try insert.execute(arguments: [
      delivery.connection.rawValue, delivery.id.rawValue, delivery.receivedAt.milliseconds, Data(delivery.body),
      reason == nil ? "accepted" : "dead", reason,
    ])
    switch delivery.content {
    case .unreadable(let reason): return .unreadable(reason: reason)
    case .events(let events):
      let id = database.lastInsertedRowID
      for (position, event) in events.enumerated() {
        try insertEvent(event, position, delivery: id, delivery, database)
      }
      return .accepted
    }
  }

  private static func insertEvent(
    _ event: CaseEvent, _ position: Int, delivery: Int64, _ whole: NewDelivery, _ database: Database
  ) throws {
    let insert = try database.cachedStatement(
      sql: """
        INSERT INTO event (delivery, position, connection, case_id, kind, actor_id, actor_name, occurred_at,
          received_at, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending')
        """)
    try insert.execute(arguments: [
      delivery, position, whole.connection.rawValue, event.caseID.rawValue, event.kind.rawValue,
      event.actor?.id.rawValue, event.actor?.name, event.occurredAt?.milliseconds, whole.receivedAt.milliseconds,
    ])
  }

  /// Counts a delivery that was refused before it was believed, and keeps the last hundred reasons; never its content.
  package func countRefusal(connection: ConnectionName, reason: String, now: Timestamp) async throws {
    try await commit { database in
      try database.execute(
        sql: """
          INSERT INTO refusal_count (connection, reason, count) VALUES (?, ?, 1)
          ON CONFLICT (connection, reason) DO UPDATE SET count = count + 1
          """, arguments: [connection.rawValue, reason])
      try database.execute(
        sql: "INSERT INTO refusal (connection, at, reason) VALUES (?, ?, ?)",
        arguments: [connection.rawValue, now.milliseconds, reason])
      try database.execute(sql: "DELETE FROM refusal WHERE id <= (SELECT MAX(id) FROM refusal) - 100")
    }
  }
}
