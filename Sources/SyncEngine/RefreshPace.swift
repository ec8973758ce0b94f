import SyncCore
package import SyncModel
import Synchronization

/// How often the app asks Atlassian for new tokens: evenly, and in no second more often than it is told to, however many
/// grants end at once. Grants come to their turn in the order in which they were first asked for.
///
/// A turn says when to come. Whoever comes late comes together with others, so what counts is looked at once more at the
/// moment of going.
package final class RefreshPace: Sendable {
  private struct State {
    /// When the next turn may be given.
    var next = Timestamp(milliseconds: 0)
    /// When the next of those may come who came too many at once.
    var nextAgain = Timestamp(milliseconds: 0)
    var turns: [Turn: Timestamp] = [:]
    /// Those who went.
    var window: SlidingWindow
  }

  private struct Turn: Hashable {
    var connection: ConnectionName
    var user: CRMUserID
  }

  /// A turn that nobody came for is forgotten after this.
  private static let patience: Duration = .seconds(60)
  private let interval: Duration
  private let clock: (@Sendable () -> Timestamp)?
  private let state: Mutex<State>

  /// - Parameter clock: asked at the moment of going; nil: the time that the caller was given is good enough.
  package init(perSecond: Int = 20, clock: (@Sendable () -> Timestamp)? = nil) {
    interval = .seconds(1) / max(1, perSecond)
    self.clock = clock
    // A little more than a second, for the moment between looking at the clock and going.
    state = Mutex(State(window: SlidingWindow(limit: perSecond, span: .milliseconds(1050))))
  }

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

  /// Says that the request goes out now, unless as many went within this second as may.
  ///
  /// - Returns: nil: it goes, and counts; else when to ask again.
  package func go(connection: ConnectionName, user: CRMUserID, now: Timestamp) -> Timestamp? {
    return state.withLock { state in
      let now = clock?() ?? now
      guard let opens = state.window.opens(now: now) else {
        state.window.note(now)
        return nil
      }
      // One after the other, or they would come together once more.
      let time = max(opens, min(state.nextAgain, now + .seconds(1) + interval * (state.turns.count + 1)))
      state.nextAgain = time + interval
      state.turns[Turn(connection: connection, user: user)] = time
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
