/// Brings blocks into the nesting that ADF permits, losing looks but no text.
///
/// A list item takes no heading, quote, table, panel or rule; a quote neither; a panel no quote, table or panel; what
/// opens inside of something takes no table. Lists nest eight deep; what is deeper becomes a paragraph.
enum ADFNesting {
  enum Place: Sendable { case document, listItem, quote, panel, cell, expand, nestedExpand }
  private static let listDepth = 8

  static func fit(_ blocks: [RichTextBlock], in place: Place, lists: Int = 0) -> [RichTextBlock] {
    var result: [RichTextBlock] = []
    result.reserveCapacity(blocks.count)
    for block in blocks {
      // Nearly every block is a paragraph and fits: it needs no array of its own.
      if case .paragraph(let inlines) = block {
        result.append(.paragraph(fit(inlines)))
      } else {
        result += fit(block, in: place, lists: lists)
      }
    }
    return result
  }

  private static func fit(_ block: RichTextBlock, in place: Place, lists: Int) -> [RichTextBlock] {
    switch block {
    case .bulletList where lists >= listDepth, .orderedList where lists >= listDepth,
      .taskList where lists >= listDepth:
      return [.paragraph(fit([.text(PlainTextWriter.text(of: [block]), .none)]))]
    case .paragraph(let inlines): return [.paragraph(fit(inlines))]
    case .codeBlock: return [block]
    case .heading(let level, let inlines):
      return place == .listItem || place == .quote
        ? [.paragraph(fit(inlines).emphasised)] : [.heading(level: level, fit(inlines))]
    case .bulletList(let items):
      let fitted = items.map { fit($0, in: .listItem, lists: lists + 1) }.filter { !$0.isEmpty }
      return fitted.isEmpty ? [] : [.bulletList(fitted)]
    case .orderedList(let start, let items):
      let fitted = items.map { fit($0, in: .listItem, lists: lists + 1) }.filter { !$0.isEmpty }
      return fitted.isEmpty ? [] : [.orderedList(start: start, fitted)]
    case .taskList(let tasks):
      if tasks.isEmpty { return [] }
      if place == .quote { return fit(TaskBoxes.bulletList(tasks), in: place, lists: lists) }
      let fitted = tasks.map { RichTextTask(isDone: $0.isDone, depth: $0.depth, inlines: fit($0.inlines)) }
      return [.taskList(TaskBoxes.levelled(fitted, deepest: listDepth - lists - 1))]
    case .blockquote(let blocks):
      guard place != .listItem, place != .quote, place != .panel else { return fit(blocks, in: place, lists: lists) }
      let fitted = fit(blocks, in: .quote, lists: lists)
      return fitted.isEmpty ? [] : [.blockquote(fitted)]
    case .panel(let kind, let blocks):
      guard place != .listItem, place != .quote, place != .panel else { return fit(blocks, in: place, lists: lists) }
      let fitted = fit(blocks, in: .panel, lists: lists)
      return fitted.isEmpty ? [] : [.panel(kind: panelKinds.contains(kind) ? kind : "info", fitted)]
    case .expand(let title, let blocks): return expand(title, blocks, in: place, lists: lists)
    case .rule: return place == .listItem || place == .quote ? [] : [.rule]
    case .table(let rows): return table(rows, in: place, lists: lists)
    case .unknown(let node):
      let text = ADFText.text(of: node)
      return text.isEmpty ? [] : [.paragraph(fit([.text(text, .none)]))]
    }
  }

  private static let panelKinds: Set<String> = ["info", "note", "tip", "warning", "error", "success", "custom"]

  private static func expand(
    _ title: String, _ blocks: [RichTextBlock], in place: Place, lists: Int
  ) -> [RichTextBlock] {
    let inner: Place
    switch place {
    case .document: inner = .expand
    case .expand, .cell: inner = .nestedExpand
    case .listItem, .quote, .panel, .nestedExpand:
      let heading: [RichTextBlock] = title.isEmpty ? [] : [.paragraph(fit([.text(title, .none)]))]
      return heading + fit(blocks, in: place, lists: lists)
    }
    let fitted = fit(blocks, in: inner, lists: lists)
    if fitted.isEmpty, title.isEmpty { return [] }
    return [.expand(title: title.cleanLines.joined(separator: " "), fitted.isEmpty ? [.paragraph([])] : fitted)]
  }

  private static func table(_ rows: [RichTextRow], in place: Place, lists: Int) -> [RichTextBlock] {
    let filled = rows.filter { !$0.cells.isEmpty }
    guard place == .document || place == .expand else {
      // Tables do not nest: each row becomes a line.
      return filled.map { row in
        let texts = row.cells.map { PlainTextWriter.text(of: $0.blocks).cleanLines.joined(separator: " ") }
        return .paragraph(fit([.text(texts.joined(separator: " | "), .none)]))
      }
    }
    let fitted = filled.map { row in
      RichTextRow(
        cells: row.cells.map { cell in
          var cell = cell
          let blocks = fit(cell.blocks, in: .cell, lists: lists)
          cell.blocks = blocks.isEmpty ? [.paragraph([])] : blocks
          return cell
        })
    }
    return fitted.isEmpty ? [] : [.table(fitted)]
  }

  /// Inlines without line breaks in text, and marks without those that they do not combine with.
  static func fit(_ inlines: [RichTextInline]) -> [RichTextInline] {
    if fits(inlines) { return inlines }
    var result: [RichTextInline] = []
    result.reserveCapacity(inlines.count)
    for inline in inlines {
      switch inline {
      case .text(let text, var marks):
        if marks.style.contains(.code) { marks = RichTextMarks(.code, link: marks.link) }
        if marks.style.isSuperset(of: [.sub, .sup]) { marks.style.remove(.sub) }
        // The editor has no coloured links.
        if marks.link != nil { (marks.colour, marks.background) = (nil, nil) }
        if text.holdsControls { result += lines(text, marks) } else { result.append(.text(text, marks)) }
      case .unknown(let node): result += lines(ADFText.text(of: node), .none)
      case .hardBreak, .mention, .emoji, .inlineCard: result.append(inline)
      }
    }
    return result.merged
  }

  /// Whether ``fit(_:)`` would change nothing; asking is cheaper than building the line again.
  private static func fits(_ inlines: [RichTextInline]) -> Bool {
    var before: RichTextMarks?
    for inline in inlines {
      guard case .text(let text, let marks) = inline else {
        if case .unknown = inline { return false }
        before = nil
        continue
      }
      if text.isEmpty || marks == before || text.holdsControls { return false }
      if marks != .none {
        let isBareCode = marks.style == .code && marks.colour == nil && marks.background == nil
        if marks.style.contains(.code), !isBareCode { return false }
        if marks.style.isSuperset(of: [.sub, .sup]) { return false }
        if marks.link != nil, marks.colour != nil || marks.background != nil { return false }
      }
      before = marks
    }
    return true
  }

  private static func lines(_ text: String, _ marks: RichTextMarks) -> [RichTextInline] {
    Array(text.cleanLines.map { [RichTextInline.text($0, marks)] }.joined(separator: [.hardBreak]))
  }
}

extension [RichTextInline] {
  /// The same in bold, for a heading where no heading may stand.
  var emphasised: [RichTextInline] {
    map { inline in
      guard case .text(let text, var marks) = inline, !marks.style.contains(.code) else { return inline }
      marks.style.insert(.strong)
      return .text(text, marks)
    }
  }
}
