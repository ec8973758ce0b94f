import Crypto

import struct FoundationEssentials.Data

/// The encryption keys of an installation; the first one seals, all of them open.
///
/// Written as one key per line, 32 bytes in base64 or 64 hexadecimal digits; empty lines and lines that begin with `#`
/// are skipped. A key is known by the first four bytes of its SHA-256, so that a sealed token tells which key it wants.
package struct KeyRing: Sendable {
  private let keys: [(id: [UInt8], key: SymmetricKey)]

  /// - Throws: ``KeyRingError``, which names the line and never its content.
  package init(text: String) throws(KeyRingError) {
    var keys: [(id: [UInt8], key: SymmetricKey)] = []
    for (index, line) in text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let word = String(String.UnicodeScalarView(line.filter { !$0.properties.isWhitespace }))
      if word.isEmpty || word.hasPrefix("#") { continue }
      guard let bytes = Self.bytes(of: word), bytes.count == 32 else { throw .unreadable(line: index + 1) }
      keys.append((Array(SHA256.hash(data: bytes).prefix(4)), SymmetricKey(data: bytes)))
    }
    guard !keys.isEmpty else { throw .empty }
    self.keys = keys
  }

  /// A new random key, in base64.
  package static func newKey() -> String {
    SymmetricKey(size: .bits256).withUnsafeBytes { Data($0).base64EncodedString() }
  }

  var current: (id: [UInt8], key: SymmetricKey) { keys[0] }

  func key(_ id: some Collection<UInt8>) -> SymmetricKey? { keys.first { $0.id.elementsEqual(id) }?.key }

  private static func bytes(of word: String) -> [UInt8]? {
    if word.utf8.count == 64 {
      let digits = Array(word.utf8)
      let pairs = stride(from: 0, to: 64, by: 2).map { String(decoding: digits[$0..<$0 + 2], as: UTF8.self) }
      let bytes = pairs.compactMap { UInt8($0, radix: 16) }
      if bytes.count == 32 { return bytes }
    }
    return Data(base64Encoded: word).map(Array.init)
  }
}

/// Why a key file is no key file.
package enum KeyRingError: Error, Hashable, Sendable, CustomStringConvertible {
  case empty
  case unreadable(line: Int)

  package var description: String {
    switch self {
    case .empty: "the encryption key is empty; make one with: openssl rand -base64 32"
    case .unreadable(let line):
      "line \(line) of the encryption keys is not a key of 32 bytes in base64 or hexadecimal; make one with: "
        + "openssl rand -base64 32"
    }
  }
}
