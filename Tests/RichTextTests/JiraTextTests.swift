import Fuzzing
import RichText
import Testing

@Suite("A text as Jira is sent it")
struct JiraTextTests {
  private static let tags = [
    "p", "b", "i", "u", "s", "code", "ul", "ol", "li", "blockquote", "h2", "table", "tr", "td", "th", "pre", "a", "div",
    "span",
  ]
  private static let words = [
    "The page", " ", "*", "1. ", "- ", "# ", "https://a.example/b", "Käse", "|", "_x_", "<br>", "<hr>", "&nbsp;",
    "[ ] ", "\n",
    "`", "~~", "<img src=\"https://a.example/i.png\" alt=\"i\">", "\\",
  ]

  private static func html(_ dice: inout FuzzDice, depth: Int = 0) -> String {
    (0..<1 + dice.below(4)).map { _ in
      if depth > 5 || dice.below(3) == 0 { return words[dice.below(words.count)] }
      let tag = tags[dice.below(tags.count)]
      let attribute = tag == "a" ? " href=\"https://a.example/\(dice.below(9))\"" : ""
      return "<\(tag)\(attribute)>\(html(&dice, depth: depth + 1))</\(tag)>"
    }.joined()
  }

  @Test("It is compared in the form that reading the document again gives", arguments: [nil, 40])
  func isComparedAsRead(limit: Int?) {
    var dice = FuzzDice(seed: 4)
    for _ in 0..<3000 {
      let html = Self.html(&dice)
      let written = JiraText(RichTextDocument(html: html), cutTo: limit)
      #expect(written.markdown == RichTextConversion.markdown(fromADF: written.value), "\(html)")
    }
  }
}
