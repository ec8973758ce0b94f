/// GFM's tables (GitHub Flavored Markdown 0.29, 4.10).
enum MarkdownTable {
  /// Takes a table from the front of the lines, if one stands there.
  static func read(_ lines: inout ArraySlice<String>) -> RichTextBlock? {
    guard let first = lines.first, let second = lines.dropFirst().first, first.unicodeScalars.contains("|"),
      isDelimiter(second)
    else { return nil }
    let header = cells(of: first)
    guard header.count == cells(of: second).count else { return nil }
    lines.removeFirst(2)
    var rows = [row(header, isHeader: true, count: header.count)]
    while let line = lines.first, line.unicodeScalars.contains("|"), !MarkdownLine(line).beginsBlock {
      rows.append(row(cells(of: line), isHeader: false, count: header.count))
      lines.removeFirst()
    }
    return .table(rows)
  }

  private static func row(_ texts: [String], isHeader: Bool, count: Int) -> RichTextRow {
    RichTextRow(
      // GFM ignores the cells of a row that is longer than the head; their words shall not be lost.
      cells: (0..<max(count, texts.count)).map { index in
        let inlines = index < texts.count ? MarkdownInlines.inlines(of: texts[index]) : []
        return RichTextCell(isHeader: isHeader, blocks: [.paragraph(inlines)])
      })
  }

  private static func isDelimiter(_ line: String) -> Bool {
    line.unicodeScalars.contains("|")
      && cells(of: line).allSatisfy { cell in
        var scalars = cell.unicodeScalars[...]
        if scalars.first == ":" { scalars.removeFirst() }
        if scalars.last == ":" { scalars.removeLast() }
        return !scalars.isEmpty && scalars.allSatisfy { $0 == "-" }
      }
  }

  /// The texts between the bars; `\|` is a bar in the text.
  private static func cells(of line: String) -> [String] {
    var cells: [String] = []
    var cell = String.UnicodeScalarView()
    var scalars = line.trimmed.unicodeScalars[...]
    if scalars.first == "|" { scalars.removeFirst() }
    var endsWithBar = false
    while let scalar = scalars.popFirst() {
      endsWithBar = scalar == "|"
      if scalar == "\\", scalars.first == "|" {
        cell.append("|")
        scalars.removeFirst()
      } else if scalar == "|" {
        cells.append(String(cell).trimmed)
        cell = .init()
      } else {
        cell.append(scalar)
      }
    }
    if !endsWithBar { cells.append(String(cell).trimmed) }
    return cells
  }
}
