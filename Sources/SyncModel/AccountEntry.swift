/// That a CRM user and an account in Jira are one person, as somebody says.
package struct AccountEntry: Hashable, Sendable {
  package var user: CRMUser
  /// On Cloud an Atlassian account, on Data Center a user's name or key; never taken apart.
  package var account: AccountID

  package init(user: CRMUser, account: AccountID) {
    self.user = user
    self.account = account
  }
}
