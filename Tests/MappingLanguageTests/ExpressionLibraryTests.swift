import MappingLanguage
import SyncModel
import Testing

@Suite("Functions for dates in expressions")
struct ExpressionLibraryTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var expression: String
    var expected: String
    var testDescription: String { expression }
  }

  @Test(
    "Dates are read and written by a pattern and a zone",
    arguments: [
      Case(expression: "format-date(at, 'dd.MM.yyyy HH:mm')", expected: "15.07.2026 10:00"),
      Case(expression: "format-date(at, 'dd.MM.yyyy HH:mm', 'Europe/Berlin')", expected: "15.07.2026 12:00"),
      Case(expression: "format-date(day, 'MM/dd/yyyy')", expected: "07/15/2026"),
      Case(expression: "default(format-date(word, 'yyyy-MM-dd'), 'never')", expected: "never"),
      Case(expression: "parse-date(german, 'd.M.yyyy')", expected: "2026-07-05"),
      Case(expression: "parse-date(german, 'd.M.yyyy', 'Europe/Berlin')", expected: "2026-07-05"),
      Case(
        expression: "parse-date('05.07.2026 12:30', 'dd.MM.yyyy HH:mm', 'Europe/Berlin')",
        expected: "2026-07-05T10:30:00.000Z"),
      Case(expression: "default(parse-date(word, 'd.M.yyyy'), '-')", expected: "-"),
      Case(expression: "format-date(at, day)", expected: ""),
    ])
  func dates(_ item: Case) throws {
    let expression = item.expression.replacing("<", with: "&lt;")
    let mapping = try OneField.mapping("<field jira=\"customfield_1\" crm=\"\(expression)\"/>")
    let reading = try OneField.read(
      mapping, #"{"at": "2026-07-15T10:00:00Z", "day": "2026-07-15", "german": "5.7.2026", "word": "soon"}"#)
    #expect(reading.values["customfield_1"] == .text(orEmpty: item.expected))
  }
}
