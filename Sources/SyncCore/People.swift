package import SyncModel

/// Who is who: CRM users and their Atlassian accounts, as the grants of one connection tell.
package struct People: Hashable, Sendable {
  private var accounts: [CRMUserID: AccountID] = [:]
  private var users: [AccountID: CRMUser] = [:]
  private var ambiguous: Set<AccountID> = []

  package init() {}

  package mutating func add(_ user: CRMUser, account: AccountID) {
    accounts[user.id] = account
    if let other = users[account], other.id != user.id { ambiguous.insert(account) }
    users[account] = user
  }

  package func account(of user: CRMUserID) -> AccountID? { accounts[user] }

  /// Nil also where two CRM users share one account: that is never guessed.
  package func user(of account: AccountID) -> CRMUser? { ambiguous.contains(account) ? nil : users[account] }
}
