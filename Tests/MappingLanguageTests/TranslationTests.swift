import CustomDump
import JSON
import MappingLanguage
import RichText
import SyncModel
import Testing
import XML

@Suite("Values from one side to the other")
struct TranslationTests {
  static let position = SourcePosition(file: "m.xml", line: 3, column: 5)

  static func rule(
    _ format: FieldFormat, key: FieldKey = "customfield_1", values: ValueTable? = nil, defaultValue: String? = nil,
    maxLength: Int? = nil, crmType: CRMType = .string
  ) throws -> FieldRule {
    FieldRule(
      key: key, source: .field(try XPathExpression("f")), crmName: "f", format: format, direction: .both,
      onConflict: .crm, values: values, defaultValue: defaultValue, maxLength: maxLength, position: position,
      crmType: crmType)
  }

  struct Case: CustomTestStringConvertible, Sendable {
    var format: FieldFormat
    var crm: [String]
    var payload: JSONValue
    /// As Jira reads it back.
    var read: JSONValue
    var canonical: FieldValue
    var testDescription: String { "\(format.rawValue) \(crm)" }
  }

  static let cases = [
    Case(format: .text, crm: [" a\r\nb "], payload: "a b", read: "a b", canonical: .text("a b")),
    Case(format: .number, crm: ["12.0"], payload: .number("12"), read: .number("12.0"), canonical: .text("12")),
    Case(format: .number, crm: ["-0.50"], payload: .number("-0.5"), read: .number("-5E-1"), canonical: .text("-0.5")),
    Case(
      format: .date, crm: ["2026-11-23T23:30:00+05:30"], payload: "2026-11-23", read: "2026-11-23",
      canonical: .text("2026-11-23")),
    Case(
      format: .datetime, crm: ["2026-11-23T13:11:31Z"], payload: "2026-11-23T13:11:31.000+0000",
      read: "2026-11-23T14:11:31.000+0100", canonical: .text("2026-11-23T13:11:31.000Z")),
    Case(
      format: .option, crm: ["Red"], payload: ["value": "Red"], read: ["id": "1", "value": "Red"],
      canonical: .text("Red")),
    Case(
      format: .priority, crm: ["High"], payload: ["name": "High"], read: ["id": "2", "name": "High"],
      canonical: .text("High")),
    Case(
      format: .labels, crm: ["b, two words,a"], payload: ["a", "b", "two-words"], read: ["two-words", "b", "a"],
      canonical: .list(["a", "b", "two-words"])),
    Case(
      format: .components, crm: ["Web", "API"], payload: [["name": "API"], ["name": "Web"]],
      read: [["name": "Web"], ["name": "API"]], canonical: .list(["API", "Web"])),
    Case(
      format: .options, crm: ["x"], payload: [["value": "x"]], read: [["value": "x", "id": "4"]],
      canonical: .list(["x"])),
    Case(format: .labels, crm: [""], payload: [], read: [], canonical: .empty),
    Case(format: .text, crm: [""], payload: .null, read: .null, canonical: .empty),
    Case(
      format: .user, crm: ["7"], payload: ["accountId": "acc-7"], read: ["accountId": "acc-7", "displayName": "R"],
      canonical: .text("acc-7")),
  ]

  @Test("What is sent to Jira equals what Jira reads back", arguments: cases)
  func roundTrip(_ item: Case) throws {
    let rule = try Self.rule(item.format)
    let translation = rule.jiraValue(forCRM: rule.canonical(ofCRM: item.crm)) { AccountID("acc-\($0)") }
    #expect(diff(translation, .value(canonical: item.canonical, payload: item.payload)) == nil)
    #expect(rule.canonical(ofJira: item.read) == item.canonical)
  }

  @Test("Rich text read back is what was sent", arguments: [FieldFormat.plain, .html, .markdown])
  func richText(_ format: FieldFormat) throws {
    let rule = try Self.rule(format, key: "description")
    let source = format == .html ? "<p>One <b>two</b></p><ul><li>x</li></ul>" : "One\r\n\r\n* x\n"
    guard case .value(let canonical, let payload) = rule.jiraValue(forCRM: rule.canonical(ofCRM: [source])) else {
      Issue.record("not translated")
      return
    }
    #expect(payload["type"] == "doc")
    #expect(rule.canonical(ofJira: payload) == canonical)
    guard case .value(let back, _) = rule.crmValue(forJira: canonical, held: payload) else {
      Issue.record("not translated back")
      return
    }
    guard case .value(let again, _) = rule.jiraValue(forCRM: back) else {
      Issue.record("not translated again")
      return
    }
    #expect(again == canonical)
  }

