import SyncModel
import Testing

@Suite("Time zones and patterns")
struct ZoneTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var zone: String
    var local: String
    var utc: String
    var testDescription: String { "\(local) in \(zone)" }
  }

  // The expected moments are Python's (zoneinfo with tzdata 2025b).
  @Test(
    "A local time is the moment at which the zone's clocks show it",
    arguments: [
      Case(zone: "Europe/Berlin", local: "2026-01-15T12:00:00", utc: "2026-01-15T11:00:00.000Z"),
      Case(zone: "Europe/Berlin", local: "2026-07-15T12:00:00", utc: "2026-07-15T10:00:00.000Z"),
      Case(zone: "Europe/Berlin", local: "2026-03-29T01:59:59", utc: "2026-03-29T00:59:59.000Z"),
      Case(zone: "Europe/Berlin", local: "2026-03-29T02:30:00", utc: "2026-03-29T01:30:00.000Z"),
      Case(zone: "Europe/Berlin", local: "2026-03-29T03:00:00", utc: "2026-03-29T01:00:00.000Z"),
      Case(zone: "Europe/Berlin", local: "2026-10-25T02:30:00", utc: "2026-10-25T00:30:00.000Z"),
      Case(zone: "Europe/Berlin", local: "2026-10-25T03:00:00", utc: "2026-10-25T02:00:00.000Z"),
      Case(zone: "America/New_York", local: "2026-03-08T03:00:00", utc: "2026-03-08T07:00:00.000Z"),
      Case(zone: "America/New_York", local: "2026-11-01T00:59:00", utc: "2026-11-01T04:59:00.000Z"),
      Case(zone: "Australia/Sydney", local: "2026-01-01T00:00:00", utc: "2025-12-31T13:00:00.000Z"),
      Case(zone: "Australia/Sydney", local: "2026-06-01T00:00:00", utc: "2026-05-31T14:00:00.000Z"),
      Case(zone: "Asia/Kolkata", local: "2026-06-01T00:00:00", utc: "2026-05-31T18:30:00.000Z"),
      Case(zone: "Europe/Dublin", local: "2026-07-01T12:00:00", utc: "2026-07-01T11:00:00.000Z"),
      Case(zone: "Europe/Dublin", local: "2026-01-01T12:00:00", utc: "2026-01-01T12:00:00.000Z"),
      Case(zone: "America/Nuuk", local: "2026-07-01T12:00:00", utc: "2026-07-01T13:00:00.000Z"),
      Case(zone: "Asia/Jerusalem", local: "2026-03-27T03:00:00", utc: "2026-03-27T00:00:00.000Z"),
      Case(zone: "UTC", local: "2026-07-01T12:00:00", utc: "2026-07-01T12:00:00.000Z"),
    ])
  func localTimes(_ item: Case) throws {
    let zone = try #require(Zone(named: item.zone))
    #expect(Timestamp(item.local, in: zone)?.description == item.utc)
  }

  @Test("An offset in the text counts, whatever the zone")
  func offsetWins() {
    #expect(
      Timestamp("2026-07-15T12:00:00+05:30", in: Zone(named: "Europe/Berlin"))?.description
        == "2026-07-15T06:30:00.000Z")
    #expect(Timestamp("2026-07-15", in: Zone(named: "Europe/Berlin"))?.description == "2026-07-14T22:00:00.000Z")
  }

  @Test("Every zone of the table has a rule, and an unknown name none")
  func all() {
    #expect(Zone.names.count == 490)
    #expect(Zone.names.allSatisfy { Zone(named: $0) != nil })
    for name in ["", "Europe/Berln", "CEST", "europe/berlin"] { #expect(Zone(named: name) == nil) }
  }

  struct Pattern: CustomTestStringConvertible, Sendable {
    var pattern: String
    var text: String
    var testDescription: String { pattern }
  }

  @Test(
    "A pattern reads what it writes",
    arguments: [
      Pattern(pattern: "dd.MM.yyyy HH:mm", text: "05.07.2026 15:04"),
      Pattern(pattern: "M/d/yy h:mm a", text: "7/5/26 3:04 PM"),
      Pattern(pattern: "yyyy-MM-dd'T'HH:mm:ss.SSSXXX", text: "2026-07-05T15:04:00.000+02:00"),
      Pattern(pattern: "yyyyMMdd HHmm Z", text: "20260705 1504 +0200"),
      Pattern(pattern: "yyyy'''y' MM dd HH mm", text: "2026'y 07 05 15 04"),
    ])
  func patterns(_ item: Pattern) throws {
    let zone = try #require(Zone(named: "Europe/Berlin"))
    let pattern = try TimePattern(item.pattern)
    let time = try #require(Timestamp("2026-07-05T13:04:00Z"))
    #expect(pattern.text(of: time, in: zone) == item.text)
    #expect(pattern.time(in: item.text, zone: zone) == time)
    for wrong in ["", item.text + " ", "x" + item.text, item.text.replacing("0", with: "9")] {
      #expect(pattern.time(in: wrong, zone: zone) != time)
    }
  }

  @Test(
    "A pattern that means nothing is refused with its place",
    arguments: [("dd.mm.yyyy", 3), ("yyyy-MM-dd 'at", 11), ("yyyy-MM-DD", 8), ("hh:mm yyyy-MM-dd", 0), ("", 0)])
  func refused(_ pattern: String, _ offset: Int) {
    let problem = #expect(throws: TimePattern.Problem.self) { try TimePattern(pattern) }
    #expect(problem?.offset == offset)
  }
}
