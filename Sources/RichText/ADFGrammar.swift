import JSON

/// Which node may stand where, with which attributes and marks.
///
/// After Atlassian's description of the format (https://developer.atlassian.com/cloud/jira/platform/apis/document/),
/// as far as Jira's issue fields and comments take it.
enum ADFGrammar {
  enum Content {
    case nothing, text
    case nodes(Set<String>, minimum: Int)
  }

  struct Node {
    var content: Content
    var attributes: [String: Attribute] = [:]
    var required: [String] = []

    init(_ content: Content, _ attributes: [String: Attribute] = [:], required: [String] = []) {
      self.content = content
      self.attributes = attributes.merging(["localId": .text]) { old, _ in old }
      self.required = required
    }
  }

  struct Mark {
    var attributes: [String: Attribute] = [:]
    var required: [String] = []
  }

  /// What an attribute may hold.
  enum Attribute {
    case text, nonEmptyText, flag, anything, numbers
    /// `#rrggbb`.
    case colour
    /// `#rrggbb` or `#rrggbbaa`: only what stands around pictures may shine through.
    case translucentColour
    case number(ClosedRange<Double>)
    case integer(ClosedRange<Int64>)
    case oneOf([String])

    func accepts(_ value: JSONValue) -> Bool {
      switch self {
      case .text: value.string != nil
      case .nonEmptyText: value.string?.isEmpty == false
      case .flag: value.bool != nil
      case .anything: true
      case .numbers: value.array?.allSatisfy { Self.number(0...100_000).accepts($0) } ?? false
      case .colour: value.string.map { isColour($0, digits: [6]) } ?? false
      case .translucentColour: value.string.map { isColour($0, digits: [6, 8]) } ?? false
      case .number(let range):
        if case .number(let literal) = value { Double(literal).map(range.contains) ?? false } else { false }
      case .integer(let range): value.int.map(range.contains) ?? false
      case .oneOf(let names): value.string.map(names.contains) ?? false
      }
    }

    private func isColour(_ text: String, digits counts: Set<Int>) -> Bool {
      let digits = text.utf8.dropFirst()
      return text.utf8.first == UInt8(ascii: "#") && counts.contains(digits.count)
        && digits.allSatisfy { Unicode.Scalar($0).properties.isASCIIHexDigit }
    }
  }

  static let inline: Set<String> = [
    "text", "hardBreak", "mention", "emoji", "date", "status", "inlineCard", "placeholder", "mediaInline",
    "inlineExtension",
  ]
  private static let lists: Set<String> = ["bulletList", "orderedList"]
  private static let media: Set<String> = ["mediaSingle", "mediaGroup"]
  private static let cellContent = lists.union(media).union([
    "paragraph", "panel", "blockquote", "rule", "heading", "codeBlock", "decisionList", "taskList", "blockCard",
    "embedCard", "extension", "nestedExpand",
  ])
  private static let expandContent = lists.union(media).union([
    "paragraph", "panel", "blockquote", "rule", "heading", "codeBlock", "decisionList", "taskList", "table",
    "blockCard", "embedCard", "extension", "nestedExpand",
  ])
  static let documentContent = expandContent.subtracting(["nestedExpand"]).union(["expand"])

  static let nodes: [String: Node] = blocks.merging(inlines) { block, _ in block }

  private static let cellAttributes: [String: Attribute] = [
    "colspan": .integer(1...1000), "rowspan": .integer(1...1000), "colwidth": .numbers, "background": .text,
    "valign": .oneOf(["top", "middle", "bottom"]),
  ]
  private static let layouts = [
    "wide", "full-width", "center", "wrap-right", "wrap-left", "align-end", "align-start",
  ]

