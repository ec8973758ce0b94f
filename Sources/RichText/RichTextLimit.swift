/// Keeps text below the 32,767 characters that Jira takes; what exactly Jira counts is not documented.
enum RichTextLimit {
  /// Counted in UTF-16 units of the plain rendering, the larger of the usual ways of counting.
  static let length = 32_000
  static let note = "[The text was cut here: it is longer than 32,000 characters.]"

  /// The blocks that fit, and a last paragraph that says so where some do not.
  static func cut(_ blocks: [RichTextBlock]) -> [RichTextBlock] {
    guard PlainTextWriter.text(of: blocks).utf16.count > length else { return blocks }
    var room = length - note.utf16.count - 2
    var kept: [RichTextBlock] = []
    for block in blocks {
      let size = PlainTextWriter.text(of: [block]).utf16.count + 2
      guard size <= room else {
        if kept.isEmpty { kept.append(start(of: block, room: room)) }
        break
      }
      kept.append(block)
      room -= size
    }
    return kept + [.paragraph([.text(note, .none)])]
  }

  /// The start of one block that alone is too long.
  private static func start(of block: RichTextBlock, room: Int) -> RichTextBlock {
    switch block {
    case .codeBlock(let language, let text): .codeBlock(language: language, text: start(of: text, room: room))
    case .bulletList(let items) where !items.isEmpty: listStart(items, room: room) { .bulletList($0) }
    case .orderedList(let start, let items) where !items.isEmpty:
      listStart(items, room: room) { .orderedList(start: start, $0) }
    case .paragraph(let inlines), .heading(_, let inlines): .paragraph(start(of: inlines, room: room))
    case .bulletList, .orderedList, .blockquote, .panel, .rule, .table, .unknown:
      .paragraph(ADFNesting.fit([.text(start(of: PlainTextWriter.text(of: [block]), room: room), .none)]))
    }
  }

  private static func listStart(
    _ items: [[RichTextBlock]], room: Int, list: ([[RichTextBlock]]) -> RichTextBlock
  ) -> RichTextBlock {
    var left = room
    var kept: [[RichTextBlock]] = []
    for item in items {
      left -= PlainTextWriter.text(of: [list([item])]).utf16.count + 1
      guard left >= 0 else { break }
      kept.append(item)
    }
    if !kept.isEmpty { return list(kept) }
    let text = PlainTextWriter.text(of: [list(Array(items.prefix(1)))])
    return .paragraph(ADFNesting.fit([.text(start(of: text, room: room), .none)]))
  }

  private static func start(of inlines: [RichTextInline], room: Int) -> [RichTextInline] {
    var left = room
    var kept: [RichTextInline] = []
    for inline in inlines {
      let size = [inline].plainText.utf16.count
      guard size <= left else {
        if case .text(let text, let marks) = inline { kept.append(.text(start(of: text, room: left), marks)) }
        break
      }
      kept.append(inline)
      left -= size
    }
    return kept.merged
  }

  private static func start(of text: String, room: Int) -> String {
    var left = room
    var scalars: [Unicode.Scalar] = []
    for scalar in text.unicodeScalars {
      left -= UTF16.width(scalar)
      guard left >= 0 else { break }
      scalars.append(scalar)
    }
    return String(scalars: scalars)
  }
}
