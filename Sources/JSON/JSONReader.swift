/// Reads JSON text (RFC 8259) strictly: valid UTF-8, no duplicate keys, bounded depth, nothing after the value.
package struct JSONReader {
  /// The deepest nesting that is read.
  package static let defaultDepthLimit = 64

  /// Among so few keys a look at each is faster than a set.
  private static let fewMembers = 32

  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0
  private let depthLimit: Int

  /// Reads one value.
  ///
  /// - Parameters:
  ///   - bytes: UTF-8, with or without a byte order mark.
  ///   - depthLimit: how many arrays and objects may stand inside each other.
  /// - Throws: ``JSONError`` with the line and column where reading stopped.
  package static func read(_ bytes: [UInt8], depthLimit: Int = defaultDepthLimit) throws(JSONError) -> JSONValue {
    let result: Result<JSONValue, JSONError> = bytes.withUnsafeBufferPointer { buffer in
      var reader = JSONReader(bytes: buffer, depthLimit: depthLimit)
      do throws(JSONError) { return .success(try reader.document()) } catch { return .failure(error) }
    }
    return try result.get()
  }

  package static func read(_ text: String, depthLimit: Int = defaultDepthLimit) throws(JSONError) -> JSONValue {
    try read(Array(text.utf8), depthLimit: depthLimit)
  }

  private init(bytes: UnsafeBufferPointer<UInt8>, depthLimit: Int) {
    self.bytes = bytes
    self.depthLimit = depthLimit
  }

  private mutating func document() throws(JSONError) -> JSONValue {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    skipBlanks()
    let value = try value(depth: 0)
    skipBlanks()
    guard position == bytes.count else { throw error("there is something after the end of the value") }
    return value
  }

  private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
    switch peek() {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case nil: throw error("the text ends where a value should stand")
    case let byte where byte == UInt8(ascii: "-") || isDigit(byte): return try number()
    default: throw error("a value should stand here")
    }
  }

  private mutating func object(depth: Int) throws(JSONError) -> JSONValue {
    try enter(depth)
    var members: [JSONMember] = []
    members.reserveCapacity(8)
    var seen: Set<String> = []
    skipBlanks()
    if take(UInt8(ascii: "}")) { return .object([]) }
    while true {
      skipBlanks()
      guard peek() == UInt8(ascii: "\"") else { throw error("a key in double quotes should stand here") }
      let start = position
      let key = try string()
      let isNew = members.count < Self.fewMembers ? !members.contains { $0.key == key } : !seen.contains(key)
      guard isNew else { throw error("a key stands twice in one object", at: start) }
      skipBlanks()
      guard take(UInt8(ascii: ":")) else { throw error("a colon should follow the key") }
      skipBlanks()
      members.append(JSONMember(key, try value(depth: depth + 1)))
      if members.count == Self.fewMembers {
        seen = Set(members.map(\.key))
      } else if members.count > Self.fewMembers {
        seen.insert(key)
      }
      skipBlanks()
      if take(UInt8(ascii: ",")) { continue }
      guard take(UInt8(ascii: "}")) else { throw error("a comma or } should stand here") }
      return .object(members)
    }
  }

  private mutating func array(depth: Int) throws(JSONError) -> JSONValue {
    try enter(depth)
    var elements: [JSONValue] = []
    skipBlanks()
    if take(UInt8(ascii: "]")) { return .array([]) }
    while true {
      skipBlanks()
      elements.append(try value(depth: depth + 1))
      skipBlanks()
      if take(UInt8(ascii: ",")) { continue }
      guard take(UInt8(ascii: "]")) else { throw error("a comma or ] should stand here") }
      return .array(elements)
    }
  }

  private mutating func enter(_ depth: Int) throws(JSONError) {
    guard depth < depthLimit else { throw error("arrays and objects nest deeper than \(depthLimit)") }
    position += 1
  }

  private mutating func number() throws(JSONError) -> JSONValue {
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
    return .number(String(decoding: bytes[start..<position], as: UTF8.self))
  }

  private mutating func digits() throws(JSONError) {
    guard isDigit(peek()) else { throw error("a digit should stand here") }
    while isDigit(peek()) { position += 1 }
  }

  private func isDigit(_ byte: UInt8?) -> Bool {
    guard let byte else { return false }
    return byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }

  private mutating func word(_ text: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
    let length = text.utf8CodeUnitCount
    guard position + length <= bytes.count else { throw error("a value should stand here") }
    for offset in 0..<length where bytes[position + offset] != text.utf8Start[offset] {
      throw error("a value should stand here")
    }
    position += length
    return value
  }

  private mutating func string() throws(JSONError) -> String {
    position += 1
    let start = position
    while let byte = peek(), byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { position += 1 }
    if peek() == UInt8(ascii: "\"") {
      defer { position += 1 }
      return try text(UnsafeBufferPointer(rebasing: bytes[start..<position]), at: start)
    }
    var collected = Array(bytes[start..<position])
    while let byte = peek() {
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        let read: Result<String, JSONError> = collected.withUnsafeBufferPointer { buffer in
          do throws(JSONError) { return .success(try text(buffer, at: start)) } catch { return .failure(error) }
        }
        return try read.get()
      case UInt8(ascii: "\\"):
        position += 1
        try escape(into: &collected)
      case 0..<0x20: throw error("a control character stands unescaped in a string")
      default:
        collected.append(byte)
        position += 1
      }
    }
    throw error("a string is not closed", at: start)
  }

  private func text(_ slice: UnsafeBufferPointer<UInt8>, at start: Int) throws(JSONError) -> String {
    // Validation goes through unspecialised code of the standard library: most strings have nothing to validate.
    if slice.allSatisfy({ $0 < 0x80 }) { return String(decoding: slice, as: UTF8.self) }
    guard let text = String(validating: slice, as: UTF8.self) else {
      throw error("a string is not valid UTF-8", at: start)
    }
    return text
  }

  private mutating func escape(into collected: inout [UInt8]) throws(JSONError) {
    guard let byte = peek() else { throw error("a string is not closed") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): collected.append(byte)
    case UInt8(ascii: "b"): collected.append(0x08)
    case UInt8(ascii: "f"): collected.append(0x0C)
    case UInt8(ascii: "n"): collected.append(0x0A)
    case UInt8(ascii: "r"): collected.append(0x0D)
    case UInt8(ascii: "t"): collected.append(0x09)
    case UInt8(ascii: "u"): collected.append(contentsOf: String(Character(try scalar())).utf8)
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
