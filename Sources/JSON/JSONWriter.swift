extension JSONValue {
  /// The shortest text of this value, in the order of its members.
  package var compact: String { encoded(sortedKeys: false) }

  /// The shortest text with keys sorted: equal values have equal texts, for fingerprints, golden files and `--json`.
  package var canonical: String { encoded(sortedKeys: true) }

  /// The text with two spaces of indentation and sorted keys, for people.
  package var pretty: String {
    var writer = JSONWriter(sortedKeys: true, indents: true)
    writer.write(self)
    return writer.bytes.string
  }

  /// The UTF-8 of ``compact``.
  package var utf8: [UInt8] {
    var writer = JSONWriter(sortedKeys: false, indents: false)
    writer.write(self)
    return writer.bytes.array
  }

  private func encoded(sortedKeys: Bool) -> String {
    var writer = JSONWriter(sortedKeys: sortedKeys, indents: false)
    writer.write(self)
    return writer.bytes.string
  }
}

/// Writes values as UTF-8.
private struct JSONWriter: ~Copyable {
  /// A request's usual size, so that the text is not moved while it grows.
  var bytes = JSONBytes(capacity: 4096)
  let sortedKeys: Bool
  let indents: Bool
  private var depth = 0

  init(sortedKeys: Bool, indents: Bool) {
    self.sortedKeys = sortedKeys
    self.indents = indents
  }

  mutating func write(_ value: JSONValue) {
    switch value {
    case .null: append("null")
    case .bool(let value): append(value ? "true" : "false")
    case .number(var literal): literal.withUTF8 { bytes.append($0) }
    case .string(let text): write(text)
    case .array(let elements):
      open(UInt8(ascii: "["))
      for index in elements.indices {
        separate(index)
        write(elements[index])
      }
      close(UInt8(ascii: "]"), isEmpty: elements.isEmpty)
    case .object(let members):
      open(UInt8(ascii: "{"))
      let members = sortedKeys ? members.sorted { $0.key < $1.key } : members
      for index in members.indices {
        separate(index)
        write(members[index].key)
        bytes.append(UInt8(ascii: ":"))
        if indents { bytes.append(UInt8(ascii: " ")) }
        write(members[index].value)
      }
      close(UInt8(ascii: "}"), isEmpty: members.isEmpty)
    }
  }

  private mutating func open(_ bracket: UInt8) {
    bytes.append(bracket)
    depth += 1
  }

  private mutating func separate(_ index: Int) {
    if index > 0 { bytes.append(UInt8(ascii: ",")) }
    breakLine()
  }

  private mutating func close(_ bracket: UInt8, isEmpty: Bool) {
    depth -= 1
    if !isEmpty { breakLine() }
    bytes.append(bracket)
  }

  private mutating func breakLine() {
    guard indents else { return }
    append("\n")
    for _ in 0..<depth { append("  ") }
  }

  private mutating func append(_ text: StaticString) {
    bytes.append(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  private mutating func write(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { utf8 in
      // What needs no escape goes over in runs.
      var start = 0
      while start < utf8.count {
        let end = JSONScan.special(in: utf8, from: start).place
        bytes.append(UnsafeBufferPointer(rebasing: utf8[start..<end]))
        if end < utf8.count { escape(utf8[end]) }
        start = end + 1
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func escape(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""): append("\\\"")
    case UInt8(ascii: "\\"): append("\\\\")
    case 0x0A: append("\\n")
    case 0x0D: append("\\r")
    case 0x09: append("\\t")
    default:
      let hex = String(byte, radix: 16)
      for byte in ("\\u" + String(repeating: "0", count: 4 - hex.count) + hex).utf8 { bytes.append(byte) }
    }
  }
}
