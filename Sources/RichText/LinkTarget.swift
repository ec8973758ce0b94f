/// An address that a link may lead to: absolute http, https or mailto, and nothing that a browser would run.
struct LinkTarget: Hashable {
  /// The address, with blanks, angle brackets, backslashes and control characters percent-encoded.
  let text: String

  init?(_ address: String) {
    var trimmed = address.unicodeScalars.drop { $0.value <= 0x20 }
    while let last = trimmed.last, last.value <= 0x20 { trimmed.removeLast() }
    var scalars = String.UnicodeScalarView()
    for scalar in trimmed {
      switch scalar {
      case "\t", "\n", "\r": continue  // Browsers drop these before they read the scheme (WHATWG URL, 4.4).
      case " ", "<", ">", "\\", "\"", "`", "|": scalars.append(contentsOf: Self.encoded(scalar))
      case _ where scalar.value < 0x20 || scalar.value == 0x7F: scalars.append(contentsOf: Self.encoded(scalar))
      default: scalars.append(scalar)
      }
    }
    let cleaned = String(scalars)
    guard let colon = cleaned.unicodeScalars.firstIndex(of: ":") else { return nil }
    let rest = cleaned.unicodeScalars[cleaned.unicodeScalars.index(after: colon)...]
    switch String(cleaned.unicodeScalars[..<colon]).lowercased() {
    case "http", "https": guard rest.starts(with: "//".unicodeScalars), rest.count > 2 else { return nil }
    case "mailto": guard !rest.isEmpty else { return nil }
    default: return nil
    }
    text = cleaned
  }

  private static func encoded(_ scalar: Unicode.Scalar) -> String.UnicodeScalarView {
    let hex = String(scalar.value, radix: 16, uppercase: true)
    return (hex.count == 1 ? "%0" + hex : "%" + hex).unicodeScalars
  }
}
