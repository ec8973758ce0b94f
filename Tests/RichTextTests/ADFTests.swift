import CustomDump
import JSON
import RichText
import Testing

@Suite("ADF")
struct ADFTests {
  private func document(_ blocks: JSONValue...) -> JSONValue {
    ["version": 1, "type": "doc", "content": .array(blocks)]
  }

  private func text(_ text: String, _ marks: JSONValue...) -> JSONValue {
    marks.isEmpty
      ? ["type": "text", "text": .string(text)] : ["type": "text", "text": .string(text), "marks": .array(marks)]
  }

  private func paragraph(_ inlines: JSONValue...) -> JSONValue { ["type": "paragraph", "content": .array(inlines)] }

  @Test("A blank line parts paragraphs, a line end is a hard break, and an address becomes a link")
  func plain() {
    #expect(
      diff(
        RichTextConversion.adf(fromPlain: "Hello\nsee https://example.com/x.\n\n\nBye"),
        document(
          paragraph(
            text("Hello"), ["type": "hardBreak"], text("see "),
            text("https://example.com/x", ["type": "link", "attrs": ["href": "https://example.com/x"]]), text(".")),
          paragraph(text("Bye")))) == nil)
  }

  @Test("Plain text comes back as it went")
  func plainRoundTrip() {
    let plain = "Hello\nRohit\n\n- not a list\n> not a quote\n\nhttp://example.com/(a)?b=c#d"
    #expect(RichTextConversion.plain(fromADF: RichTextConversion.adf(fromPlain: plain)) == plain)
  }

  @Test("Nodes that nothing else knows are read as their text")
  func unknownNodes() {
    let adf = document(
      paragraph(
        ["type": "mention", "attrs": ["id": "5b10", "text": "@Mark", "localId": "x"]], text(" on "),
        ["type": "date", "attrs": ["timestamp": "1700000000000"]], text(": "),
        ["type": "status", "attrs": ["text": "DONE", "color": "green", "localId": "y"]], text(" "),
        ["type": "emoji", "attrs": ["shortName": ":tada:", "text": "🎉"]]),
      [
        "type": "expand", "attrs": ["title": "More"],
        "content": [["type": "paragraph", "content": [["type": "text", "text": "inside"]]]],
      ],
      ["type": "mediaSingle", "content": [["type": "media", "attrs": ["id": "1", "alt": "shot.png"]]]],
      ["type": "somethingNew", "content": [["type": "text", "text": "new"]]])
    #expect(
      RichTextConversion.plain(fromADF: adf) == "@Mark on 2023-11-14: DONE 🎉\n\nMore\n\ninside\n\nshot.png\n\nnew")
    #expect(
      RichTextConversion.markdown(fromADF: adf) == "@Mark on 2023-11-14: DONE 🎉\n\nMore\n\ninside\n\nshot.png\n\nnew")
  }

  @Test("Attributes that Jira adds do not change the canonical form")
  func volatileAttributes() {
    let bare = document(paragraph(text("a", ["type": "strong"]), text("b")))
    let dressed = document(
      [
        "type": "paragraph", "attrs": ["localId": "5f"],
        "content": [
          ["type": "text", "marks": [["type": "strong"]], "text": "a"],
          ["type": "text", "text": "b", "marks": [["type": "textColor", "attrs": ["color": "#ff0000"]]]],
        ],
      ])
    #expect(RichTextConversion.markdown(fromADF: bare) == "**a**b")
    #expect(RichTextConversion.markdown(fromADF: dressed) == "**a**b")
  }

  @Test("A bold stretch that ends in a blank keeps its bold")
  func blankEdges() {
    let adf = document(paragraph(text("Note: ", ["type": "strong"]), text("read")))
    #expect(RichTextConversion.markdown(fromADF: adf) == "**Note:** read")
  }

  @Test("Links that a browser would run are read as text")
  func scriptLinks() {
    let adf = document(paragraph(text("x", ["type": "link", "attrs": ["href": "javascript:alert(1)"]])))
    #expect(RichTextConversion.html(fromADF: adf) == "<p>x</p>")
    #expect(RichTextConversion.markdown(fromADF: adf) == "x")
  }

  @Test("Text that is longer than Jira takes is cut at a block, and says so")
  func cut() throws {
    let long = (0..<700).map { "Paragraph \($0) " + String(repeating: "x", count: 60) }.joined(separator: "\n\n")
    let adf = RichTextConversion.adf(fromPlain: long)
    let plain = RichTextConversion.plain(fromADF: adf)
    #expect(plain.utf16.count <= 30_000)
    #expect(plain.hasSuffix("x\n\n[The text was cut here: it is longer than Jira takes.]"))
    #expect(ADFRules.problems(in: adf) == [])
  }

  @Test(
    "One block that alone is too long is cut inside", arguments: ["", "- ", "> ", "# ", "```\n", "|a|b|\n|-|-|\n|c|"])
  func cutInside(start: String) {
    let adf = RichTextConversion.adf(fromMarkdown: start + String(repeating: "wörd ", count: 20_000))
    let count = RichTextConversion.plain(fromADF: adf).utf16.count
    #expect((28_000...30_000).contains(count))
    #expect(ADFRules.problems(in: adf) == [])
  }

  @Test("Markup counts, as Jira may count it", arguments: ["*a* ", "[b](https://example.com) ", "`c` "])
  func markupCounts(piece: String) {
    let paragraph = String(repeating: piece, count: 40)
    let adf = RichTextConversion.adf(fromMarkdown: Array(repeating: paragraph, count: 300).joined(separator: "\n\n"))
    #expect(RichTextConversion.wiki(fromADF: adf).utf16.count <= 30_000)
    #expect(RichTextConversion.plain(fromADF: adf).hasSuffix("it is longer than Jira takes.]"))
  }

  @Test("A shorter limit cuts at a block, and one long block at a word")
  func cutTo() {
    func cut(_ html: String, to length: Int) -> String {
      RichTextConversion.html(fromADF: JiraText(RichTextDocument(html: html), cutTo: length).value)
    }
    #expect(cut("<p>a <b>b</b></p><p>c</p>", to: 8) == "<p>a <strong>b</strong></p>\n<p>c</p>")
    #expect(
      cut("<p>first <b>paragraph</b></p><p>second</p><p>third paragraph</p>", to: 30)
        == "<p>first <strong>paragraph</strong></p>\n<p>second</p>\n<p>…</p>")
    #expect(cut("<p>some words in <i>one</i> paragraph</p>", to: 20) == "<p>some words in <em>one</em>…</p>")
    #expect(cut("<ul><li>one</li><li>two</li><li>three</li></ul>", to: 16) == "<ul><li>one</li></ul>\n<p>…</p>")
  }

  @Test("A document without anything to read is empty")
  func emptiness() {
    #expect(RichTextConversion.isEmpty(adf: .null))
    #expect(RichTextConversion.isEmpty(adf: document()))
    #expect(RichTextConversion.isEmpty(adf: document(paragraph(text("  "), ["type": "hardBreak"]))))
    #expect(!RichTextConversion.isEmpty(adf: document(paragraph(text("a")))))
    #expect(!RichTextConversion.isEmpty(adf: document(["type": "mediaSingle", "content": []])))
  }

  @Test("Very deep ADF is read within bounds")
  func deep() {
    var block = paragraph(text("deep"))
    for _ in 0..<400 { block = ["type": "blockquote", "content": [block]] }
    #expect(ADFRules.problems(in: document(block)).count == 40)
    #expect(RichTextConversion.plain(fromADF: document(block)).utf8.count < 100)
    var list = paragraph(text("deep"))
    for _ in 0..<20 { list = ["type": "bulletList", "content": [["type": "listItem", "content": [list]]]] }
    #expect(RichTextConversion.plain(fromADF: document(list)).hasSuffix("deep"))
  }
}
