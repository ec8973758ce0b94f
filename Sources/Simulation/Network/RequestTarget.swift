import Wire

/// The parts of a request's address.
struct RequestTarget {
  /// Scheme and authority, such as `http://127.0.0.1:9091`.
  var origin: String
  /// Still percent-encoded.
  var path: String
  /// Decoded.
  var segments: [String]
  var query: [(name: String, value: String)]

  /// Nil for an address that is not absolute or not properly encoded.
  init?(_ url: String) {
    let beforeFragment = url.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)[0]
    let halves = beforeFragment.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    let pieces = halves[0].split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
    guard pieces.count >= 3, pieces[0].hasSuffix(":"), pieces[1].isEmpty else { return nil }
    origin = pieces[0] + "//" + pieces[2]
    path = "/" + (pieces.count == 4 ? String(pieces[3]) : "")
    var decoded: [String] = []
    for segment in path.split(separator: "/") {
      guard let text = URLEncoding.decode(segment) else { return nil }
      decoded.append(text)
    }
    segments = decoded
    guard let pairs = URLEncoding.pairs(of: halves.count == 2 ? halves[1] : "") else { return nil }
    query = pairs
  }

  func value(_ name: String) -> String? { query.first { $0.name == name }?.value }
}

extension WireRequest {
  /// The fields of a form; none where the body is no form. Browsers end lines by CR LF; here they end by LF.
  var form: [(name: String, value: String)] {
    (URLEncoding.pairs(of: String(decoding: body, as: UTF8.self)) ?? []).map { pair in
      (pair.name, String(String.UnicodeScalarView(pair.value.unicodeScalars.filter { $0 != "\r" })))
    }
  }
}

extension [(name: String, value: String)] {
  func value(_ name: String) -> String? { first { $0.name == name }?.value }
}
