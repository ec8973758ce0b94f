package import SyncModel
import Synchronization

/// How often the app asks Atlassian for new tokens: evenly, and no more often than it is told to, however many grants end
/// at once. Grants come to their turn in the order in which they were first asked for.
package final class RefreshPace: Sendable {
  private struct State {
    /// When the next turn may be given.
    var next = Timestamp(milliseconds: 0)
    var turns: [Turn: Timestamp] = [:]
  }

  private struct Turn: Hashable {
    var connection: ConnectionName
    var user: CRMUserID
  }

  /// A turn that nobody came for is forgotten after this.
  private static let patience: Duration = .seconds(60)
  private let interval: Duration
  private let state = Mutex(State())

  package init(perSecond: Int = 20) { interval = .seconds(1) / max(1, perSecond) }

  /// Asks for a turn, which is kept until it comes.
  ///
  /// - Returns: nil: now; else when to ask again.
  package func wait(connection: ConnectionName, user: CRMUserID, now: Timestamp) -> Timestamp? {
    state.withLock { state in
      let turn = Turn(connection: connection, user: user)
      if let time = state.turns[turn], time + Self.patience > now {
        guard time <= now else { return time }
        state.turns[turn] = nil
        return nil
      }
      // Clocks may be set back; a turn is never further away than those before it need.
      let time = max(now, min(state.next, now + interval * (state.turns.count + 1)))
      state.next = time + interval
      if state.turns.count > 10_000 { state.turns = state.turns.filter { $0.value + Self.patience > now } }
      guard time > now else { return nil }
      state.turns[turn] = time
      return time
    }
  }

  /// Takes a turn only if one is free at this moment and nobody waits for it.
  package func takeFree(now: Timestamp) -> Bool {
    state.withLock { state in
      guard state.next <= now, state.turns.allSatisfy({ $0.value + Self.patience <= now }) else { return false }
      state.next = now + interval
      return true
    }
  }
}
