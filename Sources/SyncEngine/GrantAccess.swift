import JiraClient
import MappingLanguage
import SyncCore
package import SyncModel
package import SyncStore
import TokenVault

/// Gives the token with which one person's operation is sent, refreshed ahead of its expiry.
///
/// At most one refresh of a grant is in flight, across tasks and processes: whoever wins the compare-and-swap on the
/// grant's generation asks Atlassian, everybody else comes back in a moment. The new pair is committed before the new
/// access token is used.
package struct GrantAccess: Sendable {
  package struct Token: Sendable {
    package var access: Secret
    package var grant: StoredGrant
  }

  package enum Problem: Error, Hashable, Sendable {
    case missing
    case lapsed
    /// Nothing that the person could mend: whoever wants the token comes back.
    case passes(Wait)
  }

  /// Why there is no token for now.
  package enum Wait: Hashable, Sendable {
    /// Somebody else refreshes it right now.
    case busy
    /// Many grants are being refreshed: this one's turn comes then.
    case paced(until: Timestamp)
    /// Atlassian, or our own app's secret.
    case unavailable(String)

    func settlement(now: Timestamp) -> Settlement {
      switch self {
      case .busy: Settlement(transition: .tryAgain(at: now + .milliseconds(250)))
      case .paced(let turn): Settlement(transition: .tryAgain(at: turn))
      case .unavailable(let reason):
        Settlement(transition: .tryAgain(at: now + .seconds(15)), reason: "waits: \(reason)")
      }
    }
  }

  /// A token is refreshed when it has less than this to live.
  static let margin: Duration = .seconds(120)
  /// How long a refresh may take before another one may be tried.
  static let refreshDeadline: Duration = .seconds(45)

  var services: Services
  var app: OAuthApp?

  package init(services: Services, app: OAuthApp?) {
    self.services = services
    self.app = app
  }

  /// - Parameters:
  ///   - refused: the grant whose access token Jira refused with 401: it is refreshed although it looks alive,
  ///     unless somebody has done so meanwhile.
  ///   - known: the grant as it was read a moment ago; it is read anew where that one is no good.
  package func token(
    connection: ConnectionName, user: CRMUserID, refused: StoredGrant? = nil, known: StoredGrant? = nil,
    now: Timestamp
  ) async throws -> Result<Token, Problem> {
    if let known, known.state == .active, known.expiresAt > now + Self.margin { return try await open(known) }
    guard let grant = try await services.store.grant(connection: connection, user: user) else {
      return .failure(.missing)
    }
    guard grant.state == .active else { return .failure(.lapsed) }
    let isRefused = refused.map { $0.generation == grant.generation } ?? false
    guard grant.kind.isRenewed else { return try await entered(grant, isRefused: isRefused, now: now) }
    if !isRefused, grant.expiresAt > now + Self.margin { return try await open(grant) }
    guard grant.refreshToken != nil else {
      if !isRefused, grant.expiresAt > now { return try await open(grant) }
      try await services.store.endRefresh(of: grant, lapseReason: "the access token ended and cannot be refreshed")
      return .failure(.lapsed)
    }
    guard grant.refreshingUntil.map({ $0 <= now }) ?? true else { return .failure(.passes(.busy)) }
    if let turn = services.refreshPace.wait(connection: connection, user: user, now: now) {
      return .failure(.passes(.paced(until: turn)))
    }
    return try await refresh(grant, now: now)
  }

  /// Renews grants that nobody used for long, and those whose renewal was cut off, so that none ends unnoticed. What people
  /// wait for goes first.
  ///
  /// - Returns: how many were renewed, or have ended; none while Atlassian cannot be asked.
  package func renewOld(limit: Int = 100, now: Timestamp) async throws -> Int {
    var settled = 0
    for grant in try await services.store.grantsToRenew(
      refreshedBefore: GrantLifetime.oldest(now: now), limit: limit, now: now)
    {
      guard !Task.isCancelled, services.refreshPace.takeFree(now: now) else { break }
      switch try await refresh(grant, now: now) {
      case .success, .failure(.lapsed), .failure(.missing): settled += 1
      case .failure(.passes(.busy)), .failure(.passes(.paced)): continue
      case .failure(.passes(.unavailable)): return settled
      }
    }
    return settled
  }

  /// A token that its person entered: it is used until its time is over, or Jira no longer takes it.
  private func entered(
    _ grant: StoredGrant, isRefused: Bool, now: Timestamp
  ) async throws -> Result<Token, Problem> {
    guard grant.expiresAt > now else {
      try await services.store.endRefresh(of: grant, lapseReason: "the \(grant.kind.words) has expired")
      return .failure(.lapsed)
    }
    let opened = try await open(grant)
    guard isRefused, case .success(let token) = opened,
      let site = services.live.current.mappings.site(of: grant.connection)
    else { return opened }
    // One refusal may be a passing error of one address; a token that is dead does not tell whose it is.
    let jira = JiraSystem(
      transport: services.way(to: site, of: grant.connection, for: .people), reach: grant.reach(site))
    switch await jira.myself(token: token.access) {
    case .success: return opened
    case .failure(.unauthorised):
      try await services.store.endRefresh(
        of: grant, lapseReason: "Jira no longer accepts the \(grant.kind.words)")
      return .failure(.lapsed)
    case .failure(let failure): return .failure(.passes(.unavailable("\(failure)")))
    }
  }

  private func open(_ grant: StoredGrant) async throws -> Result<Token, Problem> {
    do throws(VaultError) {
      return .success(
        Token(access: try services.vault.open(grant.accessToken, for: grant.label(.accessToken)), grant: grant))
    } catch { return try await closed(grant, error) }
  }

  /// A token that does not open. A key that is missing may be brought back; what is damaged never opens again, and its
  /// person must connect anew.
  private func closed(_ grant: StoredGrant, _ error: VaultError) async throws -> Result<Token, Problem> {
    switch error {
    case .damaged:
      try await services.store.endRefresh(of: grant, lapseReason: "the stored connection is damaged")
      return .failure(.lapsed)
    case .keyMissing, .cannotSeal:
      try await services.store.endRefresh(of: grant, lapseReason: nil)
      return .failure(.passes(.unavailable(error.description)))
    }
  }

  private func refresh(_ grant: StoredGrant, now: Timestamp) async throws -> Result<Token, Problem> {
    guard let site = services.live.current.mappings.site(of: grant.connection),
      let oauth = services.oauth(of: site, app: app), let sealed = grant.refreshToken
    else { return .failure(.passes(.unavailable("no OAuth app is configured"))) }
    guard try await services.store.claimRefresh(of: grant, until: now + Self.refreshDeadline, now: now) else {
      return .failure(.passes(.busy))
    }
    let refreshToken: Secret
    do throws(VaultError) {
      refreshToken = try services.vault.open(sealed, for: grant.label(.refreshToken))
    } catch { return try await closed(grant, error) }
    if let turn = services.refreshPace.go(connection: grant.connection, user: grant.user.id, now: now) {
      try await services.store.endRefresh(of: grant, lapseReason: nil)
      return .failure(.passes(.paced(until: turn)))
    }
    switch await oauth.refresh(refreshToken) {
    case .success(let pair):
      var renewed = grant
      renewed.generation += 1
      renewed.accessToken = try services.vault.seal(pair.access, for: renewed.label(.accessToken))
      // Where no new refresh token comes the old one goes on, sealed for the new generation.
      renewed.refreshToken = try services.vault.seal(pair.refresh ?? refreshToken, for: renewed.label(.refreshToken))
      renewed.expiresAt = now + pair.expiresIn
      renewed.refreshedAt = now
      let isStored = try await services.store.storeRefreshed(
        grant, tokens: renewed.tokens, expiresAt: renewed.expiresAt, now: now)
      // Not stored: the person connected again meanwhile, and that grant is the one to use.
      return isStored ? .success(Token(access: pair.access, grant: renewed)) : .failure(.passes(.busy))
    case .failure(.refused), .failure(.codeInvalid):
      try await services.store.endRefresh(of: grant, lapseReason: "Atlassian no longer accepts this connection")
      return .failure(.lapsed)
    case .failure(.clientRejected):
      try await services.store.endRefresh(of: grant, lapseReason: nil)
      return .failure(.passes(.unavailable("Atlassian refuses the app's client id or secret")))
    case .failure(.passing(let reason)):
      try await services.store.endRefresh(of: grant, lapseReason: nil)
      return .failure(.passes(.unavailable("the token could not be refreshed: \(reason)")))
    }
  }
}
