package import JSON

extension RichTextDocument {
  /// Reads an ADF document tolerantly: what is not known is kept, `localId` and its like are not read.
  ///
  /// Nesting deeper than 30 blocks is kept as an unknown node, which is read as its text.
  package init(adf: JSONValue) {
    let content = adf["type"]?.string == "doc" ? adf["content"]?.array : nil
    blocks = ADFReader.blocks(content ?? [], depth: 0)
  }
}

/// Reads ADF nodes.
enum ADFReader {
  static func blocks(_ nodes: [JSONValue], depth: Int) -> [RichTextBlock] {
    nodes.flatMap { node -> [RichTextBlock] in
      switch node["type"]?.string {
      // Containers that only arrange what is in them.
      case "layoutSection", "layoutColumn", "bodiedExtension", "bodiedSyncBlock":
        depth < 30 ? blocks(node["content"]?.array ?? [], depth: depth + 1) : [.unknown(node)]
      default: [block(node, depth: depth)]
      }
    }
  }

  private static func block(_ node: JSONValue, depth: Int) -> RichTextBlock {
    guard depth < 30 else { return .unknown(node) }
    let children = node["content"]?.array ?? []
    let attributes = node["attrs"]
    switch node["type"]?.string {
    case "paragraph": return .paragraph(inlines(children))
    case "heading": return .heading(level: min(max(Int(attributes?["level"]?.int ?? 1), 1), 6), inlines(children))
    case "bulletList": return .bulletList(items(children, depth: depth))
    case "orderedList":
      let start = attributes?["order"]?.int ?? 1
      return .orderedList(start: Int(min(max(start, 0), 999_999_999)), items(children, depth: depth))
    case "blockquote": return .blockquote(blocks(children, depth: depth + 1))
    case "codeBlock":
      let text = children.map { $0["text"]?.string ?? ADFText.text(of: $0) }.joined().cleanLines.joined(separator: "\n")
      return .codeBlock(language: attributes?["language"]?.string, text: text)
    case "panel": return .panel(kind: attributes?["panelType"]?.string ?? "info", blocks(children, depth: depth + 1))
    case "rule": return .rule
    case "table": return .table(children.compactMap { row($0, depth: depth) })
    case "taskList": return .taskList(tasks(children, depth: 0))
    case "decisionList": return .bulletList(children.map { [.paragraph(inlines($0["content"]?.array ?? []))] })
    case "expand", "nestedExpand":
      let title = attributes?["title"]?.string?.cleanLines.joined(separator: " ") ?? ""
      return .expand(title: title, blocks(children, depth: depth + 1))
    default: return .unknown(node)
    }
  }

  private static func items(_ nodes: [JSONValue], depth: Int) -> [[RichTextBlock]] {
    nodes.map { node in
      node["type"]?.string == "listItem" ? blocks(node["content"]?.array ?? [], depth: depth + 1) : [.unknown(node)]
    }
  }

  private static func tasks(_ nodes: [JSONValue], depth: Int) -> [RichTextTask] {
    guard depth < 30 else { return nodes.map { RichTextTask(isDone: false, depth: depth, inlines: [.unknown($0)]) } }
    return nodes.flatMap { node -> [RichTextTask] in
      let content = node["content"]?.array ?? []
      let isDone = node["attrs"]?["state"]?.string == "DONE"
      switch node["type"]?.string {
      case "taskList": return tasks(content, depth: depth + 1)
      case "blockTaskItem":
        let lines = content.map { inlines($0["content"]?.array ?? [$0]) }
        return [RichTextTask(isDone: isDone, depth: depth, inlines: Array(lines.joined(separator: [.hardBreak])))]
      case "taskItem": return [RichTextTask(isDone: isDone, depth: depth, inlines: inlines(content))]
      default: return [RichTextTask(isDone: false, depth: depth, inlines: inlines(node["content"]?.array ?? [node]))]
      }
    }
  }

  private static func row(_ node: JSONValue, depth: Int) -> RichTextRow? {
    guard node["type"]?.string == "tableRow" else {
      // No table holds anything else; what it says is not lost.
      let hasText = !ADFText.text(of: node).isEmpty
      return hasText ? RichTextRow(cells: [RichTextCell(isHeader: false, blocks: [.unknown(node)])]) : nil
    }
    return RichTextRow(
      cells: (node["content"]?.array ?? []).map { cell in
        let attributes = cell["attrs"]
        return RichTextCell(
          isHeader: cell["type"]?.string == "tableHeader",
          blocks: blocks(cell["content"]?.array ?? [], depth: depth + 1),
          columns: span(attributes?["colspan"]), rows: span(attributes?["rowspan"]))
      })
  }

  private static func span(_ value: JSONValue?) -> Int { Int(min(max(value?.int ?? 1, 1), 100)) }

  static func inlines(_ nodes: [JSONValue]) -> [RichTextInline] { nodes.flatMap(inline).merged }

  static func inline(_ node: JSONValue) -> [RichTextInline] {
    let attributes = node["attrs"]
    switch node["type"]?.string {
    case "text":
      let marks = marks(node["marks"]?.array ?? [])
      let lines = (node["text"]?.string ?? "").cleanLines
      if lines.count == 1 { return [.text(lines[0], marks)] }
      return Array(lines.map { [RichTextInline.text($0, marks)] }.joined(separator: [.hardBreak]))
    case "hardBreak": return [.hardBreak]
    case "mention":
      guard let id = attributes?["id"]?.string else { return [.unknown(node)] }
      let text = attributes?["text"]?.string?.cleanLines.joined(separator: " ") ?? ""
      return [.mention(id: id, text: text.isEmpty ? "@" + id : text)]
    case "emoji":
      guard let name = attributes?["shortName"]?.string?.cleanLines.joined(separator: " ") else {
        return [.unknown(node)]
      }
      let text = attributes?["text"]?.string?.cleanLines.joined(separator: " ") ?? ""
      return [.emoji(shortName: name, text: text.isEmpty ? name : text)]
    case "inlineCard":
      guard let target = attributes?["url"]?.string.flatMap(LinkTarget.init) else { return [.unknown(node)] }
      return [.inlineCard(url: target.text)]
    default: return [.unknown(node)]
    }
  }

  private static func colour(_ mark: JSONValue) -> RichTextColour? {
    mark["attrs"]?["color"]?.string.flatMap { RichTextColour(css: $0.lowercased()) }
  }

  static func marks(_ marks: [JSONValue]) -> RichTextMarks {
    var result = RichTextMarks.none
    for mark in marks {
      switch mark["type"]?.string {
      case "strong": result.style.insert(.strong)
      case "em": result.style.insert(.em)
      case "underline": result.style.insert(.underline)
      case "strike": result.style.insert(.strike)
      case "code": result.style.insert(.code)
      case "subsup": result.style.insert(mark["attrs"]?["type"]?.string == "sub" ? .sub : .sup)
      case "textColor": result.colour = colour(mark)
      case "backgroundColor": result.background = colour(mark)
      case "link": result.link = mark["attrs"]?["href"]?.string.flatMap(LinkTarget.init)?.text
      default: continue
      }
    }
    return result
  }
}
