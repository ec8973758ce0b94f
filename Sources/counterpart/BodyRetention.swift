import Logging
import ServiceLifecycle
import SyncEngine
import SyncModel
import SyncStore

/// Empties the bodies of old deliveries once an hour, in slices so small that nobody waits for them.
struct BodyRetention: Service {
  let store: Store
  let keeping: Duration

  private static let interval = Duration.seconds(3600)
  private static let pause = Duration.milliseconds(50)

  func run() async throws {
    while !Task.isShuttingDownGracefully {
      var last: Int64 = 0
      do {
        while let next = try await store.forgetBodies(after: last, before: SystemClock.now - keeping) {
          last = next
          await sleep(Self.pause)
          if Task.isShuttingDownGracefully || Task.isCancelled { return }
        }
      } catch {
        Logger.current.warning(
          "Old deliveries could not be emptied; it is tried again", metadata: ["error": "\(error)"])
      }
      await sleep(Self.interval)
      if Task.isCancelled { return }
    }
  }

  /// A sleep that ends early means that the process is stopping, which the loop looks at.
  private func sleep(_ duration: Duration) async {
    await cancelWhenGracefulShutdown { try? await Task.sleep(for: duration) }
  }
}
