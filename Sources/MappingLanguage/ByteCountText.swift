/// Sizes as admins write them: `500KB`, `10MB`, `1GB`; a kilobyte is 1024 bytes.
package enum ByteCountText {
  /// Nil unless the text is a whole number above zero with one of the units, at most 2 GB.
  package static func read(_ text: String) -> Int64? {
    let units: [(name: String, bytes: Int64)] = [("KB", 1 << 10), ("MB", 1 << 20), ("GB", 1 << 30)]
    guard let unit = units.first(where: { text.uppercased().hasSuffix($0.name) }) else { return nil }
    let digits = text.dropLast(2)
    guard digits.utf8.count <= 7, digits.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
      let number = Int64(digits), number > 0
    else { return nil }
    let bytes = number * unit.bytes
    return bytes <= 2 << 30 ? bytes : nil
  }

  /// The size for people.
  package static func words(_ bytes: Int64) -> String {
    switch bytes {
    case ..<1024: "\(bytes) bytes"
    case ..<(1 << 20): "\((bytes + 512) >> 10) KB"
    default: "\((bytes + (1 << 19)) >> 20) MB"
    }
  }
}
