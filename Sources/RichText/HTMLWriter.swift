extension RichTextDocument {
  /// The document as an HTML fragment: no attributes but those of links, colours, cells and code, and every
  /// text escaped.
  package var html: String { ADFNesting.fit(blocks, in: .document).map(HTMLWriter.text).joined(separator: "\n") }
}

/// Writes fitted blocks as HTML.
enum HTMLWriter {
  static func text(of block: RichTextBlock) -> String {
    switch block {
    case .paragraph(let inlines): element("p", text(of: inlines))
    case .heading(let level, let inlines): element("h\(level)", text(of: inlines))
    case .bulletList(let items): element("ul", items.map(item).joined())
    case .orderedList(let start, let items):
      "<ol\(start == 1 ? "" : " start=\"\(start)\"")>" + items.map(item).joined() + "</ol>"
    case .blockquote(let blocks): element("blockquote", blocks.map(text).joined())
    case .codeBlock(let language, let text): code(text, language: language)
    case .panel(_, let blocks): element("div", blocks.map(text).joined())
    case .expand(let title, let blocks):
      element("details", element("summary", text(of: [.text(title, .none)])) + blocks.map(text).joined())
    case .taskList(let tasks): text(of: TaskBoxes.bulletList(tasks))
    case .rule: "<hr>"
    case .table(let rows): element("table", rows.map { element("tr", $0.cells.map(cell).joined()) }.joined())
    case .unknown: ""
    }
  }

  private static func element(_ name: String, _ inner: String) -> String { "<\(name)>\(inner)</\(name)>" }

  private static func item(_ blocks: [RichTextBlock]) -> String { element("li", inner(blocks)) }

  private static func cell(_ cell: RichTextCell) -> String {
    let name = cell.isHeader ? "th" : "td"
    let columns = cell.columns > 1 ? " colspan=\"\(cell.columns)\"" : ""
    let rows = cell.rows > 1 ? " rowspan=\"\(cell.rows)\"" : ""
    return "<\(name)\(columns)\(rows)>\(inner(cell.blocks))</\(name)>"
  }

  /// A reader drops the first line end behind `<pre>`, so that one more is written.
  private static func code(_ text: String, language: String?) -> String {
    let name = language.map { " class=\"language-\(escaped($0))\"" } ?? ""
    let isBlankEdged = text.utf8.first == 0x0A || text.utf8.last == 0x0A
    return "<pre><code\(name)>" + (isBlankEdged ? "\n" + escaped(text) + "\n" : escaped(text)) + "</code></pre>"
  }

  /// The first paragraph without its tags, as people write items and cells.
  private static func inner(_ blocks: [RichTextBlock]) -> String {
    guard case .paragraph(let inlines)? = blocks.first else { return blocks.map(text).joined() }
    return text(of: inlines) + blocks.dropFirst().map(text).joined()
  }

  static func text(of inlines: [RichTextInline]) -> String {
    var result = ""
    var endsWithBlank = true
    for (index, inline) in inlines.enumerated() {
      let isBeforeBreak = index + 1 == inlines.count || inlines[index + 1] == .hardBreak
      switch inline {
      case .text(let text, let marks):
        let spaced = spaced(text, &endsWithBlank, isBeforeBreak: isBeforeBreak)
        result += marked(spaced, marks)
      case .hardBreak:
        result += "<br>"
        endsWithBlank = true
      case .mention(_, let text), .emoji(_, let text):
        result += spaced(text, &endsWithBlank, isBeforeBreak: isBeforeBreak)
      case .inlineCard(let url):
        result += "<a href=\"\(escaped(url))\">\(escaped(url))</a>"
        endsWithBlank = false
      case .unknown(let node):
        result += spaced(ADFText.text(of: node), &endsWithBlank, isBeforeBreak: isBeforeBreak)
      }
    }
    return result
  }

  /// Escaped text, with a no-break space in the place of each blank that HTML would not show.
  private static func spaced(_ text: String, _ endsWithBlank: inout Bool, isBeforeBreak: Bool) -> String {
    let escaped = escaped(text)
    defer { if let last = text.utf8.last { endsWithBlank = last == 0x20 } }
    guard endsWithBlank && text.utf8.first == 0x20 || text.utf8.last == 0x20 && isBeforeBreak || text.contains("  ")
    else { return escaped }
    var result: [UInt8] = []
    var isAfterBlank = endsWithBlank
    let bytes = Array(escaped.utf8)
    for (index, byte) in bytes.enumerated() {
      let isLast = index + 1 == bytes.count && isBeforeBreak
      if byte == 0x20, isAfterBlank || isLast {
        result.append(contentsOf: "&nbsp;".utf8)
        isAfterBlank = false
      } else {
        result.append(byte)
        isAfterBlank = byte == 0x20
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  private static func marked(_ text: String, _ marks: RichTextMarks) -> String {
    let names: [(RichTextMarks.Style, String)] = [
      (.code, "code"), (.sub, "sub"), (.sup, "sup"), (.strike, "s"), (.underline, "u"), (.em, "em"),
      (.strong, "strong"),
    ]
    if marks == .none { return text }
    var styled = names.reduce(text) { marks.style.contains($1.0) ? element($1.1, $0) : $0 }
    if marks.colour != nil || marks.background != nil {
      let colour = marks.colour.map { "color: \($0.text)" }
      let background = marks.background.map { "background-color: \($0.text)" }
      styled = "<span style=\"\([colour, background].compactMap { $0 }.joined(separator: "; "))\">\(styled)</span>"
    }
    return marks.link.map { "<a href=\"\(escaped($0))\">\(styled)</a>" } ?? styled
  }

  private static func escaped(_ text: String) -> String {
    var result: [UInt8] = []
    result.reserveCapacity(text.utf8.count + 16)
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "&"): result.append(contentsOf: "&amp;".utf8)
      case UInt8(ascii: "<"): result.append(contentsOf: "&lt;".utf8)
      case UInt8(ascii: ">"): result.append(contentsOf: "&gt;".utf8)
      case UInt8(ascii: "\""): result.append(contentsOf: "&quot;".utf8)
      case UInt8(ascii: "'"): result.append(contentsOf: "&#39;".utf8)
      default: result.append(byte)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}
