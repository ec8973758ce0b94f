import Synchronization

/// Tells every work loop that there may be something to do. It is a hint; the tables are the truth.
package final class Bell: Sendable {
  private let listeners = Mutex<[AsyncStream<Void>.Continuation]>([])

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
