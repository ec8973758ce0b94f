import CRMClient
import JiraClient
import MappingLanguage
import SyncCore
import SyncModel
import SyncStore
import Wire

/// The two sides that one connection's people are looked up on.
struct LookUpSides {
  /// Why nobody was found. No reason holds a name or an address.
  enum Failure: Error, Hashable {
    case nobody(String)
    /// As things stand, nobody can be looked up.
    case cannot(String)
    /// For a passing reason; with a time, not before it.
    case notNow(String, Timestamp?)
  }

  private let services: Services
  private let access: GrantAccess
  private let connection: ConnectionName
  private let site: JiraSite
  private let crm: CRMSystem
  private let now: Timestamp

  /// Nil where the connection looks up nobody.
  init?(
    _ services: Services, _ access: GrantAccess, _ connection: ConnectionName, now: Timestamp
  ) {
    let mappings = services.live.current.mappings
    guard mappings.connections[connection]?.looksUpPeople == true, let site = mappings.site(of: connection),
      let crm = services.crm(of: connection)
    else { return nil }
    self.services = services
    self.access = access
    self.connection = connection
    self.site = site
    self.crm = crm
    self.now = now
  }

  /// The account of a CRM user.
  func account(of user: CRMUserID) async throws -> Result<AccountEntry, Failure> {
    let person: CRMPerson
    switch await crm.user(user) {
    case .success(nil): return .failure(.nobody("the CRM has no such user"))
    case .success(let found?): person = found
    case .failure(let failure): return .failure(Self.failure(failure, "the CRM", now))
    }
    guard person.isActive else { return .failure(.nobody("the user is not active in the CRM")) }
    guard let email = person.email else { return .failure(.nobody("the CRM has no e-mail address of theirs")) }
    switch try await inJira({ await $0.people(email: email, token: $1) }) {
    case .failure(let failure): return .failure(failure)
    case .success(let found):
      return Self.only(email, among: found).map { account in
        AccountEntry(user: CRMUser(id: user, name: person.name), account: account)
      }
    }
  }

  /// The CRM user whose account it is.
  func user(of account: AccountID) async throws -> Result<AccountEntry, Failure> {
    guard crm.requests.profile.api?.requests[.findUsers] != nil else {
      return .failure(.nobody("the profile has no find-users"))
    }
    let person: JiraPerson
    switch try await inJira({ await $0.person(account, token: $1) }) {
    case .failure(let failure): return .failure(failure)
    case .success(nil): return .failure(.nobody("Jira does not show the account"))
    case .success(let found?): person = found
    }
    guard person.isActive, person.isPerson else { return .failure(.nobody("it is no active person's account")) }
    guard let email = person.email else {
      return .failure(.nobody("Jira does not show the service user their e-mail address"))
    }
    switch await crm.users(email: email) {
    case .failure(let failure): return .failure(Self.failure(failure, "the CRM", now))
    case .success(let found):
      let active = found.filter(\.isActive)
      guard active.count == 1 else {
        return .failure(
          .nobody(
            active.isEmpty
              ? "no active CRM user has their e-mail address" : "several CRM users have their e-mail address"))
      }
      return .success(AccountEntry(user: CRMUser(id: active[0].id, name: active[0].name), account: account))
    }
  }

  /// The one active person who shows just this address.
  private static func only(_ email: String, among found: [JiraPerson]) -> Result<AccountID, Failure> {
    let active = found.filter { $0.isActive && $0.isPerson }
    let same = active.filter { $0.email?.lowercased() == email.lowercased() }
    if same.count == 1 { return .success(same[0].account) }
    if same.count > 1 { return .failure(.nobody("several accounts in Jira have their e-mail address")) }
    return .failure(
      .nobody(
        active.contains { $0.email == nil }
          ? "Jira shows the service user no account with their e-mail address; it may be hidden"
          : "no active account in Jira has their e-mail address"))
  }

  /// Asks Jira as the service user.
  private func inJira<Value>(
    _ ask: (JiraSystem, Secret) async -> Result<Value, CallFailure>
  ) async throws -> Result<Value, Failure> {
    let service = ServiceUser(services: services, access: access, connection: connection, site: site)
    switch try await service.act(now: { now }, { jira, token in await ask(jira, token.access) }) {
    case .success(let result): return result.mapError { Self.failure($0, "Jira", now) }
    case .failure(.without(.passes(let wait), _)):
      let time: Timestamp? = if case .paced(let turn) = wait { turn } else { nil }
      return .failure(.notNow("the service user's token is being refreshed", time))
    case .failure(let absence): return .failure(.cannot(absence.words))
    }
  }

  /// In words of our own: an answer may repeat what was asked for.
  private static func failure(_ failure: CallFailure, _ side: String, _ now: Timestamp) -> Failure {
    switch failure {
    case .unreachable: .notNow("\(side) could not be reached", nil)
    case .unknown, .conflict: .notNow("\(side) could not answer", nil)
    case .unavailable(_, let wait): .notNow("\(side) could not answer", wait.map { now + $0 })
    case .rateLimited(let limit): .notNow("\(side) limits requests", limit.end(now: now))
    case .unauthorised, .noGrant: .cannot("\(side) refuses our credentials")
    case .scopeMissing, .forbidden, .appForbidden: .cannot("\(side) does not permit us to look up people")
    case .notFound, .gone, .rejected, .tooLarge, .misconfigured, .unsupported, .redirected, .unreadable:
      .cannot("\(side) does not answer as the look-up expects")
    }
  }
}
