import JSON
import JiraClient
import MappingLanguage
import SyncCore
package import SyncModel
import SyncStore
import Wire

/// Connecting with a token that a person made in Jira: it is tried at once, and then confirmed like every grant.
extension ConnectFlow {
  /// What a person entered.
  package struct Entry: Sendable {
    package var token: Secret
    /// The Atlassian account's, for an API token.
    package var email: String
    /// The day on which the token ends, as `2027-03-31`; empty: never, or not known.
    package var ends: String

    package init(token: Secret, email: String, ends: String) {
      self.token = token
      self.email = email
      self.ends = ends
    }
  }

  /// - Returns: what to confirm; where Jira does not take the token, the form again.
  package func enter(
    _ entry: Entry, state: Secret, browser: Secret, now: Timestamp, using random: inout some RandomNumberGenerator
  ) async -> Step {
    var trail = ConnectAudit.Trail(step: .token)
    let step = await entered(entry, state: state, browser: browser, now: now, trail: &trail, using: &random)
    audit.write(trail, step, now: now)
    return step
  }

  private func entered(
    _ entry: Entry, state: Secret, browser: Secret, now: Timestamp, trail: inout ConnectAudit.Trail,
    using random: inout some RandomNumberGenerator
  ) async -> Step {
    let authorization: Authorization
    switch await use(state, browser: browser, now: now, trail: &trail) {
    case .failure(let problem): return .problem(problem)
    case .success(let used): authorization = used
    }
    guard let site = services.live.current.mappings.site(of: authorization.connection), site.connect.takesTokens
    else { return .problem(.noApp) }
    switch await verify(entry, at: site, for: authorization.connection, now: now) {
    case .success(let pending):
      return await ask(about: pending, authorization: authorization, state: state, site: site, now: now)
    case .failure(let refusal):
      // Another state for the same attempt, which ends when it would have ended.
      var again = authorization
      let state = Self.token(using: &random)
      again.stateHash = Self.hash(state)
      do { try await services.store.begin(again, now: now) } catch { return .problem(.unavailable) }
      return .enter(
        TokenForm(
          state: state, connection: again.connection, user: again.user, site: site.url, kind: site.enteredKind,
          refusal: refusal.words), browser: browser)
    }
  }

  /// Connects a user with a token that an operator enters for them, who answers for whose it is.
  ///
  /// - Throws: ``Refusal`` where Jira or the connection does not take it; the store's errors.
  package func enter(
    _ entry: Entry, for user: CRMUser, in connection: ConnectionName, now: Timestamp
  ) async throws -> Connected {
    let mappings = services.live.current.mappings
    guard let site = mappings.site(of: connection), let rules = mappings.connections[connection] else {
      throw Refusal(words: "There is no connection '\(connection)'.")
    }
    guard site.connect.takesTokens else {
      throw Refusal(
        words:
          "The site '\(site.name)' takes no \(site.enteredKind.words)s; its document must say connect=\"token\" or "
          + "connect=\"both\".")
    }
    let pending = try await verify(entry, at: site, for: connection, now: now).get()
    if rules.requiresMatchingEmail, !pending.hasEmail(user.email) {
      throw Refusal(
        words: "The connection wants the same e-mail address in the CRM and in Jira; give the CRM's with --email.")
    }
    return try await keep(pending, of: user, in: connection, now: now)
  }

  /// Why a token was not accepted, for the person who entered it.
  package struct Refusal: Error, Hashable, Sendable {
    package var words: String
  }

  /// Makes a grant-to-be of a token, whose account Jira tells.
  func verify(
    _ entry: Entry, at site: JiraSite, for connection: ConnectionName, now: Timestamp
  ) async -> Result<PendingGrant, Refusal> {
    let kind = site.enteredKind
    let token = entry.token.reveal().trimmed
    guard (1...4096).contains(token.utf8.count), token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      return .failure(Refusal(words: "That is no \(kind.words): it is one word of letters, digits and signs."))
    }
    var access = Secret(token)
    if kind == .apiToken {
      let email = entry.email.trimmed
      guard email.contains("@"), !email.contains(":"), email.utf8.count <= 320,
        email.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7F })
      else {
        return .failure(Refusal(words: "An API token goes with the e-mail address of its Atlassian account."))
      }
      access = Secret(email + ":" + token)
    }
    guard let end = Self.end(entry.ends), end > now else {
      return .failure(Refusal(words: "The day on which the token ends must be one to come, such as 2027-03-31."))
    }
    switch await account(of: access, kind, at: site, connection) {
    case .failure(let refusal): return .failure(refusal)
    case .success(let (account, cloudID)):
      return .success(
        PendingGrant(
          kind: kind, account: account.accountID, accountName: account.displayName, accountEmail: account.email,
          timeZone: account.timeZone, cloudID: cloudID, scopes: [], access: access, refresh: nil, expiresAt: end))
    }
  }

  /// API tokens without scopes work at the site, those with scopes at the gateway only.
  private func account(
    of access: Secret, _ kind: GrantKind, at site: JiraSite, _ connection: ConnectionName
  ) async -> Result<(AtlassianAccount, cloudID: String), Refusal> {
    func myself(_ cloudID: String) async -> Result<AtlassianAccount, CallFailure> {
      let reach = JiraReach(site: site, grant: kind, cloudID: cloudID)
      return await JiraSystem(transport: services.way(to: site, of: connection, for: .people), reach: reach)
        .myself(token: access)
    }
    var cloudID = ""
    var answer = await myself(cloudID)
    if site.kind == .cloud, answer == .failure(.unauthorised),
      case .success(let id) = await JiraSystem.cloudID(of: site, transport: services.transport)
    {
      cloudID = id
      answer = await myself(cloudID)
    }
    switch answer {
    case .success(let account): return .success((account, cloudID))
    case .failure(.unauthorised):
      return .failure(
        Refusal(
          words: kind == .apiToken
            ? "Jira does not accept this e-mail address with this API token."
            : "Jira does not accept this personal access token."))
    case .failure(.scopeMissing):
      return .failure(Refusal(words: "The token lacks scopes: it must be allowed to read and write Jira's issues."))
    case .failure(.forbidden), .failure(.appForbidden):
      return .failure(Refusal(words: "Jira knows the token but does not let it in; ask a Jira administrator."))
    case .failure:
      return .failure(
        Refusal(words: "Jira cannot be reached at the moment. Nothing is lost; try again in a few minutes."))
    }
  }

  /// A day that is not known is as far away as can be.
  private static func end(_ day: String) -> Timestamp? {
    let day = day.trimmed
    return day.isEmpty ? GrantLifetime.unknownEnd : Timestamp(day + "T00:00:00Z")
  }
}

extension JiraSite {
  /// What grant an entered token makes.
  var enteredKind: GrantKind { kind == .cloud ? .apiToken : .personalAccessToken }
}
