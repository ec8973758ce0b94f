import JiraClient
import Logging
package import MappingLanguage
import SyncCore
package import SyncModel
package import SyncStore

/// Tells Atlassian of which accounts something is stored, each once in a cycle, and does what it says: the data of closed
/// accounts is erased, that of changed ones read anew.
///
/// Only for Jira Cloud with OAuth. It is one app, whatever the number of connections, so it is told once for all that
/// share Atlassian's API.
package struct AccountReports: Sendable {
  /// What a round came to.
  private struct Round {
    var reported = 0
    var erased: [AccountID] = []
    var problem: String?
  }

  /// What a token needs for this.
  package static let scope = "report:personal-data"

  private static let noScope =
    "nobody who has connected gave the scope \(scope): add it to <scopes> of the site and to the app at Atlassian, "
    + "then let the service user connect again"

  /// Looked again so soon where accounts may be new.
  private static let interval: Duration = .seconds(86_400)
  private static let patience: Duration = .seconds(3600)

  private let services: Services
  private let access: GrantAccess
  private let isPossible: Bool

  package init(services: Services, app: OAuthApp?) {
    self.services = services
    access = GrantAccess(services: services, app: app)
    isPossible = app != nil
  }

  /// Reports what is due.
  ///
  /// - Returns: how many accounts were reported.
  @discardableResult
  package func run(now: Timestamp) async throws -> Int {
    guard isPossible else { return 0 }
    let turns = try await services.store.reportTurns()
    var count = 0
    for places in Self.places(services.live.current.mappings) {
      for account in try await services.store.staleAccounts(api: places.api) {
        try await renew(account, places, now: now)
      }
      var turn = turns.first { $0.api == places.api } ?? ReportTurn(api: places.api, dueAt: now)
      guard turn.dueAt <= now else { continue }
      let before = turn.problem
      let round = try await round(places, &turn, now: now)
      try await services.store.keep(turn)
      count += round.reported
      Self.log(round, changedFrom: before)
    }
    return count
  }

  private static func log(_ round: Round, changedFrom before: String?) {
    if !round.erased.isEmpty {
      Logger.current.info("Closed accounts were erased", metadata: ["accounts": "\(round.erased.count)"])
    }
    if let problem = round.problem, problem != before {
      Logger.current.warning("Stored accounts were not reported to Atlassian", metadata: ["reason": "\(problem)"])
    }
  }

  /// Where accounts stand, by the API that they are reported to.
  package static func places(_ set: MappingSet) -> [AccountPlaces] {
    var byAPI: [String: [ConnectionName]] = [:]
    for name in set.connections.keys.sorted() {
      guard let site = set.site(of: name), site.kind == .cloud else { continue }
      byAPI[site.apiBase, default: []].append(name)
    }
    return byAPI.sorted { $0.key < $1.key }.map { api, connections in
      let fields = set.mappings.filter { connections.contains($0.connection) }.flatMap { mapping in
        mapping.fields.filter { $0.format == .user }.map {
          AccountPlaces.Field(connection: mapping.connection, mapping: mapping.name, key: $0.key)
        }
      }
      return AccountPlaces(
        api: api, connections: connections, fields: fields,
        tables: connections.flatMap { set.people(of: $0).accounts.values })
    }
  }

  private func round(_ places: AccountPlaces, _ turn: inout ReportTurn, now: Timestamp) async throws -> Round {
    var round = Round()
    var reporters = try await reporters(places)
    // Whoever has connected is stored: there is something to report, and looking for all of it can wait.
    if reporters.isEmpty,
      try await services.store.grants().contains(where: { places.connections.contains($0.connection) })
    {
      turn.dueAt = now + Self.patience
      turn.problem = Self.noScope
      round.problem = Self.noScope
      return round
    }
    let stored = try await services.store.accounts(in: places, now: now)
    var open = turn.cycle.due(stored, now: now)
    guard !open.isEmpty else {
      turn.dueAt = now + Self.interval
      turn.problem = nil
      return round
    }
    while !open.isEmpty {
      let batch = Array(open.prefix(AccountReporting.batchLimit))
      switch try await report(batch, places, &reporters, now: now) {
      case .success(let answer):
        if let cycle = answer.cycle { turn.cycle = ReportCycle(length: cycle) }
        try await take(answer, of: batch, places, &round, now: now)
        open.removeFirst(batch.count)
      case .failure(let stop):
        turn.dueAt = now + stop.wait
        turn.problem = stop.reason
        round.problem = stop.reason
        return round
      }
    }
    turn.dueAt = now + Self.interval
    turn.doneAt = now
    turn.problem = nil
    return round
  }

  /// Why nothing more is reported for now.
  private struct Stop: Error {
    /// Nil: nothing that anybody has to know.
    var reason: String?
    var wait: Duration
  }

  private func report(
    _ batch: [StoredAccount], _ places: AccountPlaces, _ reporters: inout [StoredGrant], now: Timestamp
  ) async throws -> Result<AccountReporting.Answer, Stop> {
    var refusal: String?
    while let grant = reporters.first {
      guard let site = services.live.current.mappings.site(of: grant.connection) else {
        reporters.removeFirst()
        continue
      }
      let token: GrantAccess.Token
      switch try await access.token(connection: grant.connection, user: grant.user.id, now: now) {
      case .success(let found): token = found
      case .failure(.passes(.unavailable(let reason))):
        return .failure(Stop(reason: reason, wait: .seconds(900)))
      case .failure(.passes): return .failure(Stop(wait: .seconds(60)))
      case .failure(.missing), .failure(.lapsed):
        reporters.removeFirst()
        continue
      }
      let client = AccountReporting(transport: services.transport, site: site)
      switch await client.report(batch, token: token.access) {
      case .success(let answer): return .success(answer)
      case .failure(.rejected) where batch.count > 1: return try await halves(batch, places, &reporters, now: now)
      // One id that Atlassian does not take, from an admin's table perhaps, must not keep the others from being reported.
      case .failure(.rejected), .failure(.unreadable): return .success(AccountReporting.Answer())
      case .failure(.rateLimited(let limit)):
        return .failure(Stop(reason: "Atlassian asks to slow down", wait: limit.end(now: now) - now))
      case .failure(.unreachable(let reason)), .failure(.unavailable(let reason, _)):
        return .failure(Stop(reason: reason, wait: .seconds(900)))
      case .failure(let failure):
        refusal = failure.description
        reporters.removeFirst()
      }
    }
    return .failure(Stop(reason: refusal ?? Self.noScope, wait: Self.patience))
  }

  private func halves(
    _ batch: [StoredAccount], _ places: AccountPlaces, _ reporters: inout [StoredGrant], now: Timestamp
  ) async throws -> Result<AccountReporting.Answer, Stop> {
    var both = AccountReporting.Answer()
    for half in [batch.prefix(batch.count / 2), batch.suffix(batch.count - batch.count / 2)] {
      switch try await report(Array(half), places, &reporters, now: now) {
      case .failure(let stop): return .failure(stop)
      case .success(let answer):
        both.closed += answer.closed
        both.updated += answer.updated
        both.cycle = answer.cycle ?? both.cycle
      }
    }
    return .success(both)
  }

  /// Whose tokens may report, service users first.
  private func reporters(_ places: AccountPlaces) async throws -> [StoredGrant] {
    let mappings = services.live.current.mappings
    func isService(_ grant: StoredGrant) -> Bool { mappings.site(of: grant.connection)?.serviceUser == grant.user.id }
    let able = try await services.store.grants().filter { grant in
      grant.state == .active && grant.kind == .oauth && places.connections.contains(grant.connection)
        && grant.scopes.contains(Self.scope)
    }
    return able.filter(isService) + able.filter { !isService($0) }
  }

  /// What must be erased is, before it is noted that the account was reported: what is cut off is told again.
  private func take(
    _ answer: AccountReporting.Answer, of batch: [StoredAccount], _ places: AccountPlaces, _ round: inout Round,
    now: Timestamp
  ) async throws {
    let accounts = Set(batch.map(\.account))
    for account in answer.closed where accounts.contains(account) {
      _ = try await services.store.erase(account, in: places, now: now)
      round.erased.append(account)
    }
    let changed = answer.updated.filter(accounts.contains)
    try await services.store.reported(batch.map(\.account), stale: changed, api: places.api, now: now)
    for account in changed { try await renew(account, places, now: now) }
    round.reported += batch.count
  }

  /// Asks with the account's own grant what it is called now. Where that fails for a passing reason it is asked again later;
  /// where it cannot be asked any more, the name that was stored is erased.
  private func renew(_ account: AccountID, _ places: AccountPlaces, now: Timestamp) async throws {
    let grants = try await services.store.grants().filter {
      $0.account == account && places.connections.contains($0.connection)
    }
    var known: AtlassianAccount?
    for grant in grants where known == nil {
      switch try await myself(grant, now: now) {
      case .success(let mine?) where mine.accountID == account: known = mine
      case .success: continue
      case .failure: return
      }
    }
    let name = known?.displayName ?? Erasure.word
    for grant in grants where grant.accountName != name { try await services.store.eraseName(of: grant) }
    try await services.store.renamed(account, to: name, timeZone: known?.timeZone, in: places, now: now)
  }

  /// It may be asked again in a while.
  private struct Later: Error {}

  /// Nil: this grant can no longer ask.
  private func myself(_ grant: StoredGrant, now: Timestamp) async throws -> Result<AtlassianAccount?, Later> {
    guard let site = services.live.current.mappings.site(of: grant.connection) else { return .success(nil) }
    switch try await access.token(connection: grant.connection, user: grant.user.id, now: now) {
    case .failure(.passes): return .failure(Later())
    case .failure(.missing), .failure(.lapsed): return .success(nil)
    case .success(let token):
      let jira = JiraSystem(
        transport: services.way(to: site, of: grant.connection, for: .upkeep), reach: token.grant.reach(site))
      switch await jira.myself(token: token.access) {
      case .success(let mine): return .success(mine)
      case .failure(.unauthorised), .failure(.scopeMissing), .failure(.forbidden), .failure(.appForbidden),
        .failure(.gone), .failure(.notFound):
        return .success(nil)
      case .failure: return .failure(Later())
      }
    }
  }
}
