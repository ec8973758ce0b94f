/// A moment in milliseconds since 1970-01-01T00:00:00Z.
///
/// Text is read and written here and nowhere else, with integer arithmetic: formatters lose milliseconds.
package struct Timestamp: Hashable, Sendable, Comparable {
  package var milliseconds: Int64

  package init(milliseconds: Int64) { self.milliseconds = milliseconds }
  package init(seconds: Int64) { milliseconds = seconds * 1000 }

  package static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }

  package static func + (left: Timestamp, right: Duration) -> Timestamp {
    Timestamp(milliseconds: left.milliseconds + right.milliseconds)
  }

  package static func - (left: Timestamp, right: Duration) -> Timestamp {
    Timestamp(milliseconds: left.milliseconds - right.milliseconds)
  }

  package static func - (left: Timestamp, right: Timestamp) -> Duration {
    .milliseconds(left.milliseconds - right.milliseconds)
  }
}

extension Duration {
  /// Whole milliseconds, rounded towards zero.
  package var milliseconds: Int64 {
    components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
  }
}

extension Timestamp: CustomStringConvertible {
  /// `2026-11-23T13:11:31.504Z`.
  package var description: String {
    let (day, millisecondOfDay) = milliseconds.quotientAndRemainderFloored(by: 86_400_000)
    let date = CivilDate(daysSinceEpoch: day)
    let second = millisecondOfDay / 1000
    // What follows the year has one width, and nearly every year has four digits.
    let isUsual = (0...9999).contains(date.year)
    let text = String(unsafeUninitializedCapacity: 24) { buffer in
      var writer = DigitWriter(buffer: buffer)
      if isUsual { writer.write(date.year, 4, then: "-") }
      writer.write(date.month, 2, then: "-")
      writer.write(date.day, 2, then: "T")
      writer.write(second / 3600, 2, then: ":")
      writer.write(second / 60 % 60, 2, then: ":")
      writer.write(second % 60, 2, then: ".")
      writer.write(millisecondOfDay % 1000, 3, then: "Z")
      return writer.count
    }
    return isUsual ? text : "\(date.year)-" + text
  }

  /// Reads the date-times that Jira and CRMs write: RFC 3339, `+0000` without a colon, a blank instead of `T`, no
  /// fraction or up to nine digits of it. Without an offset, UTC is meant.
  package init?(_ text: String) { self.init(text, in: nil) }

  /// See ``init(_:)-(String)``; without an offset, the zone's time is meant.
  package init?(_ text: String, in zone: Zone?) {
    // The buffer spares the view's bookkeeping for each byte.
    guard let time = text.utf8.withContiguousStorageIfAvailable({ Timestamp(utf8: $0, zone: zone) }) else {
      self.init(utf8: text.utf8, zone: zone)
      return
    }
    guard let time else { return nil }
    self = time
  }

  /// See ``init(_:)-(String)``.
  package init?(_ text: Substring) { self.init(utf8: text.utf8, zone: nil) }

  private init?(utf8 text: some Collection<UInt8>, zone: Zone?) {
    var scanner = DigitScanner(text)
    guard let year = scanner.digits(4), scanner.take("-"), let month = scanner.digits(2), scanner.take("-"),
      let day = scanner.digits(2), (1...12).contains(month), (1...31).contains(day)
    else { return nil }
    let date = CivilDate(year: year, month: month, day: day)
    guard CivilDate(daysSinceEpoch: date.daysSinceEpoch) == date else { return nil }
    var total = date.daysSinceEpoch * 86_400_000
    var isLocal = true
    if !scanner.isAtEnd {
      guard scanner.take("T") || scanner.take("t") || scanner.take(" "), let hour = scanner.digits(2),
        scanner.take(":"),
        let minute = scanner.digits(2), hour < 24, minute < 60
      else { return nil }
      total += (hour * 60 + minute) * 60_000
      if scanner.take(":") {
        guard let second = scanner.digits(2), second <= 60 else { return nil }
        total += second * 1000
        if scanner.take(".") || scanner.take(",") {
          guard let fraction = scanner.fraction() else { return nil }
          total += fraction
        }
      }
      isLocal = scanner.isAtEnd
      guard let offset = scanner.offsetMinutes() else { return nil }
      total -= offset * 60_000
    }
    guard scanner.isAtEnd else { return nil }
    milliseconds = isLocal ? zone?.time(ofLocal: Timestamp(milliseconds: total)).milliseconds ?? total : total
  }
}