  private static let blocks: [String: Node] = [
    "paragraph": Node(.nodes(inline, minimum: 0)),
    "heading": Node(.nodes(inline, minimum: 0), ["level": .integer(1...6)], required: ["level"]),
    "bulletList": Node(.nodes(["listItem"], minimum: 1)),
    "orderedList": Node(.nodes(["listItem"], minimum: 1), ["order": .integer(0...Int64.max)]),
    "listItem": Node(
      .nodes(lists.union(["paragraph", "taskList", "mediaSingle", "codeBlock", "extension"]), minimum: 1)),
    "taskList": Node(.nodes(["taskItem", "taskList", "blockTaskItem"], minimum: 1), required: ["localId"]),
    "taskItem": Node(
      .nodes(inline, minimum: 0), ["state": .oneOf(["TODO", "DONE"])], required: ["localId", "state"]),
    "blockTaskItem": Node(
      .nodes(["paragraph", "extension"], minimum: 1), ["state": .oneOf(["TODO", "DONE"])],
      required: ["localId", "state"]),
    "decisionList": Node(.nodes(["decisionItem"], minimum: 1), required: ["localId"]),
    "decisionItem": Node(.nodes(inline, minimum: 0), ["state": .text], required: ["localId", "state"]),
    "blockquote": Node(.nodes(lists.union(media).union(["paragraph", "codeBlock", "extension"]), minimum: 1)),
    "codeBlock": Node(
      .nodes(["text"], minimum: 0),
      ["language": .text, "uniqueId": .text, "wrap": .flag, "hideLineNumbers": .flag]),
    "panel": Node(
      .nodes(
        lists.union(media).union([
          "paragraph", "heading", "blockCard", "codeBlock", "taskList", "rule", "decisionList", "extension",
        ]), minimum: 1),
      [
        "panelType": .oneOf(["info", "note", "tip", "warning", "error", "success", "custom"]), "panelIcon": .text,
        "panelIconId": .text, "panelIconText": .text, "panelColor": .text,
      ], required: ["panelType"]),
    "rule": Node(.nothing),
    "table": Node(
      .nodes(["tableRow"], minimum: 1),
      [
        "displayMode": .oneOf(["default", "fixed"]), "isNumberColumnEnabled": .flag, "width": .number(0...100_000),
        "layout": .oneOf(["wide", "full-width", "center", "align-end", "align-start", "default"]),
      ]),
    "tableRow": Node(.nodes(["tableCell", "tableHeader"], minimum: 0)),
    "tableCell": Node(.nodes(cellContent, minimum: 1), cellAttributes),
    "tableHeader": Node(.nodes(cellContent, minimum: 1), cellAttributes),
    "expand": Node(.nodes(expandContent, minimum: 1), ["title": .text]),
    "nestedExpand": Node(
      .nodes(cellContent.subtracting(["nestedExpand", "blockCard", "embedCard"]), minimum: 1), ["title": .text],
      required: []),
    "mediaSingle": Node(
      .nodes(["media", "caption"], minimum: 1),
      ["layout": .oneOf(layouts), "width": .number(0...100_000), "widthType": .oneOf(["percentage", "pixel"])],
      required: ["layout"]),
    "mediaGroup": Node(.nodes(["media"], minimum: 1)),
    "media": Node(
      .nothing,
      [
        "type": .oneOf(["link", "file", "external"]), "id": .nonEmptyText, "collection": .text, "alt": .text,
        "url": .text, "width": .number(0...100_000), "height": .number(0...100_000), "occurrenceKey": .nonEmptyText,
      ], required: ["type"]),
    "caption": Node(.nodes(inline.subtracting(["mediaInline", "inlineExtension"]), minimum: 0)),
    "blockCard": Node(
      .nothing,
      ["url": .text, "data": .anything, "datasource": .anything, "width": .anything, "layout": .oneOf(layouts)]),
    "embedCard": Node(
      .nothing,
      [
        "url": .text, "layout": .oneOf(layouts), "width": .number(0...100), "originalHeight": .anything,
        "originalWidth": .anything,
      ], required: ["url", "layout"]),
    "extension": Node(.nothing, extensionAttributes, required: ["extensionKey", "extensionType"]),
  ]

  private static let extensionAttributes: [String: Attribute] = [
    "extensionKey": .nonEmptyText, "extensionType": .nonEmptyText, "parameters": .anything, "text": .text,
    "layout": .oneOf(["wide", "full-width", "default"]),
  ]

