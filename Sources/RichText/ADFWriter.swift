package import JSON

extension RichTextDocument {
  /// The document as ADF that obeys ``ADFRules``; never more than ``RichTextLimit`` allows.
  package var adf: JSONValue {
    let fitted = RichTextLimit.cut(ADFNesting.fit(blocks, in: .document))
    return ["version": 1, "type": "doc", "content": .array(fitted.map(ADFWriter.node))]
  }
}

/// Writes blocks that ``ADFNesting`` has fitted.
private enum ADFWriter {
  static func node(_ block: RichTextBlock) -> JSONValue {
    switch block {
    case .paragraph(let inlines): node("paragraph", inlines.map(node))
    case .heading(let level, let inlines):
      ["type": "heading", "attrs": ["level": .integer(level)], "content": .array(inlines.map(node))]
    case .bulletList(let items): node("bulletList", items.map { node("listItem", $0.map(node)) })
    case .orderedList(let start, let items):
      [
        "type": "orderedList", "attrs": ["order": .integer(start)],
        "content": .array(items.map { node("listItem", $0.map(node)) }),
      ]
    case .blockquote(let blocks): node("blockquote", blocks.map(node))
    case .codeBlock(let language, let text): codeBlock(language: language, text: text)
    case .panel(let kind, let blocks):
      ["type": "panel", "attrs": ["panelType": .string(kind)], "content": .array(blocks.map(node))]
    case .rule: ["type": "rule"]
    case .table(let rows): node("table", rows.map { node("tableRow", $0.cells.map(cell)) })
    case .unknown(let node): node
    }
  }

  private static func node(_ type: String, _ content: [JSONValue]) -> JSONValue {
    ["type": .string(type), "content": .array(content)]
  }

  private static func cell(_ cell: RichTextCell) -> JSONValue {
    node(cell.isHeader ? "tableHeader" : "tableCell", cell.blocks.map(node))
  }

  private static func codeBlock(language: String?, text: String) -> JSONValue {
    var members = [JSONMember("type", "codeBlock")]
    if let language, !language.isEmpty { members.append(JSONMember("attrs", ["language": .string(language)])) }
    if !text.isEmpty { members.append(JSONMember("content", [["type": "text", "text": .string(text)]])) }
    return .object(members)
  }

  private static func node(_ inline: RichTextInline) -> JSONValue {
    switch inline {
    case .text(let text, let marks):
      let list = self.marks(marks)
      return list.isEmpty
        ? ["type": "text", "text": .string(text)]
        : ["type": "text", "text": .string(text), "marks": .array(list)]
    case .hardBreak: return ["type": "hardBreak"]
    case .mention(let id, let text): return ["type": "mention", "attrs": ["id": .string(id), "text": .string(text)]]
    case .emoji(let name, let text):
      return ["type": "emoji", "attrs": ["shortName": .string(name), "text": .string(text)]]
    case .inlineCard(let url): return ["type": "inlineCard", "attrs": ["url": .string(url)]]
    case .unknown(let node): return node
    }
  }

  private static func marks(_ marks: RichTextMarks) -> [JSONValue] {
    var result: [JSONValue] = []
    if let link = marks.link { result.append(["type": "link", "attrs": ["href": .string(link)]]) }
    if marks.style.contains(.strong) { result.append(["type": "strong"]) }
    if marks.style.contains(.em) { result.append(["type": "em"]) }
    if marks.style.contains(.underline) { result.append(["type": "underline"]) }
    if marks.style.contains(.strike) { result.append(["type": "strike"]) }
    if marks.style.contains(.code) { result.append(["type": "code"]) }
    if marks.style.contains(.sub) { result.append(["type": "subsup", "attrs": ["type": "sub"]]) }
    if marks.style.contains(.sup) { result.append(["type": "subsup", "attrs": ["type": "sup"]]) }
    return result
  }
}
