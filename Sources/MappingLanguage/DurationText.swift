/// Durations as admins write them: `30s`, `15m`, `72h`, `7d`.
package enum DurationText {
  /// Nil unless the text is a whole number above zero with one of the units s, m, h, d, at most ten years.
  package static func read(_ text: String) -> Duration? {
    guard let unit = text.unicodeScalars.last, let number = Int64(text.dropLast()), number > 0, number < 1_000_000_000,
      text.utf8.first.map({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) == true
    else { return nil }
    let seconds: Int64
    switch unit {
    case "s": seconds = number
    case "m": seconds = number * 60
    case "h": seconds = number * 3600
    case "d": seconds = number * 86_400
    default: return nil
    }
    return seconds <= 3650 * 86_400 ? .seconds(seconds) : nil
  }
}
