import SyncModel
import Synchronization

/// The time of a history: it moves when something happens, and Counterpart's own clock may err from it.
final class HistoryClock: Sendable {
  static let start = Timestamp(seconds: 1_780_000_000)

  private struct State {
    var world = HistoryClock.start
    var error = Duration.zero
  }

  private let state = Mutex(State())

  /// What it is in the far sides.
  var world: Timestamp { state.withLock { $0.world } }

  /// What Counterpart believes.
  var ours: Timestamp { state.withLock { $0.world + $0.error } }

  func advance(by span: Duration) { state.withLock { $0.world = $0.world + span } }

  /// Counterpart's clock is wrong by this much from now on.
  func err(by error: Duration) { state.withLock { $0.error = error } }
}
