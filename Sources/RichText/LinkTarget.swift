/// An address that a link may lead to: absolute http, https or mailto, and nothing that a browser would run.
struct LinkTarget: Hashable {
  /// The address, with blanks, brackets that no address has, backslashes and control characters percent-encoded.
  let text: String

  init?(_ address: String) {
    if Self.isPlain(address) {
      text = address
      return
    }
    var trimmed = address.unicodeScalars.drop { $0.value <= 0x20 }
    while let last = trimmed.last, last.value <= 0x20 { trimmed.removeLast() }
    var scalars = String.UnicodeScalarView()
    for scalar in trimmed {
      switch scalar {
      case "\t", "\n", "\r": continue  // Browsers drop these before they read the scheme (WHATWG URL, 4.4).
      case " ", "<", ">", "\\", "\"", "`", "|", "{", "}": scalars.append(contentsOf: Self.encoded(scalar))
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

  /// An address as nearly all are, that is kept as it is.
  private static func isPlain(_ address: String) -> Bool {
    let bytes = address.utf8
    let isWeb = bytes.starts(with: "https://".utf8) || bytes.starts(with: "http://".utf8)
    guard isWeb, bytes.count > 8 else { return false }
    return bytes.allSatisfy { byte in
      switch byte {
      case 0x21, 0x23...0x3B, 0x3D, 0x3F...0x5B, 0x5D...0x5F, 0x61...0x7A, 0x7E: true
      default: false
      }
    }
  }

  private static func encoded(_ scalar: Unicode.Scalar) -> String.UnicodeScalarView {
    let hex = String(scalar.value, radix: 16, uppercase: true)
    return (hex.count == 1 ? "%0" + hex : "%" + hex).unicodeScalars
  }
}
