package import SyncModel

/// A time of day in UTC at which something is done once a day: `03:30`.
package struct DailyTime: Hashable, Sendable, CustomStringConvertible {
  private static let day: Int64 = 86_400_000

  /// After midnight.
  package var minutes: Int64

  /// Reads `HH:MM`; nil where it is none.
  package init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 && $0.utf8.allSatisfy { (48...57).contains($0) } }),
      let hour = Int64(parts[0]), let minute = Int64(parts[1]), hour < 24, minute < 60
    else { return nil }
    minutes = hour * 60 + minute
  }

  package var description: String {
    let digits = { (number: Int64) in (number < 10 ? "0" : "") + String(number) }
    return digits(minutes / 60) + ":" + digits(minutes % 60)
  }

  /// The last time that it was this time of day.
  package func last(before now: Timestamp) -> Timestamp {
    let sinceMidnight = now.milliseconds - (now.milliseconds / Self.day) * Self.day
    let wanted = minutes * 60_000
    let back = sinceMidnight >= wanted ? sinceMidnight - wanted : sinceMidnight - wanted + Self.day
    return Timestamp(milliseconds: now.milliseconds - back)
  }

  /// Whether it was this time of day since something was done; a time that was slept through counts.
  package func isDue(since done: Timestamp, now: Timestamp) -> Bool { done < last(before: now) }
}
