/// The origin of an address: `scheme://host[:port]` in lower case, without the scheme's own port.
package enum HTTPOrigin {
  /// Nil for anything that is not plainly an http or https address, one with user information included: what two
  /// parsers could read differently is not sent.
  package static func of(_ url: String) -> String? {
    let scheme: String
    let defaultPort: String
    let lower = url.lowercased()
    if lower.hasPrefix("https://") {
      (scheme, defaultPort) = ("https://", ":443")
    } else if lower.hasPrefix("http://") {
      (scheme, defaultPort) = ("http://", ":80")
    } else {
      return nil
    }
    let rest = lower.utf8.dropFirst(scheme.utf8.count)
    let ends = [UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#")]
    let authority = Array(rest.prefix { !ends.contains($0) })
    guard !authority.isEmpty, authority.allSatisfy(isPlain) else { return nil }
    let text = String(decoding: authority, as: UTF8.self)
    return scheme + (text.hasSuffix(defaultPort) ? String(text.dropLast(defaultPort.count)) : text)
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."),
      UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"):
      true
    default: false
    }
  }
}
