/// Finds what stands in a JSON string as it is, eight bytes at a time.
enum JSONScan {
  private static let ones: UInt64 = 0x0101_0101_0101_0101
  private static let highs: UInt64 = 0x8080_8080_8080_8080

  /// The first place, from one on, of a quote, a backslash or a control character (the end, if there is none), and whether
  /// all before it is printable ASCII.
  static func special(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> (place: Int, isPlain: Bool) {
    var place = start
    var union: UInt64 = 0
    let raw = UnsafeRawBufferPointer(bytes)
    while place + 8 <= raw.count {
      let word = raw.loadUnaligned(fromByteOffset: place, as: UInt64.self)
      guard !holdsSpecial(word) else { break }
      union |= word | deletes(word)
      place += 8
    }
    while place < bytes.count {
      let byte = bytes[place]
      if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { break }
      // DEL counts as not plain, which costs nothing but a closer look later.
      union |= byte == 0x7F ? 0x80 : UInt64(byte)
      place += 1
    }
    return (place, union & highs == 0)
  }

  /// Never false where a byte is special; may be true where one is not, behind one that is.
  private static func holdsSpecial(_ word: UInt64) -> Bool {
    let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
    let backslashes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
    let found =
      ((word &- ones &* 0x20) & ~word) | ((quotes &- ones) & ~quotes) | ((backslashes &- ones) & ~backslashes)
    return found & highs != 0
  }

  /// The high bit of bytes that are DEL, and perhaps of some behind one.
  private static func deletes(_ word: UInt64) -> UInt64 {
    let deletes = word ^ (ones &* 0x7F)
    return (deletes &- ones) & ~deletes & highs
  }
}
