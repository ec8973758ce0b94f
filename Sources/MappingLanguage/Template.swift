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

extension Template {
  /// The text of a template without holes.
  package var constant: String? {
    var text = ""
    for piece in pieces {
      guard case .text(let part) = piece else { return nil }
      text += part
    }
    return text
  }
}
