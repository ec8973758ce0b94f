/// A short name for a text, by which it can be recognised and not read.
package enum Fingerprint {
  /// The text's SHA-256 as 64 lower-case digits.
  package static func of(_ text: String) -> String { SHA256.hex(Array(text.utf8)) }
}
