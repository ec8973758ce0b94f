extension RichTextDocument {
  /// Reads Jira's wiki markup (https://jira.atlassian.com/secure/WikiRendererHelpAction.jspa?section=all): headings,
  /// looks, colours, links, mentions, lists, tables, quotes, code, panels and rules.
  ///
  /// A line end is a break, as Jira has it. A macro that is not known, or that does not end, is text. Panels and quotes
  /// nest four deep.
  package init(wiki text: String) {
    blocks = WikiReader.blocks(of: text.cleanLines, depth: 0).flatMap(\.blocks)
  }
}

/// Reads the blocks of wiki markup, with the lines that each was read from.
struct WikiReader {
  struct Unit {
    var blocks: [RichTextBlock]
    var lines: Range<Int>
  }

  private let lines: [String]
  private let depth: Int
  private var next = 0
  private var units: [Unit] = []
  private var paragraph: [String] = []
  private var paragraphStart = 0
  private var items: [HTMLListItem] = []
  private var itemsStart = 0
  /// Macros that do not end any more.
  private var unending: Set<String> = []

  static func blocks(of lines: [String], depth: Int) -> [Unit] {
    var reader = WikiReader(lines: lines, depth: depth)
    while reader.next < lines.count { reader.step() }
    reader.close()
    return reader.units
  }

  private init(lines: [String], depth: Int) {
    self.lines = lines
    self.depth = depth
  }

  private mutating func step() {
    let line = WikiLine(lines[next])
    if line.isBlank {
      close()
      next += 1
    } else if let macro = line.macro, read(macro) {
    } else if let heading = line.heading {
      add([.heading(level: heading.level, WikiInlines.inlines(of: heading.text))])
    } else if let quoted = line.quoted {
      add([.blockquote([.paragraph(WikiInlines.inlines(of: quoted))])])
    } else if line.isRule {
      add([.rule])
    } else if let item = line.item {
      closeParagraph()
      if items.isEmpty { itemsStart = next }
      items.append(
        HTMLListItem(
          level: item.level, isOrdered: item.isOrdered, blocks: [.paragraph(WikiInlines.inlines(of: item.text))]))
      next += 1
    } else if line.isRow {
      readTable()
    } else if !items.isEmpty {
      continueItem(lines[next])
      next += 1
    } else {
      if paragraph.isEmpty { paragraphStart = next }
      paragraph.append(lines[next])
      next += 1
    }
  }

  /// A block of one line.
  private mutating func add(_ blocks: [RichTextBlock]) {
    close()
    units.append(Unit(blocks: blocks, lines: next..<next + 1))
    next += 1
  }

  /// A line right below an item goes on with it.
  private mutating func continueItem(_ text: String) {
    let inlines = WikiInlines.inlines(of: text)
    guard let last = items.indices.last, !inlines.isEmpty else { return }
    if case .paragraph(let before)? = items[last].blocks.last {
      items[last].blocks[items[last].blocks.count - 1] = .paragraph(before + [.hardBreak] + inlines)
    } else {
      items[last].blocks.append(.paragraph(inlines))
    }
  }

  private mutating func close() {
    closeParagraph()
    guard !items.isEmpty else { return }
    units.append(Unit(blocks: WikiNumbers.restored(HTMLLists.blocks(of: items[...])), lines: itemsStart..<next))
    items = []
  }

  private mutating func closeParagraph() {
    guard !paragraph.isEmpty else { return }
    let inlines = WikiInlines.inlines(of: paragraph.map(\.trimmed).joined(separator: "\n"))
    if !inlines.isEmpty { units.append(Unit(blocks: [.paragraph(inlines)], lines: paragraphStart..<next)) }
    paragraph = []
  }

  // MARK: - Macros

  /// - Returns: whether it is one that ends; what stands before it in its line is an item or a paragraph then.
  private mutating func read(_ macro: WikiLine.Macro) -> Bool {
    guard !unending.contains(macro.name), depth < 4 || macro.isVerbatim else { return false }
    guard var content = content(of: macro, at: next) else {
      unending.insert(macro.name)
      return false
    }
    var last = macro
    while macro.isVerbatim, let following = last.following(in: content.rest),
      let more = self.content(of: following, at: content.end - 1)
    {
      content = content.joined(with: more)
      last = following
    }
    let start = next
    let belongsToItem = readBefore(macro.before)
    let blocks = macro.blocks(of: content.inner, depth: depth)
    // What follows in the same line is a paragraph of its own, read from the same line.
    let rest = WikiInlines.inlines(of: content.rest.trimmed)
    let all = blocks + (rest.isEmpty ? [] : [.paragraph(rest)])
    if belongsToItem, let last = items.indices.last {
      items[last].blocks += all
    } else {
      close()
      units.append(Unit(blocks: all, lines: start..<content.end))
    }
    next = content.end
    return true
  }

