import GRDB
package import SyncCore
package import SyncModel

import struct FoundationEssentials.Data

/// What lets Counterpart act in Jira as one CRM user. Tokens are sealed; the store never sees them open.
package struct StoredGrant: Hashable, Sendable {
  package enum State: String, Hashable, Sendable, CaseIterable { case active, lapsed }

  package var kind = GrantKind.oauth
  package var connection: ConnectionName
  package var user: CRMUser
  package var account: AccountID
  package var accountName: String
  package var timeZone: String?
  package var cloudID: String
  package var scopes: [String]
  package var state: State
  package var lapseReason: String?
  /// Counts the token pairs that this grant has had. Every replacement of the pair names the generation it replaces,
  /// and when the grant was made: a person who disconnected and connected again has another grant.
  package var generation: Int64
  package var accessToken: [UInt8]
  package var refreshToken: [UInt8]?
  package var expiresAt: Timestamp
  package var connectedAt: Timestamp
  /// When Atlassian gave the present pair.
  package var refreshedAt: Timestamp
  /// Until when somebody is taken to be asking for a new pair; nil: nobody is.
  package var refreshingUntil: Timestamp?

  package init(
    connection: ConnectionName, user: CRMUser, account: AccountID, accountName: String, timeZone: String?,
    cloudID: String, scopes: [String], state: State, lapseReason: String?, generation: Int64 = 1,
    accessToken: [UInt8] = [], refreshToken: [UInt8]? = nil, expiresAt: Timestamp, connectedAt: Timestamp,
    refreshedAt: Timestamp? = nil
  ) {
    self.refreshedAt = refreshedAt ?? connectedAt
    self.connection = connection
    self.user = user
    self.account = account
    self.accountName = accountName
    self.timeZone = timeZone
    self.cloudID = cloudID
    self.scopes = scopes
    self.state = state
    self.lapseReason = lapseReason
    self.generation = generation
    self.accessToken = accessToken
    self.refreshToken = refreshToken
    self.expiresAt = expiresAt
    self.connectedAt = connectedAt
  }
}

extension StoredGrant {
  /// The pair, sealed for this grant and this generation.
  package struct Tokens: Hashable, Sendable {
    package var access: [UInt8]
    package var refresh: [UInt8]?

    package init(access: [UInt8], refresh: [UInt8]?) {
      self.access = access
      self.refresh = refresh
    }
  }

  package var tokens: Tokens { Tokens(access: accessToken, refresh: refreshToken) }

  /// When it ends: one that is renewed if nobody does that, another when its token's time is over. Nil: it has ended, or
  /// nobody knows.
  package var endsUnused: Timestamp? {
    guard state == .active else { return nil }
    guard kind.isRenewed else { return expiresAt < GrantLifetime.unknownEnd ? expiresAt : nil }
    return refreshToken != nil ? GrantLifetime.end(refreshedAt: refreshedAt) : nil
  }
}

extension Store {
  package func grant(connection: ConnectionName, user: CRMUserID) async throws -> StoredGrant? {
    try look { try Self.grant(connection: connection.rawValue, user: user, $0) }
  }

  static func grant(connection: String, user: CRMUserID, _ database: Database) throws -> StoredGrant? {
    try Row.fetchOne(
      database.cachedStatement(sql: "SELECT * FROM grant_ WHERE connection = ? AND crm_user = ?"),
      arguments: [connection, user.rawValue]
    ).map(grant)
  }

  /// Whether the acting user connected after the operation was claimed: to hold it now would be to wait for what has
  /// happened already.
  static func hasConnectedMeanwhile(_ operation: ClaimedOperation, _ database: Database) throws -> Bool {
    guard let actor = operation.actor,
      let grant = try grant(connection: operation.connection.rawValue, user: actor.id, database)
    else { return false }
    return grant.state == .active && grant.connectedAt != operation.grant?.connectedAt
  }

