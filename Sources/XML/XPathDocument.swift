import CLibXML2
package import JSON

/// A document to evaluate expressions on. Not Sendable: it is made, asked and dropped inside one function.
package final class XPathDocument {
  static let depthLimit = 200

  private let document: xmlDocPtr
  private let context: xmlXPathContextPtr
  private let calls = XPathCalls()
  /// Members that are empty arrays, by the element that has them: they leave no element behind.
  private var emptyArrays: [UnsafeMutableRawPointer: Set<String>] = [:]
  private var nodeCount = 1
  private var textBytes = 0

  /// A JSON value as a document: see ``XMLNames`` for how keys become names.
  ///
  /// A member is a child element; a member that is an array is one element per item, under the member's name; an item of
  /// an array that stands in an array or is the root is `item`; null is an empty element.
  package convenience init(json: JSONValue, root: String) throws(XPathError) {
    try self.init(rootName: XMLNames.name(for: root))
    try add(json, to: try rootNode(), depth: 1)
  }

  /// An XML document, read as ``XMLReader`` reads it. Namespaces are dropped: paths use local names.
  package convenience init(xml bytes: [UInt8], limitBytes: Int = XMLReader.limitBytes) throws {
    let root = try XMLReader.read(bytes, limitBytes: limitBytes)
    try self.init(rootName: root.name)
    try fill(try rootNode(), from: root)
  }

  /// A form: one element per pair, under the root `form`.
  package convenience init(form pairs: [(name: String, value: String)]) throws(XPathError) {
    try self.init(rootName: "form")
    let root = try rootNode()
    for pair in pairs { addText(pair.value, to: try child(of: root, named: XMLNames.name(for: pair.name))) }
  }

  private init(rootName: String) throws(XPathError) {
    _ = libXML2IsReady
    guard let document = xmlNewDoc(nil) else { throw Self.noMemory }
    guard let root = withXMLChars(rootName, { xmlNewDocNode(document, nil, $0, nil) }),
      let context = xmlXPathNewContext(document)
    else {
      xmlFreeDoc(document)
      throw Self.noMemory
    }
    _ = xmlDocSetRootElement(document, root)
    context.pointee.error = ignoreReport
    context.pointee.flags = XML_XPATH_NOVAR
    calls.register(in: context)
    self.document = document
    self.context = context
  }

  deinit {
    xmlXPathFreeContext(context)
    xmlFreeDoc(document)
  }

  /// The root element.
  package var root: XPathNode { XPathNode(pointer: xmlDocGetRootElement(document), owner: self) }

  package func string(_ expression: XPathExpression, at node: XPathNode) throws(XPathError) -> String {
    if let path = expression.childPath { return children(path, of: node).first?.text ?? "" }
    return try evaluated(expression, at: node)
  }

  private func evaluated(_ expression: XPathExpression, at node: XPathNode) throws(XPathError) -> String {
    try evaluate(expression, at: node) { takeString(xmlXPathCastToString($0)) }
  }

  package func boolean(_ expression: XPathExpression, at node: XPathNode) throws(XPathError) -> Bool {
    try evaluate(expression, at: node) { xmlXPathCastToBoolean($0) != 0 }
  }

  /// The nodes in document order; none when the expression gives a text, a number or a truth value.
  package func nodes(_ expression: XPathExpression, at node: XPathNode) throws(XPathError) -> [XPathNode] {
    if let path = expression.childPath { return children(path, of: node) }
    return try evaluate(expression, at: node) { [self] result in
      guard result.pointee.type == XPATH_NODESET, let set = result.pointee.nodesetval else { return [] }
      xmlXPathNodeSetSort(set)
      return (0..<Int(set.pointee.nodeNr)).compactMap { index in
        // A namespace node belongs to the result, not to the document, and dies with it.
        guard let found = set.pointee.nodeTab[index], found.pointee.type != XML_NAMESPACE_DECL else { return nil }
        return XPathNode(pointer: found, owner: self)
      }
    }
  }

  private func children(_ path: [ChildName], of node: XPathNode) -> [XPathNode] {
    precondition(node.owner === self, "a node is asked in a document that it is not of")
    guard let start = node.pointer else { return [] }
    var found: [XPathNode] = []
    path.elements(below: start) { found.append(XPathNode(pointer: $0, owner: self)) }
    return found
  }

  /// Whether the document names what a plain path leads to, be it empty: `{"a": null}` and `{"a": []}` name `a`, `{}` does
  /// not. Below something that is empty everything counts as named; of any other expression only an evaluation could tell.
  package func names(_ expression: XPathExpression, from node: XPathNode) -> Bool {
    guard let path = expression.childPath, let start = node.pointer else { return true }
    var isFound = false
    path.elements(below: start) { _ in isFound = true }
    if isFound { return true }
    for depth in path.indices.reversed() {
      var level: [xmlNodePtr] = []
      Array(path[..<depth]).elements(below: start) { level.append($0) }
      guard !level.isEmpty else { continue }
      if level.contains(where: { emptyArrays[UnsafeMutableRawPointer($0)]?.contains(path[depth].text) == true }) {
        return true
      }
      return depth > 0 && level.allSatisfy { xmlFirstElementChild($0) == nil }
    }
    return false
  }

  private func evaluate<Value>(
    _ expression: XPathExpression, at node: XPathNode, _ read: (xmlXPathObjectPtr) -> Value
  ) throws(XPathError) -> Value {
    precondition(node.owner === self, "a node is asked in a document that it is not of")
    var result: xmlXPathObjectPtr?
    context.pointee.node = node.pointer
    context.pointee.opCount = 0
    context.pointee.opLimit =
      expression.isLinear ? XPathCost.stepLimit : XPathCost.stepLimit(bytes: textBytes, nodes: nodeCount)
    calls.library = expression.library
    calls.patterns = expression.patterns
    calls.failure = nil
    expression.withCompiled { result = xmlXPathCompiledEval($0, context) }
    guard let result else {
      if let failure = calls.failure { throw XPathError(message: failure) }
      throw XPathError(context.pointee.lastError, source: expression.source)
    }
    defer { xmlXPathFreeObject(result) }
    return read(result)
  }
}

