/// Percent-encoding by RFC 3986: everything but the unreserved characters is encoded.
///
/// Foundation's `URLComponents` leaves `+` and `;` as they are in query values, and a JQL of "a+b" then arrives as "a b".
package enum URLEncoding {
  /// A path segment or a query value.
  package static func component(_ text: String) -> String {
    var result = ""
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        result.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let hex = String(byte, radix: 16, uppercase: true)
        result += hex.count == 1 ? "%0" + hex : "%" + hex
      }
    }
    return result
  }

  /// `a=1&b=2`, in the given order.
  package static func query(_ items: [(String, String)]) -> String {
    items.map { component($0.0) + "=" + component($0.1) }.joined(separator: "&")
  }

  /// The text behind percent-encoding, or nil when it is malformed or not UTF-8. `+` means a blank where `isForm`.
  package static func decode(_ text: some StringProtocol, isForm: Bool = false) -> String? {
    var bytes: [UInt8] = []
    var iterator = text.utf8.makeIterator()
    while let byte = iterator.next() {
      if byte == UInt8(ascii: "%") {
        guard let high = iterator.next(), let low = iterator.next(),
          let value = UInt8(String(decoding: [high, low], as: UTF8.self), radix: 16), high != UInt8(ascii: "+"),
          high != UInt8(ascii: "-")
        else { return nil }
        bytes.append(value)
      } else {
        bytes.append(isForm && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
      }
    }
    return String(validating: bytes, as: UTF8.self)
  }

  /// The pairs of a query or of a form body, in order; nil where one of them is malformed.
  package static func pairs(of query: some StringProtocol) -> [(name: String, value: String)]? {
    var result: [(name: String, value: String)] = []
    for piece in query.split(separator: "&") {
      let halves = piece.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = decode(halves[0], isForm: true),
        let value = halves.count == 2 ? decode(halves[1], isForm: true) : ""
      else { return nil }
      result.append((name, value))
    }
    return result
  }
}
