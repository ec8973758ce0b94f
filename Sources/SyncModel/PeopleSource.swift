/// What one source says of who is who: a user stands in it once, an account perhaps for several users.
///
/// It is made once and shared, however many people are in it.
package struct PeopleSource: Hashable, Sendable {
  package private(set) var accounts: [CRMUserID: AccountID] = [:]
  package private(set) var users: [AccountID: [CRMUser]] = [:]

  package init() {}

  package init(_ entries: some Sequence<AccountEntry>) {
    for entry in entries { add(entry.user, account: entry.account) }
  }

  /// Adds a person; one who stands in it already keeps the account that was said first. Nobody is called `unknown`.
  package mutating func add(_ user: CRMUser, account: AccountID) {
    guard account.isIdentity, accounts[user.id] == nil else { return }
    accounts[user.id] = account
    users[account, default: []].append(user)
  }

  package var entries: [AccountEntry] {
    users.flatMap { account, users in users.map { AccountEntry(user: $0, account: account) } }
  }

  /// What is said of a CRM user.
  package func entry(of user: CRMUserID) -> AccountEntry? {
    guard let account = accounts[user], let known = users[account]?.first(where: { $0.id == user }) else { return nil }
    return AccountEntry(user: known, account: account)
  }
}
