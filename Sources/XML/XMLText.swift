/// The text of an XML document, decoded and cleared of what we never accept before libxml2 sees a byte of it.
struct XMLText {
  /// UTF-8, with the XML declaration replaced by blanks so that positions stay.
  let text: String

  /// - Throws: ``XMLProblem`` for a document that is too large, in another encoding than UTF-8 or UTF-16, or that has a
  ///   DOCTYPE; without one no entity can be declared, so nothing can expand and nothing can be fetched.
  init(_ bytes: [UInt8], limitBytes: Int) throws(XMLProblem) {
    guard bytes.count <= limitBytes else {
      throw XMLProblem(line: 1, "the document is larger than \(limitBytes) bytes; split it or shorten it")
    }
    var scalars = Array(try Self.decoded(bytes).unicodeScalars)
    try Self.blankDeclaration(in: &scalars)
    try Self.refuseDoctype(in: scalars)
    var text = String.UnicodeScalarView()
    text.append(contentsOf: scalars)
    self.text = String(text)
  }

  private static func decoded(_ bytes: [UInt8]) throws(XMLProblem) -> String {
    if let encoding = otherEncoding(bytes) { throw refusal(of: encoding) }
    let decoded: String?
    if bytes.starts(with: [0xFE, 0xFF]) || bytes.starts(with: [0xFF, 0xFE]) {
      let high = bytes[0] == 0xFE ? 0 : 1
      var units: [UInt16] = []
      for index in stride(from: 2, to: bytes.count - 1, by: 2) {
        units.append(UInt16(bytes[index + high]) << 8 | UInt16(bytes[index + 1 - high]))
      }
      decoded = bytes.count.isMultiple(of: 2) ? String(validating: units, as: UTF16.self) : nil
    } else {
      let content = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
      decoded = String(validating: content, as: UTF8.self)
    }
    guard let decoded else { throw invalid(bytes) }
    return decoded
  }

  private static func refusal(of encoding: String) -> XMLProblem {
    XMLProblem(line: 1, "the encoding '\(encoding.prefix(40))' is not accepted; save the document as UTF-8")
  }

  /// What the first bytes give away of encodings that we do not read (XML 1.0, appendix F).
  private static func otherEncoding(_ bytes: [UInt8]) -> String? {
    switch Array(bytes.prefix(4)) {
    case [0x00, 0x00, 0xFE, 0xFF], [0xFF, 0xFE, 0x00, 0x00], [0x00, 0x00, 0x00, 0x3C], [0x3C, 0x00, 0x00, 0x00]:
      "UTF-32"
    case [0x00, 0x3C, 0x00, 0x3F], [0x3C, 0x00, 0x3F, 0x00]: "UTF-16 without a byte order mark"
    case [0x4C, 0x6F, 0xA7, 0x94]: "EBCDIC"
    default: nil
    }
  }

  /// Names the encoding that the document says it has, else the place of the first byte that is wrong.
  private static func invalid(_ bytes: [UInt8]) -> XMLProblem {
    let isUTF16 = bytes.starts(with: [0xFE, 0xFF]) || bytes.starts(with: [0xFF, 0xFE])
    let head = String(decoding: bytes.prefix(200).prefix { $0 < 0x80 && $0 != UInt8(ascii: ">") }, as: UTF8.self)
    if head.hasPrefix("<?xml"), let encoding = declaredEncoding(head + " "), !accepted.contains(encoding) {
      return refusal(of: encoding)
    }
    if isUTF16 { return XMLProblem(line: 1, "the document is not valid UTF-16, as its byte order mark says it is") }
    var line = 1
    var column = 1
    var rest = bytes[...]
    // Whole lines first: only the one with the mistake is looked at character by character.
    while let end = rest.firstIndex(of: 0x0A), String(validating: rest[...end], as: UTF8.self) != nil {
      rest = rest[(end + 1)...]
      line += 1
    }
    var decoder = Unicode.UTF8.ForwardParser()
    var iterator = rest.makeIterator()
    while case .valid = decoder.parseScalar(from: &iterator) { column += 1 }
    return XMLProblem(line: line, column: column, "the document is not valid UTF-8 from here on; save it as UTF-8")
  }

  private static let accepted = ["utf-8", "utf-16", "us-ascii"]

  /// The bytes are decoded already, so the declaration has nothing more to say; a wrong one is refused all the same.
  private static func blankDeclaration(in scalars: inout [Unicode.Scalar]) throws(XMLProblem) {
    guard scalars.starts(with: "<?xml".unicodeScalars), scalars.count > 5, scalars[5].isXMLBlank,
      let end = scalars.indices.first(where: { scalars[$0] == ">" && scalars[$0 - 1] == "?" })
    else { return }
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars[5...end])
    if let encoding = declaredEncoding(String(view)), !accepted.contains(encoding) { throw refusal(of: encoding) }
    for index in 0...end where scalars[index] != "\n" { scalars[index] = " " }
  }

  private static func declaredEncoding(_ declaration: String) -> String? {
    let scalars = Array(declaration.lowercased().unicodeScalars)
    let word = Array("encoding".unicodeScalars)
    guard scalars.count > word.count,
      let start = (0..<scalars.count - word.count).first(where: { scalars[$0..<$0 + word.count].elementsEqual(word) })
    else { return nil }
    let value = scalars[(start + word.count)...].drop { $0.isXMLBlank || $0 == "=" || $0 == "\"" || $0 == "'" }
    var view = String.UnicodeScalarView()
    view.append(contentsOf: value.prefix { $0 != "\"" && $0 != "'" && !$0.isXMLBlank && $0 != "?" })
    return String(view)
  }

  /// A DOCTYPE can stand only before the root element; behind its start libxml2 itself refuses one.
  private static func refuseDoctype(in scalars: [Unicode.Scalar]) throws(XMLProblem) {
    var index = 0
    var line = 1
    var lineStart = 0
    func starts(_ text: String) -> Bool { scalars[index...].starts(with: text.unicodeScalars) }
    while index < scalars.count {
      if starts("<!--") {
        skip(to: "-->", from: 4)
      } else if starts("<?") {
        skip(to: "?>", from: 2)
      } else if starts("<!") {
        throw XMLProblem(
          line: line, column: index - lineStart + 1,
          "a DOCTYPE is not accepted: remove the line that starts with <!DOCTYPE")
      } else if scalars[index] == "<" {
        return
      } else {
        if scalars[index] == "\n" {
          line += 1
          lineStart = index + 1
        }
        index += 1
      }
    }
    func skip(to end: String, from offset: Int) {
      let end = Array(end.unicodeScalars)
      index = min(index + offset, scalars.count)
      while index < scalars.count, !scalars[index...].starts(with: end) {
        if scalars[index] == "\n" {
          line += 1
          lineStart = index + 1
        }
        index += 1
      }
      index = min(index + end.count, scalars.count)
    }
  }
}

extension Unicode.Scalar {
  package var isXMLBlank: Bool { self == " " || self == "\n" || self == "\t" || self == "\r" }
}