  private static let inlines: [String: Node] = [
    "text": Node(.text),
    "hardBreak": Node(.nothing, ["text": .oneOf(["\n"])]),
    "mention": Node(
      .nothing,
      ["id": .text, "text": .text, "accessLevel": .text, "userType": .oneOf(["DEFAULT", "SPECIAL", "APP"])],
      required: ["id"]),
    "emoji": Node(.nothing, ["shortName": .text, "id": .text, "text": .text], required: ["shortName"]),
    "date": Node(.nothing, ["timestamp": .nonEmptyText], required: ["timestamp"]),
    "status": Node(
      .nothing,
      [
        "text": .nonEmptyText, "color": .oneOf(["neutral", "purple", "blue", "red", "yellow", "green"]),
        "style": .text,
      ], required: ["text", "color"]),
    "inlineCard": Node(.nothing, ["url": .text, "data": .anything]),
    "placeholder": Node(.nothing, ["text": .text], required: ["text"]),
    "mediaInline": Node(
      .nothing,
      [
        "type": .oneOf(["link", "file", "image"]), "id": .nonEmptyText, "collection": .text, "alt": .text,
        "occurrenceKey": .nonEmptyText, "width": .anything, "height": .anything, "data": .anything,
      ], required: ["id", "collection"]),
    "inlineExtension": Node(.nothing, extensionAttributes, required: ["extensionKey", "extensionType"]),
  ]

  static let marks: [String: Mark] = [
    "strong": Mark(), "em": Mark(), "underline": Mark(), "strike": Mark(), "code": Mark(),
    "subsup": Mark(attributes: ["type": .oneOf(["sub", "sup"])], required: ["type"]),
    "link": Mark(
      attributes: ["href": .text, "title": .text, "id": .text, "collection": .text, "occurrenceKey": .text],
      required: ["href"]),
    "textColor": Mark(attributes: ["color": .colour], required: ["color"]),
    "backgroundColor": Mark(attributes: ["color": .colour], required: ["color"]),
    "annotation": Mark(
      attributes: ["id": .text, "annotationType": .oneOf(["inlineComment"])], required: ["id", "annotationType"]),
    "alignment": Mark(attributes: ["align": .oneOf(["center", "end"])], required: ["align"]),
    "indentation": Mark(attributes: ["level": .integer(1...6)], required: ["level"]),
    "breakout": Mark(attributes: ["mode": .oneOf(["wide", "full-width"]), "width": .anything], required: ["mode"]),
    "border": Mark(attributes: ["size": .integer(1...3), "color": .translucentColour], required: ["size", "color"]),
    "fontSize": Mark(attributes: ["fontSize": .oneOf(["small"])], required: ["fontSize"]),
    "fragment": Mark(attributes: ["localId": .nonEmptyText, "name": .text], required: ["localId"]),
    "dataConsumer": Mark(attributes: ["sources": .anything], required: ["sources"]),
  ]

  /// The marks that a node may bear in its parent.
  static func marks(on type: String, in parent: String) -> Set<String> {
    let isRoot = parent == "doc"
    let isCell = parent == "tableCell" || parent == "tableHeader"
    switch type {
    case "text":
      return parent == "codeBlock"
        ? []
        : [
          "strong", "em", "underline", "strike", "code", "subsup", "link", "textColor", "backgroundColor", "annotation",
        ]
    case "paragraph":
      if isRoot { return ["alignment", "indentation", "fontSize"] }
      if isCell { return ["alignment", "fontSize"] }
      return parent == "blockquote" ? [] : ["fontSize"]
    case "heading": return isRoot || isCell ? ["alignment", "indentation"] : []
    case "codeBlock", "expand": return isRoot ? ["breakout"] : []
    case "media", "mediaInline": return ["link", "annotation", "border", "dataConsumer"]
    case "mediaSingle": return ["link"]
    case "table": return ["fragment"]
    case "extension", "inlineExtension": return ["dataConsumer", "fragment"]
    default: return []
    }
  }
}
