extension AccountID {
  /// What Jira calls whoever no longer has an account: many people at once, so it is nobody's identity.
  package static let deletedUser: AccountID = "unknown"

  /// The id stands for one account.
  package var isIdentity: Bool { self != Self.deletedUser && !rawValue.isEmpty }
}
