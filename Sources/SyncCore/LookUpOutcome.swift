package import SyncModel

/// What looking up a person came to.
package enum LookUpOutcome: Hashable, Sendable {
  case found(AccountEntry)
  /// Nobody who is certain; why, without anybody's name or address, and for how long that is believed.
  case nobody(reason: String, until: Timestamp)
  /// A passing reason: again at that time.
  case again(at: Timestamp)

  /// Who was found is looked up again after so long: people change their address, and their job.
  package static let life: Duration = .seconds(30 * 86_400)
  /// Who was not found may be made an account meanwhile.
  package static let doubt: Duration = .seconds(86_400)
  /// Where nobody could be looked up at all.
  package static let pause: Duration = .seconds(900)
  /// Of the people whom an event names and nobody knows, no more are looked up.
  package static let mostOfEvent = 10
  /// For how long passing failures are tried again.
  package static let patience: Duration = .seconds(600)
  /// For how long an event waits at most: a little longer than that, so that it learns why.
  package static let longestWait: Duration = .seconds(720)
}
