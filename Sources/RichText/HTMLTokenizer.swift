import XML

/// Splits HTML into text and tags as browsers do (WHATWG HTML, 13.2.5), in one pass over its bytes.
///
/// Nothing nests here, so nothing can be nested too deeply. Comments, Word's conditional ones among them, are not
/// seen; a tag that never ends is text.
struct HTMLTokenizer {
  enum Token {
    /// What ``HTMLText`` is to decode.
    case text(Range<Int>)
    /// Its attributes are in ``attributes``.
    case start(HTMLTag)
    case end(HTMLTag)
  }

  let bytes: [UInt8]
  /// Where the next token begins.
  private(set) var position = 0
  /// Where the token that was returned last begins.
  private(set) var tokenStart = 0
  private(set) var attributes = HTMLAttributes()
  /// Elements that do not end any more: looking for it again and again would cost the square of the text's length.
  private var unending: Set<HTMLTag> = []

  init(_ html: String) { bytes = Array(html.utf8) }

  mutating func next() -> Token? {
    while position < bytes.count {
      tokenStart = position
      guard bytes[position] == UInt8(ascii: "<"), position + 1 < bytes.count else { return text(from: position) }
      switch bytes[position + 1] {
      case let byte where byte.isASCIILetter:
        if let token = readStart() { return token }
      case UInt8(ascii: "/"):
        if let token = readEnd() { return token }
      case UInt8(ascii: "!"): skipDeclaration()
      case UInt8(ascii: "?"): position = index(of: UInt8(ascii: ">"), from: position).map { $0 + 1 } ?? bytes.count
      default: return text(from: position)
      }
    }
    return nil
  }

  /// Text up to the next `<`; the first byte belongs to it in any case.
  private mutating func text(from start: Int) -> Token {
    position = index(of: UInt8(ascii: "<"), from: start + 1) ?? bytes.count
    return .text(start..<position)
  }

  private func index(of byte: UInt8, from start: Int) -> Int? {
    var index = start
    while index < bytes.count {
      if bytes[index] == byte { return index }
      index += 1
    }
    return nil
  }

  private mutating func skipDeclaration() {
    guard starts(with: "<!--", at: position) else {
      // `<!DOCTYPE …>`, and Word's `<![if …]>`.
      position = index(of: UInt8(ascii: ">"), from: position).map { $0 + 1 } ?? bytes.count
      return
    }
    // `<!-->` and `<!--->` are whole comments.
    var search = position + 2
    while let end = index(of: UInt8(ascii: ">"), from: search) {
      let isEnd = bytes[end - 1] == UInt8(ascii: "-") && bytes[end - 2] == UInt8(ascii: "-")
      if isEnd || (bytes[end - 1] == UInt8(ascii: "!") && end > position + 6 && starts(with: "--", at: end - 3)) {
        position = end + 1
        return
      }
      search = end + 1
    }
    position = bytes.count
  }

  private func starts(with text: StaticString, at start: Int) -> Bool {
    guard start >= 0, start + text.utf8CodeUnitCount <= bytes.count else { return false }
    return text.withUTF8Buffer { pattern in
      for (offset, byte) in pattern.enumerated() where bytes[start + offset] != byte { return false }
      return true
    }
  }

  private func nameEnd(from start: Int) -> Int {
    var end = start
    while end < bytes.count, !bytes[end].isHTMLBlank, bytes[end] != UInt8(ascii: "/"), bytes[end] != UInt8(ascii: ">") {
      end += 1
    }
    return end
  }

  private mutating func readEnd() -> Token? {
    let end = nameEnd(from: position + 2)
    let tag = HTMLTag(bytes[position + 2..<end])
    guard let close = index(of: UInt8(ascii: ">"), from: end) else { return restAsText() }
    position = close + 1
    return tag.map { .end($0) }
  }

  private mutating func restAsText() -> Token {
    let start = position
    position = bytes.count
    return .text(start..<position)
  }

  private mutating func readStart() -> Token? {
    let start = position
    let end = nameEnd(from: position + 1)
    let tag = HTMLTag(bytes[position + 1..<end])
    attributes.removeAll()
    guard readAttributes(from: end, keeping: tag != nil) else { return restAsText() }
    guard let tag else { return nil }
    if case .dropped = tag.role {
      skip(tag, wasClosed: bytes[position - 2] == UInt8(ascii: "/"))
      tokenStart = start
      return nil
    }
    return .start(tag)
  }

