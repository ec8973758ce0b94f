/// Writes inlines as wiki markup, checking each result by reading it again: what does not come back the same is written
/// with fewer looks, and at last with every sign escaped.
enum WikiSpans {
  /// The lines of a paragraph; none for one without text.
  static func paragraph(_ inlines: [RichTextInline]) -> [String] {
    let text = written(inlines, breakText: "\n", inCell: false)
    return text.isEmpty
      ? [] : text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  /// One line, for headings, items and cells.
  static func line(_ inlines: [RichTextInline], inCell: Bool = false) -> String {
    written(inlines, breakText: "\\\\", inCell: inCell)
  }

  private static func written(_ inlines: [RichTextInline], breakText: String, inCell: Bool) -> String {
    let full = form(inlines)
    if full.isEmpty { return "" }
    let plainer = form(
      full.map { inline in
        guard case .text(let text, let marks) = inline else { return inline }
        return .text(text, RichTextMarks(marks.style.intersection(.code), link: marks.link))
      })
    let bare = form(
      Array(full.lines.map { [RichTextInline.text($0.plainText, .none)] }.joined(separator: [.hardBreak])))
    for candidate in [full, plainer, bare] {
      let text = text(of: candidate, breakText: breakText, inCell: inCell)
      if form(WikiInlines.inlines(of: text)) == candidate { return text }
    }
    return full.lines.map { line in
      line.plainText.unicodeScalars.reduce(into: "") { text, scalar in
        if scalar.isASCII, scalar.isMarkdownPunctuation {
          text += "&#\(scalar.value);"
        } else {
          text.unicodeScalars.append(scalar)
        }
      }
    }.joined(separator: breakText)
  }

  /// What wiki markup can say: looks but for the colour behind text, links, mentions, breaks.
  static func form(_ inlines: [RichTextInline]) -> [RichTextInline] {
    let said = inlines.flatMap { inline -> [RichTextInline] in
      switch inline {
      case .text(let text, var marks):
        marks.background = nil
        if marks.style.contains(.code), WikiCode.written(text) == nil { marks.style.remove(.code) }
        return BareLinks.inlines(of: text, marks: marks)
      case .mention(let id, let text) where !WikiInlines.isAccount(id): return [.text(text, .none)]
      case .hardBreak, .mention: return [inline]
      case .emoji(_, let text): return [.text(text, .none)]
      case .inlineCard(let url): return [.text(url, RichTextMarks(link: url))]
      case .unknown(let node): return ADFNesting.fit([.text(ADFText.text(of: node), .none)])
      }
    }
    let lines = said.lines.map(\.trimmed).filter { !$0.isEmpty }
    let marked = lines.map { line in
      [RichTextMarks.Style.strong, .em, .underline, .strike, .sub, .sup].reduce(line) {
        MarkdownForm.withoutBlankEdges($0, of: $1)
      }.merged
    }
    return Array(marked.joined(separator: [.hardBreak])).merged
  }

  // MARK: - Writing

  private static func text(of inlines: [RichTextInline], breakText: String, inCell: Bool) -> String {
    inlines.lines.map { line in
      var rest = line[...]
      var text = ""
      while !rest.isEmpty { span(&rest, to: &text, outer: nil) }
      return breakText == "\n" ? guarded(text) : text
    }.joined(separator: breakText)
  }

  private static let signs: [(RichTextMarks.Style, Unicode.Scalar)] = [
    (.strong, "*"), (.em, "_"), (.underline, "+"), (.strike, "-"), (.sup, "^"), (.sub, "~"),
  ]

  /// Takes the longest stretch with one link, colour or style from the front.
  ///
  /// - Parameter outer: what follows behind the stretch that this one stands in.
  private static func span(_ line: inout ArraySlice<RichTextInline>, to text: inout String, outer: Unicode.Scalar?) {
    guard case .text(let first, let marks)? = line.first else {
      if case .mention(let id, let name)? = line.first {
        // A mention that came without a name goes back without one.
        text +=
          name == "@" + id
          ? "[~accountid:\(id)]"
          : "[\(escaped(name, before: "[", after: "|").replacingScalars("|", with: "\\|"))|~accountid:\(id)]"
      }
      line.removeFirst()
      return
    }
    if let link = marks.link {
      var inner = line.take {
        $0.link == link
      } without: {
        $0.link = nil
      }
      var shown = ""
      let isAddress = inner.count == 1 && inner.first == .text(link, .none)
      while !isAddress, !inner.isEmpty { span(&inner, to: &shown, outer: "|") }
      text += isAddress ? "[\(link)]" : "[\(shown)|\(link)]"
    } else if let colour = marks.colour {
      var inner = line.take {
        $0.colour == colour && $0.link == nil
      } without: {
        $0.colour = nil
      }
      text += "{color:\(colour.text)}"
      while !inner.isEmpty { span(&inner, to: &text, outer: "{") }
      text += "{color}"
    } else if marks.style.contains(.code) {
      line.removeFirst()
      text += WikiCode.written(first) ?? escaped(first, before: text.unicodeScalars.last, after: outer)
    } else if let (style, sign) = longest(marks, line) {
      var inner = line.take {
        $0.style.contains(style) && $0.link == nil && $0.colour == nil
      } without: {
        $0.style.remove(style)
      }
      let before = text.unicodeScalars.last
      let next = line.first.map { [$0].plainText.unicodeScalars.first ?? " " } ?? outer
      let isInWord = before?.isWikiWord == true || next?.isWikiWord == true
      let mark = isInWord ? "{\(sign)}" : String(sign)
      text += mark
      while !inner.isEmpty { span(&inner, to: &text, outer: sign) }
      text += mark
    } else {
      line.removeFirst()
      text += escaped(first, before: text.unicodeScalars.last, after: line.isEmpty ? outer : "*")
    }
  }

  private static func longest(
    _ marks: RichTextMarks, _ line: ArraySlice<RichTextInline>
  ) -> (RichTextMarks.Style, Unicode.Scalar)? {
    var best: (RichTextMarks.Style, Unicode.Scalar)?
    var length = 0
    for (style, sign) in signs where marks.style.contains(style) {
      let count = line.prefix { inline in
        guard case .text(_, let marks) = inline else { return false }
        return marks.style.contains(style) && marks.link == nil && marks.colour == nil
      }.count
      if count > length { (best, length) = ((style, sign), count) }
    }
    return best
  }

  /// Text with what would be read as markup escaped, and no more: people read this.
  private static func escaped(_ text: String, before: Unicode.Scalar?, after: Unicode.Scalar?) -> String {
    let scalars = Array(text.unicodeScalars)
    var result: [Unicode.Scalar] = []
    result.reserveCapacity(scalars.count)
    for (index, scalar) in scalars.enumerated() {
      let previous = index > 0 ? scalars[index - 1] : before
      let next = index + 1 < scalars.count ? scalars[index + 1] : after
      switch scalar {
      case "\\":
        let means = next == "\\" || next == nil || next?.isWikiEscapable == true || previous == "\\"
        result.append(contentsOf: means ? "&#92;".unicodeScalars : "\\".unicodeScalars)
      case "&" where next == "#": result.append(contentsOf: "&#38;".unicodeScalars)
      case "{", "[", "]", "|": result += ["\\", scalar]
      case "*", "_", "+", "-", "^", "~", "!":
        let opens = previous?.isWikiWord != true && next?.isBlank == false || after != nil
        if opens { result.append("\\") }
        result.append(scalar)
      case "?" where next == "?" || previous == "?": result += ["\\", scalar]
      default: result.append(scalar)
      }
    }
    return String(scalars: result)
  }

  /// A line whose start cannot be read as the start of a block.
  private static func guarded(_ line: String) -> String {
    let start = WikiLine(line)
    let scalars = Array(line.unicodeScalars)
    guard let first = scalars.first else { return line }
    if start.item != nil || start.isRule || first == "|" { return "\\" + line }
    if start.heading != nil { return String(scalars: scalars[..<2] + ["\\"] + scalars[2...]) }
    if start.quoted != nil { return "bq\\" + String(scalars: scalars[2...]) }
    return line
  }
}

extension ArraySlice<RichTextInline> {
  /// Takes the texts at the front whose marks fit, and changes those.
  fileprivate mutating func take(
    while fits: (RichTextMarks) -> Bool, without change: (inout RichTextMarks) -> Void
  ) -> ArraySlice<RichTextInline> {
    var taken: [RichTextInline] = []
    while case .text(let text, var marks)? = first, fits(marks) {
      change(&marks)
      taken.append(.text(text, marks))
      removeFirst()
    }
    return taken.merged[...]
  }
}
