/// JSON as it was read, flat: one entry for each value, in the order of the text, each with the place of its text.
///
/// A value that is asked for little costs little: no text is copied before somebody wants it.
package final class JSONTape: Sendable {
  package enum Kind: UInt8, Sendable { case null, bool, number, string, array, object }

  /// A part of the source or, with a negative start, of what was unescaped.
  struct Piece: Sendable {
    var start: Int32
    var count: Int32

    static let none = Piece(start: 0, count: -1)

    var isUnescaped: Bool { start < 0 }

    func with<Value>(_ bytes: [UInt8], _ body: (UnsafeBufferPointer<UInt8>) -> Value) -> Value {
      let start = Int(isUnescaped ? ~start : start)
      return bytes.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[start..<start + Int(count)])) }
    }
  }

  struct Entry: Sendable {
    var kind: Kind
    /// The text is ASCII, without control characters but tabs and line breaks.
    var isPlain = true
    /// The key of a member, and of each item of an array that is a member itself; else none.
    var key: Piece
    /// Of what has a text; else empty.
    var text = Piece(start: 0, count: 0)
    /// The entry after the last one within this.
    var end: Int32 = 0
  }

  /// What a tape is made of.
  struct Parts: Sendable {
    var source: [UInt8]
    var unescaped: [UInt8] = []
    var entries: [Entry] = []
  }

  private let parts: Parts

  init(_ parts: Parts) { self.parts = parts }

  /// A value as a tape. Keys of objects are not compared with each other.
  package convenience init(_ value: JSONValue) {
    var parts = Parts(source: [])
    parts.add(value, key: .none)
    self.init(parts)
  }

  package func kind(_ index: Int) -> Kind { parts.entries[index].kind }

  /// Whether the text is ASCII, without control characters but tabs and line breaks.
  package func isPlain(_ index: Int) -> Bool { parts.entries[index].isPlain }

  /// The entry after the last one within this: the next sibling's, where there is one.
  package func end(_ index: Int) -> Int { Int(parts.entries[index].end) }

  /// The key of a member, and of each item of an array that is a member; nil for others.
  package func key(_ index: Int) -> String? {
    let key = parts.entries[index].key
    return key.count < 0 ? nil : string(key)
  }

  /// The text of a string or truth value, the literal of a number; empty for others.
  package func text(_ index: Int) -> String { string(parts.entries[index].text) }

  /// Whether the key is this, byte for byte; false for what has none.
  package func hasKey(_ index: Int, _ key: [UInt8]) -> Bool { isSame(parts.entries[index].key, key) }

  /// Whether the text is this, byte for byte.
  package func hasText(_ index: Int, _ text: [UInt8]) -> Bool { isSame(parts.entries[index].text, text) }

  /// The first member, from an entry on and before another, whose key is this, byte for byte.
  package func member(_ key: [UInt8], from first: Int, before end: Int) -> Int? {
    var member = first
    while member < end {
      if isSame(parts.entries[member].key, key) { return member }
      member = Int(parts.entries[member].end)
    }
    return nil
  }

  private func isSame(_ piece: Piece, _ bytes: [UInt8]) -> Bool {
    guard Int(piece.count) == bytes.count else { return false }
    return parts.withBytes(piece) { found in
      for index in bytes.indices where found[index] != bytes[index] { return false }
      return true
    }
  }

  private func string(_ piece: Piece) -> String { parts.withBytes(piece) { String(decoding: $0, as: UTF8.self) } }

  /// The value of an entry and all within it.
  package func value(at index: Int = 0) -> JSONValue {
    let entry = parts.entries[index]
    switch entry.kind {
    case .null: return .null
    case .bool: return .bool(text(index) == "true")
    case .number: return .number(text(index))
    case .string: return .string(text(index))
    case .array:
      var items: [JSONValue] = []
      var item = index + 1
      while item < entry.end {
        items.append(value(at: item))
        item = end(item)
      }
      return .array(items)
    case .object:
      var members: [JSONMember] = []
      members.reserveCapacity(8)
      var member = index + 1
      while member < entry.end {
        members.append(JSONMember(key(member) ?? "", value(at: member)))
        member = end(member)
      }
      return .object(members)
    }
  }
}

extension JSONTape.Parts {
  func withBytes<Value>(_ piece: JSONTape.Piece, _ body: (UnsafeBufferPointer<UInt8>) -> Value) -> Value {
    piece.isUnescaped ? piece.with(unescaped, body) : piece.with(source, body)
  }

  mutating func add(_ value: JSONValue, key: JSONTape.Piece, isItem: Bool = false) {
    let index = entries.count
    switch value {
    case .null: entries.append(JSONTape.Entry(kind: .null, key: key))
    case .bool(let value): addText(value ? "true" : "false", .bool, key)
    case .number(let literal): addText(literal, .number, key)
    case .string(let text): addText(text, .string, key)
    case .array(let items):
      entries.append(JSONTape.Entry(kind: .array, key: key))
      for item in items { add(item, key: isItem ? .none : key, isItem: true) }
    case .object(let members):
      entries.append(JSONTape.Entry(kind: .object, key: key))
      for member in members { add(member.value, key: append(Array(member.key.utf8))) }
    }
    entries[index].end = Int32(entries.count)
  }

  private mutating func addText(_ text: String, _ kind: JSONTape.Kind, _ key: JSONTape.Piece) {
    let bytes = Array(text.utf8)
    entries.append(JSONTape.Entry(kind: kind, isPlain: bytes.allSatisfy(\.isPlain), key: key, text: append(bytes)))
  }

  private mutating func append(_ bytes: [UInt8]) -> JSONTape.Piece {
    defer { unescaped.append(contentsOf: bytes) }
    return JSONTape.Piece(start: ~Int32(unescaped.count), count: Int32(bytes.count))
  }
}

extension UInt8 {
  /// ASCII, and no control character but tab and line breaks.
  var isPlain: Bool { (0x20...0x7F).contains(self) || self == 0x0A || self == 0x09 || self == 0x0D }
}
