import CustomDump
import JSON
import RichText
import Testing

@Suite("HTML")
struct HTMLTests {
  @Test("The HTML of mail programs and editors is read with its looks")
  func reading() {
    let html = """
      <div>Hello <b>Rohit</b>,<br>see <a href="https://example.com/?a=1&amp;b=2">this</a>.</div>
      <p>&nbsp;</p><h2>Steps</h2><ol start="3"><li>one<ul><li>two</li></ul></li></ol>
      <pre><code class="language-java">a &lt; b;
      c</code></pre><table><tr><th>k</th><th>v</th></tr><tr><td>1</td><td>2</td></tr></table><hr>
      """
    #expect(
      diff(
        RichTextDocument(html: html),
        RichTextDocument(blocks: [
          .paragraph([
            .text("Hello ", .none), .text("Rohit", RichTextMarks(.strong)), .text(",", .none), .hardBreak,
            .text("see ", .none), .text("this", RichTextMarks(link: "https://example.com/?a=1&b=2")), .text(".", .none),
          ]),
          .heading(level: 2, [.text("Steps", .none)]),
          .orderedList(
            start: 3, [[.paragraph([.text("one", .none)]), .bulletList([[.paragraph([.text("two", .none)])]])]]),
          .codeBlock(language: "java", text: "a < b;\nc"),
          .table([
            RichTextRow(cells: [cell("k", isHeader: true), cell("v", isHeader: true)]),
            RichTextRow(cells: [cell("1"), cell("2")]),
          ]),
          .rule,
        ])) == nil)
  }

  private func cell(_ text: String, isHeader: Bool = false) -> RichTextCell {
    RichTextCell(isHeader: isHeader, blocks: [.paragraph([.text(text, .none)])])
  }

  struct Hostile: Sendable, CustomTestStringConvertible {
    var name: String
    var html: String
    var text: String
    var testDescription: String { name }
  }

  static let hostile: [Hostile] = [
    Hostile(name: "a script", html: "a<script>alert(1)</script>b", text: "ab"),
    Hostile(name: "a style", html: "<style>p{background:url(x)}</style>a", text: "a"),
    Hostile(name: "a handler", html: "<p onclick=\"alert(1)\">a</p>", text: "a"),
    Hostile(name: "a script link", html: "<a href=\"javascript:alert(1)\">a</a>", text: "a"),
    Hostile(name: "a script link in disguise", html: "<a href=\" java&#10;script:alert(1)\">a</a>", text: "a"),
    Hostile(name: "a data link", html: "<a href=\"data:text/html,x\">a</a>", text: "a"),
    Hostile(name: "a picture with a handler", html: "<img src=x onerror=alert(1) alt=\"photo\">", text: "photo"),
    Hostile(name: "a frame", html: "<iframe src=\"https://example.com\">x</iframe>a", text: "a"),
    Hostile(name: "an unclosed tag", html: "<b><i>a</b>", text: "a"),
    Hostile(name: "markup in text", html: "&lt;script&gt;alert(1)&lt;/script&gt;", text: "<script>alert(1)</script>"),
  ]

  @Test("Hostile HTML is inert", arguments: hostile)
  func inert(case hostile: Hostile) {
    let adf = RichTextConversion.adf(fromHTML: hostile.html)
    #expect(ADFRules.problems(in: adf) == [])
    #expect(RichTextConversion.plain(fromADF: adf) == hostile.text)
    #expect(!adf.compact.contains("link"))
    let written = RichTextConversion.html(fromADF: adf)
    #expect(!written.contains("<script") && !written.contains("href") && !written.contains("onerror"))
  }

  @Test("Written HTML is read as the document that it was written from")
  func roundTrip() {
    let markdown = """
      ## Title

      **a** *b* ~~c~~ `d` [e](https://example.com/?a=1&b=2)\\
      f

      - g
        1. h

      > i

      ```
      j <k>
      ```

      ---
      """
    let adf = RichTextConversion.adf(fromMarkdown: markdown)
    let again = RichTextConversion.adf(fromHTML: RichTextConversion.html(fromADF: adf))
    #expect(diff(RichTextConversion.markdown(fromADF: again), markdown) == nil)
  }

  @Test("Very deep HTML stays within what Jira takes")
  func deep() {
    for name in ["div", "blockquote", "b", "ul><li", "table><tr><td>x<td"] {
      let html = String(repeating: "<\(name)>", count: 300) + "deep"
      let adf = RichTextConversion.adf(fromHTML: html)
      #expect(ADFRules.problems(in: adf) == [], "\(name)")
      #expect(RichTextConversion.plain(fromADF: adf).hasSuffix("deep"), "\(name)")
    }
  }
}
