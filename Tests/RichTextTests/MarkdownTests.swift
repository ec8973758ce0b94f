import CustomDump
import JSON
import RichText
import Testing

@Suite("Markdown")
struct MarkdownTests {
  struct Sample: Sendable, CustomTestStringConvertible {
    var name: String
    var text: String
    var testDescription: String { name }

    init(_ name: String, _ text: String) {
      self.name = name
      self.text = text
    }
  }

  static let samples: [Sample] = [
    Sample("nothing", ""),
    Sample("blanks", "  \n\t\n"),
    Sample("words", "Hello, world. 5 * 3 = 15, a_b_c, ~5 min, 100 % & more"),
    Sample("soft and hard breaks", "one\ntwo\\\nthree  \nfour"),
    Sample("emphasis", "*a* **b** ***c*** ~~d~~ _e_ __f__ **g*h*i** a**b**c *a **b***"),
    Sample("emphasis at punctuation", "**a!**b *(c)*d **\"quoted\"**."),
    Sample("unmatched marks", "** a * b _ c ~~ d `e"),
    Sample("code spans", "`a` ``b`c`` ` `` ` `` ` ``"),
    Sample(
      "links",
      "[a](http://example.com) <https://example.com/x> https://example.com/a_b_c?d=e*f. [*b*](mailto:a@b.c \"t\")"),
    Sample("brackets in a link", "[a](<http://example.com/x_(y)>) (see http://example.com/x_(y))"),
    Sample("a script link", "[a](javascript:alert(1)) <javascript:alert(1)>"),
    Sample("raw HTML", "<script>alert(1)</script> <b>x</b> a<br>b"),
    Sample("entities", "&lt;tag&gt; &amp;amp; &#65; &nope; AT&T"),
    Sample("headings", "# One\n## Two ##\n### C# \nTitle\n=====\nSub\n---\n####### seven"),
    Sample("rules", "a\n\n***\n\n- - -\n\n___"),
    Sample("lists", "- a\n- b\n  - c\n    - d\n- e\n\n  second paragraph\n\n1. x\n2. y\n   - z\n5) other"),
    Sample("a list's lazy lines", "- one\ntwo\n- three\n\nafter"),
    Sample("lists side by side", "- a\n\n* b\n\n+ c\n\n1. d\n\n1) e"),
    Sample("empty items", "-\n- a\n-\n\n- \n  - b"),
    Sample("a quote in a list and a list in a quote", "- > a\n  > b\n\n> - c\n>   d\n>\n> e\n> > f"),
    Sample("text below a quote", "> quoted\nanswer"),
    Sample("code", "```swift\nlet a = `b`\n\n  indented\n```\n\n~~~\n```\n~~~\n\n````\nopen"),
    Sample("code in a list", "1. a\n\n   ```\n   b\n\n\n   c\n   ```\n2. d"),
    Sample("a table", "| a | b |\n|---|:-:|\n| 1 \\| 2 | `x\\|y` |\n| **c** |\n\nafter"),
    Sample("almost a table", "a | b\n\\-- | --\n\n:-- | x"),
    Sample("starts of lines", "1\\. a\n\n\\# b\n\n\\- c\n\n\\+ d\n\n\\> e\n\n2019\\. A year"),
    Sample("a hard break before a marker", "a\\\n\\- b\\\n1\\. c\\\n\\# d"),
    Sample("deep lists", (0..<20).map { String(repeating: "  ", count: $0) + "- level \($0)" }.joined(separator: "\n")),
    Sample("deep quotes", String(repeating: "> ", count: 40) + "deep"),
    Sample("line ends of Windows", "a\r\n\r\nb\rc\r\n- d\r\n- e"),
    Sample("control characters", "a\u{0}b\u{7}c"),
    Sample("a combining accent at a bar", "|\u{301} a | b |\n|---|---|\n| c|\u{301} | d |"),
    Sample(
      "a mention and a hash",
      "@rohit #channel !important ![alt](http://example.com/i.png) ![](http://example.com/j.png)"),
    Sample("emoji and scripts", "😀 **日本語**、*テスト* مرحبا"),
    Sample("backslashes", "C:\\temp\\new \\\\server\\share \\* \\q"),
    Sample("an image before a link", "![a][b](http://example.com)"),
  ]

  @Test("Markdown read and written is the same when it is read and written again", arguments: samples)
  func stable(sample: Sample) {
    let first = RichTextConversion.markdown(fromADF: RichTextConversion.adf(fromMarkdown: sample.text))
    let second = RichTextConversion.markdown(fromADF: RichTextConversion.adf(fromMarkdown: first))
    #expect(diff(second, first) == nil)
  }

  @Test("Markdown becomes ADF that Jira accepts", arguments: samples)
  func valid(sample: Sample) {
    #expect(diff(ADFRules.problems(in: RichTextConversion.adf(fromMarkdown: sample.text)), []) == nil)
  }

  @Test("Plain text has the same canonical form before and after Jira", arguments: samples)
  func plainIsCanonical(sample: Sample) throws {
    let adf = RichTextConversion.adf(fromPlain: sample.text)
    let markdown = RichTextConversion.markdown(fromADF: adf)
    #expect(ADFRules.problems(in: adf) == [])
    let readBack = try JSONReader.read(adf.compact)
    #expect(diff(RichTextConversion.markdown(fromADF: readBack), markdown) == nil)
    let again = RichTextConversion.markdown(fromADF: RichTextConversion.adf(fromMarkdown: markdown))
    #expect(diff(again, markdown) == nil)
  }

