/// Reads JSON text (RFC 8259) strictly: valid UTF-8, no duplicate keys, bounded depth, nothing after the value.
package struct JSONReader {
  /// The deepest nesting that is read.
  package static let defaultDepthLimit = 64

  /// Among so few keys a look at each is faster than a set.
  private static let fewMembers = 32

  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0
  private let depthLimit: Int
  private var tape: JSONTape.Parts

  /// Reads one value.
  ///
  /// - Parameters:
  ///   - bytes: UTF-8, with or without a byte order mark.
  ///   - depthLimit: how many arrays and objects may stand inside each other.
  /// - Throws: ``JSONError`` with the line and column where reading stopped.
  package static func read(_ bytes: [UInt8], depthLimit: Int = defaultDepthLimit) throws(JSONError) -> JSONValue {
    try tape(bytes, depthLimit: depthLimit).value()
  }

  package static func read(_ text: String, depthLimit: Int = defaultDepthLimit) throws(JSONError) -> JSONValue {
    try read(Array(text.utf8), depthLimit: depthLimit)
  }

  /// Reads one value as a tape, on which it can be looked at without being taken apart; otherwise as ``read(_:depthLimit:)``.
  package static func tape(_ bytes: [UInt8], depthLimit: Int = defaultDepthLimit) throws(JSONError) -> JSONTape {
    let result: Result<JSONTape, JSONError> = bytes.withUnsafeBufferPointer { buffer in
      var reader = JSONReader(bytes: buffer, source: bytes, depthLimit: depthLimit)
      do throws(JSONError) { return .success(try reader.document()) } catch { return .failure(error) }
    }
    return try result.get()
  }

  private init(bytes: UnsafeBufferPointer<UInt8>, source: [UInt8], depthLimit: Int) {
    self.bytes = bytes
    self.depthLimit = depthLimit
    tape = JSONTape.Parts(source: source)
    // A guess: a value takes some twenty bytes.
    tape.entries.reserveCapacity(source.count / 20 + 4)
  }

  private mutating func document() throws(JSONError) -> JSONTape {
    guard bytes.count < Int(Int32.max) else { throw error("the text is longer than 2 GiB", at: 0) }
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    skipBlanks()
    try value(key: .none, depth: 0)
    skipBlanks()
    guard position == bytes.count else { throw error("there is something after the end of the value") }
    return JSONTape(tape)
  }

  private mutating func value(key: JSONTape.Piece, isItem: Bool = false, depth: Int) throws(JSONError) {
    let index = tape.entries.count
    switch peek() {
    case UInt8(ascii: "{"):
      tape.entries.append(JSONTape.Entry(kind: .object, key: key))
      try object(at: index, depth: depth)
    case UInt8(ascii: "["):
      tape.entries.append(JSONTape.Entry(kind: .array, key: key))
      try array(key: isItem ? .none : key, depth: depth)
    case UInt8(ascii: "\""):
      let (text, isPlain) = try string()
      tape.entries.append(JSONTape.Entry(kind: .string, isPlain: isPlain, key: key, text: text))
    case UInt8(ascii: "t"): try word("true", .bool, key)
    case UInt8(ascii: "f"): try word("false", .bool, key)
    case UInt8(ascii: "n"): try word("null", .null, key)
    case nil: throw error("the text ends where a value should stand")
    case let byte where byte == UInt8(ascii: "-") || isDigit(byte): try number(key)
    default: throw error("a value should stand here")
    }
    tape.entries[index].end = Int32(tape.entries.count)
  }

  private mutating func object(at index: Int, depth: Int) throws(JSONError) {
    try enter(depth)
    var count = 0
    var seen: Set<[UInt8]> = []
    skipBlanks()
    if take(UInt8(ascii: "}")) { return }
    while true {
      skipBlanks()
      guard peek() == UInt8(ascii: "\"") else { throw error("a key in double quotes should stand here") }
      let start = position
      let key = try string().text
      let isNew = count < Self.fewMembers ? !hasMember(key, in: index) : seen.insert(bytes(key)).inserted
      guard isNew else { throw error("a key stands twice in one object", at: start) }
      skipBlanks()
      guard take(UInt8(ascii: ":")) else { throw error("a colon should follow the key") }
      skipBlanks()
      try value(key: key, depth: depth + 1)
      count += 1
      if count == Self.fewMembers { seen = keys(in: index) }
      skipBlanks()
      if take(UInt8(ascii: ",")) { continue }
      guard take(UInt8(ascii: "}")) else { throw error("a comma or } should stand here") }
      return
    }
  }

  /// Whether the object whose members are being read has one of this key, byte for byte.
  private func hasMember(_ key: JSONTape.Piece, in object: Int) -> Bool {
    var member = object + 1
    while member < tape.entries.count {
      if tape.entries[member].key.count == key.count, isSame(tape.entries[member].key, key) { return true }
      member = Int(tape.entries[member].end)
    }
    return false
  }

  private func isSame(_ left: JSONTape.Piece, _ right: JSONTape.Piece) -> Bool {
    tape.withBytes(left) { left in tape.withBytes(right) { right in left.elementsEqual(right) } }
  }

  private func bytes(_ piece: JSONTape.Piece) -> [UInt8] { tape.withBytes(piece) { Array($0) } }

  private func keys(in object: Int) -> Set<[UInt8]> {
    var keys: Set<[UInt8]> = []
    var member = object + 1
    while member < tape.entries.count {
      keys.insert(bytes(tape.entries[member].key))
      member = Int(tape.entries[member].end)
    }
    return keys
  }

  /// - Parameter key: what its items have as their key.
  private mutating func array(key: JSONTape.Piece, depth: Int) throws(JSONError) {
    try enter(depth)
    skipBlanks()
    if take(UInt8(ascii: "]")) { return }
    while true {
      skipBlanks()
      try value(key: key, isItem: true, depth: depth + 1)
      skipBlanks()
      if take(UInt8(ascii: ",")) { continue }
      guard take(UInt8(ascii: "]")) else { throw error("a comma or ] should stand here") }
      return
    }
  }

  private mutating func enter(_ depth: Int) throws(JSONError) {
    guard depth < depthLimit else { throw error("arrays and objects nest deeper than \(depthLimit)") }
    position += 1
  }

  private mutating func number(_ key: JSONTape.Piece) throws(JSONError) {
    let start = position
    _ = take(UInt8(ascii: "-"))
    if take(UInt8(ascii: "0")) {
      if isDigit(peek()) { throw error("a number has a leading zero", at: start) }
    } else {
      try digits()
    }
    if take(UInt8(ascii: ".")) { try digits() }
    if peek() == UInt8(ascii: "e") || peek() == UInt8(ascii: "E") {
      position += 1
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      try digits()
    }
    guard position - start <= 400 else { throw error("a number is longer than 400 characters", at: start) }
    tape.entries.append(JSONTape.Entry(kind: .number, key: key, text: piece(start, position)))
  }

  private mutating func digits() throws(JSONError) {
    guard isDigit(peek()) else { throw error("a digit should stand here") }
    while isDigit(peek()) { position += 1 }
  }

  private func isDigit(_ byte: UInt8?) -> Bool {
    guard let byte else { return false }
    return byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }

  private func piece(_ start: Int, _ end: Int) -> JSONTape.Piece {
    JSONTape.Piece(start: Int32(start), count: Int32(end - start))
  }

  private mutating func word(
    _ text: StaticString, _ kind: JSONTape.Kind, _ key: JSONTape.Piece
  ) throws(JSONError) {
    let length = text.utf8CodeUnitCount
    guard position + length <= bytes.count else { throw error("a value should stand here") }
    for offset in 0..<length where bytes[position + offset] != text.utf8Start[offset] {
      throw error("a value should stand here")
    }
    let place = kind == .null ? JSONTape.Piece(start: 0, count: 0) : piece(position, position + length)
    tape.entries.append(JSONTape.Entry(kind: kind, key: key, text: place))
    position += length
  }

  /// Reads a string, and tells whether it is plain.
  private mutating func string() throws(JSONError) -> (text: JSONTape.Piece, isPlain: Bool) {
    position += 1
    let start = position
    let (end, isPlain) = JSONScan.special(in: bytes, from: start)
    position = end
    if peek() == UInt8(ascii: "\"") {
      defer { position += 1 }
      if !isPlain { try validate(UnsafeBufferPointer(rebasing: bytes[start..<position]), at: start) }
      return (piece(start, position), isPlain)
    }
    return try escapedString(from: start)
  }

  /// A string with escapes, of which those up to the position are none.
  private mutating func escapedString(from start: Int) throws(JSONError) -> (text: JSONTape.Piece, isPlain: Bool) {
    let unescaped = tape.unescaped.count
    tape.unescaped.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start..<position]))
    while let byte = peek() {
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        let place = JSONTape.Piece(start: ~Int32(unescaped), count: Int32(tape.unescaped.count - unescaped))
        let isPlain = tape.withBytes(place) { $0.allSatisfy(\.isPlain) }
        if !isPlain {
          let read: Result<Void, JSONError> = tape.withBytes(place) { text in
            do throws(JSONError) { return .success(try validate(text, at: start)) } catch { return .failure(error) }
          }
          try read.get()
        }
        return (place, isPlain)
      case UInt8(ascii: "\\"):
        position += 1
        try escape()
      case 0..<0x20: throw error("a control character stands unescaped in a string")
      default:
        tape.unescaped.append(byte)
        position += 1
      }
    }
    throw error("a string is not closed", at: start)
  }

  private func validate(_ slice: UnsafeBufferPointer<UInt8>, at start: Int) throws(JSONError) {
    guard String(validating: slice, as: UTF8.self) != nil else {
      throw error("a string is not valid UTF-8", at: start)
    }
  }

  private mutating func escape() throws(JSONError) {
    guard let byte = peek() else { throw error("a string is not closed") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): tape.unescaped.append(byte)
    case UInt8(ascii: "b"): tape.unescaped.append(0x08)
    case UInt8(ascii: "f"): tape.unescaped.append(0x0C)
    case UInt8(ascii: "n"): tape.unescaped.append(0x0A)
    case UInt8(ascii: "r"): tape.unescaped.append(0x0D)
    case UInt8(ascii: "t"): tape.unescaped.append(0x09)
    case UInt8(ascii: "u"): tape.unescaped.append(contentsOf: String(Character(try scalar())).utf8)
    default: throw error("an escape that JSON does not have", at: position - 2)
    }
  }

  /// One `\uXXXX`, or a surrogate pair of two; a lone surrogate becomes U+FFFD, as browsers' `TextEncoder` does it.
  private mutating func scalar() throws(JSONError) -> Unicode.Scalar {
    let replacement: Unicode.Scalar = "\u{FFFD}"
    let first = try hex4()
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard first < 0xDC00, position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
      bytes[position + 1] == UInt8(ascii: "u")
    else { return replacement }
    let back = position
    position += 2
    let second = try hex4()
    guard (0xDC00...0xDFFF).contains(second) else {
      position = back
      return replacement
    }
    return Unicode.Scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)) ?? replacement
  }

  private mutating func hex4() throws(JSONError) -> UInt32 {
    guard position + 4 <= bytes.count,
      bytes[position..<position + 4].allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "f") ~= $0 }),
      let value = UInt32(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
    else { throw error("\\u wants four hexadecimal digits") }
    position += 4
    return value
  }

  private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard peek() == byte else { return false }
    position += 1
    return true
  }

  private mutating func skipBlanks() {
    while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  private func error(_ reason: String, at place: Int? = nil) -> JSONError {
    let end = min(place ?? position, bytes.count)
    var line = 1
    var lineStart = 0
    for index in 0..<end where bytes[index] == 0x0A {
      line += 1
      lineStart = index + 1
    }
    return JSONError(line: line, column: end - lineStart + 1, reason: reason)
  }
}

/// Why a text is not JSON that we read, and where. Carries none of the text.
package struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
  package var line: Int
  /// Counted in bytes, from 1.
  package var column: Int
  package var reason: String

  package init(line: Int, column: Int, reason: String) {
    self.line = line
    self.column = column
    self.reason = reason
  }

  package var description: String { "JSON line \(line) column \(column): \(reason)" }
}
