import JiraClient
import MappingLanguage
import SyncCore
import SyncModel
import SyncStore

/// A site's service user, as whom is read what belongs to nobody in particular.
struct ServiceUser {
  let services: Services
  let access: GrantAccess
  let connection: ConnectionName
  let site: JiraSite

  /// Does something in Jira. A refused access token is refreshed once, and it is begun again.
  ///
  /// - Returns: why there is no token, or what came of it.
  func act<Value>(
    now: () -> Timestamp, _ work: (JiraSystem, GrantAccess.Token) async throws -> Result<Value, CallFailure>
  ) async throws -> Result<Result<Value, CallFailure>, Absence> {
    guard let user = site.serviceUser else { return .failure(.unnamed) }
    var refused: StoredGrant?
    while true {
      switch try await access.token(connection: connection, user: user, refused: refused, now: now()) {
      case .failure(let problem): return .failure(.without(problem, user))
      case .success(let token):
        let way = services.way(to: site, of: connection, for: .upkeep)
        let result = try await work(JiraSystem(transport: way, reach: token.grant.reach(site)), token)
        guard case .failure(.unauthorised) = result, refused == nil else { return .success(result) }
        refused = token.grant
      }
    }
  }

  /// Why nobody can be asked.
  enum Absence: Error, Hashable {
    case unnamed
    case without(GrantAccess.Problem, CRMUserID)

    var words: String {
      switch self {
      case .unnamed: "the site names no service user to read with"
      case .without(let problem, let user): problem.words(user)
      }
    }
  }
}
