import Crypto
import JSON
import JiraClient
import MappingLanguage
package import SyncModel
import SyncStore
import TokenVault
import Wire

import struct FoundationEssentials.Data

/// The way from a signed link to an active grant, in three steps that the same browser must take.
///
/// `state` is 256 random bits, stored hashed, good for one callback, ten minutes, and the browser whose cookie it was
/// given with: an authorization URL that is sent to somebody else attaches nothing to anybody.
package struct ConnectFlow: Sendable {
  package enum Step: Hashable, Sendable {
    /// Send the browser to Atlassian, with the cookie set.
    case authorize(url: String, browser: Secret)
    /// Show both accounts and ask.
    case confirm(Confirmation)
    case connected(Connected)
    case problem(Problem)
  }

  package struct Confirmation: Hashable, Sendable {
    /// Goes back with the confirmation; it is bound to the browser's cookie.
    package var state: Secret
    package var connection: ConnectionName
    package var user: CRMUser
    package var accountName: String
    package var accountEmail: String?
    package var site: String
    /// Another CRM user is connected to the same Atlassian account already.
    package var sharedWith: String?
  }

  package struct Connected: Hashable, Sendable {
    package var connection: ConnectionName
    package var user: CRMUser
    package var accountName: String
    /// How many held operations go out now.
    package var released: Int
  }

  /// What went wrong, each with a way forward on its page.
  package enum Problem: String, Hashable, Sendable, CaseIterable {
    case unknownConnection, linkMalformed, linkExpired, linkForged, noApp
    case stateUnknown, denied, codeRefused, appRefused, atlassianUnavailable
    case siteMissing, scopesMissing, emailDiffers, damaged, unavailable
  }

  package static let validity: Duration = .seconds(600)

  private let services: Services
  private let app: OAuthApp?

  package init(services: Services, app: OAuthApp?) {
    self.services = services
    self.app = app
  }

  /// First step: the CRM's signed link.
  package func start(
    connection: ConnectionName, query: [(name: String, value: String)], now: Timestamp,
    using random: inout some RandomNumberGenerator
  ) async -> Step {
    let link: SignedLink
    switch verify(connection: connection, query: query, now: now) {
    case .failure(let problem): return .problem(problem)
    case .success(let verified): link = verified
    }
    guard let app, let site = services.live.current.mappings.site(of: connection) else { return .problem(.noApp) }
    let state = Self.token(using: &random)
    let browser = Self.token(using: &random)
    let authorization = Authorization(
      stateHash: Self.hash(state), connection: connection, user: link.user, browserHash: Self.hash(browser),
      expiresAt: now + Self.validity)
    do { try await services.store.begin(authorization, now: now) } catch { return .problem(.unavailable) }
    return .authorize(url: app.oauth(site, services.transport).authorizeURL(state: state.reveal()), browser: browser)
  }

  /// Verifies a signed link without starting anything: for the user's own page.
  package func verify(
    connection: ConnectionName, query: [(name: String, value: String)], now: Timestamp
  ) -> Result<SignedLink, Problem> {
    let installation = services.live.current
    guard installation.mappings.connections[connection] != nil else { return .failure(.unknownConnection) }
    do throws(SignedLink.Problem) {
      return .success(
        try SignedLink(
          connection: connection, query: query, secrets: installation.secrets(connection, "connect"), now: now))
    } catch {
      switch error {
      case .malformed: return .failure(.linkMalformed)
      case .expired: return .failure(.linkExpired)
      case .forged: return .failure(.linkForged)
      }
    }
  }

  /// Second step: Atlassian sends the browser back.
  ///
  /// - Parameters:
  ///   - code: nil when Atlassian reports an error instead; `isDenied` says that the person refused.
  ///   - browser: the cookie's value.
  package func callback(
    state: Secret, code: Secret?, isDenied: Bool, browser: Secret, now: Timestamp
  ) async -> Step {
    let authorization: Authorization?
    do {
      authorization = try await services.store.use(
        stateHash: Self.hash(state), browserHash: Self.hash(browser), now: now)
    } catch { return .problem(.unavailable) }
    guard let authorization else { return .problem(.stateUnknown) }
    guard let code else { return .problem(isDenied ? .denied : .codeRefused) }
    let mappings = services.live.current.mappings
    guard let app, let site = mappings.site(of: authorization.connection),
      let connection = mappings.connections[authorization.connection]
    else { return .problem(.noApp) }
    switch await fetch(code: code, app: app, site: site, now: now) {
    case .failure(let problem): return .problem(problem)
    case .success(let pending):
      if connection.requiresMatchingEmail, !pending.hasEmail(authorization.user.email) {
        return .problem(.emailDiffers)
      }
      return await ask(about: pending, authorization: authorization, state: state, site: site, now: now)
    }
  }

  /// Third step: the person confirms that both accounts are theirs.
  package func confirm(state: Secret, browser: Secret, now: Timestamp) async -> Step {
    do {
      let taken = try await services.store.takePending(
        stateHash: Self.hash(state), browserHash: Self.hash(browser), now: now)
      guard let taken, let sealed = taken.pending else { return .problem(.stateUnknown) }
      let opened = try services.vault.open(sealed, for: label(.pendingGrant, taken))
      guard let json = try? JSONReader.read(opened.reveal()), let pending = PendingGrant(json: json) else {
        return .problem(.damaged)
      }
      let grant = StoredGrant(
        connection: taken.connection, user: taken.user, account: pending.account, accountName: pending.accountName,
        timeZone: pending.timeZone, cloudID: pending.cloudID, scopes: pending.scopes, state: .active,
        lapseReason: nil, generation: 1,
        accessToken: try services.vault.seal(pending.access, for: label(.accessToken, taken)),
        refreshToken: try pending.refresh.map { try services.vault.seal($0, for: label(.refreshToken, taken)) },
        expiresAt: pending.expiresAt, connectedAt: now)
      let released = try await services.store.connect(grant, now: now)
      services.bell.ring()
      return .connected(
        Connected(
          connection: taken.connection, user: taken.user, accountName: pending.accountName, released: released))
    } catch is VaultError { return .problem(.damaged) } catch { return .problem(.unavailable) }
  }

  private func fetch(
    code: Secret, app: OAuthApp, site: JiraSite, now: Timestamp
  ) async -> Result<PendingGrant, Problem> {
    let oauth = app.oauth(site, services.transport)
    let pair: TokenPair
    switch await oauth.exchange(code: code) {
    case .success(let tokens): pair = tokens
    case .failure(let failure): return .failure(Problem(failure))
    }
    let resources: [AccessibleResource]
    switch await oauth.accessibleResources(token: pair.access) {
    case .success(let list): resources = list
    case .failure: return .failure(.atlassianUnavailable)
    }
    // One site may stand there twice (Jira and Confluence), told apart by its scopes.
    let ours = resources.filter { $0.url == site.url }
    guard let resource = ours.first(where: { $0.scopes.contains("read:jira-work") }) ?? ours.first else {
      return .failure(.siteMissing)
    }
    let granted = Set(pair.scopes.isEmpty ? resource.scopes : pair.scopes)
    guard Set(site.scopes).subtracting(["offline_access"]).isSubset(of: granted) else {
      return .failure(.scopesMissing)
    }
    let jira = JiraSystem(transport: services.transport, site: site, cloudID: resource.id)
    switch await jira.myself(token: pair.access) {
    case .failure: return .failure(.atlassianUnavailable)
    case .success(let account):
      return .success(
        PendingGrant(
          account: account.accountID, accountName: account.displayName, accountEmail: account.email,
          timeZone: account.timeZone, cloudID: resource.id, scopes: granted.sorted(), access: pair.access,
          refresh: pair.refresh, expiresAt: now + pair.expiresIn))
    }
  }

  private func ask(
    about pending: PendingGrant, authorization: Authorization, state: Secret, site: JiraSite, now: Timestamp
  ) async -> Step {
    do {
      let sealed = try services.vault.seal(
        Secret(pending.json.compact), for: label(.pendingGrant, authorization))
      try await services.store.keepPending(
        sealed, stateHash: authorization.stateHash, until: now + Self.validity)
      let others = try await services.store.grants().filter {
        $0.connection == authorization.connection && $0.account == pending.account
          && $0.user.id != authorization.user.id
      }
      return .confirm(
        Confirmation(
          state: state, connection: authorization.connection, user: authorization.user,
          accountName: pending.accountName, accountEmail: pending.accountEmail, site: site.url,
          sharedWith: others.first.map { $0.user.name ?? $0.user.id.rawValue }))
    } catch { return .problem(.unavailable) }
  }

  private func label(_ purpose: Vault.Purpose, _ authorization: Authorization) -> Vault.Label {
    Vault.Label(connection: authorization.connection, user: authorization.user.id, purpose: purpose)
  }

  private static func token(using random: inout some RandomNumberGenerator) -> Secret {
    Secret(
      (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        .map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
  }

  private static func hash(_ secret: Secret) -> [UInt8] { Array(SHA256.hash(data: Data(secret.reveal().utf8))) }
}

extension ConnectFlow.Problem: Error {
  fileprivate init(_ failure: OAuthFailure) {
    switch failure {
    case .codeInvalid, .refused: self = .codeRefused
    case .clientRejected: self = .appRefused
    case .passing: self = .atlassianUnavailable
    }
  }
}
