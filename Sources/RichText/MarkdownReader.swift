extension RichTextDocument {
  /// Reads Markdown: CommonMark's blocks but for indented code and raw HTML, with GFM's tables, strikethrough and
  /// bare links.
  ///
  /// Raw HTML is text; only `<br>` is a line break. A quote ends where its `>` end (mail replies stand right below
  /// quotes, and CommonMark's lazy continuation would swallow them). Lists and quotes nest 12 deep, then they are text.
  package init(markdown text: String) {
    blocks = MarkdownReader.blocks(of: text.cleanLines[...], depth: 0)
  }
}

/// Reads the blocks of Markdown lines.
struct MarkdownReader {
  private var lines: ArraySlice<String>
  private let depth: Int
  private var blocks: [RichTextBlock] = []
  private var paragraph: [String] = []

  static func blocks(of lines: ArraySlice<String>, depth: Int) -> [RichTextBlock] {
    var reader = MarkdownReader(lines: lines, depth: depth)
    while !reader.lines.isEmpty { reader.step() }
    reader.closeParagraph()
    return reader.blocks
  }

  struct Unit {
    var blocks: [RichTextBlock]
    var lines: Range<Int>
  }

  /// The blocks of a document with the lines that each was read from.
  static func units(of lines: [String]) -> [Unit] {
    var reader = MarkdownReader(lines: lines[...], depth: 0)
    var units: [Unit] = []
    var paragraphStart = 0
    while !reader.lines.isEmpty {
      let start = reader.lines.startIndex
      let count = reader.blocks.count
      let hadParagraph = !reader.paragraph.isEmpty
      reader.step()
      let end = reader.lines.startIndex
      var new = reader.blocks[count...]
      if hadParagraph, reader.paragraph.isEmpty, let first = new.popFirst() {
        // Only a line below it makes a heading of a paragraph.
        let isHeading = if case .heading = first { true } else { false }
        units.append(Unit(blocks: [first], lines: paragraphStart..<(isHeading ? end : start)))
      }
      units += new.map { Unit(blocks: [$0], lines: start..<end) }
      if !hadParagraph, !reader.paragraph.isEmpty { paragraphStart = start }
    }
    let count = reader.blocks.count
    reader.closeParagraph()
    if reader.blocks.count > count {
      units.append(Unit(blocks: [reader.blocks[count]], lines: paragraphStart..<lines.count))
    }
    return units
  }

  private init(lines: ArraySlice<String>, depth: Int) {
    self.lines = lines
    self.depth = depth
  }

  private mutating func step() {
    guard let first = lines.first else { return }
    let line = MarkdownLine(first)
    if line.isBlank {
      closeParagraph()
      lines.removeFirst()
    } else if let level = line.underlineLevel, !paragraph.isEmpty {
      blocks.append(.heading(level: level, inlines(of: paragraph)))
      paragraph = []
      lines.removeFirst()
    } else if let heading = line.heading {
      closeParagraph()
      blocks.append(.heading(level: heading.level, MarkdownInlines.inlines(of: heading.text)))
      lines.removeFirst()
    } else if let fence = line.fence {
      closeParagraph()
      readCode(fence, indent: line.indent)
    } else if line.isRule {
      closeParagraph()
      blocks.append(.rule)
      lines.removeFirst()
    } else if line.isQuote, depth < 12 {
      closeParagraph()
      readQuote()
    } else if let marker = line.listMarker, depth < 12, paragraph.isEmpty || marker.mayInterrupt {
      closeParagraph()
      readList(marker)
    } else if paragraph.isEmpty, let table = MarkdownTable.read(&lines) {
      blocks.append(table)
    } else {
      paragraph.append(first)
      lines.removeFirst()
    }
  }

  private mutating func closeParagraph() {
    guard !paragraph.isEmpty else { return }
    blocks.append(.paragraph(inlines(of: paragraph)))
    paragraph = []
  }

  private func inlines(of lines: [String]) -> [RichTextInline] {
    MarkdownInlines.inlines(of: lines.map(\.trimmedStart).joined(separator: "\n").trimmedEnd)
  }

  private mutating func readCode(_ fence: MarkdownLine.Fence, indent: Int) {
    lines.removeFirst()
    var text: [String] = []
    while let line = lines.popFirst() {
      if MarkdownLine(line).closes(fence) { break }
      text.append(MarkdownLine(line).withoutBlanks(columns: indent))
    }
    blocks.append(.codeBlock(language: fence.language, text: text.joined(separator: "\n")))
  }

  private mutating func readQuote() {
    var inner: [String] = []
    while let line = lines.first.map(MarkdownLine.init), line.isQuote {
      inner.append(line.quoted)
      lines.removeFirst()
    }
    blocks.append(.blockquote(Self.blocks(of: inner[...], depth: depth + 1)))
  }

  private mutating func readList(_ first: MarkdownLine.ListMarker) {
    var items: [[RichTextBlock]] = []
    var boxes: [Bool?] = []
    while let line = lines.first.map(MarkdownLine.init), !line.isRule, let marker = line.listMarker,
      marker.kind == first.kind
    {
      lines.removeFirst()
      var content = line.dropping(indent: marker.width)
      boxes.append(first.number == nil ? MarkdownTasks.takeBox(from: &content) : nil)
      let inner = itemLines(startingWith: content, width: marker.width)
      items.append(Self.blocks(of: inner[...], depth: depth + 1))
      let rest = lines.drop { MarkdownLine($0).isBlank }
      if let next = rest.first.map(MarkdownLine.init)?.listMarker, next.kind == first.kind { lines = rest }
    }
    if let start = first.number {
      blocks.append(.orderedList(start: start, items))
    } else {
      blocks.append(MarkdownTasks.list(items, boxes: boxes))
    }
  }

  /// The lines of one item: what is indented below its marker, and what continues its paragraph.
  private mutating func itemLines(startingWith first: String, width: Int) -> [String] {
    var inner = [first]
    var fence = MarkdownLine(first).fence
    var continues = !MarkdownLine(first).isBlank && fence == nil
    while let text = lines.first {
      let line = MarkdownLine(text)
      if line.isBlank {
        let rest = lines.drop { MarkdownLine($0).isBlank }
        guard let next = rest.first, MarkdownLine(next).indent >= width, inner != [""] else { break }
        // Code may stand anywhere below, and its blank lines are as many and as long as they are.
        inner += lines[..<rest.startIndex].map { MarkdownLine($0).dropping(indent: width) }
        lines = rest
        continues = false
        continue
      } else if line.indent >= width {
        let content = line.dropping(indent: width)
        let inside = MarkdownLine(content)
        if let open = fence {
          if inside.closes(open) { fence = nil }
          continues = false
        } else {
          fence = inside.fence
          continues = fence == nil && inside.heading == nil && !inside.isRule
        }
        inner.append(content)
      } else if continues, !line.beginsBlock {
        inner.append(text)
      } else {
        break
      }
      lines.removeFirst()
    }
    return inner
  }
}
