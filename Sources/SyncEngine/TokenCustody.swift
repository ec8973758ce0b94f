package import SyncModel
package import SyncStore
package import TokenVault

/// What is sealed in the database, and with which keys: to look at before anything runs, and to move under a new key
/// beside a server that goes on.
package struct TokenCustody: Sendable {
  /// How many tokens are sealed with which key.
  package struct Survey: Hashable, Sendable {
    /// Under keys that open them.
    package var opening: [KeyID: Int] = [:]
    /// Under keys that are not there.
    package var wanting: [KeyID: Int] = [:]
    /// They open with no key; their people must connect again.
    package var damaged = 0

    /// Some tokens want a key, and not one opens.
    package var opensNothing: Bool { opening.isEmpty && !wanting.isEmpty }

    fileprivate mutating func add(_ standing: Vault.Standing) {
      switch standing {
      case .opens(let id): opening[id, default: 0] += 1
      case .wants(let id): wanting[id, default: 0] += 1
      case .damaged: damaged += 1
      }
    }
  }

  private let store: Store
  private let vault: Vault

  package init(store: Store, vault: Vault) {
    self.store = store
    self.vault = vault
  }

  /// - Parameter isActiveOnly: only what operations are sent with; otherwise everything that somebody may still open.
  package func survey(isActiveOnly: Bool = false, now: Timestamp) async throws -> Survey {
    var survey = Survey()
    for grant in try await store.grants() where !isActiveOnly || grant.state == .active {
      survey.add(vault.standing(of: grant.accessToken, for: grant.label(.accessToken)))
      if let token = grant.refreshToken { survey.add(vault.standing(of: token, for: grant.label(.refreshToken))) }
    }
    guard !isActiveOnly else { return survey }
    for authorization in try await store.pendingAuthorizations(now: now) {
      guard let pending = authorization.pending else { continue }
      survey.add(vault.standing(of: pending, for: authorization.label))
    }
    return survey
  }

  /// Seals everything that opens under the current key, row by row; it may end anywhere, and be begun again.
  ///
  /// - Parameters:
  ///   - formOnly: only what an earlier version sealed in another form, with the key that it has: for a server that starts.
  ///   - onRow: told how many tokens were moved with each row.
  package func reseal(
    formOnly: Bool = false, now: Timestamp, onRow: (Int) async throws -> Void = { _ in }
  ) async throws {
    for grant in try await store.grants() {
      let access = try vault.reseal(grant.accessToken, for: grant.label(.accessToken), formOnly: formOnly)
      let refresh = try grant.refreshToken.flatMap {
        try vault.reseal($0, for: grant.label(.refreshToken), formOnly: formOnly)
      }
      guard access != nil || refresh != nil else { continue }
      let isDone = try await store.reseal(
        grant, accessToken: access ?? grant.accessToken, refreshToken: refresh ?? grant.refreshToken)
      if isDone { try await onRow((access == nil ? 0 : 1) + (refresh == nil ? 0 : 1)) }
    }
    for authorization in try await store.pendingAuthorizations(now: now) {
      guard let old = authorization.pending,
        let new = try vault.reseal(old, for: authorization.label, formOnly: formOnly)
      else { continue }
      if try await store.reseal(authorization, pending: new) { try await onRow(1) }
    }
  }
}
