import CustomDump
import JSON
import RichText
import Testing

@Suite("Jira's wiki markup")
struct WikiTests {
  struct Sample: Sendable, CustomTestStringConvertible {
    var name: String
    var wiki: String
    /// What is read, as our own HTML.
    var html: String
    var testDescription: String { name }

    init(_ name: String, _ wiki: String, _ html: String) {
      self.name = name
      self.wiki = wiki
      self.html = html
    }
  }

  static let samples: [Sample] = [
    Sample("lines and paragraphs", "a\nb\\\\c\n\nd", "<p>a<br>b<br>c</p>\n<p>d</p>"),
    Sample("headings", "h1. One\nh6. Six\nh7. no", "<h1>One</h1>\n<h6>Six</h6>\n<p>h7. no</p>"),
    Sample(
      "looks", "*a* _b_ -c- +d+ ^e^ ~f~ {{g}} ??h?? *_i_*",
      """
      <p><strong>a</strong> <em>b</em> <s>c</s> <u>d</u> <sup>e</sup> <sub>f</sub> <code>g</code> <em>h</em> \
      <strong><em>i</em></strong></p>
      """),
    Sample(
      "signs that are text", "well-known 5 * 3, a_b_c, -5 to +5, x - y - z",
      """
      <p>well-known 5 * 3, a_b_c, -5 to +5, x - y - z</p>
      """),
    Sample("looks inside of words", "un{*}believ{*}able", "<p>un<strong>believ</strong>able</p>"),
    Sample("escapes", "\\*a\\* \\{b\\} C:\\temp &#92;* \\[c]", "<p>*a* {b} C:\\temp \\* [c]</p>"),
    Sample(
      "colours", "{color:red}a *b*{color} {color:#36B37E}c{color}",
      """
      <p><span style="color: #ff0000">a </span><span style="color: #ff0000"><strong>b</strong></span> <span \
      style="color: #36b37e">c</span></p>
      """),
    Sample(
      "links", "[text|https://example.com/?a=1] [https://example.com] https://example.com/x_y_z. [mail|mailto:a@b.c]",
      """
      <p><a href="https://example.com/?a=1">text</a> <a href="https://example.com">https://example.com</a> \
      <a href="https://example.com/x_y_z">https://example.com/x_y_z</a>. <a href="mailto:a@b.c">mail</a></p>
      """),
    Sample(
      "links that a browser would run", "[a|javascript:alert(1)] [b|#anchor]",
      """
      <p>[a|javascript:alert(1)] [b|#anchor]</p>
      """),
    Sample(
      "pictures", "!shot.png|thumbnail! !https://example.com/a.png! wow! really!",
      """
      <p>shot.png <a href="https://example.com/a.png">https://example.com/a.png</a> wow! really!</p>
      """),
    Sample(
      "lists", "* a\n** b\n*# c\n* d\nmore\n# e\n# f\n\n- g",
      """
      <ul><li>a<ul><li>b</li></ul><ol><li>c</li></ol></li><li>d<br>more</li></ul>
      <ol><li>e</li><li>f</li></ol>
      <ul><li>g</li></ul>
      """),
    Sample(
      "code in an item", "* a\n{code:java}\nx = 1;\n{code}\n* b",
      """
      <ul><li>a<pre><code class="language-java">x = 1;</code></pre></li><li>b</li></ul>
      """),
    Sample(
      "a table", "||k||v||\n|a \\| b|[c|https://example.com]|\n|d\ne| |",
      """
      <table><tr><th>k</th><th>v</th></tr><tr><td>a | b</td><td><a href="https://example.com">c</a></td></tr><tr>\
      <td>d<br>e</td><td></td></tr></table>
      """),
    Sample(
      "quotes, code and panels",
      "bq. one\n{quote}\ntwo\n\nthree\n{quote}\n{noformat}\n*x*\n{noformat}\n{panel:title=T|bgColor=#deebff}\nin\n{panel}",
      """
      <blockquote><p>one</p></blockquote>
      <blockquote><p>two</p><p>three</p></blockquote>
      <pre><code>*x*</code></pre>
      <div><p><strong>T</strong></p><p>in</p></div>
      """),
    Sample(
      "a macro in a line", "before {code}x{code} after",
      """
      <p>before</p>\n<pre><code>x</code></pre>\n<p>after</p>
      """),
    Sample("a macro without an end", "{quote}\na {code} b", "<p>{quote}<br>a {code} b</p>"),
    Sample("rules", "a\n----\nb --- c", "<p>a</p>\n<hr>\n<p>b --- c</p>"),
    Sample("tasks", "* ☐ open\n* ☑ done", "<ul><li>☐ open</li><li>☑ done</li></ul>"),
  ]

