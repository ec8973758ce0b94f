import Glibc
import Synchronization
import Wire

/// Kills a process with -9 when a certain request of its arrives at the far side, or has just taken effect there.
final class KillTrap: Sendable {
  private struct Armed {
    var process: Int32
    var moment: FarSides.Moment
    var matches: @Sendable (WireRequest) -> Bool
  }

  private let armed = Mutex<Armed?>(nil)

  func arm(_ process: Int32, _ moment: FarSides.Moment, _ matches: @escaping @Sendable (WireRequest) -> Bool) {
    armed.withLock { $0 = Armed(process: process, moment: moment, matches: matches) }
  }

  var hasSprung: Bool { armed.withLock { $0 == nil } }

  /// Looks at a request.
  ///
  /// - Returns: whether it, or its answer, goes on; to a process that is dead nothing does.
  @Sendable func lets(_ request: WireRequest, at moment: FarSides.Moment) -> Bool {
    armed.withLock { armed in
      guard let trap = armed, trap.moment == moment, trap.matches(request) else { return true }
      kill(trap.process, SIGKILL)
      armed = nil
      return false
    }
  }
}