  /// - Returns: whether the tag ends at all; ``position`` is behind it then.
  private mutating func readAttributes(from start: Int, keeping: Bool) -> Bool {
    var index = start
    while index < bytes.count {
      let byte = bytes[index]
      if byte == UInt8(ascii: ">") {
        position = index + 1
        return true
      }
      if byte.isHTMLBlank || byte == UInt8(ascii: "/") {
        index += 1
        continue
      }
      let nameStart = index
      index += 1
      while index < bytes.count, !bytes[index].isHTMLBlank, bytes[index] != UInt8(ascii: "="),
        bytes[index] != UInt8(ascii: ">"), bytes[index] != UInt8(ascii: "/")
      {
        index += 1
      }
      let name = nameStart..<index
      var next = index
      while next < bytes.count, bytes[next].isHTMLBlank { next += 1 }
      guard next < bytes.count, bytes[next] == UInt8(ascii: "=") else {
        if keeping { attributes.add(bytes[name], value: "") }
        continue
      }
      index = next + 1
      while index < bytes.count, bytes[index].isHTMLBlank { index += 1 }
      guard let value = readValue(&index) else { return false }
      if keeping, HTMLAttributes.knows(bytes[name]) {
        attributes.add(bytes[name], value: HTMLText.attribute(bytes[value]))
      }
    }
    return false
  }

  private func readValue(_ index: inout Int) -> Range<Int>? {
    guard index < bytes.count else { return nil }
    let quote = bytes[index]
    if quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
      guard let end = self.index(of: quote, from: index + 1) else { return nil }
      defer { index = end + 1 }
      return index + 1..<end
    }
    let start = index
    while index < bytes.count, !bytes[index].isHTMLBlank, bytes[index] != UInt8(ascii: ">") { index += 1 }
    return start..<index
  }

  /// Passes over an element with everything in it; one that never ends is passed over alone.
  private mutating func skip(_ tag: HTMLTag, wasClosed: Bool) {
    if wasClosed, tag == .svg || tag == .math { return }
    guard !unending.contains(tag) else { return }
    let isRaw = tag != .svg && tag != .math && tag != .object && tag != .noscript && tag != .template
    var depth = 1
    var lastEnd: Int?
    var search = position
    while depth > 0, let open = index(of: UInt8(ascii: "<"), from: search) {
      search = open + 1
      let isEnd = open + 1 < bytes.count && bytes[open + 1] == UInt8(ascii: "/")
      let name = open + (isEnd ? 2 : 1)
      guard isEnd || !isRaw, name < bytes.count, bytes[name].isASCIILetter else { continue }
      let nameEnd = min(nameEnd(from: name), name + 16)
      search = nameEnd
      guard HTMLTag(bytes[name..<nameEnd]) == tag else { continue }
      depth += isEnd ? -1 : 1
      if isEnd { lastEnd = index(of: UInt8(ascii: ">"), from: nameEnd).map { $0 + 1 } ?? bytes.count }
    }
    if let lastEnd {
      position = lastEnd
    } else {
      unending.insert(tag)
      // What a browser would run or take for style to its end is nothing to read.
      if tag == .script || tag == .style { position = bytes.count }
    }
  }
}

/// The attributes of one start tag, those that are looked at.
struct HTMLAttributes {
  private var values: [(name: String, value: String)] = []

  private static let names: Set<String> = [
    "href", "src", "alt", "style", "class", "start", "colspan", "rowspan", "type", "checked", "color", "role", "width",
    "height", "border", "data-checked", "data-list", "data-language", "title",
  ]

  static func knows(_ bytes: ArraySlice<UInt8>) -> Bool { name(bytes) != nil }

  private static func name(_ bytes: ArraySlice<UInt8>) -> String? {
    guard bytes.count <= 13 else { return nil }
    let name = String(decoding: bytes, as: UTF8.self).lowercased()
    return names.contains(name) ? name : nil
  }

  mutating func removeAll() { values.removeAll(keepingCapacity: true) }

  /// Of two with one name the first counts.
  mutating func add(_ name: ArraySlice<UInt8>, value: String) {
    guard let name = Self.name(name), self[name] == nil else { return }
    values.append((name, value))
  }

  subscript(name: String) -> String? {
    for pair in values where pair.name == name { return pair.value }
    return nil
  }

  var isEmpty: Bool { values.isEmpty }
}

extension UInt8 {
  var isASCIILetter: Bool { (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self) }
  var isASCIIDigit: Bool { (0x30...0x39).contains(self) }
  /// HTML's white space: blank, tab, line feed, form feed, carriage return.
  var isHTMLBlank: Bool { self == 0x20 || self == 0x0A || self == 0x09 || self == 0x0D || self == 0x0C }
}
