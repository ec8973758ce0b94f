import JiraClient
import MappingLanguage
import SyncCore
import SyncModel
import SyncStore

/// Looks up whom a decision asks for in vain.
extension ReconcileReader {
  /// The decision about a link. Where it asks for people in vain who can be looked up, they are, and it is made again.
  ///
  /// A person in a field or a mention who cannot be looked up for a passing reason leaves the link to the next run, while
  /// the change is young; of an author Jira's own name does as well.
  ///
  /// - Parameter changes: who changed what last, by field.
  func decide(
    _ reconciliation: Reconciliation, _ told: Reconciliation.Input, _ changes: [FieldKey: ChangelogEntry],
    now: @Sendable () -> Timestamp
  ) async throws -> Result<Reconciliation.Decision, CallFailure> {
    var input = told
    let asked = AskedPeople()
    if told.people.looksUp { input.asked = asked }
    input.take(changes)
    let decision = reconciliation.decide(input)
    guard told.people.looksUp else { return .success(decision) }
    input.asked = nil
    var isNews = false
    for account in asked.accounts.sorted() {
      switch try await lookUp(account, now: now()) {
      case .found: isNews = true
      case .nobody(let reason):
        input.doubts[account] = reason
        isNews = true
      case .notNow(let reason):
        if let updated = told.issue.updated, now() < updated + LookUpOutcome.pause {
          return .failure(.unavailable("looking up whose account stands there: \(reason)", retryAfter: nil))
        }
        input.doubts[account] = reason
        isNews = true
      }
    }
    for account in asked.authors.sorted() {
      if case .found = try await lookUp(account, now: now()) { isNews = true }
    }
    guard isNews else { return .success(decision) }
    input.people = services.live.current.mappings.people(
      of: connection, beside: try await services.store.people(of: connection))
    input.take(changes)
    return .success(reconciliation.decide(input))
  }

  private enum Found {
    case found
    case nobody(String)
    case notNow(String)
  }

  private func lookUp(_ account: AccountID, now: Timestamp) async throws -> Found {
    let store = services.store
    if let reason = try await store.nobody(is: account, in: connection, now: now) { return .nobody(reason) }
    guard let sides = LookUpSides(services, access, connection, now: now) else { return .nobody("nobody is looked up") }
    switch try await sides.user(of: account) {
    case .success(let entry):
      let known = services.live.current.mappings.people(of: connection, beside: try await store.people(of: connection))
      if let objection = known.objection(to: entry) {
        return try await nobody(account, objection, LookUpOutcome.doubt, now)
      }
      try await store.keep(entry, in: connection, now: now)
      return .found
    case .failure(.nobody(let reason)): return try await nobody(account, reason, LookUpOutcome.doubt, now)
    case .failure(.cannot(let reason)): return try await nobody(account, reason, LookUpOutcome.pause, now)
    case .failure(.notNow(let reason, _)): return .notNow(reason)
    }
  }

  private func nobody(
    _ account: AccountID, _ reason: String, _ time: Duration, _ now: Timestamp
  ) async throws -> Found {
    try await services.store.keepUnknown(account, in: connection, reason: reason, until: now + time, now: now)
    return .nobody(reason)
  }
}

extension Reconciliation.Input {
  fileprivate mutating func take(_ changes: [FieldKey: ChangelogEntry]) {
    for (field, change) in changes {
      authors[field] = change.author.flatMap { authorName($0) } ?? change.authorName
      changedAt[field] = change.created
    }
  }
}
