import CLibXML2

/// Reads the HTML that CRMs and people write, as leniently as browsers do, into our own tree.
///
/// Nothing is judged here: which elements and addresses survive is the caller's allow-list.
package enum HTMLReader {
  package static let limitBytes = 1 << 20
  /// What nests deeper keeps its text and loses its tags.
  package static let depthLimit = 200
  /// libxml2 looks for an end tag's start tag among all open ones, so the work grows with the square of this.
  package static let tagLimit = 20_000

  /// The `body` element of a document or fragment. Bare text directly below it stands in a `p`, as libxml2 has it.
  ///
  /// - Throws: ``XMLProblem`` when the text is too large, has too many tags, or nests deeper than libxml2 follows (256);
  ///   never for bad markup.
  package static func read(_ html: String) throws(XMLProblem) -> XMLElement {
    guard html.utf8.count <= limitBytes else {
      throw XMLProblem(line: 1, "the HTML is larger than \(limitBytes) bytes")
    }
    guard html.utf8.count(where: { $0 == UInt8(ascii: "<") }) <= tagLimit else {
      throw XMLProblem(line: 1, "the HTML has more than \(tagLimit) tags")
    }
    _ = libXML2IsReady
    let text = XMLNames.text(html)
    let options =
      HTML_PARSE_RECOVER.rawValue | HTML_PARSE_NONET.rawValue | HTML_PARSE_NOERROR.rawValue
      | HTML_PARSE_NOWARNING.rawValue | HTML_PARSE_NODEFDTD.rawValue
    guard let context = htmlNewParserCtxt() else { throw XMLProblem(line: 1, "there is no memory for a parser") }
    defer { htmlFreeParserCtxt(context) }
    let document = text.withCString {
      htmlCtxtReadMemory(context, $0, Int32(text.utf8.count), nil, "UTF-8", Int32(options))
    }
    guard let document else { return XMLElement(name: "body") }
    defer { xmlFreeDoc(document) }
    // Beyond its own depth limit libxml2 stops, and what follows would be lost without a word.
    guard context.pointee.disableSAX == 0 else { throw XMLProblem(line: 1, "the HTML nests deeper than 256 levels") }
    guard let root = xmlDocGetRootElement(document) else { return XMLElement(name: "body") }
    let tree = element(root, depth: 1)
    return tree.name == "body" ? tree : tree.first("body") ?? XMLElement(name: "body", children: [.element(tree)])
  }

  private static func element(_ node: xmlNodePtr, depth: Int) -> XMLElement {
    var element = XMLElement(
      name: copyString(node.pointee.name), attributes: attributes(of: node), line: xmlGetLineNo(node))
    var next = node.pointee.children
    while let child = next {
      next = child.pointee.next
      switch child.pointee.type {
      case XML_ELEMENT_NODE where depth < depthLimit:
        element.children.append(.element(Self.element(child, depth: depth + 1)))
      case XML_ELEMENT_NODE, XML_ENTITY_REF_NODE: element.append(text: takeString(xmlNodeGetContent(child)))
      case XML_TEXT_NODE, XML_CDATA_SECTION_NODE: element.append(text: copyString(child.pointee.content))
      default: continue
      }
    }
    return element
  }

  private static func attributes(of node: xmlNodePtr) -> [XMLAttribute] {
    var attributes: [XMLAttribute] = []
    var next = node.pointee.properties
    while let attribute = next {
      next = attribute.pointee.next
      let value = takeString(xmlNodeListGetString(node.pointee.doc, attribute.pointee.children, 1))
      attributes.append(XMLAttribute(name: copyString(attribute.pointee.name), value: value))
    }
    return attributes
  }
}
