/// Brings blocks into the nesting that ADF permits, losing looks but no text.
///
/// A list item takes no heading, quote, table, panel or rule; a quote neither; a panel no quote, table or panel.
/// Lists nest eight deep; what is deeper becomes a paragraph.
enum ADFNesting {
  enum Place: Sendable { case document, listItem, quote, panel, cell }
  private static let listDepth = 8

  static func fit(_ blocks: [RichTextBlock], in place: Place, lists: Int = 0) -> [RichTextBlock] {
    blocks.flatMap { fit($0, in: place, lists: lists) }
  }

  private static func fit(_ block: RichTextBlock, in place: Place, lists: Int) -> [RichTextBlock] {
    switch block {
    case .bulletList where lists >= listDepth, .orderedList where lists >= listDepth:
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
    case .blockquote(let blocks):
      guard place == .document || place == .cell else { return fit(blocks, in: place, lists: lists) }
      let fitted = fit(blocks, in: .quote, lists: lists)
      return fitted.isEmpty ? [] : [.blockquote(fitted)]
    case .panel(let kind, let blocks):
      guard place == .document || place == .cell else { return fit(blocks, in: place, lists: lists) }
      let fitted = fit(blocks, in: .panel, lists: lists)
      return fitted.isEmpty ? [] : [.panel(kind: panelKinds.contains(kind) ? kind : "info", fitted)]
    case .rule: return place == .listItem || place == .quote ? [] : [.rule]
    case .table(let rows): return table(rows, in: place, lists: lists)
    case .unknown(let node):
      let text = ADFText.text(of: node)
      return text.isEmpty ? [] : [.paragraph(fit([.text(text, .none)]))]
    }
  }

  private static let panelKinds: Set<String> = ["info", "note", "tip", "warning", "error", "success", "custom"]

  private static func table(_ rows: [RichTextRow], in place: Place, lists: Int) -> [RichTextBlock] {
    let filled = rows.filter { !$0.cells.isEmpty }
    guard place == .document else {
      // Tables do not nest: each row becomes a line.
      return filled.map { row in
        let texts = row.cells.map { PlainTextWriter.text(of: $0.blocks).cleanLines.joined(separator: " ") }
        return .paragraph(fit([.text(texts.joined(separator: " | "), .none)]))
      }
    }
    let fitted = filled.map { row in
      RichTextRow(
        cells: row.cells.map { cell in
          let blocks = fit(cell.blocks, in: .cell, lists: lists)
          return RichTextCell(isHeader: cell.isHeader, blocks: blocks.isEmpty ? [.paragraph([])] : blocks)
        })
    }
    return fitted.isEmpty ? [] : [.table(fitted)]
  }

  /// Inlines without line breaks in text, and `code` without the marks that it does not combine with.
  static func fit(_ inlines: [RichTextInline]) -> [RichTextInline] {
    inlines.flatMap { inline -> [RichTextInline] in
      switch inline {
      case .text(let text, var marks):
        if marks.style.contains(.code) { marks.style = .code }
        if marks.style.isSuperset(of: [.sub, .sup]) { marks.style.remove(.sub) }
        return lines(text, marks)
      case .unknown(let node): return lines(ADFText.text(of: node), .none)
      case .hardBreak, .mention, .emoji, .inlineCard: return [inline]
      }
    }.merged
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
