package import SyncModel

extension String {
  /// Without blanks and line breaks at its ends.
  package var trimmed: String {
    if hasNoBlankEnds { return self }
    var scalars = unicodeScalars[...]
    while let first = scalars.first, first.properties.isWhitespace { scalars = scalars.dropFirst() }
    while let last = scalars.last, last.properties.isWhitespace { scalars = scalars.dropLast() }
    return String(scalars)
  }

  /// True for the texts that begin and end with a visible ASCII character, as most do; false proves nothing.
  private var hasNoBlankEnds: Bool {
    guard let first = utf8.first, let last = utf8.last else { return true }
    return (0x21..<0x7F).contains(first) && (0x21..<0x7F).contains(last)
  }

  /// One line: Jira's short text fields take no line breaks, and cut blanks off the ends.
  var asOneLine: String {
    let isOneLine = utf8.withContiguousStorageIfAvailable { $0.allSatisfy { $0 >= 0x20 } }
    if isOneLine == true { return trimmed }
    var line = String.UnicodeScalarView()
    for scalar in unicodeScalars {
      let blank = scalar == "\n" || scalar == "\r" || scalar == "\t" || scalar.value < 0x20
      if blank { if line.last != " " { line.append(" ") } } else { line.append(scalar) }
    }
    return String(line).trimmed
  }

  /// Line breaks as `\n`, nothing behind the last word: systems differ in both.
  var asTextBlock: String {
    // The buffer spares the view's bookkeeping for each byte.
    let hasReturn = utf8.withContiguousStorageIfAvailable { $0.contains(UInt8(ascii: "\r")) }
    guard hasReturn ?? utf8.contains(UInt8(ascii: "\r")) else { return trimmed }
    var block: [UInt8] = []
    var before: UInt8?
    for byte in utf8 {
      if byte == UInt8(ascii: "\r") {
        block.append(UInt8(ascii: "\n"))
      } else if !(byte == UInt8(ascii: "\n") && before == UInt8(ascii: "\r")) {
        block.append(byte)
      }
      before = byte
    }
    return String(decoding: block, as: UTF8.self).trimmed
  }

  /// A Jira label has no blanks and at most 255 characters.
  var asLabel: String {
    if utf8.count <= 255, utf8.allSatisfy({ (0x21..<0x7F).contains($0) }) { return self }
    var label = String.UnicodeScalarView()
    label.append(contentsOf: trimmed.unicodeScalars.lazy.map { $0.properties.isWhitespace ? "-" : $0 }.prefix(255))
    return String(label)
  }

  /// Cut at a word so that it has at most `limit` characters, the ellipsis at its end included.
  ///
  /// Characters are counted in UTF-16 units, as Jira (Java) counts them.
  func shortened(to limit: Int) -> String {
    // A text has no more UTF-16 units than bytes.
    guard utf8.count > limit, utf16.count > limit else { return self }
    var kept = String.UnicodeScalarView()
    var units = 1
    var lastBlank: String.UnicodeScalarView?
    for scalar in unicodeScalars {
      units += scalar.utf16.count
      if scalar.properties.isWhitespace { lastBlank = kept }
      if units > limit { break }
      kept.append(scalar)
    }
    // A first word longer than half of the room is cut inside: little would be left otherwise.
    if let lastBlank, lastBlank.count * 2 >= kept.count { kept = lastBlank }
    return String(kept).trimmed + "…"
  }
}

extension FieldRule {
  /// The canonical form of what the CRM holds: several nodes, or one text with commas, are a list where Jira has one.
  package func canonical(ofCRM texts: [String]) -> FieldValue {
    let text = texts.first ?? ""
    switch format {
    case .text, .option, .priority, .user: return .text(orEmpty: text.trimmed)
    case .plain, .html, .markdown, .wiki: return .text(orEmpty: text.asTextBlock)
    case .number: return .text(orEmpty: NumberText.normalised(text) ?? text.trimmed)
    case .date: return .text(orEmpty: day(text) ?? text.trimmed)
    case .datetime: return .text(orEmpty: time(text)?.description ?? text.trimmed)
    case .cascading: return .text(orEmpty: CascadingText(text).description)
    case .checkbox:
      guard values == nil, let isTicked = TruthText.read(text) else { return .text(orEmpty: text.trimmed) }
      return .text(isTicked ? "true" : "false")
    case .parent: return .text(orEmpty: IssueKeyText.normalised(text) ?? text.trimmed)
    case .options, .labels, .components, .versions:
      let items = texts.count == 1 ? text.split(separator: ",").map(String.init) : texts
      return .list(of: items.map(\.trimmed).filter { !$0.isEmpty })
    }
  }
}
