/// Finds a text in another in time that grows with the sum of their lengths, whatever they hold (Knuth, Morris, Pratt).
enum TextSearch {
  /// Where the text stands first, by UTF-8; an empty text stands at the start.
  static func range(of wanted: String, in text: String) -> Range<String.Index>? {
    let pattern = Array(wanted.utf8)
    guard let first = pattern.first else { return text.startIndex..<text.startIndex }
    let bytes = Array(text.utf8)
    guard bytes.count >= pattern.count, bytes.contains(first) else { return nil }
    let borders = borders(of: pattern)
    var matched = 0
    for (index, byte) in bytes.enumerated() {
      while matched > 0, pattern[matched] != byte { matched = borders[matched - 1] }
      if pattern[matched] == byte { matched += 1 }
      guard matched == pattern.count else { continue }
      let end = text.utf8.index(text.utf8.startIndex, offsetBy: index + 1)
      return text.utf8.index(text.utf8.startIndex, offsetBy: index + 1 - matched)..<end
    }
    return nil
  }

  /// By length: how much of the pattern's beginning ends there, too.
  private static func borders(of pattern: [UInt8]) -> [Int] {
    var borders = [Int](repeating: 0, count: pattern.count)
    var matched = 0
    for index in pattern.indices.dropFirst() {
      while matched > 0, pattern[matched] != pattern[index] { matched = borders[matched - 1] }
      if pattern[matched] == pattern[index] { matched += 1 }
      borders[index] = matched
    }
    return borders
  }
}
