import GRDB
package import SyncModel

import struct FoundationEssentials.Data

extension Schema {
  /// Signed links that were opened, by the digest of their signature, and the browser of each, until the links expire.
  static let openedLinks = """
    CREATE TABLE opened_link (
      digest BLOB PRIMARY KEY,
      browser_hash BLOB NOT NULL,
      expires_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX opened_link_expiry ON opened_link (expires_at);
    """
}

extension Store {
  /// Opens a signed link in a browser: whoever is the first keeps it, until it expires.
  ///
  /// - Returns: whether this browser is the one.
  package func open(
    linkDigest: [UInt8], browserHash: [UInt8], expiresAt: Timestamp, now: Timestamp
  ) async throws -> Bool {
    try await commit { database in
      try database.executeCached(sql: "DELETE FROM opened_link WHERE expires_at <= ?", arguments: [now.milliseconds])
      try database.executeCached(
        sql: "INSERT INTO opened_link (digest, browser_hash, expires_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        arguments: [Data(linkDigest), Data(browserHash), expiresAt.milliseconds])
      let keeper = try Data.fetchOne(
        database.cachedStatement(sql: "SELECT browser_hash FROM opened_link WHERE digest = ?"),
        arguments: [Data(linkDigest)])
      return keeper == Data(browserHash)
    }
  }
}