  /// Every grant, by connection and name.
  package func grants() async throws -> [StoredGrant] {
    try await read { database in
      try Row.fetchAll(database, sql: "SELECT * FROM grant_ ORDER BY connection, crm_name, crm_user").map(Self.grant)
    }
  }

  /// The grants of one account: of more than one CRM user where people share it.
  package func grants(of account: AccountID, in connection: ConnectionName) async throws -> [StoredGrant] {
    try await read { database in
      try Row.fetchAll(
        database, sql: "SELECT * FROM grant_ WHERE connection = ? AND account_id = ? ORDER BY crm_user",
        arguments: [connection.rawValue, account.rawValue]
      ).map(Self.grant)
    }
  }

  package func people(of connection: ConnectionName) async throws -> People {
    try await read { try peopleMemory.people(connection.rawValue, $0) }
  }

  /// Makes a grant active; an earlier one of the same user is replaced, and what was held for the user goes out.
  ///
  /// - Parameter sealing: seals the tokens for the grant as it will stand there, with its generation; by default they are
  ///   taken as they are.
  /// - Returns: how many held operations go out now.
  package func connect(
    _ grant: StoredGrant, now: Timestamp,
    sealing: @escaping @Sendable (StoredGrant) throws -> StoredGrant.Tokens = { $0.tokens }
  ) async throws -> Int {
    try await commit { database in
      var grant = grant
      grant.connectedAt = now
      let former = try Self.grant(connection: grant.connection.rawValue, user: grant.user.id, database)
      grant.generation = (former?.generation ?? 0) + 1
      try Self.keep(grant, try sealing(grant), database)
      let released = try Self.release(connection: grant.connection, user: grant.user.id, now: now, database)
      let name = grant.user.name ?? grant.user.id.rawValue
      let line = "\(name) connected as \(grant.accountName); \(released) held operation(s) go out"
      try Self.write(
        LedgerLine(
          at: now, connection: grant.connection, caseID: nil, link: nil, event: nil, operation: nil, text: line),
        database)
      return released
    }
  }

