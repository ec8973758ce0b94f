import XML

extension RichTextDocument {
  /// Reads HTML by an allow-list: looks that we know are kept, every other element is its text, and what a browser
  /// would run or load (script, style, frames, images) is dropped, images to their alternative text.
  ///
  /// HTML that is too large to be read as such is taken as plain text, which is as inert.
  package init(html: String) {
    do {
      let body = try HTMLReader.read(html)
      var builder = HTMLBuilder()
      builder.add(body.children, RichTextMarks.none)
      self.init(blocks: builder.finished)
    } catch {
      // Only size is refused; the text itself is not lost.
      self.init(plain: html)
    }
  }
}

/// Collects blocks while it walks through elements.
private struct HTMLBuilder {
  private var blocks: [RichTextBlock] = []
  private var line: [RichTextInline] = []

  private static let dropped: Set<String> = [
    "script", "style", "head", "title", "template", "noscript", "iframe", "object", "embed", "applet", "svg", "math",
    "audio", "video", "canvas", "select", "input", "textarea", "meta", "link", "base",
  ]
  private static let blockNames: Set<String> = [
    "p", "div", "section", "article", "header", "footer", "main", "aside", "nav", "address", "center", "figure",
    "figcaption", "form", "fieldset", "dl", "dt", "dd", "details", "summary", "body", "html", "tbody", "thead", "tfoot",
    "caption", "tr", "td", "th", "li",
  ]

  var finished: [RichTextBlock] {
    mutating get {
      closeLine()
      return blocks
    }
  }

  mutating func add(_ nodes: [XMLNode], _ marks: RichTextMarks) {
    for node in nodes {
      switch node {
      case .text(let text): line.append(.text(Self.collapsed(text), marks))
      case .element(let element): add(element, marks)
      }
    }
  }

  private mutating func add(_ element: XMLElement, _ marks: RichTextMarks) {
    let name = element.name
    if Self.dropped.contains(name) { return }
    switch name {
    case "br": line.append(.hardBreak)
    case "hr": append(.rule)
    case "h1", "h2", "h3", "h4", "h5", "h6": addHeading(element, level: Int(name.dropFirst()) ?? 1)
    case "ul", "menu", "dir": append(.bulletList(items(of: element)))
    case "ol":
      let start = element[attribute: "start"].flatMap { Int($0) } ?? 1
      append(.orderedList(start: min(max(start, 0), 999_999_999), items(of: element)))
    case "blockquote": append(.blockquote(Self.blocks(of: element.children)))
    case "pre": addCode(element)
    case "table": addTable(element)
    case "img": line.append(.text(Self.collapsed(element[attribute: "alt"] ?? ""), marks))
    case _ where Self.blockNames.contains(name):
      closeLine()
      add(element.children, marks)
      closeLine()
    default: add(element.children, Self.marks(of: element, inside: marks))
    }
  }

  private static func marks(of element: XMLElement, inside marks: RichTextMarks) -> RichTextMarks {
    var marks = marks
    switch element.name {
    case "strong", "b": marks.style.insert(.strong)
    case "em", "i", "cite", "dfn", "var": marks.style.insert(.em)
    case "u", "ins": marks.style.insert(.underline)
    case "s", "strike", "del": marks.style.insert(.strike)
    case "code", "kbd", "samp", "tt": marks.style.insert(.code)
    case "sub": marks.style.insert(.sub)
    case "sup": marks.style.insert(.sup)
    case "a": marks.link = element[attribute: "href"].flatMap(LinkTarget.init)?.text ?? marks.link
    default: break
    }
    return marks
  }

  private static func blocks(of nodes: [XMLNode]) -> [RichTextBlock] {
    var builder = HTMLBuilder()
    builder.add(nodes, .none)
    return builder.finished
  }

  private mutating func append(_ block: RichTextBlock) {
    closeLine()
    blocks.append(block)
  }

  private mutating func closeLine() {
    let inlines = Self.tidy(line)
    if !inlines.isEmpty { blocks.append(.paragraph(inlines)) }
    line = []
  }

  private mutating func addHeading(_ element: XMLElement, level: Int) {
    closeLine()
    for block in Self.blocks(of: element.children) {
      if case .paragraph(let inlines) = block { blocks.append(.heading(level: level, inlines)) } else { append(block) }
    }
  }

  private func items(of list: XMLElement) -> [[RichTextBlock]] {
    var items: [[RichTextBlock]] = []
    for child in list.elements where !Self.dropped.contains(child.name) {
      let isNested = child.name == "ul" || child.name == "ol"
      let inner = Self.blocks(of: isNested ? [.element(child)] : child.children)
      // Outlook and old editors put a nested list beside the item that it belongs to.
      if isNested, !items.isEmpty { items[items.count - 1] += inner } else { items.append(inner) }
    }
    return items.filter { !$0.isEmpty }
  }

  private mutating func addCode(_ element: XMLElement) {
    let code = element.first("code") ?? element
    let language = (code[attribute: "class"] ?? "").split(separator: " ").first { $0.hasPrefix("language-") }
    var text = element.text.cleanLines
    if text.first?.isEmpty == true { text.removeFirst() }
    if text.last?.isEmpty == true { text.removeLast() }
    append(.codeBlock(language: language.map { String($0.dropFirst(9)) }, text: text.joined(separator: "\n")))
  }

  private mutating func addTable(_ table: XMLElement) {
    var rows: [RichTextRow] = []
    func collect(_ element: XMLElement) {
      for child in element.elements {
        if child.name == "tr" {
          let cells = child.elements.filter { $0.name == "td" || $0.name == "th" }
          rows.append(
            RichTextRow(
              cells: cells.map { RichTextCell(isHeader: $0.name == "th", blocks: Self.blocks(of: $0.children)) }))
        } else if ["tbody", "thead", "tfoot"].contains(child.name) {
          collect(child)
        }
      }
    }
    collect(table)
    // A table of one column is how mail programs lay out a page.
    if rows.allSatisfy({ $0.cells.count <= 1 }) {
      for block in rows.flatMap({ $0.cells.flatMap(\.blocks) }) { append(block) }
    } else {
      append(.table(rows))
    }
  }

  /// White space as HTML shows it: each stretch is one blank.
  private static func collapsed(_ text: String) -> String {
    var result: [Unicode.Scalar] = []
    for scalar in text.unicodeScalars {
      let isBlank = scalar.isBlank || scalar == "\u{0C}"
      if isBlank, result.last == " " { continue }
      if !isBlank, scalar.value < 0x20 || scalar.value == 0x7F { continue }
      result.append(isBlank ? " " : scalar)
    }
    return String(scalars: result)
  }

  /// One blank between words across elements, none beside a break; no-break spaces become blanks.
  private static func tidy(_ inlines: [RichTextInline]) -> [RichTextInline] {
    var endsWithBlank = true
    let single = inlines.merged.map { inline -> RichTextInline in
      guard case .text(var text, let marks) = inline else {
        endsWithBlank = true
        return inline
      }
      if endsWithBlank, text.unicodeScalars.first == " " { text.unicodeScalars.removeFirst() }
      if !text.isEmpty { endsWithBlank = text.unicodeScalars.last == " " }
      return .text(text.replacingScalars("\u{A0}", with: " "), marks)
    }
    let lines = single.lines.map { line -> [RichTextInline] in
      line.trimmed.flatMap { inline -> [RichTextInline] in
        if case .text(let text, let marks) = inline { BareLinks.inlines(of: text, marks: marks) } else { [inline] }
      }
    }
    return Array(lines.joined(separator: [.hardBreak])).trimmed
  }
}
