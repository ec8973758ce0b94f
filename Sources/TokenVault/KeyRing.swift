import Crypto
import SyncModel
import Synchronization

import struct FoundationEssentials.Data

/// The encryption keys of an installation; the first one seals, all of them open.
///
/// Written as one key per line, 32 bytes in base64 or 64 hexadecimal digits; empty lines and lines that begin with `#`
/// are skipped. A key is known by its ``KeyID``, so that a sealed token tells which key it wants.
package struct KeyRing: Sendable {
  private let keys: [(id: KeyID, key: SymmetricKey)]

  /// - Throws: ``KeyRingError``, which names the line and never its content.
  package init(text: String) throws(KeyRingError) {
    var keys: [(id: KeyID, key: SymmetricKey)] = []
    for (index, line) in text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let word = String(String.UnicodeScalarView(line.filter { !$0.properties.isWhitespace }))
      if word.isEmpty || word.hasPrefix("#") { continue }
      guard let bytes = Self.bytes(of: word), bytes.count == 32 else { throw .unreadable(line: index + 1) }
      let key = (KeyID(bytes: Array(SHA256.hash(data: bytes).prefix(4))), SymmetricKey(data: bytes))
      // A key that stands there twice is one key.
      if !keys.contains(where: { $0.id == key.0 }) { keys.append(key) }
    }
    guard !keys.isEmpty else { throw .empty }
    self.keys = keys
  }

  /// A new random key, in base64.
  package static func newKey() -> String {
    SymmetricKey(size: .bits256).withUnsafeBytes { Data($0).base64EncodedString() }
  }

  /// The keys' names, the current one first.
  package var ids: [KeyID] { keys.map(\.id) }

  var current: (id: KeyID, key: SymmetricKey) { keys[0] }

  func key(_ id: KeyID) -> SymmetricKey? { keys.first { $0.id == id }?.key }

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

/// A key's name: the first four bytes of its SHA-256. It may be shown; the key does not follow from it.
package struct KeyID: Hashable, Sendable, Comparable, CustomStringConvertible {
  let bytes: [UInt8]

  package var description: String {
    bytes.hexadecimal
  }

  package static func < (left: KeyID, right: KeyID) -> Bool { left.bytes.lexicographicallyPrecedes(right.bytes) }
}

/// The keys as they are now, whoever asks: where they lie in a file, that may have changed since it was read.
final class HeldKeys: Sendable {
  private let ring: Mutex<KeyRing>
  private let newer: (@Sendable () -> KeyRing?)?

  init(_ ring: KeyRing, newer: (@Sendable () -> KeyRing?)?) {
    self.ring = Mutex(ring)
    self.newer = newer
  }

  /// As they were read last.
  var known: KeyRing { ring.withLock { $0 } }

  /// After a look at where they come from. One at a time: nobody goes on with old keys while another reads the new ones.
  func renewed() -> KeyRing {
    guard let newer else { return known }
    return ring.withLock { ring in
      if let read = newer() { ring = read }
      return ring
    }
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
