/// Finds what stands in a JSON string as it is, eight bytes at a time.
enum JSONScan {
  private static let ones: UInt64 = 0x0101_0101_0101_0101
  private static let highs: UInt64 = 0x8080_8080_8080_8080

  /// The first place, from one on, of a quote, a backslash or a control character (the end, if there is none), and whether
  /// all before it is ASCII.
  static func special(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> (place: Int, isPlain: Bool) {
    var place = start
    var union: UInt64 = 0
    let raw = UnsafeRawBufferPointer(bytes)
    while place + 8 <= raw.count {
      let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: place, as: UInt64.self))
      let found = specials(word)
      guard found == 0 else {
        // The lowest is certain; above it there may be marks that mean nothing.
        let count = found.trailingZeroBitCount / 8
        let before = word & ((1 << UInt64(count * 8)) &- 1)
        return (place + count, (union | before) & highs == 0)
      }
      union |= word
      place += 8
    }
    while place < bytes.count {
      let byte = bytes[place]
      if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { break }
      union |= UInt64(byte)
      place += 1
    }
    return (place, union & highs == 0)
  }

  /// The high bit of the first byte that is special, and perhaps of some behind it; none, where no byte is.
  private static func specials(_ word: UInt64) -> UInt64 {
    let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
    let backslashes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
    let found =
      ((word &- ones &* 0x20) & ~word) | ((quotes &- ones) & ~quotes) | ((backslashes &- ones) & ~backslashes)
    return found & highs
  }
}