  private static func keep(_ grant: StoredGrant, _ tokens: StoredGrant.Tokens, _ database: Database) throws {
    try database.executeCached(
      sql: """
        INSERT OR REPLACE INTO grant_ (kind, connection, crm_user, crm_name, crm_email, account_id, account_name,
          time_zone, cloud_id, scopes, state, generation, access_token, refresh_token, expires_at,
          connected_at, refreshed_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'active', ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        grant.kind.rawValue, grant.connection.rawValue, grant.user.id.rawValue, grant.user.name, grant.user.email,
        grant.account.rawValue, grant.accountName, grant.timeZone, grant.cloudID,
        grant.scopes.joined(separator: " "), grant.generation, Data(tokens.access), tokens.refresh.map { Data($0) },
        grant.expiresAt.milliseconds, grant.connectedAt.milliseconds, grant.connectedAt.milliseconds,
      ])
  }

  /// Forgets a person: the tokens are deleted with the row.
  package func disconnect(connection: ConnectionName, user: CRMUserID, now: Timestamp) async throws -> Bool {
    try await commit { database in
      try database.executeCached(
        sql: "DELETE FROM grant_ WHERE connection = ? AND crm_user = ?",
        arguments: [connection.rawValue, user.rawValue])
      return database.changesCount > 0
    }
  }

  /// Claims the right to refresh one generation of a grant's tokens, across tasks and processes.
  ///
  /// - Returns: whether this caller is the one; everybody else waits for the next generation.
  package func claimRefresh(of grant: StoredGrant, until: Timestamp, now: Timestamp) async throws -> Bool {
    try await commit { database in
      try database.executeCached(
        sql: """
          UPDATE grant_ SET refreshing_until = ?
          WHERE connection = ? AND crm_user = ? AND connected_at = ? AND generation = ?
            AND state = 'active' AND (refreshing_until IS NULL OR refreshing_until <= ?)
          """,
        arguments: [
          until.milliseconds, grant.connection.rawValue, grant.user.id.rawValue, grant.connectedAt.milliseconds,
          grant.generation, now.milliseconds,
        ])
      return database.changesCount > 0
    }
  }

  /// Stores the pair that a refresh brought, before the access token is used; a reconnect that came between wins.
  package func storeRefreshed(
    _ grant: StoredGrant, tokens: StoredGrant.Tokens, expiresAt: Timestamp, now: Timestamp
  ) async throws -> Bool {
    try await commit { database in
      try database.executeCached(
        sql: """
          UPDATE grant_ SET access_token = ?, refresh_token = ?, expires_at = ?,
            generation = generation + 1, refreshing_until = NULL, refreshed_at = ?
          WHERE connection = ? AND crm_user = ? AND connected_at = ? AND generation = ?
          """,
        arguments: [
          Data(tokens.access), tokens.refresh.map { Data($0) }, expiresAt.milliseconds, now.milliseconds,
          grant.connection.rawValue, grant.user.id.rawValue, grant.connectedAt.milliseconds, grant.generation,
        ])
      return database.changesCount > 0
    }
  }

  /// The grants whose pair is old, and those whose refresh was begun and never ended; the oldest first.
  package func grantsToRenew(refreshedBefore oldest: Timestamp, limit: Int, now: Timestamp) async throws
    -> [StoredGrant]
  {
    try await read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT * FROM grant_ WHERE state = 'active' AND refresh_token IS NOT NULL AND refreshed_at <= ?
            AND (refreshing_until IS NULL OR refreshing_until <= ?)
          UNION
          SELECT * FROM grant_ WHERE state = 'active' AND refresh_token IS NOT NULL AND refreshing_until <= ?
          ORDER BY refreshed_at LIMIT ?
          """, arguments: [oldest.milliseconds, now.milliseconds, now.milliseconds, limit]
      ).map(Self.grant)
    }
  }

  /// Ends a refresh that brought nothing: for good (the grant lapses), or for now (somebody may try again).
  package func endRefresh(of grant: StoredGrant, lapseReason: String?) async throws {
    try await commit { database in
      try database.executeCached(
        sql: """
          UPDATE grant_ SET refreshing_until = NULL, state = CASE WHEN ? IS NULL THEN state ELSE 'lapsed' END,
            lapse_reason = COALESCE(?, lapse_reason)
          WHERE connection = ? AND crm_user = ? AND connected_at = ? AND generation = ?
          """,
        arguments: [
          lapseReason, lapseReason, grant.connection.rawValue, grant.user.id.rawValue,
          grant.connectedAt.milliseconds, grant.generation,
        ])
    }
  }

  private static func grant(_ row: Row) throws -> StoredGrant {
    var grant = StoredGrant(
      connection: ConnectionName(row.text("connection")),
      user: CRMUser(
        id: CRMUserID(row.text("crm_user")), name: row.textOrNil("crm_name"), email: row.textOrNil("crm_email")),
      account: AccountID(row.text("account_id")), accountName: row.text("account_name"),
      timeZone: row.textOrNil("time_zone"), cloudID: row.text("cloud_id"),
      scopes: row.text("scopes").split(separator: " ").map(String.init),
      state: row.text("state") == "active" ? .active : .lapsed, lapseReason: row.textOrNil("lapse_reason"),
      generation: row.int("generation"), accessToken: row.bytesOrNil("access_token") ?? [],
      refreshToken: row.bytesOrNil("refresh_token"),
      expiresAt: row.time("expires_at") ?? Timestamp(milliseconds: 0),
      connectedAt: row.time("connected_at") ?? Timestamp(milliseconds: 0), refreshedAt: row.time("refreshed_at"))
    grant.kind = GrantKind(rawValue: row.text("kind")) ?? .oauth
    grant.refreshingUntil = row.time("refreshing_until")
    return grant
  }
}