  /// What stands before a macro in its line.
  ///
  /// - Returns: whether the macro belongs to an item.
  private mutating func readBefore(_ text: String) -> Bool {
    if text.trimmed.isEmpty { return !items.isEmpty }
    // The item's text may be nothing but the macro.
    if let item = WikiLine(text.trimmedEnd + " x").item {
      closeParagraph()
      if items.isEmpty { itemsStart = next }
      let line = WikiInlines.inlines(of: String(item.text.unicodeScalars.dropLast()).trimmed)
      items.append(
        HTMLListItem(
          level: item.level, isOrdered: item.isOrdered, blocks: line.isEmpty ? [] : [.paragraph(line)]))
      return true
    }
    if !items.isEmpty {
      continueItem(text)
      return true
    }
    if paragraph.isEmpty { paragraphStart = next }
    paragraph.append(text)
    return false
  }

  /// The lines between a macro and its end, the line behind it, and what follows the end in its own line.
  private struct Content {
    var inner: [String]
    var end: Int
    var rest: String
    /// The end stands at the start of a line.
    var endsLine = false

    func joined(with more: Content) -> Content {
      var content = more
      content.inner = inner
      if endsLine || inner.isEmpty {
        content.inner += more.inner
      } else {
        content.inner[inner.count - 1] += more.inner.first ?? ""
        content.inner += more.inner.dropFirst()
      }
      return content
    }
  }

  private func content(of macro: WikiLine.Macro, at line: Int) -> Content? {
    let mark = "{\(macro.name)}"
    let isMarkup = !macro.isVerbatim
    if let found = macro.after.cut(at: mark, unescaped: isMarkup) {
      return Content(inner: [found.before], end: line + 1, rest: found.after)
    }
    var inner = macro.after.isEmpty ? [] : [macro.after]
    var index = line + 1
    while index < lines.count {
      if let found = lines[index].cut(at: mark, unescaped: isMarkup) {
        if !found.before.isEmpty { inner.append(found.before) }
        return Content(inner: inner, end: index + 1, rest: found.after, endsLine: found.before.isEmpty)
      }
      inner.append(lines[index])
      index += 1
    }
    return nil
  }

  // MARK: - Tables

  private mutating func readTable() {
    close()
    let start = next
    var rows: [RichTextRow] = []
    while next < lines.count, WikiLine(lines[next]).isRow {
      var text = lines[next].trimmed
      next += 1
      // A cell may go on in the next lines.
      var more = 0
      while text.utf8.last != UInt8(ascii: "|"), more < 50, next < lines.count {
        let line = WikiLine(lines[next])
        if line.isBlank || line.isRow || line.macro != nil { break }
        text += "\n" + lines[next].trimmed
        next += 1
        more += 1
      }
      let cells = WikiTable.cells(of: text)
      if !cells.isEmpty { rows.append(RichTextRow(cells: cells)) }
    }
    if !rows.isEmpty { units.append(Unit(blocks: [.table(rows)], lines: start..<next)) }
  }
}

extension WikiLine.Macro {
  /// Code, quotes and panels.
  func blocks(of inner: [String], depth: Int) -> [RichTextBlock] {
    switch name {
    case "code", "noformat":
      let code = RichTextBlock.codeBlock(language: name == "code" ? language : nil, text: inner.joined(separator: "\n"))
      return title + [code]
    case "quote": return [.blockquote(nested(inner, depth))]
    default:
      return [.panel(kind: WikiPanels.kind(name, colour: parameter("bgColor")), title + nested(inner, depth))]
    }
  }

  /// Code and panels are shown below their title.
  private var title: [RichTextBlock] {
    parameter("title").map { [.paragraph([.text($0, RichTextMarks(.strong))])] } ?? []
  }

  private func nested(_ inner: [String], _ depth: Int) -> [RichTextBlock] {
    WikiReader.blocks(of: inner, depth: depth + 1).flatMap(\.blocks)
  }
}

/// The colours by which Jira's own wiki markup tells the kinds of panels apart.
enum WikiPanels {
  private static let colours = [
    ("info", "#deebff"), ("note", "#eae6ff"), ("success", "#e3fcef"), ("warning", "#fffae6"), ("error", "#ffebe6"),
  ]

  static func colour(of kind: String) -> String {
    let kind = kind == "tip" ? "success" : kind
    return colours.first { $0.0 == kind }?.1 ?? "#deebff"
  }

  static func kind(_ macro: String, colour: String?) -> String {
    if macro != "panel" { return macro }
    return colours.first { $0.1 == colour?.lowercased() }?.0 ?? "info"
  }
}

extension String {
  /// What stands before and behind the first occurrence of a text.
  ///
  /// - Parameter unescaped: one behind a backslash does not count, nor code in a line, `{{quote}}`.
  func cut(at mark: String, unescaped: Bool = false) -> (before: String, after: String)? {
    let pattern = Array(mark.utf8)
    guard utf8.count >= pattern.count, let first = pattern.first else { return nil }
    var index = utf8.startIndex
    while let start = utf8[index...].firstIndex(of: first) {
      if utf8[start...].starts(with: pattern) {
        let end = utf8.index(start, offsetBy: pattern.count)
        let before = start > utf8.startIndex ? utf8[utf8.index(before: start)] : nil
        let isCode = before == UInt8(ascii: "{") && end < utf8.endIndex && utf8[end] == UInt8(ascii: "}")
        if !unescaped || (before != UInt8(ascii: "\\") && !isCode) {
          return (String(self[..<start]), String(self[end...]))
        }
      }
      index = utf8.index(after: start)
    }
    return nil
  }
}
