/// Reads the inside of a Markdown paragraph (CommonMark 0.31, chapter 6, and GFM's strikethrough and bare links).
struct MarkdownInlines {
  /// Hostile text can make matching quadratic, so what exceeds these bounds is text.
  private static let delimiterLimit = 1000
  private static let bracketLimit = 100
  private static let spanLimit = 2000

  private struct Node {
    var text: String
    var marks = RichTextMarks.none
    var isBreak = false
  }

  /// A run of `*`, `_` or `~` that may open or close emphasis.
  private struct Delimiter {
    var mark: Unicode.Scalar
    var node: Int
    var count: Int
    var length: Int
    var opens: Bool
    var closes: Bool
  }

  private struct Bracket {
    var node: Int
    var delimiters: Int
    var isImage: Bool
  }

  private let scalars: [Unicode.Scalar]
  private var position = 0
  private var nodes: [Node] = []
  private var pending: [Unicode.Scalar] = []
  private var delimiters: [Delimiter] = []
  private var delimiterCount = 0
  private var brackets: [Bracket] = []
  /// Where the last run of so many backticks stands.
  private var lastBackticks: [Int: Int] = [:]

  /// The inlines of a text whose lines are joined by `\n`.
  static func inlines(of text: String) -> [RichTextInline] {
    var reader = MarkdownInlines(text)
    reader.read()
    return reader.result
  }

  private init(_ text: String) {
    scalars = Array(text.unicodeScalars)
    var index = 0
    while index < scalars.count {
      guard scalars[index] == "`" else {
        index += 1
        continue
      }
      let start = index
      while index < scalars.count, scalars[index] == "`" { index += 1 }
      lastBackticks[index - start] = start
    }
  }

  private var result: [RichTextInline] {
    ADFNesting.fit(nodes.map { $0.isBreak ? .hardBreak : .text($0.text, $0.marks) })
  }

  private mutating func read() {
    while position < scalars.count { step(scalars[position]) }
    flush()
    matchDelimiters(from: 0)
  }

  private mutating func step(_ scalar: Unicode.Scalar) {
    switch scalar {
    case "\\": readEscape()
    case "`": readCode()
    case "*", "_", "~": readDelimiter(scalar)
    case "\n": readLineEnd()
    case "<": readAngle()
    case "&": readEntity()
    case "!" where peek(1) == "[": open(isImage: true)
    case "[": open(isImage: false)
    case "]": readLinkEnd()
    case "h": readBareLink()
    default: take(1)
    }
  }

  private func peek(_ offset: Int) -> Unicode.Scalar? {
    let index = position + offset
    return index >= 0 && index < scalars.count ? scalars[index] : nil
  }

  private mutating func take(_ count: Int) {
    pending.append(contentsOf: scalars[position..<position + count])
    position += count
  }

  private mutating func flush() {
    if !pending.isEmpty { nodes.append(Node(text: String(scalars: pending))) }
    pending.removeAll(keepingCapacity: true)
  }

  private mutating func append(_ node: Node, length: Int) {
    flush()
    nodes.append(node)
    position += length
  }

  private func text(_ range: Range<Int>) -> String { String(scalars: scalars[range]) }

  private mutating func readEscape() {
    guard let next = peek(1) else { return take(1) }
    if next == "\n" {
      append(Node(text: "", isBreak: true), length: 2)
    } else if next.isASCII, next.isMarkdownPunctuation {
      position += 1
      take(1)
    } else {
      take(1)
    }
  }

  private mutating func readLineEnd() {
    var blanks = 0
    while let last = pending.last, last.isBlank {
      pending.removeLast()
      blanks += 1
    }
    position += 1
    if blanks >= 2 {
      append(Node(text: "", isBreak: true), length: 0)
    } else if !(nodes.last?.isBreak == true && pending.isEmpty) {
      pending.append(" ")
    }
  }