  @Test("Wiki markup is read as Jira has it", arguments: samples)
  func reading(sample: Sample) {
    let adf = RichTextConversion.adf(fromWiki: sample.wiki)
    #expect(diff(RichTextConversion.html(fromADF: adf), sample.html) == nil)
    #expect(ADFRules.problems(in: adf) == [])
  }

  @Test("What is written is read as the same document", arguments: samples)
  func stable(sample: Sample) {
    let adf = RichTextConversion.adf(fromWiki: sample.wiki)
    let wiki = RichTextConversion.wiki(fromADF: adf)
    #expect(diff(RichTextConversion.html(fromADF: RichTextConversion.adf(fromWiki: wiki)), sample.html) == nil)
  }

  @Test("A mention is written with its name and its account, and comes back")
  func mention() {
    let adf: JSONValue = [
      "version": 1, "type": "doc",
      "content": [
        [
          "type": "paragraph",
          "content": [
            ["type": "mention", "attrs": ["id": "557058:a-1", "text": "@Mark"]], ["type": "text", "text": " look"],
          ],
        ]
      ],
    ]
    #expect(RichTextConversion.wiki(fromADF: adf) == "[@Mark|~accountid:557058:a-1] look")
    #expect(diff(RichTextConversion.adf(fromWiki: "[@Mark|~accountid:557058:a-1] look"), adf) == nil)
  }

  @Test("A mention without a name is readable everywhere, mentions that account and no other, and comes back as it was")
  func namelessMention() {
    let adf = RichTextConversion.adf(fromWiki: "Ask [~accountid:557058:a-1] first")
    let mention: JSONValue = ["type": "mention", "attrs": ["id": "557058:a-1", "text": "@557058:a-1"]]
    #expect(adf["content"]?[0]?["content"]?[1] == mention)
    #expect(RichTextConversion.wiki(fromADF: adf) == "Ask [~accountid:557058:a-1] first")
    #expect(RichTextConversion.plain(fromADF: adf) == "Ask @557058:a-1 first")
    #expect(RichTextConversion.html(fromADF: adf) == "<p>Ask @557058:a-1 first</p>")
  }

  @Test(
    "What names no account is text, mentions nobody, and comes back",
    arguments: ["[~mark]", "[~accountid:]", "[~accountid:a b]", "[@Mark|~accountid:a;1]", "[@Mark|~mark]"])
  func noMention(wiki: String) {
    let adf = RichTextConversion.adf(fromWiki: "Ask \(wiki) first")
    #expect(RichTextConversion.plain(fromADF: adf) == "Ask \(wiki) first")
    #expect(!adf.compact.contains("mention"))
    let again = RichTextConversion.adf(fromWiki: RichTextConversion.wiki(fromADF: adf))
    #expect(diff(again, adf) == nil)
  }

  @Test("A mention that wiki markup cannot write is its name, and the line keeps its looks")
  func unwritableMention() {
    let inlines: [RichTextInline] = [
      .text("ask", RichTextMarks(.strong)), .text(" ", .none), .mention(id: "a;1", text: "@Mark"),
    ]
    #expect(RichTextDocument(blocks: [.paragraph(inlines)]).wiki == "*ask* @Mark")
  }

  @Test(
    "Code with braces is code after a round trip",
    arguments: ["{id}", "a{quote}b", "${x}}", "{{x}}", "}", "{\\d}", "C:\\temp\\new", "a|b{c}"])
  func bracesInCode(code: String) {
    let inlines: [RichTextInline] = [.text("a ", .none), .text(code, RichTextMarks(.code)), .text(" b", .none)]
    let cell = RichTextCell(isHeader: false, blocks: [.paragraph(inlines)])
    let table = RichTextBlock.table([RichTextRow(cells: [cell, cell])])
    for block in [.paragraph(inlines), .bulletList([[.paragraph(inlines)]]), table] {
      let document = RichTextDocument(blocks: [block])
      #expect(diff(RichTextDocument(wiki: document.wiki), document) == nil)
    }
  }

