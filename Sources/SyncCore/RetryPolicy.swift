import SyncModel

/// How long to wait before the next attempt: exponential with jitter, bounded.
///
/// Full waits are spread over 0.7 to 1.3 of their length, as Atlassian's page on rate limiting advises, so that what
/// failed together does not return together.
package struct RetryPolicy: Hashable, Sendable {
  package var first: Duration
  package var longest: Duration

  package init(first: Duration = .seconds(1), longest: Duration = .seconds(900)) {
    self.first = first
    self.longest = longest
  }

  /// - Parameter attempt: how many attempts have been made, from 1.
  package func delay(after attempt: Int, using random: inout some RandomNumberGenerator) -> Duration {
    let doublings = min(max(attempt - 1, 0), 30)
    let unbounded = first.milliseconds.multipliedReportingOverflow(by: Int64(1) << Int64(doublings))
    let whole = unbounded.overflow ? longest.milliseconds : min(unbounded.partialValue, longest.milliseconds)
    return .milliseconds(whole * Int64.random(in: 700...1300, using: &random) / 1000)
  }
}