  private mutating func readCode() {
    let start = position
    var end = start
    while end < scalars.count, scalars[end] == "`" { end += 1 }
    let length = end - start
    guard let last = lastBackticks[length], last > start else { return take(length) }
    var index = end
    while index < scalars.count {
      guard scalars[index] == "`" else {
        index += 1
        continue
      }
      let runStart = index
      while index < scalars.count, scalars[index] == "`" { index += 1 }
      guard index - runStart == length else { continue }
      var content = scalars[end..<runStart].map { $0 == "\n" ? " " : $0 }
      if content.count > 2, content.first == " ", content.last == " ", content.contains(where: { $0 != " " }) {
        content = Array(content.dropFirst().dropLast())
      }
      let text = String(scalars: content)
      return append(Node(text: text, marks: RichTextMarks(.code)), length: index - start)
    }
    take(length)
  }

  private mutating func readDelimiter(_ mark: Unicode.Scalar) {
    var length = 1
    while peek(length) == mark { length += 1 }
    guard mark != "~" || length == 2, delimiterCount < Self.delimiterLimit else { return take(length) }
    delimiterCount += 1
    let before = peek(-1) ?? "\n"
    let after = peek(length) ?? "\n"
    let isLeft =
      !after.properties.isWhitespace
      && (!after.isMarkdownPunctuation || before.properties.isWhitespace || before.isMarkdownPunctuation)
    let isRight =
      !before.properties.isWhitespace
      && (!before.isMarkdownPunctuation || after.properties.isWhitespace || after.isMarkdownPunctuation)
    let isWord = mark == "_"
    flush()
    delimiters.append(
      Delimiter(
        mark: mark, node: nodes.count, count: length, length: length,
        opens: isLeft && (!isWord || !isRight || before.isMarkdownPunctuation),
        closes: isRight && (!isWord || !isLeft || after.isMarkdownPunctuation)))
    append(Node(text: text(position..<position + length)), length: length)
  }

  private mutating func readAngle() {
    var end = position + 1
    while end < scalars.count, end - position < Self.spanLimit, scalars[end] != ">", scalars[end] != "<" { end += 1 }
    guard end < scalars.count, scalars[end] == ">" else { return take(1) }
    let inside = text(position + 1..<end)
    if ["br", "br/", "br /"].contains(inside.lowercased()) {
      append(Node(text: "", isBreak: true), length: end - position + 1)
    } else if !inside.unicodeScalars.contains(where: \.properties.isWhitespace), let target = LinkTarget(inside) {
      append(Node(text: inside, marks: RichTextMarks(link: target.text)), length: end - position + 1)
    } else {
      take(1)
    }
  }

  private mutating func readEntity() {
    var end = position + 1
    while end < scalars.count, end - position < 10, scalars[end] != ";" { end += 1 }
    guard end < scalars.count, scalars[end] == ";", let scalar = Self.entity(text(position + 1..<end)) else {
      return take(1)
    }
    pending.append(scalar)
    position = end + 1
  }

