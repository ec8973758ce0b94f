import CLibXML2
package import JSON

/// A compiled XPath 1.0 expression, usable from any thread.
package final class XPathExpression: Sendable {
  package let source: String

  /// - Throws: ``XPathError`` that says what is wrong with the expression, and where in it.
  package init(_ source: String) throws(XPathError) {
    self.source = source
  }
}

/// Why an expression does not compile, or could not be evaluated within its bounds.
package struct XPathError: Error, Hashable, Sendable, CustomStringConvertible {
  package var message: String
  /// In characters from the expression's start, where known.
  package var offset: Int?

  package var description: String { message }
}

/// A document to evaluate expressions on. Not Sendable: it is made, asked and dropped inside one function.
package final class XPathDocument {
  /// A JSON value as a document: see ``XMLNames`` for how keys become names.
  package init(json: JSONValue, root: String) throws(XPathError) {}

  package var root: XPathNode { XPathNode() }

  package func string(_ expression: XPathExpression, at node: XPathNode) throws(XPathError) -> String { "" }
  package func boolean(_ expression: XPathExpression, at node: XPathNode) throws(XPathError) -> Bool { false }
  package func nodes(_ expression: XPathExpression, at node: XPathNode) throws(XPathError) -> [XPathNode] { [] }
}

/// A node of an ``XPathDocument``; valid as long as the document lives.
package struct XPathNode {}
