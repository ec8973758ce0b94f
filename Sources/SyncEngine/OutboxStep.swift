import CRMClient
import JSON
import JiraClient
import MappingLanguage
package import SyncCore
package import SyncModel
package import SyncStore

/// Carries operations out: claim, perform, settle. Three functions on purpose: between any two of them the process may
/// die, and nothing is lost or done twice.
package struct OutboxStep: Sendable {
  private var services: Services
  private var access: GrantAccess
  private let lifecycle: OperationLifecycle
  /// Under this name a restart finds what a crash left running.
  private let worker: String

  package init(
    services: Services, app: OAuthApp?, worker: String, lifecycle: OperationLifecycle = OperationLifecycle()
  ) {
    self.services = services
    self.access = GrantAccess(services: services, app: app)
    self.worker = worker
    self.lifecycle = lifecycle
  }

  package func claim(now: Timestamp) async throws -> ClaimedOperation? { try await claim(limit: 1, now: now).first }

  /// Takes operations that are due, up to a number of them, in one transaction.
  package func claim(limit: Int, now: Timestamp) async throws -> [ClaimedOperation] {
    try await services.store.claim(limit: limit, worker: worker, now: now)
  }

  /// Does what the operation says, as whom it says; the only line of the engine that touches the network.
  package func perform(
    _ operation: ClaimedOperation, now: Timestamp, using random: inout some RandomNumberGenerator
  ) async throws -> Settlement {
    var fixed = self
    fixed.services = services.withFixedMappings
    fixed.access.services = fixed.services
    return try await fixed.carryOut(operation, now: now, using: &random)
  }

  private func carryOut(
    _ operation: ClaimedOperation, now: Timestamp, using random: inout some RandomNumberGenerator
  ) async throws -> Settlement {
    guard let mapping = services.live.current.mappings.mapping(operation.mapping) else {
      return waitForMapping(operation, now: now)
    }
    if let settlement = Settlement(parted: operation) ?? Settlement(stopping: operation) {
      return settlement
    }
    switch operation.call.kind.side {
    case .crm: return try await performInCRM(operation, mapping: mapping, now: now, using: &random)
    case .jira:
      var settlement = try await performInJira(operation, mapping: mapping, now: now, using: &random)
      settlement.telling = note(of: settlement.transition, operation, mapping, now: now)
      settlement.toldIn = mapping.missingGrant.tellField.map {
        ToldField(name: $0.crmName, place: $0.position.description)
      }
      return settlement
    }
  }

  private func note(
    of transition: OperationLifecycle.Transition, _ operation: ClaimedOperation, _ mapping: Mapping, now: Timestamp
  ) -> PlannedOperation? {
    guard case .hold(let reason) = transition, mapping.missingGrant.tells, operation.heldFor == nil,
      let profile = services.live.current.mappings.profile(of: operation.connection), profile.canAddNotes
    else { return nil }
    return HoldNote.operation(
      for: operation.actor, reason, markup: profile.text.markup, number: now.milliseconds)
  }

  package func settle(_ operation: ClaimedOperation, with settlement: Settlement, now: Timestamp) async throws {
    let spent = services.pace.takeUnwritten()
    do {
      try await services.store.settle(operation, with: settlement, spent: spent, now: now)
      services.pace.confirm(spent, isWritten: true)
    } catch {
      services.pace.confirm(spent, isWritten: false)
      throw error
    }
    services.bell.ring()
  }

  private func waitForMapping(_ operation: ClaimedOperation, now: Timestamp) -> Settlement {
    // Its event is decided again, under the mappings that are live.
    if operation.call.kind == .askCase { return Settlement(transition: .skip) }
    return Settlement(
      transition: .tryAgain(at: now + .seconds(60)),
      reason: "waits: the mapping \(operation.mapping) is not among the files that are live")
  }

  // MARK: - Jira

  private func performInJira(
    _ operation: ClaimedOperation, mapping: Mapping, now: Timestamp, using random: inout some RandomNumberGenerator
  ) async throws -> Settlement {
    var operation = operation
    if operation.isRetried, !operation.mustLook { operation.call = operation.call.renewed(under: mapping) }
    if operation.hasNoIssueToCome {
      return Settlement(transition: .skip, reason: "left out: the issue of this case was not created")
    }
    guard let site = services.live.current.mappings.site(of: operation.connection) else {
      return waitForMapping(operation, now: now)
    }
    let acting = Acting(access: access, site: site)
    switch try await acting.decide(operation, rule: mapping.missingGrant, now: now) {
    case .settle(let settlement): return settlement
    case .act(let actor):
      let settlement = try await act(operation, as: actor, mapping: mapping, site: site, now: now, using: &random)
      guard settlement.transition == .hold(.permission), actor.standsInFor == nil else { return settlement }
      // Jira does not let this person: what the mapping says of a missing grant holds here too.
      switch try await acting.missing(operation, reason: .permission, rule: mapping.missingGrant, now: now) {
      case .settle(let settlement): return settlement
      case .act(let service):
        return try await act(operation, as: service, mapping: mapping, site: site, now: now, using: &random)
      }
    }
  }

  private func act(
    _ operation: ClaimedOperation, as actor: Acting.Actor, mapping: Mapping, site: JiraSite, now: Timestamp,
    using random: inout some RandomNumberGenerator
  ) async throws -> Settlement {
    let jira = JiraSystem(
      transport: services.way(to: site, of: operation.connection, for: .people), reach: actor.token.grant.reach(site))
    let store = services.store
    let performance = JiraPerformance(
      jira: jira, mapping: mapping, site: site, actor: actor, crm: services.crm(of: operation.connection),
      lifecycle: lifecycle, keepLost: { try await store.keep($0, link: operation.link.id, now: now) })
    var settlement = try await performance.perform(operation, now: now, using: &random)
    if settlement.transition == .refreshGrant {
      return try await refreshAndRepeat(operation, performance, now: now, using: &random)
    }
    settlement.sentAs = actor.token.grant.accountName
    settlement.followUps = linkBack(settlement.transition, mapping)
    return settlement
  }

  /// A new issue's key goes to the case, where the mapping names a field for it.
  private func linkBack(_ transition: OperationLifecycle.Transition, _ mapping: Mapping) -> [PlannedOperation] {
    guard case .done(.issueCreated(_, let key)) = transition else { return [] }
    return [mapping.linkBack(key: key)].compactMap { $0 }
  }

  /// Jira refused the access token: it is refreshed once, and the operation is sent once more.
  private func refreshAndRepeat(
    _ operation: ClaimedOperation, _ performance: JiraPerformance, now: Timestamp,
    using random: inout some RandomNumberGenerator
  ) async throws -> Settlement {
    let grant = performance.actor.token.grant
    let answer = try await access.token(
      connection: grant.connection, user: grant.user.id, refused: grant, now: now)
    switch answer {
    case .failure(.missing): return performance.hold(operation, .grant, now: now)
    case .failure(.lapsed): return performance.hold(operation, .reconnect, now: now)
    case .failure(.passes(let wait)): return wait.settlement(now: now)
    case .success(let token):
      var renewed = performance
      renewed.actor.token = token
      renewed.hasRefreshed = true
      var settlement = try await renewed.perform(operation, now: now, using: &random)
      settlement.sentAs = token.grant.accountName
      settlement.followUps = linkBack(settlement.transition, performance.mapping)
      return settlement
    }
  }

  // MARK: - CRM

  private func performInCRM(
    _ operation: ClaimedOperation, mapping: Mapping, now: Timestamp, using random: inout some RandomNumberGenerator
  ) async throws -> Settlement {
    guard let crm = services.crm(of: operation.connection) else { return waitForMapping(operation, now: now) }
    let store = services.store
    var performance = CRMPerformance(
      crm: crm, mapping: mapping, lifecycle: lifecycle,
      note: { try await store.note(crmText: $0, of: operation) })
    if operation.call.kind == .addCaseAttachment, !operation.mustLook {
      performance.files = try await files(of: operation.connection, now: now)
    }
    return try await performance.perform(operation, now: now, using: &random)
  }

  /// How files are read in Jira; nil where the service user has no grant to do it with.
  private func files(of connection: ConnectionName, now: Timestamp) async throws -> CRMPerformance.Files? {
    guard let site = services.live.current.mappings.site(of: connection), let service = site.serviceUser,
      case .success(let token) = try await access.token(connection: connection, user: service, now: now)
    else { return nil }
    let jira = JiraSystem(
      transport: services.way(to: site, of: connection, for: .upkeep), reach: token.grant.reach(site))
    return CRMPerformance.Files(jira: jira, token: token.access)
  }
}
