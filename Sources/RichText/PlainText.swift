extension RichTextDocument {
  /// Reads plain text: a blank line ends a paragraph, a line end is a hard break, bare addresses become links.
  package init(plain text: String) {
    var paragraphs: [[RichTextInline]] = []
    var lines: [String] = []
    func close() {
      if !lines.isEmpty {
        let inlines = lines.map { BareLinks.inlines(of: $0, marks: .none) }.joined(separator: [.hardBreak])
        paragraphs.append(Array(inlines))
      }
      lines = []
    }
    for line in text.cleanLines {
      let kept = line.trimmedEnd
      if kept.isEmpty { close() } else { lines.append(kept) }
    }
    close()
    blocks = paragraphs.map { .paragraph($0.merged) }
  }

  /// The text without any formatting.
  package var plain: String { PlainTextWriter.text(of: blocks) }
}

/// Writes blocks as plain text.
enum PlainTextWriter {
  static func text(of blocks: [RichTextBlock]) -> String {
    blocks.map { lines(of: $0).joined(separator: "\n") }.filter { !$0.isEmpty }.joined(separator: "\n\n")
  }

  private static func lines(of block: RichTextBlock) -> [String] {
    switch block {
    case .paragraph(let inlines), .heading(_, let inlines): return split(inlines.plainText)
    case .bulletList(let items): return items.flatMap { item($0, marker: "- ") }
    case .orderedList(let start, let items):
      return items.enumerated().flatMap { index, blocks in item(blocks, marker: "\(start + index). ") }
    case .blockquote(let blocks): return split(text(of: blocks)).map { $0.isEmpty ? ">" : "> " + $0 }
    case .panel(_, let blocks): return split(text(of: blocks))
    case .expand(let title, let blocks):
      return (title.isEmpty ? [] : [title, ""]) + split(text(of: blocks))
    case .taskList(let tasks): return lines(of: TaskBoxes.bulletList(tasks))
    case .codeBlock(_, let text): return split(text)
    case .rule: return ["----"]
    case .table(let rows):
      return rows.map { row in
        row.cells.map { split(text(of: $0.blocks)).filter { !$0.isEmpty }.joined(separator: " ") }
          .joined(separator: " | ")
      }
    case .unknown(let node): return split(ADFText.text(of: node))
    }
  }

  private static func item(_ blocks: [RichTextBlock], marker: String) -> [String] {
    let indent = String(repeating: " ", count: marker.utf8.count)
    let lines = blocks.flatMap(lines(of:))
    return lines.isEmpty
      ? [marker.trimmedEnd]
      : lines.enumerated().map { index, line in index == 0 ? marker + line : line.isEmpty ? "" : indent + line }
  }

  private static func split(_ text: String) -> [String] {
    text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }
}
