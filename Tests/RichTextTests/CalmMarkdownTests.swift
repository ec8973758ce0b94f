import Testing

@testable import RichText

@Suite("Markdown that needs no second look")
struct CalmMarkdownTests {
  private struct Dice {
    var state: UInt64

    mutating func next(_ count: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % count
    }
  }

  private static let words = [
    "The", "page", "a", "Käse", " ", " and ", "end.", "(it)", "1", "2.", "x:", "//", "http://a.b", "#", "- ", "+", "=",
    "  ",
    "'", "\"so\"", "h", "ß ", " C", "50%", "*", "_", "|", "!", "[", "é", "\u{A0}", "a/b",
  ]

  private static func inlines(_ dice: inout Dice) -> [RichTextInline] {
    (0..<1 + dice.next(7)).map { _ in
      if dice.next(9) == 0 { return .hardBreak }
      // Mostly words that are written at once, or hardly any paragraph would be.
      let text = (0..<1 + dice.next(3)).map { _ in words[dice.next(dice.next(4) == 0 ? words.count : 8)] }.joined()
      let styles: [RichTextMarks.Style] = [[], [], [], .strong, .em, .strike, .code, [.strong, .em], .underline]
      return .text(text, RichTextMarks(styles[dice.next(styles.count)]))
    }
  }

  @Test("What is written at once is what is written when it is read again and compared", arguments: [false, true])
  func agrees(inCell: Bool) {
    var dice = Dice(state: 20_261_124)
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