  static let table = ValueTable(
    pairs: [.init(crm: "1", jira: "High"), .init(crm: "2", jira: "Low")], otherwiseJira: nil, otherwiseCRM: nil)

  @Test("A value goes through its pair in both directions")
  func pairs() throws {
    let rule = try Self.rule(.priority, values: Self.table, crmType: .number)
    #expect(rule.jiraValue(forCRM: .text("1")) == .value(canonical: .text("High"), payload: ["name": "High"]))
    #expect(rule.crmValue(forJira: .text("Low")) == .value(canonical: .text("2"), payload: .number("2")))
  }

  @Test("A value without a pair is a problem with its place, unless there is an otherwise")
  func withoutPair() throws {
    var rule = try Self.rule(.priority, key: "priority", values: Self.table)
    guard case .failure(let problem) = rule.jiraValue(forCRM: .text("9")) else {
      Issue.record("translated")
      return
    }
    let reason = "the CRM value '9' has no <pair>, and there is no <otherwise jira=\"…\"/>"
    #expect(problem.description == "m.xml:3:5: field 'priority': \(reason)")
    rule.values?.otherwiseJira = "Low"
    #expect(rule.jiraValue(forCRM: .text("9")) == .value(canonical: .text("Low"), payload: ["name": "Low"]))
  }

  @Test("An empty value takes the default, and an empty summary without one is a problem")
  func defaults() throws {
    #expect(
      try Self.rule(.text, defaultValue: "none").jiraValue(forCRM: .empty)
        == .value(canonical: .text("none"), payload: "none"))
    guard case .failure = try Self.rule(.text, key: "summary").jiraValue(forCRM: .empty) else {
      Issue.record("an empty summary was let through")
      return
    }
    guard case .leaveOut = try Self.rule(.priority).jiraValue(forCRM: .empty) else {
      Issue.record("an empty priority was let through")
      return
    }
  }

  @Test("A user whom no grant knows is left out")
  func unknownUser() throws {
    guard case .leaveOut = try Self.rule(.user).jiraValue(forCRM: .text("7")),
      case .leaveOut = try Self.rule(.user).crmValue(forJira: .text("acc"))
    else {
      Issue.record("an unknown user was translated")
      return
    }
  }

  struct Cut: CustomTestStringConvertible, Sendable {
    var text: String
    var limit: Int
    var expected: String
    var testDescription: String { "\(text) at \(limit)" }
  }

  @Test(
    "Long text is cut at a word and ends in an ellipsis",
    arguments: [
      Cut(text: "one two three", limit: 13, expected: "one two three"),
      Cut(text: "one two three", limit: 12, expected: "one two…"),
      Cut(text: "one two three", limit: 8, expected: "one two…"),
      Cut(text: "incomprehensible", limit: 6, expected: "incom…"),
      Cut(text: "ab incomprehensible", limit: 10, expected: "ab incomp…"),
      Cut(text: "🧀🧀🧀🧀", limit: 6, expected: "🧀🧀…"),
    ])
  func shortening(_ item: Cut) throws {
    let rule = try Self.rule(.text, maxLength: item.limit)
    #expect(
      rule.jiraValue(forCRM: .text(item.text))
        == .value(canonical: .text(item.expected), payload: .string(item.expected)))
    #expect(item.expected.utf16.count <= item.limit)
  }

  @Test(
    "What is no number, date or time is a problem, not a request", arguments: [FieldFormat.number, .date, .datetime])
  func nonsense(_ format: FieldFormat) throws {
    guard case .failure = try Self.rule(format).jiraValue(forCRM: .text("soon")) else {
      Issue.record("translated")
      return
    }
  }

  @Test("The status goes both ways with its resolution")
  func status() throws {
    let rule = StatusRule(
      source: try XPathExpression("status"), crmName: "status", direction: .both, onConflict: .crm, values: Self.table,
      resolutions: ["Low": "Done"], position: Self.position, crmType: .number)
    #expect(rule.jiraStatus(forCRM: .text("2")) == .success(JiraStatus(name: "Low", resolution: "Done")))
    #expect(rule.crmStatus(forJira: "High") == .value(canonical: .text("1"), payload: .number("1")))
    guard case .failure = rule.jiraStatus(forCRM: .text("3")), case .failure = rule.crmStatus(forJira: "Odd") else {
      Issue.record("an unknown status was translated")
      return
    }
  }

  @Test("Durations and fingerprints are read as documented")
  func small() {
    #expect(DurationText.read("72h") == .seconds(259_200))
    #expect(DurationText.read("7d") == .seconds(604_800))
    #expect(DurationText.read("15m") == .seconds(900))
    for text in ["", "s", "5", "-5s", "0s", "+5s", "5 s", "5w", "99999999d"] { #expect(DurationText.read(text) == nil) }
  }
}
