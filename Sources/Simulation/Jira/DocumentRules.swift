import JSON

/// Which documents the simulated Jira takes as Atlassian Document Format, and what they say as plain text.
enum DocumentRules {
  /// The longest text of a description or comment, in characters.
  static let longestText = 32_767

  /// What is wrong with a document; none for a good one.
  static func problems(in document: JSONValue) -> [String] {
    guard document["type"] == "doc", document["version"] == 1, let content = document["content"]?.array else {
      return ["the document is not {version: 1, type: doc, content: […]}"]
    }
    var found: [String] = []
    for node in content { check(node, allowed: blocks, in: "doc", depth: 0, &found) }
    return found
  }

  /// Paragraphs become lines.
  static func plainText(of node: JSONValue) -> String {
    switch node["type"]?.string {
    case "text": return node["text"]?.string ?? ""
    case "hardBreak": return "\n"
    case "mention", "status": return node["attrs"]?["text"]?.string ?? ""
    case "inlineCard": return node["attrs"]?["url"]?.string ?? ""
    default: break
    }
    let children = node["content"]?.array ?? []
    let isInline = children.allSatisfy { inlines.contains($0["type"]?.string ?? "") }
    return children.map(plainText(of:)).joined(separator: isInline ? "" : "\n")
  }

  /// A document of one paragraph for each line.
  static func document(_ text: String) -> JSONValue {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let paragraphs: [JSONValue] = lines.map { line in
      line.isEmpty
        ? ["type": "paragraph", "content": []]
        : ["type": "paragraph", "content": [["type": "text", "text": .string(String(line))]]]
    }
    return ["version": 1, "type": "doc", "content": .array(paragraphs)]
  }

  private static let inlines: Set<String> = [
    "text", "hardBreak", "mention", "emoji", "date", "status", "inlineCard", "placeholder", "mediaInline",
    "inlineExtension",
  ]
  private static let blocks: Set<String> = [
    "paragraph", "heading", "bulletList", "orderedList", "taskList", "decisionList", "blockquote", "codeBlock", "panel",
    "rule", "table", "expand", "mediaSingle", "mediaGroup", "blockCard", "embedCard", "extension",
  ]
  private static let lists: Set<String> = ["bulletList", "orderedList"]
  private static let children: [String: Set<String>] = [
    "paragraph": inlines, "heading": inlines, "codeBlock": ["text"], "taskItem": inlines, "decisionItem": inlines,
    "bulletList": ["listItem"], "orderedList": ["listItem"], "taskList": ["taskItem", "taskList", "blockTaskItem"],
    "decisionList": ["decisionItem"],
    "listItem": lists.union(["paragraph", "taskList", "mediaSingle", "codeBlock", "extension"]),
    "blockquote": lists.union(["paragraph", "codeBlock", "mediaSingle", "mediaGroup", "extension"]),
    "panel": lists.union([
      "paragraph", "heading", "blockCard", "mediaGroup", "mediaSingle", "codeBlock", "taskList", "rule",
      "decisionList", "extension",
    ]),
    "table": ["tableRow"], "tableRow": ["tableCell", "tableHeader"],
    "tableCell": blocks.subtracting(["table", "expand"]).union(["nestedExpand"]),
    "tableHeader": blocks.subtracting(["table", "expand"]).union(["nestedExpand"]),
    "expand": blocks.subtracting(["expand"]).union(["nestedExpand"]), "nestedExpand": blocks.subtracting(["expand"]),
    "mediaSingle": ["media", "caption"], "mediaGroup": ["media"], "caption": inlines, "blockTaskItem": blocks,
  ]
  private static let required: [String: [String]] = [
    "heading": ["level"], "mention": ["id"], "emoji": ["shortName"], "date": ["timestamp"],
    "status": ["text", "color"], "taskList": ["localId"], "taskItem": ["localId", "state"],
    "decisionList": ["localId"], "decisionItem": ["localId", "state"], "panel": ["panelType"],
  ]
  private static let needChildren: Set<String> = [
    "bulletList", "orderedList", "taskList", "decisionList", "listItem", "blockquote", "panel", "table",
    "tableCell", "tableHeader",
  ]
  private static let marks: Set<String> = [
    "strong", "em", "underline", "strike", "code", "subsup", "link", "textColor", "backgroundColor", "annotation",
    "alignment", "indentation", "breakout", "border", "fontSize", "fragment", "dataConsumer",
  ]

  private static func check(
    _ node: JSONValue, allowed: Set<String>, in parent: String, depth: Int, _ found: inout [String]
  ) {
    guard let type = node["type"]?.string else { return found.append("a child of \(parent) has no type") }
    guard allowed.contains(type) else { return found.append("\(type) may not stand in \(parent)") }
    for name in required[type] ?? [] where node["attrs"]?[name] == nil {
      found.append("\(type) has no attribute \(name)")
    }
    if type == "text" { checkText(node, in: parent, &found) }
    let content = node["content"]?.array ?? []
    if needChildren.contains(type), content.isEmpty { found.append("\(type) is empty") }
    guard let within = children[type] else { return }
    for child in content { check(child, allowed: within, in: type, depth: depth + 1, &found) }
  }

  private static func checkText(_ node: JSONValue, in parent: String, _ found: inout [String]) {
    let text = node["text"]?.string ?? ""
    if text.isEmpty { found.append("a text is empty") }
    if parent != "codeBlock", text.unicodeScalars.contains("\n") { found.append("a text holds a line end") }
    let names = (node["marks"]?.array ?? []).map { $0["type"]?.string ?? "" }
    if names.contains(where: { !marks.contains($0) }) { found.append("a text has an unknown mark") }
    if parent == "codeBlock", !names.isEmpty { found.append("a text in codeBlock has marks") }
    if names.contains("code"), !Set(names).isSubset(of: ["code", "link", "annotation"]) {
      found.append("code stands with another mark")
    }
  }
}
