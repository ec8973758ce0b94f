import Synchronization

/// How many deliveries are being stored right now, so that everything else can let them go first.
package final class IntakeTraffic: Sendable {
  private let underWay = Atomic<Int>(0)

  package init() {}

  /// Many senders wait for an answer: what is stored already can wait, they give up on slow ones.
  var isHeavy: Bool { underWay.load(ordering: .relaxed) >= 8 }

  func begin() { underWay.add(1, ordering: .relaxed) }
  func end() { underWay.subtract(1, ordering: .relaxed) }
}
