package import JSON

/// Documents as Jira may hold them, with everything that its editor offers.
package struct RandomDocument {
  private var dice: FuzzDice
  private var ids = 0

  /// One seed always gives the same document.
  package static func adf(seed: UInt64) -> JSONValue {
    var maker = RandomDocument(dice: FuzzDice(seed: seed))
    let count = 1 + maker.dice.below(6)
    return ["version": 1, "type": "doc", "content": .array((0..<count).map { _ in maker.block(in: .document) })]
  }

  private init(dice: FuzzDice) { self.dice = dice }

  private enum Place { case document, item, quote, panel, cell, expand }

  private mutating func block(in place: Place, depth: Int = 0) -> JSONValue {
    let simple = ["paragraph", "paragraph", "paragraph", "codeBlock"]
    let lists = ["bulletList", "orderedList"]
    let others: [String]
    switch place {
    case .item: others = lists + ["taskList", "mediaSingle"]
    case .quote: others = lists + ["mediaSingle"]
    case .panel: others = lists + ["heading", "rule", "taskList", "decisionList", "mediaSingle", "blockCard"]
    case .cell:
      others = lists + ["heading", "rule", "taskList", "panel", "blockquote", "nestedExpand", "mediaSingle"]
    case .expand: others = lists + ["heading", "rule", "taskList", "panel", "blockquote", "table", "mediaGroup"]
    case .document:
      others =
        lists + ["heading", "rule", "taskList", "panel", "blockquote", "table", "expand", "mediaSingle", "blockCard"]
    }
    return node(depth > 3 ? "paragraph" : dice.pick(simple + others), depth: depth)
  }

  private mutating func node(_ type: String, depth: Int) -> JSONValue {
    switch type {
    case "heading": return with(type, inlines(), ["level": .integer(1 + dice.below(6))])
    case "codeBlock":
      let text = dice.pick(["let a = 1", "a\n\n  b `c`", "{code}", "```\nx\n```", "|a|b|", " x "])
      return with(
        type, [["type": "text", "text": .string(text)]], ["language": .string(dice.pick(["swift", "java", "c#"]))])
    case "bulletList", "orderedList":
      let items = (0...dice.below(3)).map { _ in with("listItem", blocks(in: .item, depth: depth + 1)) }
      return type == "bulletList" ? with(type, items) : with(type, items, ["order": .integer(dice.below(12))])
    case "taskList", "decisionList": return tasks(type, depth: depth)
    case "blockquote": return with(type, blocks(in: .quote, depth: depth + 1))
    case "panel":
      let kinds = ["info", "note", "tip", "warning", "error", "success", "custom"]
      return with(type, blocks(in: .panel, depth: depth + 1), ["panelType": .string(dice.pick(kinds))])
    case "expand": return with(type, blocks(in: .expand, depth: depth + 1), ["title": .string(dice.pick(words))])
    case "nestedExpand": return with(type, blocks(in: .panel, depth: depth + 2), ["title": .string(dice.pick(words))])
    case "table": return table(depth)
    case "rule": return ["type": "rule"]
    case "mediaSingle":
      return with(type, [media], ["layout": "center"])
    case "mediaGroup": return with(type, [media, media])
    case "blockCard": return ["type": "blockCard", "attrs": ["url": "https://example.com/card"]]
    default: return with("paragraph", inlines())
    }
  }

  private mutating func blocks(in place: Place, depth: Int) -> [JSONValue] {
    (0...dice.below(2)).map { _ in block(in: place, depth: depth) }
  }

  private func with(_ type: String, _ content: [JSONValue], _ attributes: JSONValue? = nil) -> JSONValue {
    guard let attributes else { return ["type": .string(type), "content": .array(content)] }
    return ["type": .string(type), "attrs": attributes, "content": .array(content)]
  }

  private mutating func id() -> JSONValue {
    ids += 1
    return .string("id-\(ids)")
  }

  private mutating func tasks(_ type: String, depth: Int) -> JSONValue {
    let isTask = type == "taskList"
    var content: [JSONValue] = []
    for _ in 0...dice.below(3) {
      let state: JSONValue = isTask ? (dice.chance(50) ? "DONE" : "TODO") : "DECIDED"
      content.append(with(isTask ? "taskItem" : "decisionItem", inlines(), ["localId": id(), "state": state]))
      if isTask, depth < 3, dice.chance(25) { content.append(tasks(type, depth: depth + 1)) }
    }
    return with(type, content, ["localId": id()])
  }

  private mutating func table(_ depth: Int) -> JSONValue {
    let columns = 1 + dice.below(3)
    let rows = (0...dice.below(3)).map { row -> JSONValue in
      let cells = (0..<columns).map { _ -> JSONValue in
        let type = row == 0 && dice.chance(70) ? "tableHeader" : "tableCell"
        let content = blocks(in: .cell, depth: depth + 2)
        return dice.chance(10) ? with(type, content, ["colspan": 2, "rowspan": 1]) : with(type, content)
      }
      return with("tableRow", cells)
    }
    return with("table", rows)
  }

  private var media: JSONValue {
    [
      "type": "media",
      "attrs": ["type": "file", "id": "4478e39c-cf9b-41d1-ba92-68589487cd75", "collection": "c", "alt": "shot.png"],
    ]
  }

  private let words = [
    "invoice", "a", "Übergröße", "日本語", "x_y_z", "well-known", "5 * 3", "-5", "#1", "C:\\temp\\new", "*star*",
    "_under_", "[box]", "{brace}", "<tag>", "&amp;", "a|b", "~5 min", "1. one", "- dash", "> quote", "h1. head", "```",
    "!bang!", "+plus+", "^up^", "??", "||", "\\\\", "&#65;", "😀", "é", "https://example.com/a_b?c=d&e=f#g", "{{x}}",
    "(see http://example.com/x_(y))", "  ", " lead", "trail ", "☐ box", "[ ] box", "{color:red}", "{quote}", "bq. q",
    "user@example.com", "|", "---", "===", "a\u{301}", "line.", "!", ":", "=",
  ]

  private mutating func inlines() -> [JSONValue] { (0...dice.below(5)).map { _ in inline() } }

  private mutating func inline() -> JSONValue {
    switch dice.below(24) {
    case 0: return ["type": "hardBreak"]
    case 1: return ["type": "mention", "attrs": ["id": "557058:ab-1", "text": "@Mark Twain"]]
    case 2: return ["type": "emoji", "attrs": ["shortName": ":tada:", "text": "🎉"]]
    case 3: return ["type": "inlineCard", "attrs": ["url": "https://example.com/browse/SUP-1"]]
    case 4: return ["type": "status", "attrs": ["text": "DONE", "color": "green", "localId": id()]]
    case 5: return ["type": "date", "attrs": ["timestamp": "1700000000000"]]
    default: break
    }
    let text = (0...dice.below(3)).map { _ in dice.pick(words) }.joined(separator: dice.pick([" ", " ", "", ", "]))
    let marks = marks()
    return marks.isEmpty
      ? ["type": "text", "text": .string(text)] : ["type": "text", "text": .string(text), "marks": .array(marks)]
  }

  private mutating func marks() -> [JSONValue] {
    guard dice.chance(40) else { return [] }
    var marks: [JSONValue] = []
    if dice.chance(15) { marks.append(["type": "link", "attrs": ["href": "https://example.com/?q=a(b)&c"]]) }
    if dice.chance(15) { return marks + [["type": "code"]] }
    for name in ["strong", "em", "underline", "strike"] where dice.chance(30) {
      marks.append(["type": .string(name)])
    }
    if dice.chance(8) { marks.append(["type": "subsup", "attrs": ["type": dice.chance(50) ? "sub" : "sup"]]) }
    if marks.first?["type"] != "link", dice.chance(10) {
      marks.append(["type": "textColor", "attrs": ["color": "#ff5630"]])
    }
    if marks.first?["type"] != "link", dice.chance(6) {
      marks.append(["type": "backgroundColor", "attrs": ["color": "#fedec8"]])
    }
    return marks
  }
}
