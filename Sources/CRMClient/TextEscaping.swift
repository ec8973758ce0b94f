import MappingLanguage

/// Applies a profile's escape table.
enum TextEscaping {
  /// One pass from left to right, the longest match first; what was put in is not escaped again.
  static func applying(_ escapes: [TextRules.Escape], to text: String) -> String {
    let table = escapes.map { (from: Array($0.from.unicodeScalars), to: $0.to.unicodeScalars) }
      .filter { !$0.from.isEmpty }.sorted { $0.from.count > $1.from.count }
    guard !table.isEmpty else { return text }
    let scalars = Array(text.unicodeScalars)
    var result = String.UnicodeScalarView()
    var index = 0
    while index < scalars.count {
      if let match = table.first(where: { scalars[index...].starts(with: $0.from) }) {
        result.append(contentsOf: match.to)
        index += match.from.count
      } else {
        result.append(scalars[index])
        index += 1
      }
    }
    return String(result)
  }
}
