package import XML

/// Text with holes, `[{number}] {subject}`, as XSLT's attribute value templates have it (XSLT 1.0, 7.6.2).
package struct Template: Sendable {
  package enum Piece: Sendable {
    case text(String)
    /// `{$name}`: a value that the caller gives.
    case variable(String)
    /// `{xpath}`: evaluated at the context node, as a string.
    case expression(XPathExpression)
  }

  /// As the admin wrote it.
  package let source: String
  package let pieces: [Piece]

  package init(source: String, pieces: [Piece]) {
    self.source = source
    self.pieces = pieces
  }
}
