package import SyncModel

/// So many a second, and half of that at once: requests to one endpoint of one site. Whoever comes too early gets a turn.
package struct TokenBucket: Hashable, Sendable {
  package let perSecond: Double
  private var tokens: Double
  private var filledAt: Timestamp
  private var nextTurn: Timestamp
  /// Jira said so.
  private var closedUntil: Timestamp?

  package init(perSecond: Double, now: Timestamp) {
    self.perSecond = max(perSecond, 0.1)
    tokens = max(1, self.perSecond / 2)
    filledAt = now
    nextTurn = now
  }

  /// - Returns: nil: it goes, and counts; else when to come again.
  package mutating func take(now: Timestamp) -> Timestamp? {
    fill(now)
    if let closedUntil, closedUntil > now { return turn(after: closedUntil, now: now) }
    guard tokens < 1 else {
      tokens -= 1
      return nil
    }
    return turn(after: now, now: now)
  }

  package mutating func close(until time: Timestamp) { closedUntil = max(closedUntil ?? time, time) }

  /// A clock that was set back gives no tokens, and takes none; nothing waits longer than for what is in line before it.
  private mutating func fill(_ now: Timestamp) {
    if now < filledAt {
      // A moment before: whoever asks looked at the clock before the one who asked last.
      guard filledAt - now > .seconds(2) else { return }
      (nextTurn, closedUntil) = (now, nil)
    } else {
      let passed = Double((now - filledAt).milliseconds) / 1000
      tokens = min(max(1, perSecond / 2), tokens + passed * perSecond)
    }
    filledAt = now
  }

  private mutating func turn(after time: Timestamp, now: Timestamp) -> Timestamp {
    let interval = Duration.milliseconds(max(1, Int64(1000 / perSecond)))
    nextTurn = max(nextTurn, time) + interval
    return nextTurn
  }
}

/// How many requests Jira Cloud takes in a second, of one site, by method and endpoint.
package enum BurstLimits {
  /// After https://developer.atlassian.com/cloud/jira/platform/rate-limiting/.
  ///
  /// - Parameter endpoint: without ids, such as `/issue/{}/comment`.
  package static func perSecond(_ method: String, _ endpoint: String) -> Int {
    switch (method, endpoint) {
    case ("GET", "/issue/{}"), ("GET", "/user"): 150
    case ("GET", "/issue/{}/changelog"): 200
    case ("GET", "/attachment/content/{}"): 300
    case ("PUT", _), ("DELETE", _): 50
    default: 100
    }
  }
}
