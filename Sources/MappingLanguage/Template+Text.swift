package import XML

/// Why a template could not be filled.
package struct TemplateError: Error, Hashable, Sendable, CustomStringConvertible {
  package var template: String
  package var reason: String

  package var description: String { "the template \"\(template)\" cannot be filled: \(reason)" }
}

extension Template {
  /// The text with every hole filled.
  ///
  /// - Parameters:
  ///   - node: what expressions are evaluated at.
  ///   - variables: by name without `$`.
  package func text(at node: XPathNode, in document: XPathDocument, variables: [String: String]) throws -> String {
    var text = ""
    for piece in pieces {
      switch piece {
      case .text(let fixed): text += fixed
      case .variable(let name): text += try value(of: name, variables)
      case .expression(let expression): text += try document.string(expression, at: node)
      }
    }
    return text
  }

  /// The text of a template without expressions, where there is no document; `encode` is applied to every value.
  package func text(
    variables: [String: String], encode: (String) -> String = { $0 }
  ) throws(TemplateError) -> String {
    var text = ""
    for piece in pieces {
      switch piece {
      case .text(let fixed): text += fixed
      case .variable(let name): text += encode(try value(of: name, variables))
      case .expression: throw TemplateError(template: source, reason: "there is no case to ask")
      }
    }
    return text
  }

  private func value(of name: String, _ variables: [String: String]) throws(TemplateError) -> String {
    guard let value = variables[name] else { throw TemplateError(template: source, reason: "$\(name) has no value") }
    return value
  }
}
