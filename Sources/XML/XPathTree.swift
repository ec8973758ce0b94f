import CLibXML2
import JSON

/// A document as libxml2 holds it, on which every expression can be evaluated.
///
/// Not Sendable: it is made, asked and dropped inside one function.
final class XPathTree {
  private let document: xmlDocPtr
  let root: xmlNodePtr
  private let context: xmlXPathContextPtr
  private let calls = XPathCalls()
  private var nodeCount = 1
  private var textBytes = 0

  /// A document with nothing but its root element.
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
    self.root = root
    self.context = context
  }

  deinit {
    xmlXPathFreeContext(context)
    xmlFreeDoc(document)
  }

  func string(_ expression: XPathExpression, at node: xmlNodePtr) throws(XPathError) -> String {
    if let path = expression.childPath { return children(path, of: node).first.map(Self.text) ?? "" }
    return try evaluate(expression, at: node) { takeString(xmlXPathCastToString($0)) }
  }

  func boolean(_ expression: XPathExpression, at node: xmlNodePtr) throws(XPathError) -> Bool {
    try evaluate(expression, at: node) { xmlXPathCastToBoolean($0) != 0 }
  }

  func nodes(_ expression: XPathExpression, at node: xmlNodePtr) throws(XPathError) -> [xmlNodePtr] {
    if let path = expression.childPath { return children(path, of: node) }
    return try evaluate(expression, at: node) { result in
      guard result.pointee.type == XPATH_NODESET, let set = result.pointee.nodesetval else { return [] }
      xmlXPathNodeSetSort(set)
      return (0..<Int(set.pointee.nodeNr)).compactMap { index in
        // A namespace node belongs to the result, not to the document, and dies with it.
        guard let found = set.pointee.nodeTab[index], found.pointee.type != XML_NAMESPACE_DECL else { return nil }
        return found
      }
    }
  }

  func children(_ path: [ChildName], of node: xmlNodePtr) -> [xmlNodePtr] {
    var found: [xmlNodePtr] = []
    path.elements(below: node) { found.append($0) }
    return found
  }

  /// Whether the document names what a path leads to, or something that is empty above it.
  func names(_ path: [ChildName], from node: xmlNodePtr) -> Bool {
    if !children(path, of: node).isEmpty { return true }
    for depth in path.indices.reversed() {
      let level = children(Array(path[..<depth]), of: node)
      guard !level.isEmpty else { continue }
      return depth > 0 && level.allSatisfy { xmlFirstElementChild($0) == nil }
    }
    return false
  }

  /// All text below a node, as `string(.)` gives it.
  static func text(of node: xmlNodePtr) -> String {
    guard node.pointee.type == XML_ELEMENT_NODE else { return takeString(xmlNodeGetContent(node)) }
    guard let child = node.pointee.children else { return "" }
    // An element that holds one text, as most do, needs no collecting.
    guard child.pointee.next == nil, child.pointee.type == XML_TEXT_NODE else {
      return takeString(xmlNodeGetContent(node))
    }
    return copyString(child.pointee.content)
  }

  private func evaluate<Value>(
    _ expression: XPathExpression, at node: xmlNodePtr, _ read: (xmlXPathObjectPtr) -> Value
  ) throws(XPathError) -> Value {
    var result: xmlXPathObjectPtr?
    context.pointee.node = node
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

// MARK: - Building

extension XPathTree {
  private static var noMemory: XPathError { XPathError(message: "there is no memory for a document") }

  /// An XML document; namespaces are dropped.
  convenience init(_ root: XMLElement) throws(XPathError) {
    try self.init(rootName: root.name)
    try fill(self.root, from: root)
  }

  /// A form: one element per pair, under the root `form`.
  convenience init(form pairs: [(name: String, value: String)]) throws(XPathError) {
    try self.init(rootName: "form")
    for pair in pairs { addText(pair.value, to: try child(of: root, named: XMLNames.name(for: pair.name))) }
  }

  /// The elements of a JSON value, of which each node knows its own (see ``element(of:)``).
  ///
  /// - Parameter nodes: gets the node of each element, by its entry.
  convenience init(_ elements: JSONElements, nodes: inout [Int: xmlNodePtr]) throws(XPathError) {
    try self.init(rootName: elements.rootName)
    try add(elements, JSONElements.root, to: root, &nodes)
  }

  /// The element of a JSON value that a node was made from.
  static func element(of node: xmlNodePtr) -> Int? {
    guard node.pointee.type == XML_ELEMENT_NODE, let mark = node.pointee._private else { return nil }
    return Int(bitPattern: mark) - 1
  }

  private func add(
    _ elements: JSONElements, _ element: Int, to node: xmlNodePtr, _ nodes: inout [Int: xmlNodePtr]
  ) throws(XPathError) {
    nodes[element] = node
    node.pointee._private = UnsafeMutableRawPointer(bitPattern: element + 1)
    switch elements.tape.kind(element) {
    case .null: return
    case .bool, .number, .string: addText(elements.tape.text(element), to: node)
    case .array, .object:
      var children: [Int] = []
      _ = elements.children(of: element) {
        children.append($0)
        return true
      }
      for found in children {
        try add(elements, found, to: try child(of: node, named: elements.name(of: found)), &nodes)
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
