import JSON

/// The text of an ADF node that has no counterpart in the other formats.
enum ADFText {
  /// All text below a node, blocks on lines of their own; nothing below 60 levels.
  static func text(of node: JSONValue, depth: Int = 0) -> String {
    guard depth < 60 else { return "" }
    let attributes = node["attrs"]
    switch node["type"]?.string {
    case "text": return node["text"]?.string?.cleanLines.joined(separator: " ") ?? ""
    case "hardBreak": return "\n"
    case "mention", "status", "placeholder", "inlineExtension", "extension":
      return clean(attributes?["text"])
    case "emoji": return clean(attributes?["text"] ?? attributes?["shortName"])
    case "inlineCard", "blockCard", "embedCard": return clean(attributes?["url"])
    case "date": return date(attributes?["timestamp"])
    case "media", "mediaInline": return clean(attributes?["alt"])
    default: break
    }
    let children = node["content"]?.array ?? []
    let isInlineHolder = children.contains { ["text", "hardBreak", "mention", "status"].contains($0["type"]?.string) }
    let own = node["type"]?.string.map { $0.hasSuffix("xpand") } == true ? clean(attributes?["title"]) : ""
    let texts = ([own] + children.map { text(of: $0, depth: depth + 1) }).filter { !$0.isEmpty }
    return texts.joined(separator: isInlineHolder ? "" : "\n")
  }

  private static func clean(_ value: JSONValue?) -> String {
    value?.string?.cleanLines.joined(separator: " ") ?? ""
  }

  /// ADF's dates are milliseconds in a string and mean a day in UTC.
  private static func date(_ value: JSONValue?) -> String {
    guard let milliseconds = value?.text.flatMap(Int64.init) else { return "" }
    return day(milliseconds: milliseconds)
  }

  /// After Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
  private static func day(milliseconds: Int64) -> String {
    guard abs(milliseconds) < 200_000_000_000_000 else { return "" }
    let days = Int64((Double(milliseconds) / 86_400_000).rounded(.down)) + 719_468
    let era = days / 146_097
    let dayOfEra = days - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shifted + 2) / 5 + 1
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return "\(year)-\(pad(month))-\(pad(day))"
  }

  private static func pad(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
