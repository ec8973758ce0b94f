import Fuzzing
import Testing

@testable import RichText

@Suite("Markdown that needs no second look")
struct CalmMarkdownTests {
  private static let words = [
    "The", "page", "a", "Käse", " ", " and ", "end.", "(it)", "1", "2.", "x:", "//", "http://a.b", "#", "- ", "+", "=",
    "  ",
    "'", "\"so\"", "h", "ß ", " C", "50%", "*", "_", "|", "!", "[", "é", "\u{A0}", "a/b",
  ]

  private static func inlines(_ dice: inout FuzzDice) -> [RichTextInline] {
    (0..<1 + dice.below(7)).map { _ in
      if dice.below(9) == 0 { return .hardBreak }
      // Mostly words that are written at once, or hardly any paragraph would be.
      let text = (0..<1 + dice.below(3)).map { _ in words[dice.below(dice.below(4) == 0 ? words.count : 8)] }.joined()
      let styles: [RichTextMarks.Style] = [[], [], [], .strong, .em, .strike, .code, [.strong, .em], .underline]
      return .text(text, RichTextMarks(styles[dice.below(styles.count)]))
    }
  }

  @Test("What is written at once is what is written when it is read again and compared", arguments: [false, true])
  func agrees(inCell: Bool) {
    var dice = FuzzDice(seed: 20_261_124)
    let breakText = inCell ? "<br>" : "\\\n"
    var count = 0
    for _ in 0..<20_000 {
      let inlines = Self.inlines(&dice)
      guard let text = CalmMarkdown.text(of: inlines, breakText: breakText) else { continue }
      count += 1
      let checked = MarkdownLines.checked(inlines, breakText: breakText, inCell: inCell)
      #expect(text == checked, "\(inlines)")
    }
    #expect(count > 1000)
  }
}
