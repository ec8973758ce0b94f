extension RichTextDocument {
  /// The document as an HTML fragment: no attribute but a link's address, and every text escaped.
  package var html: String { ADFNesting.fit(blocks, in: .document).map(HTMLWriter.text).joined(separator: "\n") }
}

/// Writes fitted blocks as HTML.
private enum HTMLWriter {
  static func text(of block: RichTextBlock) -> String {
    switch block {
    case .paragraph(let inlines): element("p", text(of: inlines))
    case .heading(let level, let inlines): element("h\(level)", text(of: inlines))
    case .bulletList(let items): element("ul", items.map(item).joined())
    case .orderedList(let start, let items):
      "<ol\(start == 1 ? "" : " start=\"\(start)\"")>" + items.map(item).joined() + "</ol>"
    case .blockquote(let blocks): element("blockquote", blocks.map(text).joined())
    case .codeBlock(_, let text): element("pre", element("code", escaped(text)))
    case .panel(_, let blocks): element("div", blocks.map(text).joined())
    case .rule: "<hr>"
    case .table(let rows): element("table", rows.map { element("tr", $0.cells.map(cell).joined()) }.joined())
    case .unknown: ""
    }
  }

  private static func element(_ name: String, _ inner: String) -> String { "<\(name)>\(inner)</\(name)>" }

  private static func item(_ blocks: [RichTextBlock]) -> String { element("li", inner(blocks)) }

  private static func cell(_ cell: RichTextCell) -> String { element(cell.isHeader ? "th" : "td", inner(cell.blocks)) }

  /// The first paragraph without its tags, as people write items and cells.
  private static func inner(_ blocks: [RichTextBlock]) -> String {
    guard case .paragraph(let inlines)? = blocks.first else { return blocks.map(text).joined() }
    return text(of: inlines) + blocks.dropFirst().map(text).joined()
  }

  private static func text(of inlines: [RichTextInline]) -> String {
    inlines.map { inline in
      switch inline {
      case .text(let text, let marks): marked(escaped(text), marks)
      case .hardBreak: "<br>"
      case .mention(_, let text), .emoji(_, let text): escaped(text)
      case .inlineCard(let url): "<a href=\"\(escaped(url))\">\(escaped(url))</a>"
      case .unknown(let node): escaped(ADFText.text(of: node))
      }
    }.joined()
  }

  private static func marked(_ text: String, _ marks: RichTextMarks) -> String {
    let names: [(RichTextMarks.Style, String)] = [
      (.code, "code"), (.sub, "sub"), (.sup, "sup"), (.strike, "s"), (.underline, "u"), (.em, "em"),
      (.strong, "strong"),
    ]
    let styled = names.reduce(text) { marks.style.contains($1.0) ? element($1.1, $0) : $0 }
    return marks.link.map { "<a href=\"\(escaped($0))\">\(styled)</a>" } ?? styled
  }

  private static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
