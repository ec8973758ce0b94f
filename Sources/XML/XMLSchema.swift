import CLibXML2
import Synchronization

/// An XSD 1.0 schema in one file, without imports.
package final class XMLSchema: Sendable {
  private let text: [UInt8]
  /// Parsed at the first use and kept: that takes longer than to validate a document. One validation at a time.
  private let parsed = Mutex(ParsedSchema())

  package init(_ text: [UInt8]) { self.text = text }

  /// libxml2 looks no further below an element that holds an unexpected one, so that one is taken out and the rest
  /// validated again, at most this often.
  private static let roundLimit = 20

  /// Everything that the schema finds wrong with a document, in the document's order; empty: valid.
  package func problems(of document: [UInt8]) throws(XMLProblem) -> [XMLProblem] {
    try problems(of: XMLDocument(document))
  }

  /// See ``problems(of:)-([UInt8])``; afterwards the document's tree in libxml2 has lost what may not stand where it stood.
  package func problems(of document: XMLDocument) throws(XMLProblem) -> [XMLProblem] {
    var problems: [XMLProblem] = []
    var removed: [xmlNodePtr] = []
    // Nodes that are taken out still use the document's names, so it must outlive them.
    defer { withExtendedLifetime(document) { for node in removed { xmlFreeNode(node) } } }
    for round in 0..<Self.roundLimit {
      let reports = try reports(of: document)
      let news = Self.readable(reports, document.places).filter { problem in
        !problems.contains(problem) && !(round > 0 && problem.message.contains(" it lacks "))
      }
      problems += news
      let unexpected = Set(reports.filter { $0.message.contains("This element is not expected") }.compactMap(\.node))
      guard !unexpected.isEmpty else { break }
      for node in unexpected.map({ $0.assumingMemoryBound(to: xmlNode.self) }) {
        xmlUnlinkNode(node)
        removed.append(node)
      }
    }
    return problems.sorted { ($0.line, $0.column ?? 0) < ($1.line, $1.column ?? 0) }
  }

  private func reports(of document: XMLDocument) throws(XMLProblem) -> [ReportCollector.Report] {
    let collector = ReportCollector()
    let status: Int32 = withExtendedLifetime(collector) {
      let box = Unmanaged.passUnretained(collector).toOpaque()
      return parsed.withLock { parsed in
        guard let schema = OpaquePointer(bitPattern: parsed.address(text)),
          let validator = xmlSchemaNewValidCtxt(schema)
        else { return -1 }
        defer { xmlSchemaFreeValidCtxt(validator) }
        xmlSchemaSetValidStructuredErrors(validator, collectReport, box)
        return xmlSchemaValidateDoc(validator, document.pointer)
      }
    }
    guard status == 0 || !collector.reports.isEmpty else {
      throw XMLProblem(line: 1, "the document could not be held against its schema")
    }
    return collector.reports
  }

  private static func readable(
    _ reports: [ReportCollector.Report], _ tags: [UnsafeMutableRawPointer: XMLPositions.Tag]
  ) -> [XMLProblem] {
    var problems: [XMLProblem] = []
    for report in reports {
      let tag = report.node.flatMap { tags[$0] }
      let place = tag?.values[XMLSchemaMessage.attribute(in: report.message) ?? ""] ?? tag?.place
      let problem = XMLProblem(
        line: place?.line ?? max(1, report.line), column: place?.column, XMLSchemaMessage.readable(report.message))
      // After "the value is not one of …" libxml2 says once more that it is not valid: one is enough.
      if report.message.contains("is not a valid value of"), let last = problems.last, last.line == problem.line,
        last.column == problem.column
      {
        continue
      }
      problems.append(problem)
    }
    return problems
  }
}

/// Owns libxml2's form of a schema. The address is kept as a number: it is handed out only under the mutex around it.
private struct ParsedSchema: ~Copyable, Sendable {
  private var known: UInt = 0

  /// 0: the schema cannot be read.
  mutating func address(_ text: [UInt8]) -> UInt {
    if known == 0 { known = Self.parse(text) }
    return known
  }

  private static func parse(_ text: [UInt8]) -> UInt {
    _ = libXML2IsReady
    // libxml2 reads the schema's bytes until xmlSchemaParse returns, and does not copy them.
    return text.withUnsafeBytes { bytes in
      let memory = bytes.bindMemory(to: CChar.self).baseAddress
      guard let parser = xmlSchemaNewMemParserCtxt(memory, Int32(bytes.count)) else { return 0 }
      defer { xmlSchemaFreeParserCtxt(parser) }
      xmlSchemaSetParserStructuredErrors(parser, ignoreReport, nil)
      return UInt(bitPattern: xmlSchemaParse(parser))
    }
  }

  deinit { if known != 0 { xmlSchemaFree(OpaquePointer(bitPattern: known)) } }
}

/// libxml2's words about a schema, made readable.
enum XMLSchemaMessage {
  /// The attribute that a message is about: `Element 'a', attribute 'b': …`.
  static func attribute(in message: String) -> String? {
    let parts = message.split(separator: "'", maxSplits: 4, omittingEmptySubsequences: false)
    return parts.count > 4 && parts[2] == ", attribute " ? String(parts[3]) : nil
  }

  static func readable(_ message: String) -> String {
    var text = String.UnicodeScalarView()
    var depth = 0
    var scalars = Array(message.unicodeScalars)
    while let last = scalars.last, last.isXMLBlank || last == "." { scalars.removeLast() }
    for (index, scalar) in scalars.enumerated() {
      // `{urn:…}name` is a namespace before a name; `{'a', 'b'}` is a set of values and stays.
      if scalar == "{", index + 1 < scalars.count, scalars[index + 1] != "'" {
        depth += 1
      } else if scalar == "}", depth > 0 {
        depth -= 1
      } else if depth == 0 {
        text.append(scalar == "\n" ? " " : scalar)
      }
    }
    var words = String(text)
    if words.hasPrefix("Element ") { words = "element " + words.dropFirst("Element ".count) }
    for (noise, plain) in replacements { words = words.replacing(noise, with: plain) }
    return String(words.prefix(400))
  }

  private static let replacements = [
    ("[facet 'enumeration'] ", ""), ("[facet 'pattern'] ", ""), ("[facet 'minLength'] ", ""),
    ("is not a valid value of the atomic type 'xs:positiveInteger'", "is not a whole number above zero"),
    ("The value '' has a length of '0'; this underruns the allowed minimum length of '1'", "it is empty"),
    ("Character content is not allowed, because the content type is empty", "it may not hold text"),
    (
      "Character content other than whitespace is not allowed because the content type is 'element-only'",
      "it may hold elements only, no text"
    ),
    ("This element is not expected. Expected is ", "it may not stand here; expected is "),
    ("This element is not expected", "it may not stand here"),
    (" is not an element of the set {", " is not one of {"), ("Missing child element(s). Expected is ", "it lacks "),
    ("The attribute '", "attribute '"), ("The value '", "value '"), ("The attribute", "attribute"),
  ]
}
