import CustomDump
import JSON
import RichText
import Testing

/// What the dice of `simulate fuzz` found, each by itself.
@Suite("No word is lost")
struct LostWordsTests {
  struct Sample: Sendable, CustomTestStringConvertible {
    var name: String
    var format: RichTextFormat
    var text: String
    /// What is read, as our own HTML.
    var html: String
    var testDescription: String { name }

    init(_ name: String, _ format: RichTextFormat, _ text: String, _ html: String) {
      self.name = name
      self.format = format
      self.text = text
      self.html = html
    }
  }

  static let samples: [Sample] = [
    Sample(
      "a line below an item's code", .wiki, "* a\n{code}\nx\n{code}\nmore",
      "<ul><li>a<pre><code>x</code></pre><p>more</p></li></ul>"),
    Sample(
      "code in an item's own line", .wiki, "* a {code}x{code} b\n* {code}y{code}",
      "<ul><li>a<pre><code>x</code></pre><p>b</p></li><li><pre><code>y</code></pre></li></ul>"),
    Sample(
      "text before code below an item", .wiki, "* a\nbefore {code}x{code}",
      "<ul><li>a<br>before<pre><code>x</code></pre></li></ul>"),
    Sample(
      "the title of code", .wiki, "{code:title=Main.java|borderStyle=solid}\nx\n{code}",
      "<p><strong>Main.java</strong></p>\n<pre><code>x</code></pre>"),
    Sample(
      "code in a line that is the name of a macro", .wiki,
      "{quote}\na {{quote}} b\n{quote}\n{{code}} c\n{code}\nd\n{code}",
      "<blockquote><p>a <code>quote</code> b</p></blockquote>\n<p><code>code</code> c</p>\n<pre><code>d</code></pre>"),
    Sample(
      "text between two exclamation marks", .wiki, "!a.png|see [b|https://example.com] there!",
      "<p>!a.png|see <a href=\"https://example.com\">b</a> there!</p>"),
    Sample("the parameters of a picture", .wiki, "!a.png|width=300, thumbnail!", "<p>a.png</p>"),
    Sample(
      "an address with braces", .wiki, "[a|https://example.com/{code}] {code}x{code}",
      "<p>[a|<a href=\"https://example.com/%7Bcode%7D\">https://example.com/{code}</a>]</p>"),
    Sample(
      "a row that is longer than its head", .markdown, "| a |\n|---|\n| b | c |",
      "<table><tr><th>a</th></tr><tr><td>b</td><td>c</td></tr></table>"),
    Sample(
      "words between angle brackets that are no address", .markdown, "[a](<b c d>)",
      "<p>[a](&lt;b c d&gt;)</p>"),
    Sample(
      "a second title", .html, "<details><summary>a</summary><summary>b</summary>c</details>",
      "<details><summary>a</summary><p>b</p><p>c</p></details>"),
    Sample("a picture in code", .html, "<pre>a <img alt='x'> b</pre>", "<pre><code>a x b</code></pre>"),
    Sample(
      "the sign of a list before a text that is no item", .html,
      "<p><span style='mso-list:Ignore'>1.</span>one</p>", "<p>1. one</p>"),
    Sample(
      "more than a sign before an item", .html,
      "<p style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>·one two</p>", "<ul><li>·one two</li></ul>"),
    Sample(
      "a picture for a sign", .html,
      "<p style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'><img src=a.png alt='*'></span>one</p>",
      "<ul><li>one</li></ul>"),
  ]

  @Test("Every word that can be seen stands in what is read", arguments: samples)
  func reading(sample: Sample) {
    let adf = sample.format.adf(sample.text)
    expectNoDifference(RichTextConversion.html(fromADF: adf), sample.html)
    #expect(ADFRules.problems(in: adf) == [])
  }

  @Test("What a document holds where it may not is read as its text")
  func misplacedNodes() throws {
    let text: JSONValue = ["type": "text", "text": "one"]
    let paragraph: JSONValue = ["type": "paragraph", "content": [text]]
    for node: JSONValue in [
      ["type": "table", "content": [paragraph]], ["type": "codeBlock", "content": [paragraph]],
      ["type": "bulletList", "content": [paragraph]], ["type": "taskList", "content": [text]],
    ] {
      let adf: JSONValue = ["type": "doc", "version": 1, "content": [node]]
      #expect(RichTextConversion.plain(fromADF: adf).contains("one"), "\(node.compact)")
    }
  }
}
