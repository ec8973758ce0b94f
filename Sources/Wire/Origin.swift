/// The origin of an address (RFC 6454): scheme, host and port, which is what may be allowed or not.
package enum Origin {
  /// `https://host[:port]` in lower case, without a default port; nil for what is no absolute http or https address.
  package static func of(_ url: some StringProtocol) -> String? {
    guard let colon = url.firstIndex(of: ":") else { return nil }
    let scheme = url[..<colon].lowercased()
    guard scheme == "http" || scheme == "https", url[colon...].hasPrefix("://") else { return nil }
    let rest = url[url.index(colon, offsetBy: 3)...]
    let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    // User information would let an address look like another host.
    guard !authority.isEmpty, !authority.contains("@"), !authority.contains("\\") else { return nil }
    let host = authority.lowercased()
    let defaultPort = scheme == "https" ? ":443" : ":80"
    return scheme + "://" + (host.hasSuffix(defaultPort) ? String(host.dropLast(defaultPort.count)) : host)
  }
}
