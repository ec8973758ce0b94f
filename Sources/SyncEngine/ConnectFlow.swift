import Crypto
import JSON
import JiraClient
import MappingLanguage
package import SyncCore
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
    /// Ask for a token, with the cookie set.
    case enter(TokenForm, browser: Secret)
    /// Show both accounts and ask.
    case confirm(Confirmation)
    case connected(Connected)
    case problem(Problem)
  }

  /// A genuine link in the browser that it belongs to.
  package struct OpenedLink: Hashable, Sendable {
    package var link: SignedLink
    /// For the cookie.
    package var browser: Secret
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

  /// What is asked of a person who connects with a token.
  package struct TokenForm: Hashable, Sendable {
    /// Goes back with the token; it is bound to the browser's cookie.
    package var state: Secret
    package var connection: ConnectionName
    package var user: CRMUser
    package var site: String
    package var kind: GrantKind
    /// Where they can consent instead; nil: only tokens are taken.
    package var authorizeURL: String?
    /// What was entered was not accepted; why.
    package var refusal: String?
  }

  package struct Connected: Hashable, Sendable {
    package var connection: ConnectionName
    package var user: CRMUser
    package var accountName: String
    /// How many held operations go out now.
    package var released: Int
  }

  /// What went wrong, each with a way forward on its page.
  package enum Problem: Hashable, Sendable {
    case unknownConnection, linkMalformed, linkExpired, linkForged, linkTaken, noApp
    case answerMalformed, stateUnknown, stateExpired, stateUsed, otherBrowser, cookieMissing
    case denied, codeRefused, appRefused, atlassianUnavailable
    /// The Jira site that the CRM goes with, which the account does not reach.
    case siteMissing(site: String)
    /// What the site needs and the consent did not give.
    case scopesMissing([String])
    case emailDiffers, damaged, unavailable
  }

  package static let validity: Duration = .seconds(600)

  /// What was done, a line for each step.
  package let audit = ConnectAudit()

  let services: Services
  let app: OAuthApp?

  package init(services: Services, app: OAuthApp?) {
    self.services = services
    self.app = app
  }

  /// First step: the CRM's signed link.
  ///
  /// - Parameter browser: the cookie's value; anything else than one of ours counts as none.
  package func start(
    connection: ConnectionName, query: [(name: String, value: String)], browser: Secret, now: Timestamp,
    using random: inout some RandomNumberGenerator
  ) async -> Step {
    var trail = trail(.link, connection)
    let step: Step
    switch await open(query, browser: browser, now: now, trail: &trail, as: connection, using: &random) {
    case .failure(let problem): step = .problem(problem)
    case .success(let opened): step = await begin(opened, now: now, using: &random)
    }
    audit.write(trail, step, now: now)
    return step
  }

  private func begin(
    _ opened: OpenedLink, now: Timestamp, using random: inout some RandomNumberGenerator
  ) async -> Step {
    let (link, connection, browser) = (opened.link, opened.link.connection, opened.browser)
    guard let site = services.live.current.mappings.site(of: connection) else { return .problem(.noApp) }
    let oauth = services.oauth(of: site, app: app)
    guard oauth != nil || site.connect.takesTokens else { return .problem(.noApp) }
    let state = Self.token(using: &random)
    let authorization = Authorization(
      stateHash: Self.hash(state), connection: connection, user: link.user, browserHash: Self.hash(browser),
      expiresAt: now + Self.validity)
    do { try await services.store.begin(authorization, now: now) } catch { return .problem(.unavailable) }
    let url = oauth?.authorizeURL(state: state.reveal(), proof: Self.proof(state: state, browser: browser))
    if let url, !site.connect.takesTokens { return .authorize(url: url, browser: browser) }
    return .enter(
      TokenForm(
        state: state, connection: connection, user: link.user, site: site.url, kind: site.enteredKind,
        authorizeURL: url), browser: browser)
  }

  /// Second step: Atlassian sends the browser back.
  ///
  /// - Parameters:
  ///   - code: nil when Atlassian reports an error instead; `isDenied` says that the person refused.
  ///   - browser: the cookie's value.
  package func callback(
    state: Secret, code: Secret?, isDenied: Bool, browser: Secret, now: Timestamp
  ) async -> Step {
    var trail = ConnectAudit.Trail(step: .callback)
    let step = await answered(state, code: code, isDenied: isDenied, browser: browser, now: now, trail: &trail)
    audit.write(trail, step, now: now)
    return step
  }

  private func answered(
    _ state: Secret, code: Secret?, isDenied: Bool, browser: Secret, now: Timestamp, trail: inout ConnectAudit.Trail
  ) async -> Step {
    let authorization: Authorization
    switch await use(state, browser: browser, now: now, trail: &trail) {
    case .failure(let problem): return .problem(problem)
    case .success(let used): authorization = used
    }
    guard let code else { return .problem(isDenied ? .denied : .codeRefused) }
    let mappings = services.live.current.mappings
    guard let site = mappings.site(of: authorization.connection), let oauth = services.oauth(of: site, app: app)
    else { return .problem(.noApp) }
    let proof = Self.proof(state: state, browser: browser)
    switch await fetch(
      code: code, proof: proof, oauth: oauth, site: site, connection: authorization.connection, now: now)
    {
    case .failure(let problem): return .problem(problem)
    case .success(let pending):
      return await ask(about: pending, authorization: authorization, state: state, site: site, now: now)
    }
  }

  /// Third step: the person confirms that both accounts are theirs.
  package func confirm(state: Secret, browser: Secret, now: Timestamp) async -> Step {
    var trail = ConnectAudit.Trail(step: .confirm)
    let step = await confirmed(state, browser: browser, now: now, trail: &trail)
    audit.write(trail, step, now: now)
    return step
  }

  private func confirmed(
    _ state: Secret, browser: Secret, now: Timestamp, trail: inout ConnectAudit.Trail
  ) async -> Step {
    do {
      let taken = try await services.store.takePending(
        stateHash: Self.hash(state), browserHash: Self.hash(browser), now: now)
      guard let taken, let sealed = taken.pending else {
        return .problem(try await reason(state, browser: browser, now: now, trail: &trail))
      }
      trail.follow(taken)
      let opened = try services.vault.open(sealed, for: taken.label)
      guard let json = try? JSONReader.read(opened.reveal()), let pending = PendingGrant(json: json) else {
        return .problem(.damaged)
      }
      return .connected(try await keep(pending, of: taken.user, in: taken.connection, now: now))
    } catch is VaultError { return .problem(.damaged) } catch { return .problem(.unavailable) }
  }

  /// Makes the grant, sealed for the generation that it gets, and lets go what waited for it.
  func keep(
    _ pending: PendingGrant, of user: CRMUser, in connection: ConnectionName, now: Timestamp
  ) async throws -> Connected {
    var grant = StoredGrant(
      connection: connection, user: user, account: pending.account, accountName: pending.accountName,
      timeZone: pending.timeZone, cloudID: pending.cloudID, scopes: pending.scopes, state: .active, lapseReason: nil,
      expiresAt: pending.expiresAt, connectedAt: now)
    grant.kind = pending.kind
    let vault = services.vault
    let released = try await services.store.connect(grant, now: now) { grant in
      StoredGrant.Tokens(
        access: try vault.seal(pending.access, for: grant.label(.accessToken)),
        refresh: try pending.refresh.map { try vault.seal($0, for: grant.label(.refreshToken)) })
    }
    services.bell.ring()
    return Connected(connection: connection, user: user, accountName: pending.accountName, released: released)
  }

  private func fetch(
    code: Secret, proof: CodeProof, oauth: AtlassianOAuth, site: JiraSite, connection: ConnectionName,
    now: Timestamp
  ) async -> Result<PendingGrant, Problem> {
    let pair: TokenPair
    switch await oauth.exchange(code: code, proof: proof) {
    case .success(let tokens): pair = tokens
    case .failure(let failure): return .failure(Problem(failure))
    }
    let place: Place
    switch await self.place(of: site, pair, oauth) {
    case .success(let found): place = found
    case .failure(let problem): return .failure(problem)
    }
    let reach = JiraReach(site: site, grant: .oauth, cloudID: place.cloudID)
    let jira = JiraSystem(transport: services.way(to: site, of: connection, for: .people), reach: reach)
    switch await jira.myself(token: pair.access) {
    case .failure: return .failure(.atlassianUnavailable)
    case .success(let account):
      return .success(
        PendingGrant(
          account: account.accountID, accountName: account.displayName, accountEmail: account.email,
          timeZone: account.timeZone, cloudID: place.cloudID, scopes: place.scopes, access: pair.access,
          refresh: pair.refresh, expiresAt: now + pair.expiresIn))
    }
  }

  /// The site as a consent reaches it.
  private struct Place {
    /// Empty for a Data Center, which is asked itself.
    var cloudID: String
    var scopes: [String]
  }

  private func place(
    of site: JiraSite, _ pair: TokenPair, _ oauth: AtlassianOAuth
  ) async -> Result<Place, Problem> {
    guard site.kind == .cloud else {
      // A scope includes those below it, and what was asked for need not come back.
      return .success(Place(cloudID: "", scopes: pair.scopes.isEmpty ? site.scopes : pair.scopes))
    }
    let resources: [AccessibleResource]
    switch await oauth.accessibleResources(token: pair.access) {
    case .success(let list): resources = list
    case .failure: return .failure(.atlassianUnavailable)
    }
    // One site may stand there twice (Jira and Confluence), told apart by its scopes.
    let ours = resources.filter { $0.url == site.url }
    guard let resource = ours.first(where: { $0.scopes.contains("read:jira-work") }) ?? ours.first else {
      return .failure(.siteMissing(site: site.url))
    }
    let granted = Set(pair.scopes.isEmpty ? resource.scopes : pair.scopes)
    let missing = site.scopes.filter { $0 != "offline_access" && !granted.contains($0) }
    guard missing.isEmpty else { return .failure(.scopesMissing(missing)) }
    return .success(Place(cloudID: resource.id, scopes: granted.sorted()))
  }

  /// Asks the person to confirm what was found, unless the e-mail addresses must be the same and are not.
  func ask(
    about pending: PendingGrant, authorization: Authorization, state: Secret, site: JiraSite, now: Timestamp
  ) async -> Step {
    guard let connection = services.live.current.mappings.connections[authorization.connection] else {
      return .problem(.noApp)
    }
    if connection.requiresMatchingEmail, !pending.hasEmail(authorization.user.email) { return .problem(.emailDiffers) }
    do {
      let sealed = try services.vault.seal(Secret(pending.json.compact), for: authorization.label)
      try await services.store.keepPending(
        sealed, stateHash: authorization.stateHash, until: now + Self.validity)
      let others = try await services.store.grants(of: pending.account, in: authorization.connection)
        .filter { $0.user.id != authorization.user.id }
      return .confirm(
        Confirmation(
          state: state, connection: authorization.connection, user: authorization.user,
          accountName: pending.accountName, accountEmail: pending.accountEmail, site: site.url,
          sharedWith: others.first.map { $0.user.name ?? $0.user.id.rawValue }))
    } catch { return .problem(.unavailable) }
  }

  static func token(using random: inout some RandomNumberGenerator) -> Secret {
    Secret(
      (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) }.hexadecimal)
  }

  /// What only the browser that began can say again, so that it need not be kept: both parts are random, and the cookie is
  /// never shown to Jira.
  private static func proof(state: Secret, browser: Secret) -> CodeProof {
    func base64URL(_ text: String) -> String {
      String(
        Data(SHA256.hash(data: Data(text.utf8))).base64EncodedString().filter { $0 != "=" }
          .map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 })
    }
    let verifier = base64URL("counterpart/code-verifier/\(browser.reveal())/\(state.reveal())")
    return CodeProof(verifier: Secret(verifier), challenge: base64URL(verifier))
  }

  static func hash(_ secret: Secret) -> [UInt8] { Array(SHA256.hash(data: Data(secret.reveal().utf8))) }
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
