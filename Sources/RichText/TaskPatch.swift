import JSON

/// Task lists are patched task by task: each that did not change keeps its id, its mentions and whatever else the CRM's
/// markup cannot say.
extension BlockPatch {
  /// A task of a list, taken out of its nesting.
  private struct Item {
    var node: JSONValue
    var depth: Int
    /// The attributes of the list that it is the first of.
    var list: JSONValue?
  }

  func taskList(_ node: JSONValue, _ new: [RichTextTask]) -> JSONValue {
    let old = Self.tasks(node, depth: 0)
    var ids = Set(old.flatMap { [$0.node["attrs"]?["localId"], $0.list?["localId"]].compactMap { $0?.string } })
    let patched = pairs(
      old, new: new, key: { [key(of: $0)] }, newKey: { [Self.key(of: $0)] },
      changed: { changed($0, $1, &ids) }, written: { Self.written($0, &ids) })
    return Self.list(patched[...], depth: 0, attributes: node["attrs"], &ids)
  }

  private static func tasks(_ list: JSONValue, depth: Int) -> [Item] {
    guard depth < 30 else { return [] }
    var result: [Item] = []
    for node in list["content"]?.array ?? [] {
      if node["type"]?.string == "taskList" {
        result += tasks(node, depth: depth + 1)
      } else {
        result.append(Item(node: node, depth: depth))
      }
    }
    if !result.isEmpty, result[0].depth == depth { result[0].list = list["attrs"] }
    return result
  }

  /// How the CRM sees it.
  private func key(of task: Item) -> String {
    let list: JSONValue = ["type": "taskList", "content": [task.node]]
    return "\(task.depth) " + format.seen(ADFReader.blocks([list], depth: 0)).map(\.key).joined(separator: "\n")
  }

  private static func key(of task: RichTextTask) -> String {
    "\(task.depth) " + RichTextBlock.taskList([RichTextTask(isDone: task.isDone, inlines: task.inlines)]).key
  }

  private func changed(_ old: Item, _ new: RichTextTask, _ ids: inout Set<String>) -> Item {
    guard old.node["type"]?.string == "taskItem" else { return Self.written(new, &ids) }
    let content = InlinePatch(format: format).nodes(old.node["content"]?.array ?? [], new: new.inlines)
    var node = old.node.with(content: content)
    node = node.with("attrs", (node["attrs"] ?? .object([])).with("state", new.isDone ? "DONE" : "TODO"))
    return Item(node: node, depth: new.depth, list: old.depth == new.depth ? old.list : nil)
  }

  private static func written(_ task: RichTextTask, _ ids: inout Set<String>) -> Item {
    let list = ADFWriter.node(.taskList([RichTextTask(isDone: task.isDone, inlines: task.inlines)]))
    let node = list["content"]?[0] ?? .null
    return Item(node: node.with("attrs", own(node["attrs"], &ids)), depth: task.depth)
  }

  /// The attributes with an id that no other has here: ids are made from texts, and a task that was changed keeps the
  /// one of its former text.
  private static func own(_ attributes: JSONValue?, _ ids: inout Set<String>) -> JSONValue {
    let id = attributes?["localId"]?.string ?? "task"
    var free = id
    var number = 2
    while !ids.insert(free).inserted {
      free = "\(id)-\(number)"
      number += 1
    }
    return (attributes ?? .object([])).with("localId", .string(free))
  }

  private static func list(
    _ tasks: ArraySlice<Item>, depth: Int, attributes: JSONValue?, _ ids: inout Set<String>
  ) -> JSONValue {
    var content: [JSONValue] = []
    var rest = tasks
    while let task = rest.popFirst() {
      content.append(task.node)
      let deeper = rest.prefix { $0.depth > depth }
      rest = rest.dropFirst(deeper.count)
      guard let first = deeper.first else { continue }
      let id = "list-" + (first.node["attrs"]?["localId"]?.string ?? "")
      let inner = first.list ?? own(["localId": .string(id)], &ids)
      content.append(list(deeper, depth: depth + 1, attributes: inner, &ids))
    }
    return [
      "type": "taskList", "attrs": attributes ?? own(["localId": "list"], &ids), "content": .array(content),
    ]
  }
}

extension JSONValue {
  /// The object with another value of one member.
  fileprivate func with(_ key: String, _ value: JSONValue) -> JSONValue {
    guard var members else { return self }
    if let index = members.firstIndex(where: { $0.key == key }) {
      members[index].value = value
    } else {
      members.append(JSONMember(key, value))
    }
    return .object(members)
  }
}
