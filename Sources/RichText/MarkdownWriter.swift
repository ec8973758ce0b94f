extension RichTextDocument {
  /// The document as Markdown: deterministic, and read again it is the same document, so that it serves as the
  /// canonical form in which rich text is compared.
  ///
  /// What Markdown cannot say (colours, underlines, panels, mentions) is written as its text.
  package var markdown: String {
    MarkdownWriter.lines(of: ADFNesting.fit(blocks, in: .document)).joined(separator: "\n")
  }
}

/// Writes fitted blocks as Markdown lines.
enum MarkdownWriter {
  static func lines(of blocks: [RichTextBlock], isItem: Bool = false) -> [String] {
    var result: [String] = []
    var previous: (kind: ListKind, isAlternate: Bool)?
    for block in flattened(blocks) {
      let kind = ListKind(block)
      let isAlternate = kind != nil && previous?.kind == kind && previous?.isAlternate == false
      let lines = lines(of: block, isAlternate: isAlternate)
      guard !lines.isEmpty else { continue }
      // Right below an item's paragraph a list needs no blank line.
      let isTight = isItem && kind?.mayInterrupt(block) == true && previous == nil
      if !result.isEmpty, !isTight { result.append("") }
      result += lines
      previous = kind.map { ($0, isAlternate) }
    }
    return result
  }

  private enum ListKind: Equatable {
    case bullet, ordered

    init?(_ block: RichTextBlock) {
      switch block {
      case .bulletList: self = .bullet
      case .orderedList: self = .ordered
      case .taskList: self = .bullet
      case .paragraph, .heading, .blockquote, .codeBlock, .panel, .expand, .rule, .table, .unknown: return nil
      }
    }

    func mayInterrupt(_ block: RichTextBlock) -> Bool {
      if case .orderedList(let start, _) = block { return start == 1 }
      return true
    }
  }

  /// Panels are their content, and what opens is its title and its content.
  private static func flattened(_ blocks: [RichTextBlock]) -> [RichTextBlock] {
    blocks.flatMap { block -> [RichTextBlock] in
      switch block {
      case .panel(_, let inner): flattened(inner)
      case .expand(let title, let inner):
        (title.isEmpty ? [] : [.paragraph([.text(title, .none)])]) + flattened(inner)
      case .paragraph, .heading, .bulletList, .orderedList, .taskList, .blockquote, .codeBlock, .rule, .table,
        .unknown:
        [block]
      }
    }
  }

  private static func lines(of block: RichTextBlock, isAlternate: Bool) -> [String] {
    switch block {
    case .paragraph(let inlines): return MarkdownLines.paragraph(inlines)
    case .heading(let level, let inlines):
      var text = MarkdownLines.line(inlines, inCell: false)
      // A closing sequence of `#` would be dropped by the reader.
      if text.utf8.last == UInt8(ascii: "#") { text = String(text.unicodeScalars.dropLast()) + "\\#" }
      return text.isEmpty ? [] : [String(repeating: "#", count: level) + " " + text]
    case .bulletList(let items):
      return items.flatMap { item($0, marker: isAlternate ? "* " : "- ") }
    case .orderedList(let start, let items):
      var number = start
      return items.flatMap { blocks -> [String] in
        let lines = item(blocks, marker: "\(number)\(isAlternate ? ")" : ".") ")
        if !lines.isEmpty { number += 1 }
        return lines
      }
    case .blockquote(let blocks): return lines(of: blocks).map { $0.isEmpty ? ">" : "> " + $0 }
    case .codeBlock(let language, let text): return code(text, language: language)
    case .rule: return ["---"]
    case .table(let rows): return table(rows)
    case .panel(_, let blocks), .expand(_, let blocks): return lines(of: blocks)
    case .taskList(let tasks): return taskLines(tasks, marker: isAlternate ? "* " : "- ")
    case .unknown: return []
    }
  }

  private static func item(_ blocks: [RichTextBlock], marker: String) -> [String] {
    let indent = String(repeating: " ", count: marker.utf8.count)
    return lines(of: blocks, isItem: true).enumerated().map { index, line in
      index == 0 ? marker + line : line.isEmpty ? "" : indent + line
    }
  }

  private static func taskLines(_ tasks: [RichTextTask], marker: String) -> [String] {
    let written = tasks.map { (task: $0, lines: MarkdownLines.paragraph($0.inlines)) }.filter { !$0.lines.isEmpty }
    let levelled = TaskBoxes.levelled(written.map(\.task))
    return zip(levelled, written).flatMap { task, written in
      let indent = String(repeating: "  ", count: task.depth)
      return written.lines.enumerated().map { index, line in
        indent + (index == 0 ? marker + (task.isDone ? "[x] " : "[ ] ") : "  ") + line
      }
    }
  }

  private static func code(_ text: String, language: String?) -> [String] {
    var longest = 0
    var run = 0
    for scalar in text.unicodeScalars {
      run = scalar == "`" ? run + 1 : 0
      longest = max(longest, run)
    }
    let fence = String(repeating: "`", count: max(3, longest + 1))
    let word = (language ?? "").unicodeScalars.filter {
      $0.properties.isAlphabetic || "0123456789+-#._".unicodeScalars.contains($0)
    }
    return [fence + String(scalars: word)] + text.cleanLines + [fence]
  }

  private static func table(_ rows: [RichTextRow]) -> [String] {
    let rows = TableGrid.spread(rows)
    let width = rows.map(\.cells.count).max() ?? 0
    var lines = rows.map { row in
      "|"
        + (0..<width).map { index in
          let text =
            index < row.cells.count ? MarkdownLines.line(inlines(of: row.cells[index].blocks), inCell: true) : ""
          return text.isEmpty ? " " : " \(text) "
        }.joined(separator: "|") + "|"
    }
    lines.insert("|" + String(repeating: " --- |", count: width), at: min(1, lines.count))
    return lines
  }

  /// A cell's blocks on one line, as far as a line can hold them.
  private static func inlines(of blocks: [RichTextBlock]) -> [RichTextInline] {
    let lines = flattened(blocks).map { block -> [RichTextInline] in
      switch block {
      case .paragraph(let inlines): inlines
      case .heading(_, let inlines): inlines.emphasised
      case .codeBlock(_, let text):
        Array(text.cleanLines.map { [RichTextInline.text($0, RichTextMarks(.code))] }.joined(separator: [.hardBreak]))
      case .bulletList, .orderedList, .taskList, .blockquote, .panel, .expand, .rule, .table, .unknown:
        ADFNesting.fit([.text(PlainTextWriter.text(of: [block]), .none)])
      }
    }.filter { !$0.isEmpty }
    return Array(lines.joined(separator: [.hardBreak]))
  }
}
