/// Cuts text that is too long at a block, with a sign that says so.
///
/// Jira takes 32,767 characters of rich text. What it counts in a document is not documented; with wiki markup it adds
/// end tags of its own and then fails its own limit (mozilla/jira-bugzilla-integration#1132). So the text counts as
/// its wiki markup would, generously, and there is room left.
enum RichTextLimit {
  static let length = 30_000
  static let note = "[The text was cut here: it is longer than Jira takes.]"

  /// The blocks that Jira takes, and a last paragraph that says so where some do not fit.
  static func cut(_ blocks: [RichTextBlock]) -> [RichTextBlock] {
    Cutter(measure: Measure(isMarkup: true), note: note).cut(blocks, to: length)
  }

  /// The blocks whose text has at most so many characters, counted in UTF-16 as Java does, and an ellipsis.
  static func cut(_ blocks: [RichTextBlock], to length: Int) -> [RichTextBlock] {
    Cutter(measure: Measure(isMarkup: false), note: "…").cut(blocks, to: length)
  }
}

/// How long a text is.
private struct Measure {
  /// As wiki markup, with escapes and tags; else as plain text.
  var isMarkup: Bool
  /// A text counts as if all of it were punctuation: never too little, and known without looking at its signs.
  var isRough = false

  func size(of blocks: [RichTextBlock]) -> Int { blocks.reduce(0) { $0 + size(of: $1) } }

  func size(of block: RichTextBlock) -> Int {
    guard isMarkup else { return PlainTextWriter.text(of: [block]).utf16.count + 2 }
    switch block {
    case .paragraph(let inlines): return size(of: inlines) + 2
    case .heading(_, let inlines): return size(of: inlines) + 8
    case .bulletList(let items), .orderedList(_, let items): return items.reduce(0) { $0 + size(of: $1) + 12 }
    case .taskList(let tasks): return tasks.reduce(0) { $0 + size(of: $1.inlines) + 14 }
    case .blockquote(let blocks): return size(of: blocks) + 20
    case .panel(_, let blocks): return size(of: blocks) + 50
    case .expand(let title, let blocks): return size(of: title) + size(of: blocks) + 2
    case .codeBlock(let language, let text): return text.utf16.count + (language?.utf16.count ?? 0) + 30
    case .rule: return 6
    case .table(let rows):
      return rows.reduce(0) { $0 + $1.cells.reduce(2) { $0 + size(of: $1.blocks) + 4 * $1.columns } }
    case .unknown(let node): return size(of: ADFText.text(of: node)) + 2
    }
  }

  func size(of inlines: [RichTextInline]) -> Int { inlines.reduce(0) { $0 + size(of: $1) } }

  func size(of inline: RichTextInline) -> Int {
    switch inline {
    case .text(let text, let marks): return size(of: text) + size(of: marks)
    case .hardBreak: return isMarkup ? 3 : 1
    case .mention(let id, let text): return size(of: text) + (isMarkup ? id.utf16.count + 20 : 0)
    case .emoji(_, let text): return size(of: text)
    case .inlineCard(let url): return url.utf16.count + 2
    case .unknown(let node): return size(of: ADFText.text(of: node))
    }
  }

  func size(of marks: RichTextMarks) -> Int {
    guard isMarkup, marks != .none else { return 0 }
    return (marks.link.map { $0.utf16.count + 3 } ?? 0) + 6 * marks.style.rawValue.nonzeroBitCount
      + (marks.colour == nil ? 0 : 24)
  }

  func size(of text: String) -> Int {
    guard isMarkup else { return text.utf16.count }
    if isRough { return 2 * text.utf8.count }
    return text.utf16.reduce(0) { $0 + size(of: $1) }
  }

  /// ASCII's punctuation may need a backslash.
  func size(of unit: UInt16) -> Int {
    guard isMarkup else { return 1 }
    switch unit {
    case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: return 2
    default: return 1
    }
  }
}

/// Takes blocks while there is room.
private struct Cutter {
  var measure: Measure
  var note: String

