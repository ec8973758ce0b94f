import SyncCore
import SyncStore
import Synchronization

/// Outcomes that could not be written down yet, because the disk was full or the database locked. They are at most as
/// many as there are workers: nobody claims anything before they are written.
final class UnsettledOutcomes: Sendable {
  private let waiting = Mutex<[(ClaimedOperation, Settlement)]>([])

  func keep(_ operation: ClaimedOperation, _ settlement: Settlement) {
    waiting.withLock { $0.append((operation, settlement)) }
  }

  /// The oldest, which is then the caller's to settle or to keep again.
  func next() -> (ClaimedOperation, Settlement)? {
    waiting.withLock { $0.isEmpty ? nil : $0.removeFirst() }
  }
}
