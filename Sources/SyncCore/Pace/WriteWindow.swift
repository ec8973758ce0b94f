package import SyncModel

/// The writes to one issue within the last half minute. Jira takes 20 within two seconds and 100 within thirty; ours stays
/// under both.
package struct WriteWindow: Hashable, Sendable {
  package struct Limit: Hashable, Sendable {
    package var count: Int
    package var span: Duration

    package init(_ count: Int, within span: Duration) {
      self.count = count
      self.span = span
    }
  }

  /// A margin under Jira's own, for what others write into the issue at the same moment.
  package static let usual = [Limit(16, within: .seconds(2)), Limit(90, within: .seconds(30))]
  /// What was written earlier than this counts no more.
  package static let memory: Duration = .seconds(30)

  private var times: [Timestamp] = []
  /// Jira said so.
  private var closedUntil: Timestamp?

  /// - Parameter times: earlier writes.
  package init(_ times: [Timestamp] = []) { self.times = times.sorted() }

  /// When the next write may go; nil: now.
  package mutating func opens(_ limits: [Limit] = Self.usual, now: Timestamp) -> Timestamp? {
    // A little later than now: somebody else looked at the clock a moment after. Much later: it was set back.
    times.removeAll { $0 > now + Self.memory || $0 + Self.memory <= now }
    var opening = now
    // A clock that was set back must not keep it closed for longer than Jira ever does.
    if let closedUntil, closedUntil - now <= Self.memory { opening = max(opening, closedUntil) }
    for limit in limits where times.count >= limit.count {
      opening = max(opening, times[times.count - limit.count] + limit.span)
    }
    return opening > now ? opening : nil
  }

  package mutating func begin(_ now: Timestamp) {
    times.insert(now, at: times.lastIndex { $0 <= now }.map { $0 + 1 } ?? 0)
  }

  /// The write has come to its end: it reached Jira at some moment until now, and is counted as if it were now.
  package mutating func end(begun: Timestamp, now: Timestamp) {
    guard let index = times.lastIndex(of: begun), now > begun else { return }
    times.remove(at: index)
    times.insert(now, at: times.firstIndex { $0 > now } ?? times.endIndex)
  }

  package mutating func close(until time: Timestamp) { closedUntil = time }

  /// Nothing is remembered that matters any more.
  package func isIdle(now: Timestamp) -> Bool {
    (times.last ?? now - Self.memory) + Self.memory <= now && (closedUntil ?? now) <= now
  }
}