  private static func entity(_ name: String) -> Unicode.Scalar? {
    switch name {
    case "amp": return "&"
    case "lt": return "<"
    case "gt": return ">"
    case "quot": return "\""
    case "apos": return "'"
    case "nbsp": return "\u{A0}"
    default:
      guard name.utf8.first == UInt8(ascii: "#") else { return nil }
      let digits = name.dropFirst()
      let isHex = digits.first == "x" || digits.first == "X"
      guard let value = isHex ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits), value >= 0x20, value != 0x7F
      else { return nil }
      return Unicode.Scalar(value)
    }
  }

  private mutating func readBareLink() {
    guard let end = BareLinks.addressEnd(in: scalars, from: position, isMarkdown: true),
      let target = LinkTarget(text(position..<end))
    else { return take(1) }
    append(Node(text: text(position..<end), marks: RichTextMarks(link: target.text)), length: end - position)
  }

  private mutating func open(isImage: Bool) {
    guard brackets.count < Self.bracketLimit else { return take(isImage ? 2 : 1) }
    flush()
    brackets.append(Bracket(node: nodes.count, delimiters: delimiters.count, isImage: isImage))
    append(Node(text: isImage ? "![" : "["), length: isImage ? 2 : 1)
  }

  private mutating func readLinkEnd() {
    guard let bracket = brackets.popLast(), let (target, end) = destination(from: position + 1)
    else { return take(1) }
    flush()
    matchDelimiters(from: bracket.delimiters)
    nodes[bracket.node].text = ""
    for index in nodes.indices.dropFirst(bracket.node) { nodes[index].marks.link = target?.text }
    if bracket.isImage, nodes[bracket.node...].allSatisfy(\.text.isEmpty), let target {
      nodes.append(Node(text: target.text, marks: RichTextMarks(link: target.text)))
    }
    // A link holds no links: what was opened before it is text.
    if !bracket.isImage { brackets.removeAll { !$0.isImage } }
    position = end
  }

  /// What stands in `(…)` behind a link's text; the target is nil where the address is none that we keep.
  private func destination(from start: Int) -> (target: LinkTarget?, end: Int)? {
    guard start < scalars.count, scalars[start] == "(" else { return nil }
    let limit = min(scalars.count, start + Self.spanLimit)
    var index = skipBlanks(start + 1, limit)
    var address: String
    if index < limit, scalars[index] == "<" {
      let first = index + 1
      while index < limit, scalars[index] != ">", scalars[index] != "\n" { index += 1 }
      guard index < limit, scalars[index] == ">" else { return nil }
      address = text(first..<index)
      index += 1
    } else {
      let first = index
      var depth = 0
      while index < limit, !scalars[index].properties.isWhitespace, depth > 0 || scalars[index] != ")" {
        depth += scalars[index] == "(" ? 1 : scalars[index] == ")" ? -1 : 0
        if depth > 32 { return nil }
        index += 1
      }
      address = text(first..<index)
    }
    index = skipBlanks(index, limit)
    if index < limit, scalars[index] == "\"" || scalars[index] == "'" {
      let quote = scalars[index]
      index += 1
      while index < limit, scalars[index] != quote { index += 1 }
      index = skipBlanks(index + 1, limit)
    }
    guard index < limit, scalars[index] == ")" else { return nil }
    let target = LinkTarget(address)
    // Words between angle brackets are an address only if it is one that we keep.
    if target == nil, address.unicodeScalars.contains(where: \.properties.isWhitespace) { return nil }
    return (target, index + 1)
  }

  private func skipBlanks(_ start: Int, _ limit: Int) -> Int {
    var index = start
    while index < limit, scalars[index].properties.isWhitespace { index += 1 }
    return index
  }

  /// CommonMark's "process emphasis" for the delimiters from an index on.
  private mutating func matchDelimiters(from bottom: Int) {
    var closer = bottom
    while closer < delimiters.count {
      guard delimiters[closer].closes, let opener = opener(for: closer, from: bottom) else {
        closer += 1
        continue
      }
      let mark = delimiters[closer].mark
      let used = min(2, delimiters[opener].count, delimiters[closer].count)
      let style: RichTextMarks.Style = mark == "~" ? .strike : used == 2 ? .strong : .em
      for index in delimiters[opener].node + 1..<delimiters[closer].node { nodes[index].marks.style.insert(style) }
      for index in [opener, closer] {
        delimiters[index].count -= used
        nodes[delimiters[index].node].text.unicodeScalars.removeLast(used)
      }
      delimiters.removeSubrange(opener + 1..<closer)
      closer = opener + 1
      if delimiters[opener].count == 0 {
        delimiters.remove(at: opener)
        closer = opener
      }
      if delimiters[closer].count == 0 { delimiters.remove(at: closer) }
    }
    delimiters.removeSubrange(bottom...)
  }

  private func opener(for closer: Int, from bottom: Int) -> Int? {
    let end = delimiters[closer]
    return delimiters.indices[bottom..<closer].last { index in
      let start = delimiters[index]
      guard start.mark == end.mark, start.opens else { return false }
      let isAmbiguous = start.closes || end.opens
      return !isAmbiguous || (start.length + end.length) % 3 != 0 || (start.length % 3 == 0 && end.length % 3 == 0)
    }
  }
}

extension Unicode.Scalar {
  /// Unicode punctuation and symbols, as CommonMark 0.31 counts them.
  var isMarkdownPunctuation: Bool {
    switch properties.generalCategory {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
      .finalPunctuation, .otherPunctuation, .mathSymbol, .currencySymbol, .modifierSymbol, .otherSymbol:
      true
    default: false
    }
  }
}
