package import SyncModel

/// Whose token it is, as `GET /myself` tells.
package struct AtlassianAccount: Hashable, Sendable {
  package var accountID: AccountID
  package var displayName: String
  /// Absent where the person's profile hides it.
  package var email: String?
  /// An IANA name; JQL reads times in it.
  package var timeZone: String?

  package init(accountID: AccountID, displayName: String, email: String?, timeZone: String?) {
    self.accountID = accountID
    self.displayName = displayName
    self.email = email
    self.timeZone = timeZone
  }
}
