/// GFM's task list items (5.3): `- [ ] open`, `- [x] done`.
enum MarkdownTasks {
  /// Takes a box from the front of an item's first line.
  static func takeBox(from line: inout String) -> Bool? {
    let start = Array(line.unicodeScalars.prefix(4))
    guard start.count >= 3, start[0] == "[", start[2] == "]", start.count == 3 || start[3].isBlank else { return nil }
    switch start[1] {
    case " ": line = String(line.unicodeScalars.dropFirst(4))
    case "x", "X": line = String(line.unicodeScalars.dropFirst(4))
    default: return nil
    }
    return start[1] != " "
  }

  /// The items of a bullet list as one block: tasks, where each item has a box and holds a line and other tasks only;
  /// else the boxes are text.
  static func list(_ items: [[RichTextBlock]], boxes: [Bool?]) -> RichTextBlock {
    if let tasks = tasks(items, boxes) { return .taskList(tasks) }
    return .bulletList(
      zip(items, boxes).map { blocks, isDone in
        guard let isDone else { return blocks }
        let box = RichTextInline.text(isDone ? "[x] " : "[ ] ", .none)
        guard case .paragraph(let inlines)? = blocks.first else { return [.paragraph([box].trimmed)] + blocks }
        return [.paragraph(([box] + inlines).merged)] + blocks.dropFirst()
      })
  }

  private static func tasks(_ items: [[RichTextBlock]], _ boxes: [Bool?]) -> [RichTextTask]? {
    var result: [RichTextTask] = []
    for (blocks, box) in zip(items, boxes) {
      guard let isDone = box else { return nil }
      var rest = blocks[...]
      var inlines: [RichTextInline] = []
      if case .paragraph(let line)? = rest.first {
        inlines = line
        rest = rest.dropFirst()
      }
      result.append(RichTextTask(isDone: isDone, inlines: inlines))
      for block in rest {
        guard case .taskList(let inner) = block else { return nil }
        result += inner.map { RichTextTask(isDone: $0.isDone, depth: $0.depth + 1, inlines: $0.inlines) }
      }
    }
    return result.isEmpty ? nil : result
  }
}
