/// How keys become element names, and which characters XML 1.0 can hold.
package enum XMLNames {
  /// The key as a name without a colon; what a name cannot bear is written `_xHHHH_`, and so is the underscore of a
  /// literal `_xHHHH_`, so that two keys never become one name.
  package static func name(for key: String) -> String {
    if isPlain(key) { return key }
    let scalars = Array(key.unicodeScalars)
    guard !scalars.isEmpty else { return "_x_" }
    var name = String.UnicodeScalarView()
    for (index, scalar) in scalars.enumerated() {
      let fits = index == 0 ? scalar.startsXMLName : scalar.continuesXMLName
      if fits && !(scalar == "_" && isEscape(scalars[index...])) {
        name.append(scalar)
      } else {
        let hex = String(scalar.value, radix: 16, uppercase: true)
        let padded = String(repeating: "0", count: max(0, 4 - hex.count)) + hex
        name.append(contentsOf: "_x\(padded)_".unicodeScalars)
      }
    }
    return String(name)
  }

  /// The text with U+FFFD in the place of control characters and the like.
  static func text(_ text: String) -> String {
    // Most texts are printable ASCII, and scanning bytes is cheap.
    let isPlain = text.utf8.withContiguousStorageIfAvailable { bytes in
      bytes.allSatisfy { (0x20..<0x7F).contains($0) || $0 == 0x0A || $0 == 0x09 || $0 == 0x0D }
    }
    if isPlain == true { return text }
    guard !text.unicodeScalars.allSatisfy(\.isXMLCharacter) else { return text }
    var clean = String.UnicodeScalarView()
    clean.append(contentsOf: text.unicodeScalars.lazy.map { $0.isXMLCharacter ? $0 : "\u{FFFD}" })
    return String(clean)
  }

  /// Whether the key is a name as it stands, as most are: ASCII letters, digits, `-`, `.` and single underscores.
  private static func isPlain(_ key: String) -> Bool {
    var previous: UInt8 = 0
    for byte in key.utf8 {
      let isLetter = (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte)
      let isOther = (0x30...0x39).contains(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
      let mayEscape = previous == UInt8(ascii: "_") && byte == UInt8(ascii: "x")
      guard isLetter && !mayEscape || previous != 0 && (isOther || byte == UInt8(ascii: "_")) else { return false }
      previous = byte
    }
    return previous != 0
  }

  private static func isEscape(_ scalars: ArraySlice<Unicode.Scalar>) -> Bool {
    let scalars = Array(scalars.prefix(10))
    guard scalars.count >= 4, scalars[1] == "x" else { return false }
    let digits = scalars.dropFirst(2).prefix { $0.properties.isASCIIHexDigit }
    return digits.count >= 4 && scalars.count > 2 + digits.count && scalars[2 + digits.count] == "_"
  }
}

extension Unicode.Scalar {
  /// XML 1.0, production 2.
  var isXMLCharacter: Bool {
    switch value {
    case 0x9, 0xA, 0xD, 0x20...0xD7FF, 0xE000...0xFFFD, 0x10000...0x10FFFF: true
    default: false
    }
  }

  /// XML 1.0, production 4, without the colon.
  package var startsXMLName: Bool {
    switch value {
    case 0x41...0x5A, 0x5F, 0x61...0x7A, 0xC0...0xD6, 0xD8...0xF6, 0xF8...0x2FF, 0x370...0x37D, 0x37F...0x1FFF,
      0x200C...0x200D, 0x2070...0x218F, 0x2C00...0x2FEF, 0x3001...0xD7FF, 0xF900...0xFDCF, 0xFDF0...0xFFFD,
      0x10000...0xEFFFF:
      true
    default: false
    }
  }

  /// XML 1.0, production 4a, without the colon.
  package var continuesXMLName: Bool {
    switch value {
    case 0x2D, 0x2E, 0x30...0x39, 0xB7, 0x300...0x36F, 0x203F...0x2040: true
    default: startsXMLName
    }
  }
}