  @Test("Code that wiki markup cannot write is readable text", arguments: ["a\\{b", "a\\"])
  func unwritableCode(code: String) {
    let document = RichTextDocument(blocks: [.paragraph([.text(code, RichTextMarks(.code))])])
    #expect(diff(RichTextDocument(wiki: document.wiki).plain, code) == nil)
  }

  @Test("A numbered list that does not begin with one keeps its numbers")
  func numbers() {
    let deepest = RichTextBlock.orderedList(start: 7, [[.paragraph([.text("c", .none)])]])
    let inner: [RichTextBlock] = [.paragraph([.text("b", .none)]), deepest]
    let document = RichTextDocument(blocks: [.orderedList(start: 3, [[.paragraph([.text("a", .none)])], inner])])
    // No-break spaces stand behind the numbers.
    #expect(document.wiki == "* 3.\u{A0}a\n* 4.\u{A0}b\n** 7.\u{A0}c")
    #expect(diff(RichTextDocument(wiki: document.wiki), document) == nil)
  }

  @Test(
    "Bullets with numbers that somebody typed are bullets",
    arguments: ["* 1. a\n* 2. b", "* 2. a\n* 4. b", "* 2020.5", "* 3. October", "* 2. a\n* 3. b"])
  func noNumbers(wiki: String) {
    let document = RichTextDocument(wiki: wiki)
    guard case .bulletList? = document.blocks.first else {
      Issue.record("\(document)")
      return
    }
    #expect(document.wiki == wiki)
  }

  @Test(
    "Code with the ends of both macros is the same code after a round trip",
    arguments: [
      "{code}{noformat}", "{noformat}{code}", "a {code} b {noformat} c",
      "{code}\nb\n{noformat}\n  c\n{code}\n\n{noformat}",
      "x\n\n{noformat}{code}{noformat}\ny", "{code} {noformat", "{no{noformat}{code}",
    ])
  func endsInCode(text: String) {
    let code = RichTextBlock.codeBlock(language: nil, text: text)
    let end = RichTextBlock.paragraph([.text("end", .none)])
    for blocks in [[code, end], [.bulletList([[end, code]])], [.panel(kind: "info", [code, end])]] {
      let document = RichTextDocument(blocks: blocks)
      #expect(diff(RichTextDocument(wiki: document.wiki), document) == nil)
    }
  }

  @Test("Code below code in an item is code after a round trip")
  func codeBelowCode() {
    let code = { RichTextBlock.codeBlock(language: nil, text: $0) }
    let item: [RichTextBlock] = [.paragraph([.text("a", .none)]), code("x"), code("y\n\nz")]
    let document = RichTextDocument(blocks: [.bulletList([item, [.paragraph([.text("b", .none)])]])])
    #expect(document.wiki == "* a\n{code}\nx\n{code}\n{code}\ny\n\nz\n{code}\n* b")
    #expect(diff(RichTextDocument(wiki: document.wiki), document) == nil)
  }

  @Test("Code below a list in an item is text in the item's lines")
  func codeBelowList() {
    let inner = RichTextBlock.bulletList([[.paragraph([.text("b", .none)])]])
    let code = RichTextBlock.codeBlock(language: nil, text: "x\ny")
    let document = RichTextDocument(blocks: [.bulletList([[.paragraph([.text("a", .none)]), inner, code]])])
    #expect(document.wiki == "* a\\\\x\\\\y\n** b")
  }

  @Test("Plain text cannot become markup on its way", arguments: MarkdownTests.samples)
  func plainIsEscaped(sample: MarkdownTests.Sample) {
    let adf = RichTextConversion.adf(fromPlain: sample.text)
    let wiki = RichTextConversion.wiki(fromADF: adf)
    let back = RichTextConversion.adf(fromWiki: wiki)
    #expect(diff(RichTextConversion.wiki(fromADF: back), wiki) == nil)
    #expect(diff(RichTextConversion.markdown(fromADF: back), RichTextConversion.markdown(fromADF: adf)) == nil)
  }
}