/// A node of an ``XPathDocument``, which it keeps alive.
package struct XPathNode {
  fileprivate let pointer: xmlNodePtr?
  fileprivate let owner: XPathDocument

  /// The local name of an element or attribute; empty for the document itself.
  package var name: String { pointer.map { copyString($0.pointee.name) } ?? "" }

  /// All text below the node, as `string(.)` gives it.
  package var text: String {
    guard let node = pointer, node.pointee.type == XML_ELEMENT_NODE else {
      return takeString(xmlNodeGetContent(pointer))
    }
    guard let child = node.pointee.children else { return "" }
    // An element that holds one text, as most do, needs no collecting.
    guard child.pointee.next == nil, child.pointee.type == XML_TEXT_NODE else {
      return takeString(xmlNodeGetContent(node))
    }
    return copyString(child.pointee.content)
  }
}

extension XPathDocument {
  private static var noMemory: XPathError { XPathError(message: "there is no memory for a document") }

  private func rootNode() throws(XPathError) -> xmlNodePtr {
    guard let root = xmlDocGetRootElement(document) else { throw Self.noMemory }
    return root
  }

  private func add(_ value: JSONValue, to node: xmlNodePtr, depth: Int) throws(XPathError) {
    guard depth <= Self.depthLimit else { throw XPathError(message: "the value nests deeper than \(Self.depthLimit)") }
    switch value {
    case .null: return
    case .string, .number, .bool: addText(value.text ?? "", to: node)
    case .array(let items):
      for item in items { try add(item, to: try child(of: node, named: "item"), depth: depth + 1) }
    case .object(let members):
      for member in members {
        let name = XMLNames.name(for: member.key)
        if case .array(let items) = member.value {
          if items.isEmpty { emptyArrays[UnsafeMutableRawPointer(node), default: []].insert(name) }
          for item in items { try add(item, to: try child(of: node, named: name), depth: depth + 1) }
        } else {
          try add(member.value, to: try child(of: node, named: name), depth: depth + 1)
        }
      }
    }
  }

  private func fill(_ node: xmlNodePtr, from element: XMLElement) throws(XPathError) {
    for attribute in element.attributes {
      nodeCount += 2
      textBytes += attribute.value.utf8.count
      withXMLChars(attribute.name) { name in
        withXMLChars(attribute.value) { value in _ = xmlSetProp(node, name, value) }
      }
    }
    for piece in element.children {
      switch piece {
      case .text(let text): addText(text, to: node)
      case .element(let element): try fill(try child(of: node, named: element.name), from: element)
      }
    }
  }

  private func child(of node: xmlNodePtr, named name: String) throws(XPathError) -> xmlNodePtr {
    guard let child = withXMLChars(name, { xmlNewDocNode(document, nil, $0, nil) }),
      xmlAddChild(node, child) != nil
    else { throw Self.noMemory }
    nodeCount += 1
    return child
  }

  private func addText(_ text: String, to node: xmlNodePtr) {
    guard !text.isEmpty, let child = withXMLChars(XMLNames.text(text), { xmlNewDocText(document, $0) }) else { return }
    xmlAddChild(node, child)
    nodeCount += 1
    textBytes += text.utf8.count
  }
}
