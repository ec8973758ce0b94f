import CustomDump
import JSON
import RichText
import Testing

@Suite("The rules of ADF")
struct ADFRulesTests {
  struct Vector: Sendable, CustomTestStringConvertible {
    var name: String
    /// The document's content.
    var content: JSONValue
    var problems: [String]
    var testDescription: String { name }

    init(_ name: String, _ content: JSONValue, _ problems: String...) {
      self.name = name
      self.content = content
      self.problems = problems
    }
  }

  private static let a: JSONValue = ["type": "text", "text": "a"]
  private static let p: JSONValue = ["type": "paragraph", "content": [a]]

  private static func marked(_ marks: JSONValue...) -> JSONValue {
    [["type": "paragraph", "content": [["type": "text", "text": "a", "marks": .array(marks)]]]]
  }

  static let vectors: [Vector] = [
    Vector("an empty document", []),
    Vector("an empty paragraph", [["type": "paragraph"]]),
    Vector(
      "an empty text", [["type": "paragraph", "content": [["type": "text", "text": ""]]]],
      "doc/paragraph[0]/text[0]: a text may not be empty"),
    Vector(
      "a line break in a text", [["type": "paragraph", "content": [["type": "text", "text": "a\nb"]]]],
      "doc/paragraph[0]/text[0]: a line break in a text must be a hardBreak"),
    Vector("a line break in code", [["type": "codeBlock", "content": [["type": "text", "text": "a\nb"]]]]),
    Vector("text at the top", [a], "doc/text[0]: 'text' may not stand in 'doc'"),
    Vector(
      "a heading in a list item",
      [
        [
          "type": "bulletList",
          "content": [["type": "listItem", "content": [["type": "heading", "attrs": ["level": 1], "content": [a]]]]],
        ]
      ], "doc/bulletList[0]/listItem[0]/heading[0]: 'heading' may not stand in 'listItem'"),
    Vector(
      "a quote in a quote",
      [["type": "blockquote", "content": [["type": "blockquote", "content": [p]]]]],
      "doc/blockquote[0]/blockquote[0]: 'blockquote' may not stand in 'blockquote'"),
    Vector(
      "a table in a cell",
      [
        [
          "type": "table",
          "content": [
            [
              "type": "tableRow",
              "content": [["type": "tableCell", "content": [["type": "table", "content": [["type": "tableRow"]]]]]],
            ]
          ],
        ]
      ], "doc/table[0]/tableRow[0]/tableCell[0]/table[0]: 'table' may not stand in 'tableCell'"),
    Vector(
      "a list without items", [["type": "bulletList", "content": []]],
      "doc/bulletList[0]: 'bulletList' needs at least 1 node"),
    Vector(
      "a level that is none", [["type": "heading", "attrs": ["level": 7]]],
      "doc/heading[0]: the attribute 'level' has no permitted value"),
    Vector("a heading without a level", [["type": "heading"]], "doc/heading[0]: the attribute 'level' is missing"),
    Vector(
      "an unknown attribute", [["type": "paragraph", "attrs": ["colour": "red"]]],
      "doc/paragraph[0]: the attribute 'colour' is not known"),
    Vector("an unknown node", [["type": "marquee"]], "doc/marquee[0]: 'marquee' is no node that Jira takes"),
    Vector("a panel", [["type": "panel", "attrs": ["panelType": "info"], "content": [p]]]),
    Vector(
      "a panel of no type", [["type": "panel", "content": [p]]],
      "doc/panel[0]: the attribute 'panelType' is missing"),
    Vector("a link", marked(["type": "link", "attrs": ["href": "https://example.com"]])),
    Vector(
      "a script link", marked(["type": "link", "attrs": ["href": "javascript:alert(1)"]]),
      "doc/paragraph[0]/text[0]@link: 'href' must be an http, https or mailto address"),
    Vector("code in a link", marked(["type": "code"], ["type": "link", "attrs": ["href": "https://example.com"]])),
    Vector(
      "bold code", marked(["type": "code"], ["type": "strong"]),
      "doc/paragraph[0]/text[0]: the mark 'code' combines only with link and annotation"),
    Vector("a colour", marked(["type": "textColor", "attrs": ["color": "#0aB1c2"]])),
    Vector(
      "a colour that shines through", marked(["type": "textColor", "attrs": ["color": "#0aB1c2ff"]]),
      "doc/paragraph[0]/text[0]@textColor: the attribute 'color' has no permitted value"),
    Vector(
      "a picture's border that shines through",
      [
        [
          "type": "mediaSingle", "attrs": ["layout": "center"],
          "content": [
            [
              "type": "media", "attrs": ["type": "file", "id": "a", "collection": "c"],
              "marks": [["type": "border", "attrs": ["size": 1, "color": "#0aB1c2ff"]]],
            ]
          ],
        ]
      ]),
    Vector(
      "the same mark twice", marked(["type": "em"], ["type": "em"]),
      "doc/paragraph[0]/text[0]: the mark 'em' stands twice"),
    Vector(
      "marks in code", [["type": "codeBlock", "content": [["type": "text", "text": "a", "marks": [["type": "em"]]]]]],
      "doc/codeBlock[0]/text[0]: the mark 'em' may not stand on 'text' in 'codeBlock'"),
    Vector(
      "alignment in a panel",
      [
        [
          "type": "panel", "attrs": ["panelType": "info"],
          "content": [["type": "paragraph", "marks": [["type": "alignment", "attrs": ["align": "end"]]]]],
        ]
      ], "doc/panel[0]/paragraph[0]: the mark 'alignment' may not stand on 'paragraph' in 'panel'"),
    Vector(
      "a task without a localId",
      [
        [
          "type": "taskList", "attrs": ["localId": "1"],
          "content": [["type": "taskItem", "attrs": ["state": "TODO"], "content": [a]]],
        ]
      ], "doc/taskList[0]/taskItem[0]: the attribute 'localId' is missing"),
    Vector(
      "a mention without an id", [["type": "paragraph", "content": [["type": "mention", "attrs": ["text": "@a"]]]]],
      "doc/paragraph[0]/mention[0]: the attribute 'id' is missing"),
    Vector(
      "content that is no array", [["type": "paragraph", "content": "a"]],
      "doc/paragraph[0]: 'content' must be an array"),
  ]

  @Test("What Jira refuses is found, with its place", arguments: vectors)
  func found(vector: Vector) {
    #expect(
      diff(
        ADFRules.problems(in: ["version": 1, "type": "doc", "content": vector.content]), vector.problems) == nil)
  }

  @Test("A document of another type or version is refused")
  func envelope() {
    #expect(ADFRules.problems(in: "text") == ["doc: the document's type must be 'doc'"])
    #expect(ADFRules.problems(in: ["version": 2, "type": "doc", "content": []]) == ["doc: 'version' must be 1"])
    #expect(ADFRules.problems(in: ["version": 1, "type": "doc"]) == ["doc: 'content' must be an array"])
  }
}
