import Testing
import XML

@Suite("Regular expressions that never backtrack")
struct RegularExpressionTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var pattern: String
    var text: String
    var replacement: String
    var expected: String
    var testDescription: String { "\(pattern) in \(text)" }

    init(_ pattern: String, _ text: String, _ replacement: String, _ expected: String) {
      self.pattern = pattern
      self.text = text
      self.replacement = replacement
      self.expected = expected
    }
  }

  // The expected texts are Python's: re.sub, with \1 for $1.
  @Test(
    "A match is replaced as other engines replace it",
    arguments: [
      Case("a", "banana", "o", "bonono"), Case("an", "banana", "<$0>", "b<an><an>a"),
      Case("(\\d+)-(\\d+)", "10-20 3-4", "$2:$1", "20:10 4:3"), Case("a|ab", "ab", "x", "xb"),
      Case("(a|ab)(c|bcd)", "abcd", "[$1][$2]", "[a][bcd]"), Case("a*", "baac", "-", "-b--c-"),
      Case("x*", "", "y", "y"), Case("^a", "aa", "b", "ba"), Case("a$", "aa", "b", "ab"),
      Case("a+?", "aaa", "b", "bbb"), Case("<.+?>", "<a><b>", "", ""), Case("<.+>", "<a>x<b>", "", ""),
      Case("[^0-9.]", "EUR 1.234,50", "", "1.23450"), Case("\\s+", "a \t\n b", " ", "a b"),
      Case("(?i)straße", "STRASSE Straße", "x", "STRASSE x"), Case("(?i)abc", "aBC", "x", "x"),
      Case("\\bcat\\b", "cat concat cat", "dog", "dog concat dog"), Case("a{2,3}", "aaaaaaa", "x", "xxa"),
      Case("(ab){2}", "ababab", "x", "xab"), Case("a{0}b", "ab", "x", "ax"), Case("[a-c-]", "a-d", "x", "xxd"),
      Case("[]a]", "]ab", "x", "xxb"), Case("é", "café", "e", "cafe"), Case("(a)?b", "b", "[$1]", "[]"),
      Case("$", "ab", "!", "ab!"), Case("a.c", "a\nc abc", "x", "a\nc x"), Case("\\$", "5$", "$$$$", "5$$"),
      Case("(?:ab)+", "ababx", "y", "yx"), Case("\\w+", "Käse 日本 a_1", "w", "w w w"), Case("|a", "ba", "-", "-b-a-"),
      Case("(a*)*b", "aaab", "x", "x"), Case("🧀+", "a🧀🧀b", "-", "a-b"),
    ])
  func replaces(_ item: Case) throws {
    #expect(try RegularExpression(item.pattern).replacing(in: item.text, with: item.replacement) == item.expected)
  }

  @Test(
    "What cannot be read is refused with its place",
    arguments: [
      ("(a", 0), ("a)", 1), ("[a", 0), ("*a", 0), ("a**", 2), ("a{3,2}", 1), ("a{", 1), ("a\\", 1), ("\\1", 0),
      ("(a)\\1", 3), ("(?=a)", 0), ("[z-a]", 1), ("\\q", 0), ("a{2000}", 1), ("((((((((((a))))))))))", 9),
      ("((a{900}){900}){900}", 0), ("[\\D]", 1), ("^*", 0),
    ])
  func refused(_ pattern: String, _ offset: Int) {
    let problem = #expect(throws: RegularExpression.Problem.self) { try RegularExpression(pattern) }
    #expect(problem?.offset == offset)
  }

  @Test(
    "What makes other engines run for ever ends at once",
    arguments: [
      "(a+)+b", "(a|a)*b", "(a|aa)+$b", "(.*)*c", "([a-z]+)*d", "(a?){30}a{30}b", "^(([a-z])+.)+[A-Z]([a-z])+$",
    ])
  func hostile(_ pattern: String) throws {
    let text = String(repeating: "a", count: 5000)
    let expression = try RegularExpression(pattern)
    let started = ContinuousClock.now
    // Whether it finds nothing or gives up does not matter here; that it ends does.
    let result = try? expression.replacing(in: text, with: "x")
    #expect(result == nil || result == text)
    #expect(ContinuousClock.now - started < .seconds(30))
  }

  @Test("A text and a pattern that take too many steps together are given up")
  func bounded() throws {
    let expression = try RegularExpression("([a-z]+ ){50}Z")
    #expect(throws: RegularExpression.TooLong.self) {
      try expression.replacing(in: String(repeating: "a ", count: 500_000), with: "")
    }
  }
}