  func cut(_ blocks: [RichTextBlock], to length: Int) -> [RichTextBlock] {
    // The last block needs no line end behind it. Most texts are far below the limit, and counting their bytes is enough.
    guard !measure.isMarkup || Measure(isMarkup: true, isRough: true).size(of: blocks) - 2 > length,
      measure.size(of: blocks) - 2 > length
    else { return blocks }
    let room = max(length - measure.size(of: note) - 2, 0)
    var left = room
    var kept: [RichTextBlock] = []
    for block in blocks {
      let size = measure.size(of: block)
      guard size <= left else {
        // One long block shall not take everything with it.
        if left * 2 > room, let start = start(of: block, room: left) { return kept + ended(start) }
        break
      }
      kept.append(block)
      left -= size
    }
    return kept + [.paragraph([.text(note, .none)])]
  }

  /// The start of a block with the sign behind it, in the same line where that is a mere ellipsis.
  private func ended(_ block: RichTextBlock) -> [RichTextBlock] {
    if note == "…", case .paragraph(let inlines) = block {
      return [.paragraph((inlines.trimmed + [.text(note, .none)]).merged)]
    }
    return [block, .paragraph([.text(note, .none)])]
  }

  private func start(of block: RichTextBlock, room: Int) -> RichTextBlock? {
    switch block {
    case .codeBlock(let language, let text):
      let start = start(of: text, room: room - (measure.isMarkup ? 40 : 0))
      return start.isEmpty ? nil : .codeBlock(language: language, text: start)
    case .paragraph(let inlines), .heading(_, let inlines):
      let start = start(of: inlines, room: room - (measure.isMarkup ? 8 : 0))
      return start.isEmpty ? nil : .paragraph(start)
    case .bulletList(let items): return listStart(items, room: room) { .bulletList($0) }
    case .orderedList(let start, let items): return listStart(items, room: room) { .orderedList(start: start, $0) }
    case .taskList, .blockquote, .panel, .expand, .rule, .table, .unknown: return textStart(of: block, room: room)
    }
  }

  private func listStart(
    _ items: [[RichTextBlock]], room: Int, list: ([[RichTextBlock]]) -> RichTextBlock
  ) -> RichTextBlock? {
    var left = room
    var kept: [[RichTextBlock]] = []
    for item in items {
      left -= measure.size(of: list([item]))
      guard left >= 0 else { break }
      kept.append(item)
    }
    return kept.isEmpty ? textStart(of: list(Array(items.prefix(1))), room: room) : list(kept)
  }

  private func textStart(of block: RichTextBlock, room: Int) -> RichTextBlock? {
    let start = start(of: PlainTextWriter.text(of: [block]), room: room - 2)
    return start.isEmpty ? nil : .paragraph(ADFNesting.fit([.text(start, .none)]))
  }

  private func start(of inlines: [RichTextInline], room: Int) -> [RichTextInline] {
    var left = room
    var kept: [RichTextInline] = []
    for inline in inlines {
      let size = measure.size(of: inline)
      guard size <= left else {
        if case .text(let text, let marks) = inline {
          let start = start(of: text, room: left - measure.size(of: marks))
          // The start of a word is no word.
          if kept.isEmpty || start.unicodeScalars.contains(where: \.isBlank) { kept.append(.text(start, marks)) }
        }
        break
      }
      kept.append(inline)
      left -= size
    }
    return kept.merged
  }

  /// Cut at a word, unless that would leave little.
  private func start(of text: String, room: Int) -> String {
    var left = room
    var scalars: [Unicode.Scalar] = []
    var word: Int?
    for scalar in text.unicodeScalars {
      left -= String(scalar).utf16.reduce(0) { $0 + measure.size(of: $1) }
      if scalar.isBlank { word = scalars.count }
      guard left >= 0 else {
        if let word, word * 2 >= scalars.count { scalars.removeLast(scalars.count - word) }
        break
      }
      scalars.append(scalar)
    }
    return String(scalars: scalars)
  }
}
