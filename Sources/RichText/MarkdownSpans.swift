/// Writes inlines of ``MarkdownForm`` as Markdown text.
enum MarkdownSpans {
  static func text(of inlines: [RichTextInline], breakText: String, inCell: Bool) -> String {
    let text = inlines.lines.map { line in
      var line = line[...]
      var text = ""
      while !line.isEmpty { text += span(&line) }
      return breakText == "\\\n" ? guarded(text) : text
    }.joined(separator: breakText)
    return inCell ? text.replacingScalars("|", with: "\\|") : text
  }

  /// Takes the longest stretch with one link or style from the front.
  private static func span(_ line: inout ArraySlice<RichTextInline>) -> String {
    guard case .text(let first, let marks)? = line.first else { return "" }
    if let link = marks.link {
      let count = line.prefix { if case .text(_, let marks) = $0 { marks.link == link } else { false } }.count
      let inner = line.prefix(count).map { $0.without(link: true, style: []) }
      line.removeFirst(count)
      return self.link(link, around: Array(inner))
    }
    if marks.style.contains(.code) {
      line.removeFirst()
      return code(first)
    }
    var best: (style: RichTextMarks.Style, mark: String, count: Int)?
    for (style, mark) in [(RichTextMarks.Style.strong, "**"), (.em, "*"), (.strike, "~~")]
    where marks.style.contains(style) {
      let count = line.prefix { if case .text(_, let marks) = $0 { marks.style.contains(style) } else { false } }.count
      if count > best?.count ?? 0 { best = (style, mark, count) }
    }
    guard let best else {
      line.removeFirst()
      return escaped(first, isBeforeSpan: !line.isEmpty)
    }
    var inner = line.prefix(best.count).map { $0.without(link: false, style: best.style) }.merged[...]
    line.removeFirst(best.count)
    var text = ""
    while !inner.isEmpty { text += span(&inner) }
    return best.mark + text + best.mark
  }

  private static func link(_ address: String, around inner: [RichTextInline]) -> String {
    if inner == [.text(address, .none)] { return "<\(address)>" }
    var inner = inner.merged[...]
    var text = ""
    while !inner.isEmpty { text += span(&inner) }
    let isBracketed = address.unicodeScalars.contains { $0 == "(" || $0 == ")" }
    return isBracketed ? "[\(text)](<\(address)>)" : "[\(text)](\(address))"
  }

  private static func code(_ text: String) -> String {
    var runs: Set<Int> = []
    var run = 0
    for scalar in text.unicodeScalars {
      if scalar != "`" { runs.insert(run) }
      run = scalar == "`" ? run + 1 : 0
    }
    runs.insert(run)
    var length = 1
    while runs.contains(length) { length += 1 }
    let fence = String(repeating: "`", count: length)
    let scalars = text.unicodeScalars
    let touches = scalars.first == "`" || scalars.last == "`" || (scalars.first == " " && scalars.last == " ")
    return touches ? "\(fence) \(text) \(fence)" : fence + text + fence
  }

  /// Text with what Markdown would read as markup escaped.
  private static func escaped(_ text: String, isBeforeSpan: Bool) -> String {
    let scalars = Array(text.unicodeScalars)
    var result: [Unicode.Scalar] = []
    result.reserveCapacity(scalars.count)
    for (index, scalar) in scalars.enumerated() {
      let before = index > 0 ? scalars[index - 1] : nil
      let after = index + 1 < scalars.count ? scalars[index + 1] : nil
      let needsEscape =
        switch scalar {
        case "\\", "`", "*", "[", "]", "<": true
        case "_": !(before?.isWord == true && after?.isWord == true)
        case "~": before == "~" || after == "~" || before == nil || after == nil
        case "&": after == nil || after == "#" || after?.properties.isAlphabetic == true
        case "!": after == nil && isBeforeSpan
        default: false
        }
      if needsEscape { result.append("\\") }
      result.append(scalar)
    }
    return String(scalars: result)
  }

  /// A line whose start cannot be read as the start of a block.
  private static func guarded(_ line: String) -> String {
    let scalars = Array(line.unicodeScalars)
    guard let first = scalars.first else { return line }
    switch first {
    case "#", ">", "+", "-", "=", "|": return "\\" + line
    case "0"..."9":
      let digits = scalars.prefix { ("0"..."9").contains($0) }.count
      guard digits < scalars.count, scalars[digits] == "." || scalars[digits] == ")" else { return barred(line) }
      return barred(String(scalars: scalars[..<digits] + ["\\"] + scalars[digits...]))
    default: return barred(line)
    }
  }

  /// A line that begins with a colon may be the second line of a table.
  private static func barred(_ line: String) -> String { line.hasPrefix(":") ? "\\" + line : line }
}

extension RichTextInline {
  fileprivate func without(link: Bool, style: RichTextMarks.Style) -> RichTextInline {
    guard case .text(let text, let marks) = self else { return self }
    return .text(text, RichTextMarks(marks.style.subtracting(style), link: link ? nil : marks.link))
  }
}

extension Unicode.Scalar {
  fileprivate var isWord: Bool { properties.isAlphabetic || ("0"..."9").contains(self) }
}
