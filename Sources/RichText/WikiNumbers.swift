/// Numbered lists that do not begin with one: wiki markup's `#` cannot say so.
///
/// They are written as bullets whose texts begin with their numbers, `* 3. text`, so that people read the right number,
/// and a list like that is read as a numbered one. The blank behind the number is a no-break space: what people type
/// has none there, and stays the bullets that they typed.
enum WikiNumbers {
  /// The items with their numbers before their texts.
  static func numbered(_ items: [[RichTextBlock]], from start: Int) -> [[RichTextBlock]] {
    items.enumerated().map { index, blocks in
      let number = RichTextInline.text("\(start + index).\u{A0}", .none)
      guard case .paragraph(let inlines)? = blocks.first else { return [.paragraph([number])] + blocks }
      return [.paragraph(([number] + inlines).merged)] + blocks.dropFirst()
    }
  }

  /// The lists, at any depth, whose items have their numbers before their texts, as numbered lists.
  static func restored(_ blocks: [RichTextBlock]) -> [RichTextBlock] {
    blocks.map { block in
      switch block {
      case .bulletList(let items):
        let items = items.map(restored)
        return orderedList(items) ?? .bulletList(items)
      case .orderedList(let start, let items): return .orderedList(start: start, items.map(restored))
      case .paragraph, .heading, .blockquote, .codeBlock, .panel, .rule, .table, .taskList, .expand, .unknown:
        return block
      }
    }
  }

  private static func orderedList(_ items: [[RichTextBlock]]) -> RichTextBlock? {
    var start: Int?
    var result: [[RichTextBlock]] = []
    for blocks in items {
      guard case .paragraph(let inlines)? = blocks.first, let (number, rest) = takeNumber(inlines),
        number == (start ?? number) + result.count, number != 1 || start != nil
      else { return nil }
      start = start ?? number
      let text: [RichTextBlock] = rest.isEmpty && blocks.count > 1 ? [] : [.paragraph(rest)]
      result.append(text + blocks.dropFirst())
    }
    return start.map { .orderedList(start: $0, result) }
  }

  private static func takeNumber(_ inlines: [RichTextInline]) -> (number: Int, rest: [RichTextInline])? {
    guard case .text(let text, let marks)? = inlines.first else { return nil }
    let digits = text.utf8.prefix { $0.isASCIIDigit }
    let rest = text.unicodeScalars.dropFirst(digits.count)
    // A sign before the number, or zeros, are text that people wrote.
    guard !digits.isEmpty, digits.count <= 9, digits.first != UInt8(ascii: "0") || digits.count == 1,
      rest.starts(with: ".\u{A0}".unicodeScalars), let number = Int(Substring(digits))
    else { return nil }
    let kept = String(rest.dropFirst(2))
    return (number, (kept.isEmpty ? [] : [.text(kept, marks)]) + inlines.dropFirst())
  }
}
