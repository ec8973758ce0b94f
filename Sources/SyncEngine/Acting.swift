import MappingLanguage
import SyncCore
import SyncModel
import SyncStore

/// Decides as whom an operation is sent: as its acting user, or as nobody (promise 3). The service user stands in only
/// where the mapping says so, and then says for whom.
struct Acting: Sendable {
  struct Actor: Sendable {
    var token: GrantAccess.Token
    /// The service user acts for somebody: their name as the CRM gives it.
    var standsInFor: String?
  }

  enum Decision: Sendable {
    case act(Actor)
    case settle(Settlement)
  }

  var access: GrantAccess
  var site: JiraSite

  func decide(_ operation: ClaimedOperation, rule: MissingGrantRule, now: Timestamp) async throws -> Decision {
    guard let actor = operation.actor else {
      return try await missing(operation, reason: .anonymous, rule: rule, now: now)
    }
    if operation.holdHasEnded, rule.then != nil, operation.heldFor == .permission {
      return try await missing(operation, reason: .permission, rule: rule, now: now)
    }
    switch try await access.token(
      connection: operation.connection, user: actor.id, known: operation.grant, now: now)
    {
    case .success(let token): return .act(Actor(token: token))
    case .failure(.missing): return try await missing(operation, reason: .grant, rule: rule, now: now)
    case .failure(.lapsed): return try await missing(operation, reason: .reconnect, rule: rule, now: now)
    case .failure(.passes(let wait)): return .settle(wait.settlement(now: now))
    }
  }

  /// What the mapping says becomes of an operation that its acting user cannot do.
  func missing(
    _ operation: ClaimedOperation, reason: OperationLifecycle.HoldReason, rule: MissingGrantRule, now: Timestamp
  ) async throws -> Decision {
    var action = reason == .anonymous ? rule.anonymous : rule.action
    if action == .hold, operation.holdHasEnded, let then = rule.then { action = then }
    // An issue is deleted by a person who may, and by nobody in their place.
    if action == .service, operation.call.kind == .deleteIssue { action = .hold }
    switch action {
    case .hold: return .settle(Self.hold(operation, reason, rule: rule))
    case .skip:
      return .settle(
        Settlement(
          transition: .skip,
          reason: "left out, as the mapping says: " + OperationWords.waiting(reason, for: operation.actor)))
    case .service: return try await standIn(operation, reason: reason, now: now)
    }
  }

  /// By which the service user names for whom it writes.
  static func name(of user: CRMUser?) -> String {
    user.map { $0.name ?? $0.id.rawValue } ?? "somebody whom the CRM does not name"
  }

  static func hold(
    _ operation: ClaimedOperation, _ reason: OperationLifecycle.HoldReason, rule: MissingGrantRule
  ) -> Settlement {
    let until = rule.after.map { operation.createdAt + $0 }
    return Settlement(
      transition: .hold(reason), reason: OperationWords.waiting(reason, for: operation.actor),
      holdUntil: operation.holdHasEnded ? nil : until,
      cause: Cause(
        held: reason, for: operation.actor, kind: operation.call.kind, connection: operation.connection))
  }

  private func standIn(
    _ operation: ClaimedOperation, reason: OperationLifecycle.HoldReason, now: Timestamp
  ) async throws -> Decision {
    guard let service = site.serviceUser else {
      return .settle(
        Settlement(
          transition: .hold(reason), reason: "the mapping wants the service user, but the site names none",
          cause: Cause("person", .service, [operation.connection.rawValue])))
    }
    switch try await access.token(connection: operation.connection, user: service, now: now) {
    case .success(let token):
      return .act(Actor(token: token, standsInFor: Self.name(of: operation.actor)))
    case .failure(.missing), .failure(.lapsed):
      // Held, not waiting: what others do meanwhile is not kept from Jira.
      return .settle(
        Settlement(
          transition: .hold(reason), reason: "waits for the service user \(service) to connect",
          holdUntil: now + .seconds(60),
          cause: Cause("person", .service, [operation.connection.rawValue, service.rawValue])))
    case .failure(.passes(let wait)): return .settle(wait.settlement(now: now))
    }
  }
}
