import JSON
import SyncModel
import Testing

@Suite("Timestamps")
struct TimestampTests {
  @Test(
    "Date-times of Jira and of CRMs are read to the millisecond",
    arguments: [
      ("2022-12-08T02:22:18.889-0800", "2022-12-08T10:22:18.889Z"), ("1970-01-01", "1970-01-01T00:00:00.000Z"),
      ("2026-11-23T13:11:31.504+0000", "2026-11-23T13:11:31.504Z"), ("2026-11-23 13:11", "2026-11-23T13:11:00.000Z"),
      ("2024-02-29T23:59:59Z", "2024-02-29T23:59:59.000Z"),
      ("2026-01-01T00:30:00+05:45", "2025-12-31T18:45:00.000Z"),
      ("2026-01-01T00:00:00.5+01", "2025-12-31T23:00:00.500Z"),
      ("2026-01-01T00:00:00.123456789Z", "2026-01-01T00:00:00.123Z"),
      ("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"), ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000Z"),
      ("9999-12-31t23:59:59,9z", "9999-12-31T23:59:59.900Z"),
    ])
  func reads(_ text: String, _ printed: String) throws {
    let moment = try #require(Timestamp(text))
    #expect(moment.description == printed)
    #expect(Timestamp(printed) == moment)
  }

  @Test(
    "What is no date-time is refused",
    arguments: [
      "", "2026", "2026-13-01", "2026-00-01", "2026-02-29", "2026-04-31", "2026-1-1", "2026-01-01T", "2026-01-01T24:00",
      "2026-01-01T00:60", "2026-01-01T00:00:00.", "2026-01-01T00:00:00+", "2026-01-01T00:00:00+1",
      "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00Zx", "2026-01-01T00:00:00.1234567890Z", "２０２６-01-01",
      "2026-01-01T00:00:00+01:",
    ])
  func refuses(_ text: String) {
    #expect(Timestamp(text) == nil)
  }

  @Test("Every day of 400 years prints and reads back")
  func everyDay() {
    let start = Timestamp(seconds: -11_676_096_000)
    var wrong: [String] = []
    for day in 0..<146_097 {
      let moment = Timestamp(milliseconds: start.milliseconds + Int64(day) * 86_400_000 + 1)
      if Timestamp(moment.description) != moment { wrong.append(moment.description) }
    }
    #expect(wrong == [])
    #expect(start.description == "1600-01-01T00:00:00.000Z")
  }

  @Test("Durations add in whole milliseconds")
  func durations() {
    let moment = Timestamp(seconds: 10)
    #expect(moment + .milliseconds(1500) == Timestamp(milliseconds: 11_500))
    #expect(moment - .seconds(11) == Timestamp(seconds: -1))
    #expect(Timestamp(seconds: 3) - moment == .seconds(-7))
  }
}

@Suite("Field values and secrets")
struct FieldValueTests {
  @Test("Composed and decomposed text are two values, in texts and in lists")
  func scalars() {
    #expect(FieldValue.text("\u{E9}") != .text("e\u{301}"))
    #expect(FieldValue.list(["\u{E9}"]) != .list(["e\u{301}"]))
    #expect(FieldValue.list(of: ["\u{E9}", "e\u{301}"]) == FieldValue.list(of: ["e\u{301}", "\u{E9}"]))
    guard case .list(let items) = FieldValue.list(of: ["\u{E9}", "e\u{301}", "a", "a"]) else {
      Issue.record("a list was expected")
      return
    }
    #expect(items.map { Array($0.utf8) } == [[0x61], [0x65, 0xCC, 0x81], [0xC3, 0xA9]])
  }

  @Test(
    "A value survives its JSON form",
    arguments: [.empty, .text("a"), .text(""), .list(["a", "b"])] as [FieldValue])
  func json(_ value: FieldValue) {
    #expect(FieldValue(json: value.json) == value)
  }

  @Test("Numbers, booleans and objects are no field value", arguments: [1, true, [:]] as [JSONValue])
  func otherShapes(_ json: JSONValue) {
    #expect(FieldValue(json: json) == nil)
  }

  @Test("Empty texts and lists are the empty value")
  func empty() {
    #expect(FieldValue.list(of: []) == .empty)
    #expect(FieldValue.text(orEmpty: "") == .empty)
  }

  @Test("A secret shows itself in no description, mirror or dump")
  func secret() {
    struct Holder { let token = Secret("s3cret") }
    var dumped = ""
    dump(Holder(), to: &dumped)
    let shown = ["\(Holder())", String(reflecting: Holder()), dumped, "\(Secret("s3cret"))"]
    #expect(shown.filter { $0.contains("s3cret") } == [])
    #expect(Secret("s3cret").reveal() == "s3cret")
  }
}
