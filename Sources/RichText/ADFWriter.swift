package import JSON

extension RichTextDocument {
  /// The document as ADF that obeys ``ADFRules``; never more than ``RichTextLimit`` allows.
  package var adf: JSONValue {
    ADFWriter.document(RichTextLimit.cut(ADFNesting.fit(blocks, in: .document)))
  }
}

/// Writes blocks that ``ADFNesting`` has fitted.
enum ADFWriter {
  static func document(_ fitted: [RichTextBlock]) -> JSONValue {
    ["version": 1, "type": "doc", "content": .array(fitted.map { node($0) })]
  }

  /// - Parameter isNested: in a cell or in what opens.
  static func node(_ block: RichTextBlock, isNested: Bool = false) -> JSONValue {
    switch block {
    case .paragraph(let inlines): node("paragraph", inlines.map { node($0) })
    case .heading(let level, let inlines):
      node("heading", attributes: [JSONMember("level", .integer(level))], inlines.map { node($0) })
    case .bulletList(let items): node("bulletList", items.map { node("listItem", $0.map { node($0) }) })
    case .orderedList(let start, let items):
      node(
        "orderedList", attributes: [JSONMember("order", .integer(start))],
        items.map { node("listItem", $0.map { node($0) }) })
    case .blockquote(let blocks): node("blockquote", blocks.map { node($0) })
    case .codeBlock(let language, let text): codeBlock(language: language, text: text)
    case .panel(let kind, let blocks):
      node("panel", attributes: [JSONMember("panelType", .string(kind))], blocks.map { node($0) })
    case .rule: ["type": "rule"]
    case .table(let rows): node("table", rows.map(row))
    case .taskList(let tasks): taskList(tasks[...], depth: 0)
    case .expand(let title, let blocks):
      [
        "type": .string(isNested ? "nestedExpand" : "expand"), "attrs": ["title": .string(title)],
        "content": .array(blocks.map { node($0, isNested: true) }),
      ]
    case .unknown(let node): node
    }
  }

  // These objects are made of members: a dictionary literal would make an array of pairs first, for each node.

  private static func node(_ type: String, _ content: [JSONValue]) -> JSONValue {
    .object([JSONMember("type", .string(type)), JSONMember("content", .array(content))])
  }

  private static func node(_ type: String, attributes: [JSONMember], _ content: [JSONValue]) -> JSONValue {
    .object([
      JSONMember("type", .string(type)), JSONMember("attrs", .object(attributes)),
      JSONMember("content", .array(content)),
    ])
  }

  private static func mark(_ type: String, _ attribute: String, _ value: String) -> JSONValue {
    .object([
      JSONMember("type", .string(type)), JSONMember("attrs", .object([JSONMember(attribute, .string(value))])),
    ])
  }

  static func row(_ row: RichTextRow) -> JSONValue { node("tableRow", row.cells.map(cell)) }

  private static func cell(_ cell: RichTextCell) -> JSONValue {
    let type = cell.isHeader ? "tableHeader" : "tableCell"
    let content = cell.blocks.map { node($0, isNested: true) }
    guard cell.columns > 1 || cell.rows > 1 else { return node(type, content) }
    return node(
      type,
      attributes: [JSONMember("colspan", .integer(cell.columns)), JSONMember("rowspan", .integer(cell.rows))], content)
  }

  /// Each task and each list needs an id of its own. It is made from what stands there, so that one document is always
  /// written in the same way.
  private static func taskList(_ tasks: ArraySlice<RichTextTask>, depth: Int) -> JSONValue {
    var content: [JSONValue] = []
    var rest = tasks
    var identity = Identity()
    while let task = rest.first {
      identity.add(task)
      let deeper = rest.dropFirst().prefix { $0.depth > depth }
      content.append([
        "type": "taskItem", "attrs": ["localId": .string(identity.text), "state": task.isDone ? "DONE" : "TODO"],
        "content": .array(task.inlines.map { node($0) }),
      ])
      if !deeper.isEmpty { content.append(taskList(deeper, depth: depth + 1)) }
      rest = rest.dropFirst(1 + deeper.count)
    }
    return ["type": "taskList", "attrs": ["localId": .string("list-" + identity.text)], "content": .array(content)]
  }

  /// FNV-1a over the texts of tasks.
  private struct Identity {
    private var hash: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func add(_ task: RichTextTask) {
      for byte in task.inlines.plainText.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
      hash = (hash ^ UInt64(task.depth + 1)) &* 0x100_0000_01B3
    }

    var text: String { "task-" + String(hash, radix: 16) }
  }

  private static func codeBlock(language: String?, text: String) -> JSONValue {
    var members = [JSONMember("type", "codeBlock")]
    if let language, !language.isEmpty { members.append(JSONMember("attrs", ["language": .string(language)])) }
    if !text.isEmpty { members.append(JSONMember("content", [["type": "text", "text": .string(text)]])) }
    return .object(members)
  }

  static func node(_ inline: RichTextInline) -> JSONValue {
    switch inline {
    case .text(let text, let marks):
      if marks == .none { return .object([JSONMember("type", "text"), JSONMember("text", .string(text))]) }
      return .object([
        JSONMember("type", "text"), JSONMember("text", .string(text)), JSONMember("marks", .array(self.marks(marks))),
      ])
    case .hardBreak: return hardBreak
    case .mention(let id, let text): return ["type": "mention", "attrs": ["id": .string(id), "text": .string(text)]]
    case .emoji(let name, let text):
      return ["type": "emoji", "attrs": ["shortName": .string(name), "text": .string(text)]]
    case .inlineCard(let url): return ["type": "inlineCard", "attrs": ["url": .string(url)]]
    case .unknown(let node): return node
    }
  }

  private static let hardBreak: JSONValue = ["type": "hardBreak"]
  /// Made once, and shared by all documents.
  private static let styles: [(RichTextMarks.Style, JSONValue)] = [
    (.strong, ["type": "strong"]), (.em, ["type": "em"]), (.underline, ["type": "underline"]),
    (.strike, ["type": "strike"]), (.code, ["type": "code"]), (.sub, ["type": "subsup", "attrs": ["type": "sub"]]),
    (.sup, ["type": "subsup", "attrs": ["type": "sup"]]),
  ]

  static func marks(_ marks: RichTextMarks) -> [JSONValue] {
    if marks == .none { return [] }
    var result: [JSONValue] = []
    if let link = marks.link { result.append(mark("link", "href", link)) }
    for (style, value) in styles where marks.style.contains(style) { result.append(value) }
    if let colour = marks.colour { result.append(mark("textColor", "color", colour.text)) }
    if let colour = marks.background { result.append(mark("backgroundColor", "color", colour.text)) }
    return result
  }
}
