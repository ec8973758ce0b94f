import CustomDump
import RichText
import Testing

@Suite("There and back")
struct RoundTripTests {
  struct Sample: Sendable, CustomTestStringConvertible {
    var name: String
    var text: String
    var testDescription: String { name }

    init(_ name: String, _ text: String) {
      self.name = name
      self.text = text
    }
  }

  static let code = [
    Sample("a tab at its start", "\tx\n\t\ty"),
    Sample("a line of a tab", "a\n\t\nb"),
    Sample("a line of blanks", "a\n    \nb"),
    Sample("several blank lines", "a\n\n\nb"),
    Sample("a blank before a tab", " \tx"),
  ]

  @Test("The white space of code is kept in Markdown, wherever the code stands", arguments: code)
  func codeInMarkdown(sample: Sample) {
    let code = RichTextBlock.codeBlock(language: nil, text: sample.text)
    let item: [RichTextBlock] = [.paragraph([.text("one", .none)]), code]
    let deep: [RichTextBlock] = [.paragraph([.text("two", .none)]), .bulletList([item])]
    for blocks in [[code], [.bulletList([item])], [.orderedList(start: 1, [deep])], [.blockquote([code])]] {
      let document = RichTextDocument(blocks: blocks)
      #expect(diff(RichTextDocument(markdown: document.markdown), document) == nil)
    }
  }

  @Test("Code below an indented fence loses white space, and nothing else")
  func indentedFence() {
    let document = RichTextDocument(markdown: "  ```\n  a\n.\tb\n    c\n```")
    #expect(diff(document.blocks, [.codeBlock(language: nil, text: "a\n.\tb\n  c")]) == nil)
  }

  @Test("Blanks side by side in the title of what opens are kept in HTML")
  func blanksInTitle() {
    let document = RichTextDocument(blocks: [.expand(title: "a  b", [.paragraph([.text("c", .none)])])])
    #expect(document.html == "<details><summary>a &nbsp;b</summary><p>c</p></details>")
    #expect(diff(RichTextDocument(html: document.html), document) == nil)
  }
}
