import Synchronization

/// Tells every work loop that there may be something to do. It is a hint; the tables are the truth.
package final class Bell: Sendable {
  private let listeners = Mutex<[AsyncStream<Void>.Continuation]>([])
  private let takings = Atomic<Int>(0)

  /// How many deliveries are being stored right now.
  var deliveriesUnderWay: Int { takings.load(ordering: .relaxed) }

  /// A delivery is about to be stored: whoever plans or carries out lets it go first.
  func beginDelivery() { takings.add(1, ordering: .relaxed) }
  func endDelivery() { takings.subtract(1, ordering: .relaxed) }

  package init() {}

  /// A stream that rings at least once after the last ``ring()``; several rings may become one.
  func listen() -> AsyncStream<Void> {
    let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    continuation.yield()
    listeners.withLock { $0.append(continuation) }
    return stream
  }

  package func ring() {
    listeners.withLock { listeners in
      listeners.removeAll { if case .terminated = $0.yield() { true } else { false } }
    }
  }
}
