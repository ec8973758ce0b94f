/// JSON as it was read, flat: one entry for each value, in the order of the text, each with the place of its text.
///
/// A value that is asked for little costs little: no text is copied before somebody wants it.
package struct JSONTape: Sendable {
  package enum Kind: UInt8, Sendable { case null, bool, number, string, array, object }

  /// A part of the source or, with a negative start, of what was unescaped.
  struct Piece: Sendable {
    var start: Int32
    var count: Int32

    static let none = Piece(start: 0, count: -1)
  }

  struct Entry: Sendable {
    var kind: Kind
    /// The text is printable ASCII, tabs and line breaks, nothing else.
    var isPlain = true
    /// The key of a member, and of each item of an array that is a member itself; else none.
    var key: Piece
    /// Of what has a text; else empty.
    var text = Piece(start: 0, count: 0)
    /// The entry after the last one within this.
    var end: Int32 = 0
  }

  let source: [UInt8]
  var unescaped: [UInt8] = []
  var entries: [Entry] = []

  init(source: [UInt8]) {
    self.source = source
    // A guess: a value takes some twenty bytes.
    entries.reserveCapacity(source.count / 20 + 4)
  }

  /// A value as a tape. Keys of objects are not compared with each other.
  package init(_ value: JSONValue) {
    self.init(source: [])
    add(value, key: .none)
  }

  /// How many values there are; the first is the whole text's.
  package var count: Int { entries.count }

  package func kind(_ index: Int) -> Kind { entries[index].kind }

  /// Whether the text is printable ASCII, tabs and line breaks, nothing else.
  package func isPlain(_ index: Int) -> Bool { entries[index].isPlain }

  /// The entry after the last one within this: the next sibling's, where there is one.
  package func end(_ index: Int) -> Int { Int(entries[index].end) }

  /// The key of a member, and of each item of an array that is a member; nil for others.
  package func key(_ index: Int) -> String? {
    withKey(index) { $0.map { String(decoding: $0, as: UTF8.self) } }
  }

  /// The text of a string or truth value, the literal of a number; empty for others.
  package func text(_ index: Int) -> String { withText(index) { String(decoding: $0, as: UTF8.self) } }

  package func withKey<Value>(_ index: Int, _ body: (UnsafeBufferPointer<UInt8>?) -> Value) -> Value {
    let key = entries[index].key
    return key.count < 0 ? body(nil) : withBytes(key, body)
  }

  package func withText<Value>(_ index: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Value) -> Value {
    withBytes(entries[index].text, body)
  }

  func withBytes<Value>(_ piece: Piece, _ body: (UnsafeBufferPointer<UInt8>) -> Value) -> Value {
    let isUnescaped = piece.start < 0
    let start = Int(isUnescaped ? ~piece.start : piece.start)
    return (isUnescaped ? unescaped : source).withUnsafeBufferPointer {
      body(UnsafeBufferPointer(rebasing: $0[start..<start + Int(piece.count)]))
    }
  }

  /// The value of an entry and all within it.
  package func value(at index: Int = 0) -> JSONValue {
    let entry = entries[index]
    switch entry.kind {
    case .null: return .null
    case .bool: return .bool(withText(index) { $0.first == UInt8(ascii: "t") })
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

extension JSONTape {
  private mutating func add(_ value: JSONValue, key: Piece, isItem: Bool = false) {
    let index = entries.count
    switch value {
    case .null: entries.append(Entry(kind: .null, key: key))
    case .bool(let value): addText(value ? "true" : "false", .bool, key)
    case .number(let literal): addText(literal, .number, key)
    case .string(let text): addText(text, .string, key)
    case .array(let items):
      entries.append(Entry(kind: .array, key: key))
      for item in items { add(item, key: isItem ? .none : key, isItem: true) }
    case .object(let members):
      entries.append(Entry(kind: .object, key: key))
      for member in members { add(member.value, key: append(Array(member.key.utf8))) }
    }
    entries[index].end = Int32(entries.count)
  }

  private mutating func addText(_ text: String, _ kind: Kind, _ key: Piece) {
    let bytes = Array(text.utf8)
    entries.append(Entry(kind: kind, isPlain: bytes.allSatisfy(\.isPlain), key: key, text: append(bytes)))
  }

  private mutating func append(_ bytes: [UInt8]) -> Piece {
    defer { unescaped.append(contentsOf: bytes) }
    return Piece(start: ~Int32(unescaped.count), count: Int32(bytes.count))
  }
}

extension UInt8 {
  /// Printable ASCII, a tab or a line break.
  var isPlain: Bool { (0x20..<0x7F).contains(self) || self == 0x0A || self == 0x09 || self == 0x0D }
}
