import Synchronization

/// Tells the work loops that there may be something to do. It is a hint; the tables are the truth.
package final class Bell: Sendable {
  /// What there may be to do, so that only those wake who can do it.
  package enum Work: Hashable, Sendable {
    /// Events to plan.
    case events
    /// Operations to carry out.
    case operations
    /// CRM users to look up.
    case people
  }

  private let listeners = Mutex<[(work: Work, continuation: AsyncStream<Void>.Continuation)]>([])

  package init() {}

  /// A stream that rings at least once after the last ring for this work; several rings may become one.
  func listen(for work: Work) -> AsyncStream<Void> {
    let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    continuation.yield()
    listeners.withLock { $0.append((work, continuation)) }
    return stream
  }

  /// Rings for one kind of work; nil: for every kind.
  package func ring(for work: Work? = nil) {
    listeners.withLock { listeners in
      listeners.removeAll { listener in
        guard work == nil || listener.work == work else { return false }
        return if case .terminated = listener.continuation.yield() { true } else { false }
      }
    }
  }
}
