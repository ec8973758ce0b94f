import Testing
import XML

@Suite("Conditions that hold whatever the document says")
struct XPathTruthTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var condition: String
    /// `true|false part@offset`; nil: it depends, or might.
    var expected: String?
    var testDescription: String { condition }
  }

  static let cases = [
    Case(condition: "a = 'x' or 'y'", expected: "true 'y'@11"),
    Case(condition: "a = 'x' or b or not(false())", expected: "true not(false())@16"),
    Case(condition: "a and (1 = 2)", expected: "false 1 = 2@7"),
    Case(condition: "not(a and '')", expected: "true not(a and '')@0"),
    Case(condition: "1 > 0 and lower('A') = 'a'", expected: "true 1 > 0 and lower('A') = 'a'@0"),
    Case(condition: "3 * 0", expected: "false 3 * 0@0"),
    Case(condition: "true()", expected: "true true()@0"),
    Case(condition: "a = 'x' or b = 'y'", expected: nil), Case(condition: "a", expected: nil),
    Case(condition: "or or and", expected: nil), Case(condition: "*", expected: nil),
    Case(condition: "last() = 1 or string-length() > 3", expected: nil),
    Case(condition: "a[1 or 2] and b['x']", expected: nil), Case(condition: "concat(a, ' or ', 'b')", expected: nil),
    Case(condition: ". = '' or ../b", expected: nil), Case(condition: "count(//a) > 1", expected: nil),
  ]

  @Test("What is certain is found with the part that decides, and nothing else is", arguments: cases)
  func constant(_ item: Case) throws {
    let truth = XPathTruth(of: try XPathExpression(item.condition))
    #expect(truth.map { "\($0.value) \($0.part)@\($0.offset)" } == item.expected)
  }
}
