/// How a system writes a date or a time: `dd.MM.yyyy HH:mm`, with the letters that most systems use (Unicode TR 35).
///
/// Only numbers, so that no language is involved: y, M, d, H, h with a, m, s, S and the offset X. Everything between single
/// quotes, and every other character that is no letter, stands for itself.
package struct TimePattern: Hashable, Sendable {
  /// What is wrong with a pattern, and where, in characters from its start.
  package struct Problem: Error, Hashable, Sendable {
    package var message: String
    package var offset: Int
  }

  enum Piece: Hashable, Sendable {
    case text(String)
    case year, shortYear
    // The least number of digits; read with at least one.
    case month(Int)
    case day(Int)
    case hour(Int)
    case halfDayHour(Int)
    case minute(Int)
    case second(Int)
    case millisecond
    /// `AM` or `PM`.
    case halfDay
    /// `+01:00`, `+0100` (without the colon) or `Z`; all of them are read.
    case offset(colon: Bool)
  }

  package let source: String
  let pieces: [Piece]

  package init(_ source: String) throws(Problem) {
    self.source = source
    let scalars = Array(source.unicodeScalars)
    var pieces: [Piece] = []
    var index = 0
    while index < scalars.count {
      if scalars[index] == "'" {
        guard let end = scalars[(index + 1)...].firstIndex(of: "'") else {
          throw Problem(message: "a quote is not closed", offset: index)
        }
        let isQuote = end == index + 1
        pieces.append(.text(isQuote ? "'" : String(String.UnicodeScalarView(scalars[(index + 1)..<end]))))
        index = end + 1
      } else if scalars[index].isASCII, scalars[index].properties.isAlphabetic {
        let run = scalars[index...].prefix { $0 == scalars[index] }
        pieces.append(try Self.piece(scalars[index], run.count, at: index))
        index += run.count
      } else {
        pieces.append(.text(String(scalars[index])))
        index += 1
      }
    }
    self.pieces = pieces
    if !has(\.isMonth), let place = scalars.firstIndex(of: "m") {
      throw Problem(message: "mm are minutes; a month is MM", offset: place)
    }
    guard pieces.contains(.year) || pieces.contains(.shortYear), has(\.isMonth), has(\.isDay) else {
      throw Problem(message: "a date needs year, month and day: yyyy, MM and dd", offset: 0)
    }
    if has(\.isHalfDayHour) != pieces.contains(.halfDay) {
      throw Problem(message: "h and a belong together; write HH for hours up to 23", offset: 0)
    }
  }

  private func has(_ isIt: (Piece) -> Bool) -> Bool { pieces.contains(where: isIt) }

  private static func piece(_ letter: Unicode.Scalar, _ count: Int, at offset: Int) throws(Problem) -> Piece {
    switch (letter, count) {
    case ("y", 4): return .year
    case ("y", 2): return .shortYear
    case ("M", 1...2): return .month(count)
    case ("d", 1...2): return .day(count)
    case ("H", 1...2): return .hour(count)
    case ("h", 1...2): return .halfDayHour(count)
    case ("m", 1...2): return .minute(count)
    case ("s", 1...2): return .second(count)
    case ("S", 3): return .millisecond
    case ("a", 1): return .halfDay
    case ("X", 3): return .offset(colon: true)
    case ("X", 2), ("Z", 1): return .offset(colon: false)
    default:
      let written = String(repeating: String(letter), count: min(count, 20))
      let other =
        letter.properties.isUppercase ? letter.properties.lowercaseMapping : letter.properties.uppercaseMapping
      if let scalar = other.unicodeScalars.first, "yMdHhms".unicodeScalars.contains(scalar), count <= 4 {
        let meant = String(repeating: other, count: count)
        throw Problem(message: "'\(written)' means nothing here; did you mean \(meant)?", offset: offset)
      }
      throw Problem(
        message: "'\(written)' means nothing here; there are yyyy, yy, MM, dd, HH, hh with a, mm, ss, SSS, XXX and Z, "
          + "and text stands in quotes", offset: offset)
    }
  }

  /// Whether it says a time of day.
  package var hasTime: Bool { has(\.isHour) || has(\.isHalfDayHour) }
}

extension TimePattern.Piece {
  var isMonth: Bool { if case .month = self { true } else { false } }
  var isDay: Bool { if case .day = self { true } else { false } }
  var isHour: Bool { if case .hour = self { true } else { false } }
  var isHalfDayHour: Bool { if case .halfDayHour = self { true } else { false } }
}

