import SyncCore
import SyncModel
import Testing

@Suite("A time of day")
struct DailyTimeTests {
  /// 2026-11-24T00:00:00Z
  static let midnight = Timestamp(seconds: 1_795_478_400)

  @Test("Is read as hours and minutes, and nothing else", arguments: ["3:30", "24:00", "12:60", "03.30", "-1:00", ""])
  func refused(_ text: String) { #expect(DailyTime(text) == nil) }

  @Test("Comes once a day; one that was slept through counts, one that was kept does not")
  func due() throws {
    let time = try #require(DailyTime("03:30"))
    #expect(time.description == "03:30")
    let occurrence = Self.midnight + .seconds(12_600)
    #expect(time.last(before: occurrence) == occurrence)
    #expect(time.last(before: occurrence - .seconds(1)) == occurrence - .seconds(86_400))
    #expect(time.isDue(since: Self.midnight, now: occurrence))
    #expect(!time.isDue(since: Self.midnight, now: occurrence - .seconds(1)))
    #expect(!time.isDue(since: occurrence, now: occurrence + .seconds(86_399)))
    #expect(time.isDue(since: occurrence, now: occurrence + .seconds(5 * 86_400)))
  }
}
