import CLibXML2

/// Reads XML that somebody else wrote: no DOCTYPE, no entities but XML's own five, no network, bounded size and depth.
package enum XMLReader {
  package static let limitBytes = 1 << 20
  package static let depthLimit = 100

  /// The root element of a document in UTF-8, or UTF-16 with a byte order mark.
  ///
  /// - Throws: ``XMLProblem`` for the first thing that is wrong with it.
  package static func read(_ bytes: [UInt8], limitBytes: Int = limitBytes) throws(XMLProblem) -> XMLElement {
    try XMLDocument(bytes, limitBytes: limitBytes).root
  }

  package static func read(_ text: String) throws(XMLProblem) -> XMLElement { try read(Array(text.utf8)) }
}

/// A document that was read once, to be looked at and held against a schema.
package final class XMLDocument {
  let pointer: xmlDocPtr
  package let root: XMLElement
  /// By the address of libxml2's node: validation reports name the node.
  let places: [UnsafeMutableRawPointer: XMLPositions.Tag]

  /// - Throws: ``XMLProblem`` for the first thing that is wrong with it, as ``XMLReader/read(_:limitBytes:)`` does.
  package init(_ bytes: [UInt8], limitBytes: Int = XMLReader.limitBytes) throws(XMLProblem) {
    let text = try XMLText(bytes, limitBytes: limitBytes).text
    let document = try Self.parsed(text)
    var builder = XMLTreeBuilder(positions: XMLPositions(wellFormed: text).tags)
    do throws(XMLProblem) {
      guard document.pointee.intSubset == nil, let top = xmlDocGetRootElement(document) else {
        throw XMLProblem(line: 1, "the document has no root element or has a DOCTYPE")
      }
      root = try builder.element(top, depth: 1)
    } catch {
      xmlFreeDoc(document)
      throw error
    }
    places = builder.places
    pointer = document
  }

  deinit { xmlFreeDoc(pointer) }

  private static func parsed(_ text: String) throws(XMLProblem) -> xmlDocPtr {
    _ = libXML2IsReady
    guard let context = xmlNewParserCtxt() else { throw XMLProblem(line: 1, "there is no memory for a parser") }
    defer { xmlFreeParserCtxt(context) }
    // Never NOENT, DTDLOAD, DTDATTR, HUGE or RECOVER. NOERROR: the context keeps its last error itself.
    let options =
      XML_PARSE_NONET.rawValue | XML_PARSE_NOCDATA.rawValue | XML_PARSE_BIG_LINES.rawValue
      | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue
    let document = text.withCString { pointer in
      xmlCtxtReadMemory(context, pointer, Int32(text.utf8.count), nil, "UTF-8", Int32(options))
    }
    guard let document, context.pointee.wellFormed == 1, context.pointee.nsWellFormed == 1 else {
      document.map { xmlFreeDoc($0) }
      throw problem(of: context.pointee.lastError)
    }
    return document
  }

  private static func problem(of error: xmlError) -> XMLProblem {
    let line = max(1, Int(error.line))
    let words = error.message.map { String(cString: $0) } ?? "the document is not well-formed"
    if words.contains("Excessive depth") {
      return XMLProblem(line: line, "elements nest deeper than \(XMLReader.depthLimit)")
    }
    if words.hasPrefix("Entity '"), words.contains("not defined") {
      let name = words.dropFirst("Entity '".count).prefix { $0 != "'" }.prefix(40)
      return XMLProblem(
        line: line, column: error.int2 > 0 ? Int(error.int2) : nil,
        "the entity &\(name); is not accepted: write the character itself, or &amp; for an ampersand")
    }
    let message = String(words.split(whereSeparator: \.isNewline).joined(separator: " ").prefix(200))
    return XMLProblem(line: line, column: error.int2 > 0 ? Int(error.int2) : nil, "not well-formed XML: \(message)")
  }
}

/// Copies libxml2's tree into ours.
private struct XMLTreeBuilder {
  let positions: [XMLPositions.Tag]
  private(set) var places: [UnsafeMutableRawPointer: XMLPositions.Tag] = [:]
  private var count = 0

  init(positions: [XMLPositions.Tag]) { self.positions = positions }

  mutating func element(_ node: xmlNodePtr, depth: Int) throws(XMLProblem) -> XMLElement {
    let tag = positions.indices.contains(count) ? positions[count] : nil
    count += 1
    let line = tag?.place.line ?? xmlGetLineNo(node)
    guard depth <= XMLReader.depthLimit else {
      throw XMLProblem(line: line, "elements nest deeper than \(XMLReader.depthLimit)")
    }
    places[UnsafeMutableRawPointer(node)] = tag
    var element = XMLElement(
      name: copyString(node.pointee.name), namespace: node.pointee.ns.map { copyString($0.pointee.href) },
      attributes: attributes(of: node, tag: tag), line: line, column: tag?.place.column)
    var next = node.pointee.children
    while let child = next {
      next = child.pointee.next
      switch child.pointee.type {
      case XML_ELEMENT_NODE: element.children.append(.element(try self.element(child, depth: depth + 1)))
      case XML_TEXT_NODE, XML_CDATA_SECTION_NODE: element.append(text: copyString(child.pointee.content))
      case XML_ENTITY_REF_NODE: throw XMLProblem(line: line, "an entity is not accepted: write the character itself")
      default: continue
      }
    }
    return element
  }

  private func attributes(of node: xmlNodePtr, tag: XMLPositions.Tag?) -> [XMLAttribute] {
    var attributes: [XMLAttribute] = []
    var next = node.pointee.properties
    while let attribute = next {
      next = attribute.pointee.next
      let name = copyString(attribute.pointee.name)
      let prefix = attribute.pointee.ns?.pointee.prefix.map { copyString($0) + ":" } ?? ""
      let place = tag?.values[prefix + name]
      attributes.append(
        XMLAttribute(
          name: name, namespace: attribute.pointee.ns.map { copyString($0.pointee.href) },
          value: takeString(xmlNodeListGetString(node.pointee.doc, attribute.pointee.children, 1)),
          line: place?.line ?? 0, column: place?.column, written: tag?.written[prefix + name]))
    }
    return attributes
  }
}

extension XMLElement {
  /// Adjacent pieces of text are one.
  mutating func append(text: String) {
    if case .text(let before) = children.last {
      children[children.count - 1] = .text(before + text)
    } else if !text.isEmpty {
      children.append(.text(text))
    }
  }
}
