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
    guard let decoded else {
      throw XMLProblem(line: 1, "the document is not valid UTF-8 (or UTF-16 with a byte order mark); save it as UTF-8")
    }
    return decoded
  }

  /// The bytes are decoded already, so the declaration has nothing more to say; a wrong one is refused all the same.
  private static func blankDeclaration(in scalars: inout [Unicode.Scalar]) throws(XMLProblem) {
    guard scalars.starts(with: "<?xml".unicodeScalars), scalars.count > 5, scalars[5].isXMLBlank,
      let end = scalars.indices.first(where: { scalars[$0] == ">" && scalars[$0 - 1] == "?" })
    else { return }
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars[5...end])
    if let encoding = declaredEncoding(String(view)), !["utf-8", "utf-16", "us-ascii"].contains(encoding) {
      throw XMLProblem(line: 1, "the encoding '\(encoding.prefix(20))' is not accepted; save the document as UTF-8")
    }
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
    func starts(_ text: String) -> Bool { scalars[index...].starts(with: text.unicodeScalars) }
    while index < scalars.count {
      if starts("<!--") {
        skip(to: "-->", from: 4)
      } else if starts("<?") {
        skip(to: "?>", from: 2)
      } else if starts("<!") {
        throw XMLProblem(line: line, "a DOCTYPE is not accepted: remove the line that starts with <!DOCTYPE")
      } else if scalars[index] == "<" {
        return
      } else {
        if scalars[index] == "\n" { line += 1 }
        index += 1
      }
    }
    func skip(to end: String, from offset: Int) {
      let end = Array(end.unicodeScalars)
      index = min(index + offset, scalars.count)
      while index < scalars.count, !scalars[index...].starts(with: end) {
        if scalars[index] == "\n" { line += 1 }
        index += 1
      }
      index = min(index + end.count, scalars.count)
    }
  }
}

extension Unicode.Scalar {
  var isXMLBlank: Bool { self == " " || self == "\n" || self == "\t" || self == "\r" }
}
