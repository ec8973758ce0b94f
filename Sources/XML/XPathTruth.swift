import JSON

/// What a condition is whatever the document says: `a = 'x' or 'y'` always holds, since a text by itself is true.
///
/// Certain or nothing: only `and`, `or`, `not()` and brackets are looked into, and what asks no node is evaluated.
package struct XPathTruth: Hashable, Sendable {
  package var value: Bool
  /// The part of the expression that decides it, and where it begins, in characters.
  package var part: String
  package var offset: Int
  /// The part is a text in quotes.
  package var isText: Bool

  /// Nil: it depends on the document, or might.
  package init?(of expression: XPathExpression) {
    let reading = XPathTokens(expression.source)
    let scalars = reading.scalars
    guard let found = reading.truth(reading.tokens[...], expression.library) else { return nil }
    value = found.value
    offset = found.range.lowerBound
    part = String(String.UnicodeScalarView(scalars[found.range]))
    isText = scalars[found.range.lowerBound] == "'" || scalars[found.range.lowerBound] == "\""
  }
}

extension XPathTokens {
  fileprivate typealias Found = (value: Bool, range: Range<Int>)

  /// Functions that ask the node at which they are called.
  private static let askingWithout: Set<String> = [
    "string", "string-length", "normalize-space", "number", "name", "local-name",
  ]
  private static let asking: Set<String> = ["position", "last", "node", "text", "comment", "processing-instruction"]

  fileprivate func truth(_ part: ArraySlice<Token>, _ library: XPathLibrary) -> Found? {
    guard let first = part.first, let last = part.last else { return nil }
    for (word, decisive) in [("or", true), ("and", false)] {
      let parts = split(part, at: word)
      guard parts.count > 1 else { continue }
      let found = parts.map { truth($0, library) }
      if let one = found.lazy.compactMap({ $0 }).first(where: { $0.value == decisive }) { return one }
      let isKnown = found.allSatisfy { $0 != nil }
      return isKnown ? (!decisive, first.range.lowerBound..<last.range.upperBound) : nil
    }
    let range = first.range.lowerBound..<last.range.upperBound
    if isSymbol(first, "("), closing(part) == part.endIndex - 1 { return truth(part.dropFirst().dropLast(), library) }
    if first.kind == .word, text(first.range) == "not", part.count > 2, isSymbol(part[part.startIndex + 1], "("),
      closing(part.dropFirst()) == part.endIndex - 1
    {
      return truth(part.dropFirst(2).dropLast(), library).map { (!$0.value, range) }
    }
    return asksNothing(part) ? evaluated(range, library).map { ($0, range) } : nil
  }

  /// The parts between operators of this name that stand in no bracket.
  private func split(_ part: ArraySlice<Token>, at word: String) -> [ArraySlice<Token>] {
    var parts: [ArraySlice<Token>] = []
    var start = part.startIndex
    var depth = 0
    for index in part.indices {
      let token = part[index]
      if isSymbol(token, "(") || isSymbol(token, "[") { depth += 1 }
      if isSymbol(token, ")") || isSymbol(token, "]") { depth -= 1 }
      guard depth == 0, token.isOperator, token.kind == .word, text(token.range) == word else { continue }
      parts.append(part[start..<index])
      start = index + 1
    }
    parts.append(part[start...])
    return parts
  }

  /// Where the bracket that begins the part is closed.
  private func closing(_ part: ArraySlice<Token>) -> Int? {
    var depth = 0
    for index in part.indices {
      if isSymbol(part[index], "(") { depth += 1 }
      if isSymbol(part[index], ")") { depth -= 1 }
      if depth == 0 { return index }
    }
    return nil
  }

  private func asksNothing(_ part: ArraySlice<Token>) -> Bool {
    for index in part.indices {
      let token = part[index]
      switch token.kind {
      case .text, .number: continue
      case .symbol:
        let symbol = scalars[token.range.lowerBound]
        if symbol == "." || symbol == "/" || symbol == "@" || symbol == "*" && !token.isOperator { return false }
      case .word where token.isOperator: continue
      case .word:
        guard index + 1 < part.endIndex, isSymbol(part[index + 1], "(") else { return false }
        let name = text(token.range)
        let isBare = index + 2 < part.endIndex && isSymbol(part[index + 2], ")")
        if Self.asking.contains(name) || (isBare && Self.askingWithout.contains(name)) { return false }
      }
    }
    return true
  }

  private func evaluated(_ range: Range<Int>, _ library: XPathLibrary) -> Bool? {
    // What cannot be evaluated now says nothing of later.
    guard let expression = try? XPathExpression(text(range), library: library) else { return nil }
    let document = XPathDocument(json: JSONValue.null, root: "none")
    return try? document.boolean(expression, at: document.root)
  }
}
