import CLibXML2
package import JSON

/// A document to evaluate expressions on. Not Sendable: it is made, asked and dropped inside one function.
///
/// Of JSON, expressions of the usual kind (``XPathForm``) are asked as it was read; libxml2's tree is made only when another
/// one comes.
package final class XPathDocument {
  private enum Content {
    case elements(JSONElements)
    case tree(XPathTree)
  }

  private let content: Content
  /// Of JSON: its tree, once it was needed, and the nodes by their entries.
  private var tree: (tree: XPathTree, nodes: [Int: xmlNodePtr])?

  /// A JSON value as a document: see ``XMLNames`` for how keys become names.
  ///
  /// A member is a child element; a member that is an array is one element per item, under the member's name; an item of
  /// an array that stands in an array or is the root is `item`; null is an empty element.
  package init(json tape: JSONTape, root: String) {
    content = .elements(JSONElements(tape: tape, rootName: XMLNames.name(for: root)))
  }

  package convenience init(json value: JSONValue, root: String) { self.init(json: JSONTape(value), root: root) }

  /// An XML document, read as ``XMLReader`` reads it. Namespaces are dropped: paths use local names.
  package init(xml bytes: [UInt8], limitBytes: Int = XMLReader.limitBytes) throws {
    content = .tree(try XPathTree(try XMLReader.read(bytes, limitBytes: limitBytes)))
  }

  /// A form: one element per pair, under the root `form`.
  package init(form pairs: [(name: String, value: String)]) throws(XPathError) {
    content = .tree(try XPathTree(form: pairs))
  }

  /// The root element.
  package var root: XPathNode {
    switch content {
    case .elements: XPathNode(place: .element(JSONElements.root), owner: self)
    case .tree(let tree): XPathNode(place: .node(tree.root), owner: self)
    }
  }

  package func string(_ expression: XPathExpression, at node: XPathNode) throws(XPathError) -> String {
    if let (form, elements, element) = asElements(expression, node) {
      return try elements.string(form, from: element, expression.patterns)
    }
    let (tree, node) = try asTree(node)
    return try tree.string(expression, at: node)
  }

  package func boolean(_ expression: XPathExpression, at node: XPathNode) throws(XPathError) -> Bool {
    if let (form, elements, element) = asElements(expression, node) {
      return try elements.boolean(form, from: element, expression.patterns)
    }
    let (tree, node) = try asTree(node)
    return try tree.boolean(expression, at: node)
  }

  /// The nodes in document order; none when the expression gives a text, a number or a truth value.
  package func nodes(_ expression: XPathExpression, at node: XPathNode) throws(XPathError) -> [XPathNode] {
    if let (form, elements, element) = asElements(expression, node) {
      return elements.nodes(form, from: element).map { XPathNode(place: .element($0), owner: self) }
    }
    let (tree, node) = try asTree(node)
    return try tree.nodes(expression, at: node).map { found in
      XPathNode(place: XPathTree.element(of: found).map(XPathNode.Place.element) ?? .node(found), owner: self)
    }
  }

  /// The texts of the nodes, as ``nodes(_:at:)`` and ``XPathNode/text``; of an expression that gives none because it gives a
  /// text, a number or a truth value, that.
  package func texts(_ expression: XPathExpression, at node: XPathNode) throws(XPathError) -> [String] {
    if let (form, elements, element) = asElements(expression, node) {
      return try elements.texts(form, from: element, expression.patterns)
    }
    let found = try nodes(expression, at: node)
    guard found.isEmpty else { return found.map(\.text) }
    let text = try string(expression, at: node)
    return text.isEmpty ? [] : [text]
  }

  /// Whether the document names what a plain path leads to, be it empty: `{"a": null}` and `{"a": []}` name `a`, `{}` does
  /// not. Below something that is empty everything counts as named; of any other expression only an evaluation could tell.
  package func names(_ expression: XPathExpression, from node: XPathNode) -> Bool {
    guard let path = expression.childPath else { return true }
    switch (content, node.place) {
    case (.elements(let elements), .element(let element)): return elements.names(path, from: element)
    case (.tree(let tree), .node(let node)): return tree.names(path, from: node)
    // Of a JSON value all that are no elements: its texts, and the document itself.
    case (.elements, .node(let node)): return tree?.tree.names(path, from: node) ?? false
    case (.tree, .element): return true
    }
  }

  fileprivate func text(of node: XPathNode.Place) -> String {
    switch (node, content) {
    case (.element(let element), .elements(let elements)): elements.text(of: element)
    case (.node(let node), _): XPathTree.text(of: node)
    case (.element, .tree): ""
    }
  }

  fileprivate func name(of node: XPathNode.Place) -> String {
    switch (node, content) {
    case (.element(let element), .elements(let elements)): elements.name(of: element)
    case (.node(let node), _): copyString(node.pointee.name)
    case (.element, .tree): ""
    }
  }

  private func asElements(
    _ expression: XPathExpression, _ node: XPathNode
  ) -> (form: XPathForm, elements: JSONElements, element: Int)? {
    precondition(node.owner === self, "a node is asked in a document that it is not of")
    guard case .element(let element) = node.place, case .elements(let elements) = content, let form = expression.form
    else { return nil }
    return (form, elements, element)
  }

  private func asTree(_ node: XPathNode) throws(XPathError) -> (XPathTree, xmlNodePtr) {
    switch content {
    case .tree(let tree): return (tree, try treeNode(node, [:]))
    case .elements(let elements):
      if let tree { return (tree.tree, try treeNode(node, tree.nodes)) }
      var nodes: [Int: xmlNodePtr] = [:]
      let made = try XPathTree(elements, nodes: &nodes)
      tree = (made, nodes)
      return (made, try treeNode(node, nodes))
    }
  }

  private func treeNode(_ node: XPathNode, _ nodes: [Int: xmlNodePtr]) throws(XPathError) -> xmlNodePtr {
    switch node.place {
    case .node(let node): return node
    case .element(let element):
      guard let node = nodes[element] else { throw XPathError(message: "the document has no such node") }
      return node
    }
  }
}

/// A node of an ``XPathDocument``, which it keeps alive.
package struct XPathNode {
  fileprivate enum Place {
    /// An element of a JSON value.
    case element(Int)
    /// Any other node of libxml2's tree.
    case node(xmlNodePtr)
  }

  fileprivate let place: Place
  fileprivate let owner: XPathDocument

  /// The local name of an element or attribute; empty for the document itself.
  package var name: String { owner.name(of: place) }

  /// All text below the node, as `string(.)` gives it.
  package var text: String { owner.text(of: place) }
}
