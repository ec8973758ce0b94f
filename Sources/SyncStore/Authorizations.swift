import GRDB
package import SyncModel

import struct FoundationEssentials.Data

/// One attempt to connect, from the signed link to the confirmation. `state` itself is never stored, only its hash.
package struct Authorization: Hashable, Sendable {
  package var stateHash: [UInt8]
  package var connection: ConnectionName
  package var user: CRMUser
  /// The hash of the cookie of the browser that started: the answer must come through the same browser.
  package var browserHash: [UInt8]
  package var expiresAt: Timestamp
  /// The callback has come.
  package var isUsed = false
  /// The sealed grant-to-be, between the callback and the confirmation.
  package var pending: [UInt8]?

  package init(
    stateHash: [UInt8], connection: ConnectionName, user: CRMUser, browserHash: [UInt8], expiresAt: Timestamp,
    pending: [UInt8]? = nil
  ) {
    self.stateHash = stateHash
    self.connection = connection
    self.user = user
    self.browserHash = browserHash
    self.expiresAt = expiresAt
    self.pending = pending
  }
}

extension Store {
  /// Begins one; old ones that were never finished go at the same time.
  package func begin(_ authorization: Authorization, now: Timestamp) async throws {
    try await commit { database in
      try database.executeCached(sql: "DELETE FROM authorization WHERE expires_at <= ?", arguments: [now.milliseconds])
      try database.executeCached(
        sql: """
          INSERT INTO authorization (state_hash, connection, crm_user, crm_name, crm_email, browser_hash, expires_at)
          VALUES (?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          Data(authorization.stateHash), authorization.connection.rawValue, authorization.user.id.rawValue,
          authorization.user.name, authorization.user.email, Data(authorization.browserHash),
          authorization.expiresAt.milliseconds,
        ])
    }
  }

  /// Uses up a state: it works once, before it expires, and in the browser that started.
  ///
  /// - Returns: nil when it is unknown, used, expired, or another browser's.
  package func use(stateHash: [UInt8], browserHash: [UInt8], now: Timestamp) async throws -> Authorization? {
    try await commit { database in
      let row = try Row.fetchOne(
        database.cachedStatement(
          sql: """
            UPDATE authorization SET used = 1
            WHERE state_hash = ? AND browser_hash = ? AND used = 0 AND expires_at > ? RETURNING *
            """), arguments: [Data(stateHash), Data(browserHash), now.milliseconds])
      return row.map(Self.authorization)
    }
  }

  /// What is known of a state, whoever asks and whenever.
  package func authorization(stateHash: [UInt8]) async throws -> Authorization? {
    try await read { database in
      try Row.fetchOne(
        database.cachedStatement(sql: "SELECT * FROM authorization WHERE state_hash = ?"), arguments: [Data(stateHash)]
      ).map(Self.authorization)
    }
  }

  /// Keeps what the callback brought until the person confirms it.
  package func keepPending(_ sealed: [UInt8], stateHash: [UInt8], until: Timestamp) async throws {
    try await commit { database in
      try database.executeCached(
        sql: "UPDATE authorization SET pending = ?, expires_at = ? WHERE state_hash = ? AND used = 1",
        arguments: [Data(sealed), until.milliseconds, Data(stateHash)])
    }
  }

  /// Takes what waits for confirmation out of the store; it is there once.
  package func takePending(
    stateHash: [UInt8], browserHash: [UInt8], now: Timestamp
  ) async throws -> Authorization? {
    try await commit { database in
      let row = try Row.fetchOne(
        database.cachedStatement(
          sql: """
            DELETE FROM authorization
            WHERE state_hash = ? AND browser_hash = ? AND pending IS NOT NULL AND expires_at > ? RETURNING *
            """), arguments: [Data(stateHash), Data(browserHash), now.milliseconds])
      return row.map(Self.authorization)
    }
  }

  static func authorization(_ row: Row) -> Authorization {
    var authorization = Authorization(
      stateHash: row.bytesOrNil("state_hash") ?? [], connection: ConnectionName(row.text("connection")),
      user: CRMUser(
        id: CRMUserID(row.text("crm_user")), name: row.textOrNil("crm_name"), email: row.textOrNil("crm_email")),
      browserHash: row.bytesOrNil("browser_hash") ?? [],
      expiresAt: row.time("expires_at") ?? Timestamp(milliseconds: 0), pending: row.bytesOrNil("pending"))
    authorization.isUsed = row.int("used") == 1
    return authorization
  }
}
