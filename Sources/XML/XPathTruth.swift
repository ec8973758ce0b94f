import JSON

/// What a condition is whatever the document says: `a = 'x' or 'y'` always holds, since a text by itself is true.
///
/// Certain or nothing: only `and`, `or`, `not()` and brackets are looked into, and what asks no node is evaluated. Of what
/// asks some, only `a or not(a)`, `a and not(a)` and one value that shall equal two texts are seen.
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
    isText = reading.tokens.contains { $0.kind == .text && $0.range == found.range }
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
      if let range = contradiction(parts, isConjunction: !decisive) { return (decisive, range) }
      let isKnown = found.allSatisfy { $0 != nil }
      return isKnown ? (!decisive, first.range.lowerBound..<last.range.upperBound) : nil
    }
    let range = first.range.lowerBound..<last.range.upperBound
    if isSymbol(first, "("), closing(part) == part.endIndex - 1 { return truth(part.dropFirst().dropLast(), library) }
    if let denied = denied(part) { return truth(denied, library).map { (!$0.value, range) } }
    return asksNothing(part) ? evaluated(range, library).map { ($0, range) } : nil
  }

  /// What stands in `not(…)`, where the part is nothing else.
  private func denied(_ part: ArraySlice<Token>) -> ArraySlice<Token>? {
    guard let first = part.first, first.kind == .word, text(first.range) == "not", part.count > 2,
      isSymbol(part[part.startIndex + 1], "("), closing(part.dropFirst()) == part.endIndex - 1
    else { return nil }
    return part.dropFirst(2).dropLast()
  }

  /// Two parts of which one denies the other, or that want one value to equal two, from the one to the other's end.
  private func contradiction(_ parts: [ArraySlice<Token>], isConjunction: Bool) -> Range<Int>? {
    var said: [String: Int] = [:]
    var wanted: [String: (value: String, start: Int)] = [:]
    for part in parts {
      let bare = withoutBrackets(part)
      guard let start = part.first?.range.lowerBound, let end = part.last?.range.upperBound else { continue }
      let (opposite, own) =
        denied(bare).map { (key(withoutBrackets($0)), "not " + key(withoutBrackets($0))) }
        ?? ("not " + key(bare), key(bare))
      if let before = said[opposite] { return before..<end }
      said[own] = said[own] ?? start
      guard isConjunction, let (name, value) = equality(bare) else { continue }
      if let before = wanted[name], before.value != value { return before.start..<end }
      wanted[name] = wanted[name] ?? (value, start)
    }
    return nil
  }

  private func withoutBrackets(_ part: ArraySlice<Token>) -> ArraySlice<Token> {
    guard let first = part.first, isSymbol(first, "("), closing(part) == part.endIndex - 1 else { return part }
    return withoutBrackets(part.dropFirst().dropLast())
  }

  private func key(_ part: ArraySlice<Token>) -> String { part.map { text($0.range) }.joined(separator: " ") }

  /// `lower(a) = 'x'`: what has one value in any document, and the text that it shall equal. A path may lead to several.
  private func equality(_ part: ArraySlice<Token>) -> (name: String, value: String)? {
    guard part.count > 2 else { return nil }
    for (literal, rest) in [(part[part.endIndex - 1], part.dropLast()), (part[part.startIndex], part.dropFirst())] {
      let sign = literal.range.lowerBound > rest[rest.startIndex].range.lowerBound ? rest.endIndex - 1 : rest.startIndex
      let name = sign == rest.startIndex ? rest.dropFirst() : rest.dropLast()
      guard literal.kind == .text, isSymbol(rest[sign], "="), isOneValue(name) else { continue }
      return (key(name), String(text(literal.range).dropFirst().dropLast()))
    }
    return nil
  }

  private func isOneValue(_ part: ArraySlice<Token>) -> Bool {
    guard let first = part.first, first.kind == .word, part.count > 2 else { return false }
    let second = part[part.startIndex + 1]
    let isCall = isSymbol(second, "(") && closing(part.dropFirst()) == part.endIndex - 1
    let isFirst = part.count == 4 && isSymbol(second, "[") && part[part.startIndex + 2].kind == .number
    return isFirst || (isCall && !Self.asking.contains(text(first.range)) && text(first.range) != "id")
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
