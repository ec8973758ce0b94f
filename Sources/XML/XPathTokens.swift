/// An expression that compiles, as tokens: what an expression is asked before it is evaluated is asked of these.
package struct XPathTokens {
  package struct Token {
    package enum Kind { case word, text, number, symbol }

    package var kind: Kind
    /// In scalars.
    package var range: Range<Int>
    /// A word or `*` between two operands.
    package var isOperator = false
  }

  package let scalars: [Unicode.Scalar]
  package private(set) var tokens: [Token] = []

  package init(_ source: String) {
    scalars = Array(source.unicodeScalars)
    var index = 0
    while index < scalars.count {
      let start = index
      let scalar = scalars[index]
      index += 1
      if scalar.isXMLBlank { continue }
      let next = index < scalars.count ? scalars[index] : " "
      var token = Token(kind: .symbol, range: start..<index)
      if scalar == "'" || scalar == "\"" {
        while index < scalars.count, scalars[index] != scalar { index += 1 }
        index = min(index + 1, scalars.count)
        token.kind = .text
      } else if scalar.startsXMLName {
        while index < scalars.count, scalars[index].continuesXMLName { index += 1 }
        token.kind = .word
        token.isOperator = isOperand && ["and", "or", "div", "mod"].contains(text(start..<index))
      } else if Self.isDigit(scalar) || scalar == "." && Self.isDigit(next) {
        while index < scalars.count, Self.isDigit(scalars[index]) || scalars[index] == "." { index += 1 }
        token.kind = .number
      } else if scalar == "*" {
        token.isOperator = isOperand
      } else if ["..", "//", "::", "!=", "<=", ">="].contains("\(scalar)\(next)") {
        index += 1
      }
      token.range = start..<index
      tokens.append(token)
    }
  }

  private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

  /// Whether the last token is one after which a name is an operator (XPath 1.0, 3.7).
  private var isOperand: Bool {
    guard let last = tokens.last else { return false }
    switch last.kind {
    case .word: return !last.isOperator
    case .text, .number: return true
    case .symbol:
      return !last.isOperator && ([")", "]", ".", "*"] as Set<Unicode.Scalar>).contains(scalars[last.range.lowerBound])
    }
  }

  package func text(_ range: Range<Int>) -> String { String(String.UnicodeScalarView(scalars[range])) }

  /// A sign that begins with this one.
  package func isSymbol(_ token: Token, _ symbol: Unicode.Scalar) -> Bool {
    token.kind == .symbol && scalars[token.range.lowerBound] == symbol
  }
}
