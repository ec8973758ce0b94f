/// One item of a list as HTML has it: lists nest by elements, or by a level that an editor writes on the item.
struct HTMLListItem {
  var level = 0
  var isOrdered: Bool
  var start = 1
  /// Nil: no task.
  var isDone: Bool?
  var blocks: [RichTextBlock]
}

/// Lists from the items of one element, or from the paragraphs that Word makes of a list.
enum HTMLLists {
  static func blocks(of items: ArraySlice<HTMLListItem>) -> [RichTextBlock] {
    var result: [RichTextBlock] = []
    var rest = items
    while let first = rest.first {
      // Items of one kind side by side are a list; what is deeper belongs to the item before it.
      var run: [HTMLListItem] = []
      while let item = rest.first {
        if item.level > first.level {
          let deeper = rest.prefix { $0.level > first.level }
          run[run.count - 1].blocks += blocks(of: deeper)
          rest = rest.dropFirst(deeper.count)
        } else if item.level == first.level, item.isOrdered == first.isOrdered {
          run.append(item)
          rest = rest.dropFirst()
        } else {
          break
        }
      }
      if let list = list(run.filter { !$0.blocks.isEmpty }) { result.append(list) }
    }
    return result
  }

  private static func list(_ items: [HTMLListItem]) -> RichTextBlock? {
    guard let first = items.first else { return nil }
    let boxed = items.map { item -> [RichTextBlock] in
      guard let isDone = item.isDone else { return item.blocks }
      let box = RichTextInline.text(isDone ? TaskBoxes.done : TaskBoxes.open, .none)
      guard case .paragraph(let inlines)? = item.blocks.first else { return [.paragraph([box])] + item.blocks }
      return [.paragraph(([box] + inlines).merged)] + item.blocks.dropFirst()
    }
    if first.isOrdered { return .orderedList(start: min(max(first.start, 0), 999_999_999), boxed) }
    return TaskBoxes.taskList(boxed) ?? .bulletList(boxed)
  }
}
