/// One line of Markdown, seen as the start of a block (CommonMark 0.31, chapters 4 and 5).
struct MarkdownLine {
  /// Columns of white space at the start; a tab goes to the next multiple of four.
  let indent: Int
  private let blanks: [Unicode.Scalar]
  private let content: [Unicode.Scalar]

  init(_ text: String) {
    var column = 0
    var scalars = text.unicodeScalars[...]
    var blanks: [Unicode.Scalar] = []
    while let first = scalars.first, first == " " || first == "\t" {
      column += first == "\t" ? 4 - column % 4 : 1
      blanks.append(first)
      scalars.removeFirst()
    }
    indent = column
    self.blanks = blanks
    content = Array(scalars)
  }

  var isBlank: Bool { content.allSatisfy(\.isBlank) }
  var isQuote: Bool { content.first == ">" }

  /// What stands behind `>` and one blank.
  var quoted: String {
    let rest = content.dropFirst()
    return Self.text(rest.first == " " ? rest.dropFirst() : rest)
  }

  /// The line with so many columns of white space fewer.
  func dropping(indent count: Int) -> String {
    if indent >= count { return withoutBlanks(columns: count) }
    // A list marker stands in these columns: it is dropped too, with the blanks behind it that count.
    let rest = content.dropFirst(max(0, count - indent))
    return Self.text(rest)
  }

  /// The line without at most so many columns of white space; a tab behind them is still a tab, since code may begin
  /// with one.
  func withoutBlanks(columns count: Int) -> String {
    var column = 0
    var rest = blanks[...]
    while column < count, let blank = rest.popFirst() { column += blank == "\t" ? 4 - column % 4 : 1 }
    return String(repeating: " ", count: max(0, column - count)) + Self.text(rest + content)
  }

  var heading: (level: Int, text: String)? {
    let level = content.prefix { $0 == "#" }.count
    guard (1...6).contains(level), content.count == level || content[level].isBlank else { return nil }
    var text = content[level...]
    while let last = text.last, last.isBlank { text.removeLast() }
    var end = text
    while end.last == "#" { end.removeLast() }
    if end.isEmpty || end.last?.isBlank == true { text = end }
    return (level, Self.text(text).trimmed)
  }

  /// 1 for `===` and 2 for `---` below a paragraph.
  var underlineLevel: Int? {
    let rest = Self.text(content[...]).trimmedEnd.unicodeScalars
    guard let first = rest.first, first == "=" || first == "-", rest.allSatisfy({ $0 == first }) else { return nil }
    return first == "=" ? 1 : 2
  }

  var isRule: Bool {
    guard let first = content.first, first == "-" || first == "*" || first == "_" else { return false }
    return content.allSatisfy { $0 == first || $0.isBlank } && content.count { $0 == first } >= 3
  }

  struct Fence: Equatable {
    var mark: Unicode.Scalar
    var length: Int
    var language: String?
  }

  var fence: Fence? {
    guard let first = content.first, first == "`" || first == "~" else { return nil }
    let length = content.prefix { $0 == first }.count
    let info = Self.text(content[length...]).trimmed
    guard length >= 3, first == "~" || !info.unicodeScalars.contains("`") else { return nil }
    let language = info.unicodeScalars.split(whereSeparator: \.isBlank).first.map(String.init)
    return Fence(mark: first, length: length, language: language)
  }

  func closes(_ fence: Fence) -> Bool {
    let rest = Self.text(content[...]).trimmedEnd.unicodeScalars
    return rest.count >= fence.length && rest.allSatisfy { $0 == fence.mark }
  }

  struct ListMarker: Equatable {
    /// Two items belong to one list if this is equal: the bullet, or the sign behind the number.
    var kind: Unicode.Scalar
    var number: Int?
    /// Columns up to the item's content.
    var width: Int
    var isEmpty: Bool

    /// Only a list that begins at 1 and has content ends a paragraph.
    var mayInterrupt: Bool { !isEmpty && (number ?? 1) == 1 }
  }

  var listMarker: ListMarker? {
    let digits = content.prefix { ("0"..."9").contains($0) }
    var length = digits.count
    guard length <= 9, length < content.count else { return nil }
    let kind = content[length]
    guard length == 0 ? kind == "-" || kind == "*" || kind == "+" : kind == "." || kind == ")" else { return nil }
    length += 1
    let rest = content[length...]
    let blanks = rest.prefix(while: \.isBlank).count
    guard rest.isEmpty || blanks > 0 else { return nil }
    let isEmpty = blanks == rest.count
    let width = indent + length + (isEmpty || blanks > 4 ? 1 : blanks)
    return ListMarker(kind: kind, number: Int(Self.text(digits)), width: width, isEmpty: isEmpty)
  }

  /// The line cannot continue a paragraph.
  var beginsBlock: Bool {
    isBlank || heading != nil || fence != nil || isRule || isQuote || listMarker?.mayInterrupt == true
      || listMarker?.number != nil || underlineLevel != nil
  }

  private static func text(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
    String(scalars: scalars)
  }
}