/// Writes numbers of a fixed width, each with the character behind it.
private struct DigitWriter {
  let buffer: UnsafeMutableBufferPointer<UInt8>
  private(set) var count = 0

  init(buffer: UnsafeMutableBufferPointer<UInt8>) { self.buffer = buffer }

  mutating func write(_ number: Int64, _ width: Int, then scalar: Unicode.Scalar) {
    var rest = number
    for place in (count..<count + width).reversed() {
      buffer[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
    buffer[count + width] = UInt8(truncatingIfNeeded: scalar.value)
    count += width + 1
  }
}

/// A number with zeros before it.
func pad(_ number: Int64, _ width: Int) -> String {
  let text = String(number)
  return String(repeating: "0", count: max(0, width - text.count)) + text
}

extension Int64 {
  func quotientAndRemainderFloored(by divisor: Int64) -> (Int64, Int64) {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}

/// A date of the proleptic Gregorian calendar. Arithmetic after Howard Hinnant, "chrono-Compatible Low-Level Date
/// Algorithms" (https://howardhinnant.github.io/date_algorithms.html).
struct CivilDate: Hashable {
  var year: Int64
  var month: Int64
  var day: Int64

  init(year: Int64, month: Int64, day: Int64) {
    self.year = year
    self.month = month
    self.day = day
  }

  init(daysSinceEpoch: Int64) {
    let shifted = daysSinceEpoch + 719_468
    let (era, dayOfEra) = shifted.quotientAndRemainderFloored(by: 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  var daysSinceEpoch: Int64 {
    let shiftedYear = month <= 2 ? year - 1 : year
    let (era, yearOfEra) = shiftedYear.quotientAndRemainderFloored(by: 400)
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }
}

/// Reads fixed-width digits from UTF-8.
private struct DigitScanner<Bytes: Collection> where Bytes.Element == UInt8 {
  private var rest: Bytes.SubSequence

  init(_ bytes: Bytes) { rest = bytes[...] }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard let first = rest.first, UInt32(first) == scalar.value else { return false }
    rest = rest.dropFirst()
    return true
  }

  mutating func digits(_ count: Int) -> Int64? {
    var value: Int64 = 0
    for _ in 0..<count {
      guard let digit = digit() else { return nil }
      value = value * 10 + digit
    }
    return value
  }

  /// Milliseconds of a fraction of 1 to 9 digits; what is finer is cut off.
  mutating func fraction() -> Int64? {
    var value: Int64 = 0
    var count = 0
    while count < 9, let digit = digit() {
      if count < 3 { value = value * 10 + digit }
      count += 1
    }
    guard count > 0 else { return nil }
    for _ in 0..<max(0, 3 - count) { value *= 10 }
    return value
  }

  mutating func offsetMinutes() -> Int64? {
    if isAtEnd || take("Z") || take("z") { return 0 }
    let sign: Int64
    if take("+") { sign = 1 } else if take("-") { sign = -1 } else { return nil }
    guard let hours = digits(2), hours < 24 else { return nil }
    let hasColon = take(":")
    if isAtEnd && !hasColon { return sign * hours * 60 }
    guard let minutes = digits(2), minutes < 60 else { return nil }
    return sign * (hours * 60 + minutes)
  }

  private mutating func digit() -> Int64? {
    guard let first = rest.first, first >= UInt8(ascii: "0"), first <= UInt8(ascii: "9") else { return nil }
    rest = rest.dropFirst()
    return Int64(first - UInt8(ascii: "0"))
  }
}
