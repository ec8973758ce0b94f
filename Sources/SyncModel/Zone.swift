/// A time zone by its name: how far its clocks are from UTC at a moment.
///
/// By the rules of today, for all times: a support case is of this decade, and the core reads no files. Where a country
/// changes its rules, a new version brings them.
package struct Zone: Hashable, Sendable {
  package let name: String
  private let rule: ZoneRule

  package static let utc = Zone(name: "UTC", rule: ZoneRule(standard: 0, summer: nil))

  /// A zone of the IANA database, such as `Europe/Berlin`; nil: it is not known.
  package init?(named name: String) {
    guard let rule = Self.rules[name] else { return nil }
    self.init(name: name, rule: rule)
  }

  private init(name: String, rule: ZoneRule) {
    self.name = name
    self.rule = rule
  }

  /// The names that ``init(named:)`` knows, sorted.
  package static var names: [String] { rules.keys.sorted() }

  private static let rules: [String: ZoneRule] = {
    var rules: [String: ZoneRule] = [:]
    var rule: ZoneRule?
    for line in TimeZoneTable.text.split(separator: "\n") {
      var words = line.split(separator: " ")
      if line.first != " " { rule = ZoneRule(posix: words.removeFirst()) }
      for word in words { rules[String(word)] = rule }
    }
    return rules
  }()

  /// Seconds that the zone's clocks are ahead of UTC.
  package func offsetSeconds(at time: Timestamp) -> Int64 {
    rule.offset(at: time.milliseconds.quotientAndRemainderFloored(by: 1000).0)
  }

  /// The moment at which the zone's clocks show this local time, written as if it were UTC.
  ///
  /// An hour that comes twice is its first; in an hour that is skipped, the clocks are taken to go on as before it.
  package func time(ofLocal local: Timestamp) -> Timestamp {
    let day = Duration.seconds(86_400)
    let before = offsetSeconds(at: local - day)
    let after = offsetSeconds(at: local + day)
    let first = local - .seconds(before)
    let second = local - .seconds(after)
    if before == after || offsetSeconds(at: first) == before { return first }
    return offsetSeconds(at: second) == after ? second : first
  }
}

/// When a zone's clocks stand where, as POSIX writes it (`CET-1CEST,M3.5.0,M10.5.0/3`; IEEE 1003.1, 8.3, with RFC 9636's hours
/// beyond a day).
struct ZoneRule: Hashable, Sendable {
  struct Summer: Hashable, Sendable {
    var offset: Int64
    var start: Change
    var end: Change
  }

  /// `M3.5.0/2`: the weekday of that week of the month (5: the last one), at that second of the local day.
  struct Change: Hashable, Sendable {
    var month: Int64
    var week: Int64
    var weekday: Int64
    var second: Int64

    func secondsSinceEpoch(in year: Int64) -> Int64 {
      let first = CivilDate(year: year, month: month, day: 1).daysSinceEpoch
      // 1970-01-01 was a Thursday.
      let weekdayOfFirst = (first + 4).quotientAndRemainderFloored(by: 7).1
      var day = first + (weekday - weekdayOfFirst + 7) % 7 + (week - 1) * 7
      let next = CivilDate(year: month == 12 ? year + 1 : year, month: month % 12 + 1, day: 1).daysSinceEpoch
      while day >= next { day -= 7 }
      return day * 86_400 + second
    }
  }

  /// Seconds ahead of UTC.
  var standard: Int64
  var summer: Summer?

  init(standard: Int64, summer: Summer?) {
    self.standard = standard
    self.summer = summer
  }

  init?(posix text: Substring) {
    var reader = PosixReader(rest: text.unicodeScalars[...])
    guard reader.name(), let west = reader.time() else { return nil }
    standard = -west
    guard !reader.rest.isEmpty else { return }
    guard reader.name() else { return nil }
    var offset = standard + 3600
    if reader.rest.first != "," {
      guard let west = reader.time() else { return nil }
      offset = -west
    }
    guard let start = reader.change(), let end = reader.change(), reader.rest.isEmpty else { return nil }
    summer = Summer(offset: offset, start: start, end: end)
  }

  func offset(at seconds: Int64) -> Int64 {
    guard let summer else { return standard }
    let year = CivilDate(daysSinceEpoch: (seconds + standard).quotientAndRemainderFloored(by: 86_400).0).year
    // The start is written in standard time, the end in summer time.
    let start = summer.start.secondsSinceEpoch(in: year) - standard
    let end = summer.end.secondsSinceEpoch(in: year) - summer.offset
    let isSummer = start < end ? (start..<end).contains(seconds) : !(end..<start).contains(seconds)
    return isSummer ? summer.offset : standard
  }
}

/// Reads the pieces of a POSIX rule.
private struct PosixReader {
  var rest: Substring.UnicodeScalarView.SubSequence

  mutating func name() -> Bool {
    if take("<") {
      while let scalar = rest.popFirst(), scalar != ">" {}
      return true
    }
    let letters = rest.prefix { $0.properties.isAlphabetic }
    rest = rest.dropFirst(letters.count)
    return letters.count >= 3
  }

  /// `2`, `-5:30`, as seconds.
  mutating func time() -> Int64? {
    let sign: Int64 = take("-") ? -1 : 1
    guard let hours = number() else { return nil }
    var seconds = hours * 3600
    if take(":") {
      guard let minutes = number() else { return nil }
      seconds += minutes * 60
    }
    return sign * seconds
  }

  mutating func change() -> ZoneRule.Change? {
    guard take(","), take("M"), let month = number(), take("."), let week = number(), take("."), let weekday = number()
    else { return nil }
    var second: Int64 = 7200
    if take("/") {
      guard let written = time() else { return nil }
      second = written
    }
    return ZoneRule.Change(month: month, week: week, weekday: weekday, second: second)
  }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard rest.first == scalar else { return false }
    rest = rest.dropFirst()
    return true
  }

  private mutating func number() -> Int64? {
    let digits = rest.prefix { ("0"..."9").contains($0) }
    rest = rest.dropFirst(digits.count)
    return Int64(String(Substring(digits)))
  }
}
