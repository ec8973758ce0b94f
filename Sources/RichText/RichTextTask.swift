/// One task of a task list.
package struct RichTextTask: Hashable, Sendable {
  package var isDone: Bool
  /// How deep it is nested, from 0.
  package var depth: Int
  package var inlines: [RichTextInline]

  package init(isDone: Bool, depth: Int = 0, inlines: [RichTextInline]) {
    self.isDone = isDone
    self.depth = depth
    self.inlines = inlines
  }
}

/// Task lists where a format has none: a bullet list whose items begin with a box. Every format can carry that, and
/// people read it as what it is.
enum TaskBoxes {
  static let open = "☐ "
  static let done = "☑ "

  /// The first task at depth 0, and none more than one deeper than the one before it.
  static func levelled(_ tasks: [RichTextTask], deepest: Int = 8) -> [RichTextTask] {
    var before = -1
    return tasks.map { task in
      before = min(max(task.depth, 0), before + 1, max(deepest, 0))
      return RichTextTask(isDone: task.isDone, depth: before, inlines: task.inlines)
    }
  }

  /// The tasks as a bullet list.
  static func bulletList(_ tasks: [RichTextTask]) -> RichTextBlock {
    .bulletList(items(levelled(tasks)[...], depth: 0))
  }

  private static func items(_ tasks: ArraySlice<RichTextTask>, depth: Int) -> [[RichTextBlock]] {
    var items: [[RichTextBlock]] = []
    var rest = tasks
    while let task = rest.first {
      let deeper = rest.dropFirst().prefix { $0.depth > depth }
      var blocks: [RichTextBlock] = [
        .paragraph(([.text(task.isDone ? done : open, .none)] + task.inlines).merged)
      ]
      if let first = deeper.first { blocks.append(.bulletList(self.items(deeper, depth: first.depth))) }
      items.append(blocks)
      rest = rest.dropFirst(1 + deeper.count)
    }
    return items
  }

  /// A bullet list as tasks, where each item is one line that begins with a box, and what is nested in it likewise.
  static func taskList(_ items: [[RichTextBlock]]) -> RichTextBlock? {
    tasks(items, depth: 0).map(RichTextBlock.taskList)
  }

  private static func tasks(_ items: [[RichTextBlock]], depth: Int) -> [RichTextTask]? {
    guard !items.isEmpty, depth < 8 else { return nil }
    var result: [RichTextTask] = []
    for blocks in items {
      guard case .paragraph(let inlines)? = blocks.first, let task = task(inlines, depth: depth) else { return nil }
      result.append(task)
      for block in blocks.dropFirst() {
        switch block {
        case .bulletList(let inner):
          guard let tasks = tasks(inner, depth: depth + 1) else { return nil }
          result += tasks
        case .taskList(let inner):
          result += inner.map { RichTextTask(isDone: $0.isDone, depth: $0.depth + depth + 1, inlines: $0.inlines) }
        default: return nil
        }
      }
    }
    return result
  }

  private static func task(_ inlines: [RichTextInline], depth: Int) -> RichTextTask? {
    guard case .text(let text, let marks)? = inlines.first, let box = text.unicodeScalars.first,
      box == "☐" || box == "☑" || box == "☒"
    else { return nil }
    let rest = String(text.unicodeScalars.dropFirst()).trimmedStart
    let kept = rest.isEmpty ? Array(inlines.dropFirst()) : [.text(rest, marks)] + inlines.dropFirst()
    return RichTextTask(isDone: box != "☐", depth: depth, inlines: kept)
  }
}
