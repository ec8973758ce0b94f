/// A piece of an element's content.
package enum XMLNode: Hashable, Sendable {
  case element(XMLElement)
  case text(String)
}

/// An element with everything in it: our own tree, so that no pointer of libxml2 leaves this module.
///
/// Mixed content keeps its order. Comments and processing instructions are not kept.
package struct XMLElement: Hashable, Sendable {
  /// Without a prefix; in lower case when it comes from HTML.
  package var name: String
  package var namespace: String?
  package var attributes: [XMLAttribute]
  package var children: [XMLNode]
  /// Of the start tag's `<`, from 1; 0 where it is not known.
  package var line: Int
  /// In characters, from 1; nil where it is not known.
  package var column: Int?

  package init(
    name: String, namespace: String? = nil, attributes: [XMLAttribute] = [], children: [XMLNode] = [], line: Int = 0,
    column: Int? = nil
  ) {
    self.name = name
    self.namespace = namespace
    self.attributes = attributes
    self.children = children
    self.line = line
    self.column = column
  }

  /// The value of an attribute without a namespace.
  package subscript(attribute name: String) -> String? { attribute(name)?.value }

  package func attribute(_ name: String) -> XMLAttribute? {
    attributes.first { $0.name == name && $0.namespace == nil }
  }

  package var elements: [XMLElement] {
    children.compactMap { if case .element(let element) = $0 { element } else { nil } }
  }

  package func elements(named name: String) -> [XMLElement] { elements.filter { $0.name == name } }
  package func first(_ name: String) -> XMLElement? { elements.first { $0.name == name } }

  /// All text below this element, in order.
  package var text: String {
    var text = ""
    collectText(into: &text)
    return text
  }

  private func collectText(into text: inout String) {
    for child in children {
      switch child {
      case .text(let piece): text += piece
      case .element(let element): element.collectText(into: &text)
      }
    }
  }
}

/// An attribute and where its value stands.
package struct XMLAttribute: Hashable, Sendable {
  package var name: String
  package var namespace: String?
  package var value: String
  /// Of the value's first character, from 1; 0 where it is not known.
  package var line: Int
  package var column: Int?
  /// The value as it is written, where that is not what it says.
  private let written: String?

  package init(
    name: String, namespace: String? = nil, value: String, line: Int = 0, column: Int? = nil, written: String? = nil
  ) {
    self.written = written
    self.name = name
    self.namespace = namespace
    self.value = value
    self.line = line
    self.column = column
  }
}

extension XMLAttribute {
  /// Where a character of the value stands, counted from 0: `&lt;` is one character, and a value may go over lines.
  package func place(of offset: Int) -> (line: Int, column: Int?) {
    guard let column else { return (line, nil) }
    guard let written else { return (line, column + offset) }
    var place = (line: line, column: column)
    var scalars = written.unicodeScalars[...]
    for _ in 0..<offset {
      guard let scalar = scalars.popFirst() else { break }
      place.column += 1
      if scalar == "\n" { place = (place.line + 1, 1) }
      guard scalar == "&" else { continue }
      while let part = scalars.popFirst() {
        place.column += 1
        if part == ";" { break }
      }
    }
    return (place.line, place.column)
  }
}

/// Why a document is refused, and where. Carries names from the document, at most a short value, never its text.
package struct XMLProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// From 1.
  package var line: Int
  /// From 1; nil where libxml2 does not tell it.
  package var column: Int?
  package var message: String

  package init(line: Int, column: Int? = nil, _ message: String) {
    self.line = line
    self.column = column
    self.message = message
  }

  package var description: String {
    column.map { "XML line \(line) column \($0): \(message)" } ?? "XML line \(line): \(message)"
  }
}