extension TimePattern {
  /// The time as the pattern has it, by the zone's clocks.
  package func text(of time: Timestamp, in zone: Zone) -> String {
    let offset = zone.offsetSeconds(at: time)
    let (day, inDay) = (time.milliseconds + offset * 1000).quotientAndRemainderFloored(by: 86_400_000)
    let date = CivilDate(daysSinceEpoch: day)
    let hour = inDay / 3_600_000
    var text = ""
    for piece in pieces {
      switch piece {
      case .text(let fixed): text += fixed
      case .year: text += pad(date.year, 4)
      case .shortYear: text += pad(date.year % 100, 2)
      case .month(let digits): text += pad(date.month, digits)
      case .day(let digits): text += pad(date.day, digits)
      case .hour(let digits): text += pad(hour, digits)
      case .halfDayHour(let digits): text += pad((hour + 11) % 12 + 1, digits)
      case .minute(let digits): text += pad(inDay / 60_000 % 60, digits)
      case .second(let digits): text += pad(inDay / 1000 % 60, digits)
      case .millisecond: text += pad(inDay % 1000, 3)
      case .halfDay: text += hour < 12 ? "AM" : "PM"
      case .offset(let colon):
        let minutes = abs(offset) / 60
        text += (offset < 0 ? "-" : "+") + pad(minutes / 60, 2) + (colon ? ":" : "") + pad(minutes % 60, 2)
      }
    }
    return text
  }

  /// The moment that a text written by this pattern means; nil: it is not written so. Without an offset in the pattern, the
  /// zone's clocks are meant.
  package func time(in text: String, zone: Zone) -> Timestamp? {
    var reader = TimeTextReader(rest: Array(text.utf8)[...])
    for piece in pieces { guard reader.read(piece) else { return nil } }
    guard reader.rest.isEmpty else { return nil }
    return reader.time(in: zone)
  }
}

/// Reads what a pattern says, piece by piece.
private struct TimeTextReader {
  var rest: ArraySlice<UInt8>
  private var year: Int64 = 1970
  private var month: Int64 = 1
  private var day: Int64 = 1
  private var hour: Int64 = 0
  private var minute: Int64 = 0
  private var second: Int64 = 0
  private var millisecond: Int64 = 0
  private var isAfternoon: Bool?
  private var offset: Int64?

  init(rest: ArraySlice<UInt8>) { self.rest = rest }

  mutating func read(_ piece: TimePattern.Piece) -> Bool {
    switch piece {
    case .text(let fixed): return take(fixed)
    case .year: return number(4, into: \.year, 1...9999, exactly: true)
    case .shortYear:
      guard number(2, into: \.year, 0...99, exactly: true) else { return false }
      // As POSIX reads them: 69 to 99 are of the last century.
      year += year < 69 ? 2000 : 1900
      return true
    case .month: return number(2, into: \.month, 1...12)
    case .day: return number(2, into: \.day, 1...31)
    case .hour: return number(2, into: \.hour, 0...23)
    case .halfDayHour: return number(2, into: \.hour, 1...12)
    case .minute: return number(2, into: \.minute, 0...59)
    case .second: return number(2, into: \.second, 0...60)
    case .millisecond: return number(3, into: \.millisecond, 0...999, exactly: true)
    case .halfDay:
      guard rest.count >= 2 else { return false }
      let word = String(decoding: rest.prefix(2), as: UTF8.self).uppercased()
      rest = rest.dropFirst(2)
      isAfternoon = word == "PM"
      return word == "AM" || word == "PM"
    case .offset: return readOffset()
    }
  }

  func time(in zone: Zone) -> Timestamp? {
    let date = CivilDate(year: year, month: month, day: day)
    guard CivilDate(daysSinceEpoch: date.daysSinceEpoch) == date else { return nil }
    let hours = isAfternoon.map { hour % 12 + ($0 ? 12 : 0) } ?? hour
    let total = (date.daysSinceEpoch * 86_400 + hours * 3600 + minute * 60 + second) * 1000 + millisecond
    let local = Timestamp(milliseconds: total)
    return offset.map { local - .seconds($0) } ?? zone.time(ofLocal: local)
  }

  private mutating func take(_ text: String) -> Bool {
    guard rest.starts(with: text.utf8) else { return false }
    rest = rest.dropFirst(text.utf8.count)
    return true
  }

  private mutating func number(
    _ digits: Int, into field: WritableKeyPath<Self, Int64>, _ range: ClosedRange<Int64>, exactly: Bool = false
  ) -> Bool {
    guard let value = self.digits(digits, exactly: exactly) else { return false }
    self[keyPath: field] = value
    return range.contains(value)
  }

  private mutating func digits(_ count: Int, exactly: Bool) -> Int64? {
    let written = rest.prefix(count).prefix { (0x30...0x39).contains($0) }
    guard exactly ? written.count == count : !written.isEmpty else { return nil }
    rest = rest.dropFirst(written.count)
    return written.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
  }

  private mutating func readOffset() -> Bool {
    if take("Z") || take("z") {
      offset = 0
      return true
    }
    let sign: Int64
    if take("+") { sign = 1 } else if take("-") { sign = -1 } else { return false }
    guard let hours = digits(2, exactly: true), hours < 24 else { return false }
    let hasColon = take(":")
    let minutes = digits(2, exactly: true)
    guard minutes.map({ $0 < 60 }) ?? !hasColon else { return false }
    offset = sign * (hours * 3600 + (minutes ?? 0) * 60)
    return true
  }
}
