package import SyncModel

/// How often something may happen within any span of so much time.
package struct SlidingWindow: Hashable, Sendable {
  package let limit: Int
  package let span: Duration
  /// The last times, oldest first; never more than the limit.
  private var times: [Timestamp] = []

  package init(limit: Int, span: Duration) {
    self.limit = max(1, limit)
    self.span = span
  }

  /// When it may happen next; nil: now.
  ///
  /// Who asks may have looked at the clock a moment before whoever was noted last. What seems to have happened much later
  /// than now is forgotten: the clock was set back.
  package mutating func opens(now: Timestamp) -> Timestamp? {
    if let last = times.last, last > now + span { times.removeAll { $0 > now } }
    guard times.count >= limit else { return nil }
    let time = times[times.count - limit] + span
    return time > now ? time : nil
  }

  package mutating func note(_ now: Timestamp) {
    times.append(max(now, times.last ?? now))
    if times.count > limit { times.removeFirst(times.count - limit) }
  }
}
