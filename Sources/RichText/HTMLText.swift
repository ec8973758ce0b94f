import XML

/// Character references of HTML (WHATWG HTML, 13.2.5.72).
enum HTMLText {
  /// An attribute's value with its references decoded and without control characters.
  static func attribute(_ bytes: ArraySlice<UInt8>) -> String {
    guard bytes.contains(UInt8(ascii: "&")) else { return String(decoding: bytes, as: UTF8.self) }
    var result: [UInt8] = []
    var index = bytes.startIndex
    while index < bytes.endIndex {
      if bytes[index] == UInt8(ascii: "&"), let found = reference(in: bytes, at: index, isAttribute: true) {
        append(found.scalar, to: &result)
        index = found.end
      } else {
        result.append(bytes[index])
        index += 1
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  static func append(_ scalar: Unicode.Scalar, to bytes: inout [UInt8]) {
    if scalar.isASCII { return bytes.append(UInt8(truncatingIfNeeded: scalar.value)) }
    bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
  }

  /// The character that the reference at `&` stands for, and where it ends; nil: the `&` is itself.
  static func reference(
    in bytes: ArraySlice<UInt8>, at start: Int, isAttribute: Bool
  ) -> (scalar: Unicode.Scalar, end: Int)? {
    var index = start + 1
    guard index < bytes.endIndex else { return nil }
    if bytes[index] == UInt8(ascii: "#") { return number(in: bytes, from: index + 1) }
    let nameStart = index
    while index < bytes.endIndex, index - nameStart < 9, bytes[index].isASCIILetter || bytes[index].isASCIIDigit {
      index += 1
    }
    let isEnded = index < bytes.endIndex && bytes[index] == UInt8(ascii: ";")
    guard index > nameStart, isEnded || !isAttribute,
      let scalar = HTMLEntities.scalar(named: String(decoding: bytes[nameStart..<index], as: UTF8.self))
    else { return nil }
    return (scalar, isEnded ? index + 1 : index)
  }

  private static func number(in bytes: ArraySlice<UInt8>, from start: Int) -> (scalar: Unicode.Scalar, end: Int)? {
    var index = start
    let isHex = index < bytes.endIndex && bytes[index] | 0x20 == UInt8(ascii: "x")
    if isHex { index += 1 }
    var value: UInt32 = 0
    let digitsStart = index
    while index < bytes.endIndex, let digit = digit(bytes[index], isHex: isHex) {
      if value < 0x110000 { value = value * (isHex ? 16 : 10) + digit }
      index += 1
    }
    guard index > digitsStart else { return nil }
    if index < bytes.endIndex, bytes[index] == UInt8(ascii: ";") { index += 1 }
    return (scalar(value), index)
  }

  private static func digit(_ byte: UInt8, isHex: Bool) -> UInt32? {
    if byte.isASCIIDigit { return UInt32(byte - 0x30) }
    let lower = byte | 0x20
    return isHex && (0x61...0x66).contains(lower) ? UInt32(lower - 0x61 + 10) : nil
  }

  private static func scalar(_ value: UInt32) -> Unicode.Scalar {
    switch value {
    case 0x09, 0x0A, 0x0D: return " "
    // What Windows' code page has there is meant (WHATWG HTML, 13.2.5.80).
    case 0x80...0x9F: return windows[Int(value - 0x80)]
    case 0..<0x20, 0x7F: return "\u{FFFD}"
    default: return Unicode.Scalar(value) ?? "\u{FFFD}"
    }
  }

  private static let windows: [Unicode.Scalar] = [
    "\u{20AC}", "\u{FFFD}", "\u{201A}", "\u{192}", "\u{201E}", "\u{2026}", "\u{2020}", "\u{2021}", "\u{2C6}",
    "\u{2030}", "\u{160}", "\u{2039}", "\u{152}", "\u{FFFD}", "\u{17D}", "\u{FFFD}", "\u{FFFD}", "\u{2018}",
    "\u{2019}", "\u{201C}", "\u{201D}", "\u{2022}", "\u{2013}", "\u{2014}", "\u{2DC}", "\u{2122}", "\u{161}",
    "\u{203A}", "\u{153}", "\u{FFFD}", "\u{17E}", "\u{178}",
  ]
}
