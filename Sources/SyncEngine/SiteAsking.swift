import JiraClient
import MappingLanguage
import SyncCore
import SyncModel
import SyncStore
import Wire

/// Asks one site one question after the other, each as somebody who has connected; counts, remembers, and stops early
/// when the site asks for it.
struct SiteAsking {
  /// Somebody to ask as.
  struct Asker {
    var grant: StoredGrant
    var token: Secret
  }

  /// A limit that ends sooner than this is waited for.
  static let patience: Duration = .seconds(60)
  private static let waitLimit = 3
  private static let busyLimit = 10

  let services: Services
  let access: GrantAccess
  let site: JiraSite
  let answers: SiteAnswers
  let clock: @Sendable () -> Timestamp
  let pause: @Sendable (Duration) async throws -> Void
  let requestLimit: Int

  /// Requests that were sent, and answers that were remembered.
  private(set) var requests = 0
  private(set) var remembered = 0
  /// Why nothing more is asked.
  private(set) var end: String?
  private var waits = 0

  init(
    services: Services, access: GrantAccess, site: JiraSite, answers: SiteAnswers,
    clock: @escaping @Sendable () -> Timestamp, pause: @escaping @Sendable (Duration) async throws -> Void,
    requestLimit: Int
  ) {
    self.services = services
    self.access = access
    self.site = site
    self.answers = answers
    self.clock = clock
    self.pause = pause
    self.requestLimit = requestLimit
  }

  /// The token of a person; a refresh that is under way elsewhere is waited for.
  func asker(for grant: StoredGrant, refused: StoredGrant? = nil) async throws -> Result<Asker, GrantAccess.Problem> {
    for _ in 0..<Self.busyLimit {
      let result = try await access.token(
        connection: grant.connection, user: grant.user.id, refused: refused, now: clock())
      switch result {
      case .success(let token): return .success(Asker(grant: token.grant, token: token.access))
      case .failure(.passes(.busy)), .failure(.passes(.paced)): try await pause(.milliseconds(500))
      case .failure(let problem): return .failure(problem)
      }
    }
    return .failure(.passes(.busy))
  }

  /// One question; a refused token is refreshed once, and a short limit waited for.
  mutating func ask<Value>(
    as asker: inout Asker, _ request: (JiraRequests, Secret) -> WireRequest,
    _ read: (WireResponse) -> Result<Value, CallFailure>
  ) async throws -> Result<Value, CallFailure> {
    var isRefreshed = false
    while true {
      if let end { return .failure(.unavailable(end, retryAfter: nil)) }
      let call = request(JiraRequests(asker.grant.reach(site)), asker.token)
      let name = "\(asker.grant.connection)/\(asker.grant.account)"
      if let known = answers.answer(to: call, asker: name, now: clock()) {
        remembered += 1
        return read(known)
      }
      guard requests < requestLimit else {
        end = "the check takes no more than \(requestLimit) requests"
        continue
      }
      requests += 1
      let result = await send(call, as: asker, named: name).flatMap(read)
      switch result {
      case .failure(.unauthorised) where !isRefreshed:
        isRefreshed = true
        guard case .success(let renewed) = try await self.asker(for: asker.grant, refused: asker.grant) else {
          return result
        }
        asker = renewed
      case .failure(.rateLimited(let limit)):
        let wait = limit.end(now: clock()) - clock()
        guard wait <= Self.patience, waits < Self.waitLimit else {
          end = "\(limit); check again in \(wait.components.seconds) seconds"
          return result
        }
        waits += 1
        try await pause(wait)
      case .failure(.unreachable(let reason)):
        end = "Jira could not be reached: \(reason)"
        return result
      case .success, .failure: return result
      }
    }
  }

  /// All pages of a list, at most ten.
  mutating func askAll<Item>(
    as asker: inout Asker, _ request: (JiraRequests, Int, Secret) -> WireRequest,
    _ read: (WireResponse) -> Result<SiteResponses.Page<Item>, CallFailure>
  ) async throws -> Result<[Item], CallFailure> {
    var items: [Item] = []
    var start = 0
    for _ in 0..<10 {
      switch try await ask(as: &asker, { request($0, start, $1) }, read) {
      case .failure(let failure): return .failure(failure)
      case .success(let page):
        items += page.items
        start += page.received
        if page.received == 0 || start >= page.total ?? start { return .success(items) }
      }
    }
    return .success(items)
  }

  private func send(_ request: WireRequest, as asker: Asker, named name: String) async -> Result<
    WireResponse, CallFailure
  > {
    do throws(TransportFailure) {
      let way = services.way(to: site, of: asker.grant.connection, for: .upkeep)
      let response = try await way.send(request)
      answers.keep(response, to: request, asker: name, now: clock())
      return .success(response)
    } catch { return .failure(JiraFailures.failure(error, .read)) }
  }
}