  @Test("Random runs of markup are stable and valid", arguments: 0..<30)
  func fuzz(seed: UInt64) {
    var random = SplitMix(state: seed &* 7919 &+ 1)
    let pieces = [
      "*", "**", "_", "__", "~~", "`", "``", "[", "](", ")", "<", ">", "http://a.b", " ", "  ", "\n", "\n\n", "a", "b!",
      "- ", "1. ", "# ", "> ", "|", "\\", "&", "&amp;", "---", "```", "=", "(", "é", "\"", ".", "\n  ", "<br>", "!",
      "\t",
    ]
    for _ in 0..<40 {
      let text = (0..<Int.random(in: 1...40, using: &random)).map { _ in
        pieces[Int.random(in: 0..<pieces.count, using: &random)]
      }.joined()
      let adf = RichTextConversion.adf(fromMarkdown: text)
      #expect(ADFRules.problems(in: adf) == [], "\(text.debugDescription)")
      let first = RichTextConversion.markdown(fromADF: adf)
      let second = RichTextConversion.markdown(fromADF: RichTextConversion.adf(fromMarkdown: first))
      #expect(second == first, "\(text.debugDescription)")
      let html = RichTextConversion.html(fromADF: adf)
      #expect(ADFRules.problems(in: RichTextConversion.adf(fromHTML: html)) == [], "\(text.debugDescription)")
      let plain = RichTextConversion.markdown(fromADF: RichTextConversion.adf(fromPlain: text))
      let plainAgain = RichTextConversion.markdown(fromADF: RichTextConversion.adf(fromMarkdown: plain))
      #expect(plainAgain == plain, "plain \(text.debugDescription)")
    }
  }

  @Test(
    "Hostile text takes no more than its share of time", .timeLimit(.minutes(1)),
    arguments: [
      "*a_ ", "[", "[a](", "![", "`", "``` ", "<", "&", "**a ", "~~", "> ", "- ", "- a\n", "|", "h", "http://", "(",
      "\\",
    ])
  func hostile(piece: String) {
    let text = String(repeating: piece, count: 30_000 / piece.utf8.count)
    let adf = RichTextConversion.adf(fromMarkdown: text)
    #expect(ADFRules.problems(in: adf) == [])
    #expect(RichTextConversion.markdown(fromADF: RichTextConversion.adf(fromPlain: text)).isEmpty == false)
    #expect(ADFRules.problems(in: RichTextConversion.adf(fromHTML: text)) == [])
  }

  @Test("A line of many marks is written in time that grows with its length", .timeLimit(.minutes(1)))
  func manyMarks() {
    let inlines = (0..<10_000).map { RichTextInline.text("a", RichTextMarks($0.isMultiple(of: 2) ? .strong : [])) }
    #expect(RichTextDocument(blocks: [.paragraph(inlines)]).markdown.isEmpty == false)
  }

  @Test("Markdown is read as CommonMark and GFM have it")
  func reading() {
    let text = """
      # Title

      Some **bold *and italic*** text, `code`, [a link](https://example.com) and ~~gone~~.

      - one
      - two
        1. inner

      > quoted

      ```swift
      let a = 1
      ```

      | a | b |
      | --- | --- |
      | 1 | 2 |
      """
    #expect(
      diff(
        RichTextDocument(markdown: text),
        RichTextDocument(blocks: [
          .heading(level: 1, [.text("Title", .none)]),
          .paragraph([
            .text("Some ", .none), .text("bold ", RichTextMarks(.strong)),
            .text("and italic", RichTextMarks([.strong, .em])), .text(" text, ", .none),
            .text("code", RichTextMarks(.code)), .text(", ", .none),
            .text("a link", RichTextMarks(link: "https://example.com")), .text(" and ", .none),
            .text("gone", RichTextMarks(.strike)), .text(".", .none),
          ]),
          .bulletList([
            [.paragraph([.text("one", .none)])],
            [.paragraph([.text("two", .none)]), .orderedList(start: 1, [[.paragraph([.text("inner", .none)])]])],
          ]),
          .blockquote([.paragraph([.text("quoted", .none)])]),
          .codeBlock(language: "swift", text: "let a = 1"),
          .table([
            RichTextRow(cells: [cell("a", isHeader: true), cell("b", isHeader: true)]),
            RichTextRow(cells: [cell("1"), cell("2")]),
          ]),
        ])) == nil)
    #expect(diff(RichTextDocument(markdown: text).markdown, text) == nil)
  }

  private func cell(_ text: String, isHeader: Bool = false) -> RichTextCell {
    RichTextCell(isHeader: isHeader, blocks: [.paragraph([.text(text, .none)])])
  }

  @Test("Text of a plain message cannot become markup on its way")
  func plainIsEscaped() {
    let adf = RichTextConversion.adf(fromPlain: "- *not* a list\n# nor a title\nsee http://example.com/a.")
    #expect(
      diff(
        RichTextConversion.markdown(fromADF: adf),
        "\\- \\*not\\* a list\\\n\\# nor a title\\\nsee <http://example.com/a>.") == nil)
  }
}

/// Vigna's SplitMix64: small, seeded and good enough to vary tests.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
