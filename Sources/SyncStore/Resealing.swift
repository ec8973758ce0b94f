import GRDB
package import SyncModel

import struct FoundationEssentials.Data

/// Sealed tokens that take the place of the same tokens, sealed under another key. Each is a compare-and-swap on what
/// was read: a server that refreshes, connects or disconnects meanwhile has the last word.
extension Store {
  /// - Returns: false where the grant is another one by now, or has other tokens.
  package func reseal(
    _ grant: StoredGrant, accessToken: [UInt8], refreshToken: [UInt8]?
  ) async throws -> Bool {
    try await commit { database in
      try database.executeCached(
        sql: """
          UPDATE grant_ SET access_token = ?, refresh_token = ?
          WHERE connection = ? AND crm_user = ? AND connected_at = ? AND generation = ?
            AND access_token = ? AND refresh_token IS ?
          """,
        arguments: [
          Data(accessToken), refreshToken.map { Data($0) }, grant.connection.rawValue, grant.user.id.rawValue,
          grant.connectedAt.milliseconds, grant.generation, Data(grant.accessToken),
          grant.refreshToken.map { Data($0) },
        ])
      return database.changesCount > 0
    }
  }

  /// What waits for a person's confirmation, and may still be confirmed.
  package func pendingAuthorizations(now: Timestamp) async throws -> [Authorization] {
    try await read { database in
      try Row.fetchAll(
        database, sql: "SELECT * FROM authorization WHERE pending IS NOT NULL AND expires_at > ? ORDER BY state_hash",
        arguments: [now.milliseconds]
      ).map(Self.authorization)
    }
  }

  /// - Returns: false where it was confirmed, or another answer came, meanwhile.
  package func reseal(_ authorization: Authorization, pending: [UInt8]) async throws -> Bool {
    try await commit { database in
      try database.executeCached(
        sql: "UPDATE authorization SET pending = ? WHERE state_hash = ? AND pending IS ?",
        arguments: [Data(pending), Data(authorization.stateHash), authorization.pending.map { Data($0) }])
      return database.changesCount > 0
    }
  }
}
