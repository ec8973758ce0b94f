import Simulation
import Synchronization

/// What people do between two requests of one operation: between a look and a write, above all.
final class Meanwhile: Sendable {
  private struct State {
    var dice: SeededRandom
    var chance: Double
    var done: [String] = []
  }

  private let people: People
  private let clock: HistoryClock
  private let state: Mutex<State>

  init(people: People, clock: HistoryClock, options: HistoryOptions) {
    self.people = people
    self.clock = clock
    state = Mutex(State(dice: SeededRandom(seed: options.seed &* 77 &+ 3), chance: options.interrupts))
  }

  @Sendable func happen() {
    guard state.withLock({ $0.dice.happens($0.chance) }) else { return }
    guard let words = people.act(now: clock.world) else { return }
    state.withLock { $0.done.append(words) }
  }

  /// Nobody interrupts any more.
  func stop() { state.withLock { $0.chance = 0 } }

  /// What happened since the last call.
  func take() -> [String] {
    state.withLock { state in
      defer { state.done = [] }
      return state.done
    }
  }
}
