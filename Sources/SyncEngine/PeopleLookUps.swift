import CRMClient
import JiraClient
import MappingLanguage
import SyncCore
package import SyncModel
import SyncStore

/// Looks up CRM users whom events name, and of whom neither a grant nor the table of people says who they are in Jira: by
/// the e-mail address that the CRM has of them, as the service user.
///
/// Somebody is found only if exactly one active account shows just this address. Addresses are held for as long as a
/// look-up takes, and written down nowhere.
package struct PeopleLookUps: Sendable {
  private let services: Services
  private let access: GrantAccess
  private let clock: @Sendable () -> Timestamp
  private let retry = RetryPolicy(longest: .seconds(60))

  package init(services: Services, app: OAuthApp?, clock: @escaping @Sendable () -> Timestamp) {
    self.services = services
    self.access = GrantAccess(services: services, app: app)
    self.clock = clock
  }

  /// Looks up who is waited for, one after the other.
  ///
  /// - Returns: how many were looked at.
  package func run(limit: Int = 20) async throws -> Int {
    let due = try await services.store.lookUpsDue(limit: limit, now: clock())
    for lookUp in due where !Task.isCancelled {
      let outcome = try await outcome(of: lookUp)
      try await services.store.settle(lookUp, outcome, now: clock())
      services.bell.ring(for: .events)
    }
    return due.count
  }

  private func outcome(of lookUp: LookUp) async throws -> LookUpOutcome {
    guard let sides = LookUpSides(services, access, lookUp.connection, now: clock()) else {
      return .nobody(reason: "this connection looks up nobody any more", until: clock() + LookUpOutcome.pause)
    }
    switch try await sides.account(of: lookUp.user) {
    case .success(let entry):
      let known = services.live.current.mappings.people(
        of: lookUp.connection, beside: try await services.store.people(of: lookUp.connection))
      guard let objection = known.objection(to: entry) else { return .found(entry) }
      return .nobody(reason: objection, until: clock() + LookUpOutcome.doubt)
    case .failure(.nobody(let reason)): return .nobody(reason: reason, until: clock() + LookUpOutcome.doubt)
    case .failure(.cannot(let reason)): return later(lookUp, reason)
    case .failure(.notNow(let reason, let time)):
      var random = SystemRandomNumberGenerator()
      let next = time ?? clock() + retry.delay(after: lookUp.attempts + 1, using: &random)
      return next < lookUp.wantedAt + LookUpOutcome.patience ? .again(at: next) : later(lookUp, reason)
    }
  }

  /// Nobody can be looked up: who was found before stays so.
  private func later(_ lookUp: LookUp, _ reason: String) -> LookUpOutcome {
    if lookUp.isKnown { return .again(at: clock() + LookUpOutcome.doubt) }
    return .nobody(reason: reason, until: clock() + LookUpOutcome.pause)
  }
}
