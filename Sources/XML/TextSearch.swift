/// Finds a text in another in time that grows with the sum of their lengths, whatever they hold (Knuth, Morris, Pratt).
package enum TextSearch {
  /// Where the text stands first, by UTF-8; an empty text stands at the start.
  static func range(of wanted: String, in text: String) -> Range<String.Index>? {
    if wanted.isEmpty { return text.startIndex..<text.startIndex }
    guard let found = range(of: Array(wanted.utf8), in: Array(text.utf8)) else { return nil }
    let start = text.utf8.index(text.utf8.startIndex, offsetBy: found.lowerBound)
    return start..<text.utf8.index(start, offsetBy: found.count)
  }

  /// Whether the bytes stand in others.
  package static func holds(_ wanted: [UInt8], in bytes: [UInt8]) -> Bool { range(of: wanted, in: bytes) != nil }

  private static func range(of pattern: [UInt8], in bytes: [UInt8]) -> Range<Int>? {
    guard let first = pattern.first else { return 0..<0 }
    guard bytes.count >= pattern.count, bytes.contains(first) else { return nil }
    let borders = borders(of: pattern)
    var matched = 0
    for (index, byte) in bytes.enumerated() {
      while matched > 0, pattern[matched] != byte { matched = borders[matched - 1] }
      if pattern[matched] == byte { matched += 1 }
      if matched == pattern.count { return (index + 1 - matched)..<(index + 1) }
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
