extension RichTextDocument {
  /// The document as Jira's wiki markup; read again it is the same, as far as the markup can say it.
  package var wiki: String { WikiWriter.lines(of: ADFNesting.fit(blocks, in: .document)).joined(separator: "\n") }
}

/// Writes fitted blocks as wiki markup.
enum WikiWriter {
  static func lines(of blocks: [RichTextBlock]) -> [String] {
    var result: [String] = []
    for block in blocks {
      let lines = lines(of: block)
      guard !lines.isEmpty else { continue }
      if !result.isEmpty { result.append("") }
      result += lines
    }
    return result
  }

  private static func lines(of block: RichTextBlock) -> [String] {
    switch block {
    case .paragraph(let inlines): return WikiSpans.paragraph(inlines)
    case .heading(let level, let inlines):
      let text = WikiSpans.line(inlines)
      return text.isEmpty ? [] : ["h\(level). " + text]
    case .bulletList, .orderedList, .taskList: return list(block, signs: "")
    case .blockquote(let blocks): return quote(blocks)
    case .codeBlock(let language, let text): return code(text, language: language)
    case .panel(let kind, let blocks):
      let inner = lines(of: blocks)
      return inner.isEmpty ? [] : ["{panel:bgColor=\(WikiPanels.colour(of: kind))}"] + inner + ["{panel}"]
    case .expand(let title, let blocks):
      return lines(of: (title.isEmpty ? [] : [.paragraph([.text(title, .none)])]) + blocks)
    case .rule: return ["----"]
    case .table(let rows): return TableGrid.spread(rows).map(row)
    case .unknown: return []
    }
  }

  private static func quote(_ blocks: [RichTextBlock]) -> [String] {
    let inner = lines(of: blocks)
    if blocks.count == 1, inner.count == 1, case .paragraph = blocks[0] { return ["bq. " + inner[0]] }
    return inner.isEmpty ? [] : ["{quote}"] + inner + ["{quote}"]
  }

  private static func list(_ block: RichTextBlock, signs: String) -> [String] {
    switch block {
    case .bulletList(let items): items.flatMap { item($0, signs: signs + "*") }
    case .orderedList(1, let items): items.flatMap { item($0, signs: signs + "#") }
    case .orderedList(let start, let items):
      WikiNumbers.numbered(items, from: start).flatMap { item($0, signs: signs + "*") }
    case .taskList(let tasks): list(TaskBoxes.bulletList(tasks), signs: signs)
    default: []
    }
  }

  /// An item's paragraphs are one line with breaks; code goes below it, and lists nest.
  private static func item(_ blocks: [RichTextBlock], signs: String) -> [String] {
    var texts: [[RichTextInline]] = []
    var below: [String] = []
    var holdsLists = false
    for block in blocks {
      switch block {
      case .paragraph(let inlines), .heading(_, let inlines): texts.append(inlines)
      case .bulletList, .orderedList, .taskList:
        below += list(block, signs: signs)
        holdsLists = true
      case .codeBlock(_, let text) where holdsLists:
        // Below a list it would be its last item's.
        texts.append(ADFNesting.fit([.text(text, .none)]))
      case .codeBlock(let language, let text): below += code(text, language: language)
      case .blockquote, .panel, .expand, .rule, .table, .unknown:
        texts.append(ADFNesting.fit([.text(PlainTextWriter.text(of: [block]), .none)]))
      }
    }
    let text = WikiSpans.line(Array(texts.filter { !$0.isEmpty }.joined(separator: [.hardBreak])))
    if text.isEmpty { return below.isEmpty ? [] : [signs + " " + "&#32;"] + below }
    return [signs + " " + text] + below
  }

  /// A cell is a line, since what stands in it can hardly be told from what follows.
  private static func row(_ row: RichTextRow) -> String {
    var text = ""
    for cell in row.cells {
      let lines = cell.blocks.map { block -> [RichTextInline] in
        switch block {
        case .paragraph(let inlines): inlines
        case .heading(_, let inlines): inlines.emphasised
        case .bulletList, .orderedList, .taskList, .blockquote, .codeBlock, .panel, .expand, .rule, .table, .unknown:
          ADFNesting.fit([.text(PlainTextWriter.text(of: [block]), .none)])
        }
      }.filter { !$0.isEmpty }
      let content = WikiSpans.line(Array(lines.joined(separator: [.hardBreak])), inCell: true)
      text += (cell.isHeader ? "||" : "|") + (content.isEmpty ? " " : content)
    }
    return text + (row.cells.last?.isHeader == true ? "||" : "|")
  }

  /// Code with the end of one macro in it stands in the other. Code with the ends of both is parted before the second,
  /// and each part stands in a macro, right behind the one before it: that is read as one.
  private static func code(_ text: String, language: String?) -> [String] {
    let parts = codeParts(text.cleanLines.joined(separator: "\n"))
    var result = ""
    for (index, part) in parts.enumerated() {
      let name = part.cut(at: "{code}") == nil ? "code" : "noformat"
      let word = (index == 0 ? language ?? "" : "").unicodeScalars.filter { $0.isWikiWord || $0 == "+" || $0 == "#" }
      let parameter = name == "code" && !word.isEmpty ? ":" + String(String.UnicodeScalarView(word)) : ""
      result += "{\(name)\(parameter)}" + (index == 0 ? "\n" : "") + part
      result += (index == parts.count - 1 ? "\n" : "") + "{\(name)}"
    }
    return result.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  private static func codeParts(_ text: String) -> [String] {
    var parts: [String] = []
    var part = ""
    var rest = text
    var mark: String?
    while true {
      let found = ["{code}", "{noformat}"].compactMap { end in rest.cut(at: end).map { (mark: end, cut: $0) } }
      guard let next = found.min(by: { $0.cut.before.utf8.count < $1.cut.before.utf8.count }) else { break }
      part += next.cut.before
      if mark != nil, mark != next.mark {
        parts.append(part)
        part = ""
      }
      mark = next.mark
      part += next.mark
      rest = next.cut.after
    }
    return parts + [part + rest]
  }
}
