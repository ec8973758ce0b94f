import SyncModel
import SyncStore
import Synchronization

/// Notices when the clock jumps, by holding it against time that only passes, and moves whatever waits for a time along:
/// else a clock that is set back would leave leases, due times and limits standing for as long as it was set back, and
/// one that is set forward would end the patience with which a lost answer is looked up, and do things twice.
final class TimeKeeper: Sendable {
  /// Smaller steps are how clocks are kept right.
  static let tolerance: Duration = .seconds(2)
  /// The newest time is written down so often, for whoever starts after the clock was set back.
  private static let noteEvery: Duration = .seconds(30)

  private struct Reading {
    var clock: Timestamp
    var elapsed: Duration
    var noted: Duration
  }

  private let store: Store
  private let clock: @Sendable () -> Timestamp
  private let elapsed: (@Sendable () -> Duration)?
  private let last = Mutex<Reading?>(nil)

  init(store: Store, clock: @escaping @Sendable () -> Timestamp, elapsed: (@Sendable () -> Duration)?) {
    self.store = store
    self.clock = clock
    self.elapsed = elapsed
  }

  /// At the start of a process: a clock that is behind what the last one wrote down was set back meanwhile.
  func start() async throws {
    guard elapsed != nil else { return }
    let now = clock()
    if let noted = try await store.newestTime(), noted - now > Self.tolerance {
      try await store.moveTimes(by: now - noted, from: noted)
    }
    try await store.noteTime(now)
  }

  /// - Returns: by how much the clock has jumped since the last look; zero where it has not.
  func look() async throws -> Duration {
    guard let elapsed else { return .zero }
    let (now, passed) = (clock(), elapsed())
    let (jump, before, isToNote) = last.withLock { last -> (Duration, Timestamp, Bool) in
      guard let reading = last else {
        last = Reading(clock: now, elapsed: passed, noted: passed)
        return (.zero, now, false)
      }
      let expected = reading.clock + (passed - reading.elapsed)
      let isToNote = passed - reading.noted >= Self.noteEvery
      last = Reading(clock: now, elapsed: passed, noted: isToNote ? passed : reading.noted)
      return (now - expected, expected, isToNote)
    }
    guard abs(jump) > Self.tolerance else {
      if isToNote { try await store.noteTime(now) }
      return .zero
    }
    try await store.moveTimes(by: jump, from: before)
    return jump
  }

  private func abs(_ duration: Duration) -> Duration { duration < .zero ? .zero - duration : duration }
}
