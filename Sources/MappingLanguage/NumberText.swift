/// Decimal numbers as text, so that no digit is lost and `12.0`, `12` and `1.2e1` are one value.
enum NumberText {
  /// The plain decimal without needless zeros; nil when the text is no number or would need more than 60 digits.
  static func normalised(_ text: String) -> String? {
    if isWhole(text) { return text }
    var rest = text.utf8.drop { $0 == 0x20 }[...]
    while rest.last == 0x20 { rest = rest.dropLast() }
    let isNegative = rest.first == UInt8(ascii: "-")
    if isNegative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
    let whole = rest.prefix(while: isDigit)
    rest = rest.dropFirst(whole.count)
    var fraction = rest.prefix(0)
    if rest.first == UInt8(ascii: ".") {
      fraction = rest.dropFirst().prefix(while: isDigit)
      rest = rest.dropFirst(1 + fraction.count)
    }
    guard !(whole.isEmpty && fraction.isEmpty), let exponent = exponent(rest), abs(exponent) <= 60 else { return nil }
    var digits = Array(whole) + Array(fraction)
    var point = whole.count + exponent
    guard digits.count <= 120 else { return nil }
    if point < 0 {
      digits = [UInt8](repeating: UInt8(ascii: "0"), count: -point) + digits
      point = 0
    }
    while digits.count < point { digits.append(UInt8(ascii: "0")) }
    var wholeDigits = digits[..<point].drop { $0 == UInt8(ascii: "0") }
    var fractionDigits = digits[point...]
    while fractionDigits.last == UInt8(ascii: "0") { fractionDigits = fractionDigits.dropLast() }
    guard wholeDigits.count + fractionDigits.count <= 60 else { return nil }
    if wholeDigits.isEmpty { wholeDigits = [UInt8(ascii: "0")] }
    let plain =
      String(decoding: wholeDigits, as: UTF8.self)
      + (fractionDigits.isEmpty ? "" : "." + String(decoding: fractionDigits, as: UTF8.self))
    return isNegative && plain != "0" ? "-" + plain : plain
  }

  /// Whether the text is digits that need no second look, as most numbers are.
  private static func isWhole(_ text: String) -> Bool {
    text.utf8.withContiguousStorageIfAvailable { bytes in
      (1...60).contains(bytes.count) && bytes.allSatisfy(isDigit)
        && (bytes[0] != UInt8(ascii: "0") || bytes.count == 1)
    } ?? false
  }

  private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }

  private static func exponent(_ rest: Substring.UTF8View) -> Int? {
    guard let first = rest.first else { return 0 }
    guard first == UInt8(ascii: "e") || first == UInt8(ascii: "E") else { return nil }
    return Int(Substring(rest.dropFirst()))
  }
}
