import SyncModel
import Synchronization

/// Slows down whoever guesses the admin token: after some failures within a minute nobody may try for a while.
///
/// It counts all callers together, because behind a proxy they share one address; who is signed in is not touched. A
/// right token counts for nothing while the limit holds, or guessing would go on as before. In memory: a restart
/// forgets the failures.
final class SignInAttempts: Sendable {
  static let limit = 10
  static let window: Duration = .seconds(60)

  enum Outcome: Equatable {
    case accepted, refused
    /// Nothing was looked at; in this many seconds it may be tried again.
    case tooMany(seconds: Int64)
  }

  private let failures = Mutex<[Timestamp]>([])

  /// Lets `check` look at what was given, unless too much was wrong lately.
  func attempt(now: Timestamp, _ check: () -> Bool) -> Outcome {
    failures.withLock { failures in
      failures.removeAll { $0 + Self.window <= now }
      if failures.count >= Self.limit, let oldest = failures.first {
        return .tooMany(seconds: max(1, ((oldest + Self.window) - now).milliseconds / 1000))
      }
      guard check() else {
        failures.append(now)
        return .refused
      }
      return .accepted
    }
  }
}
