/// An expression of the kind that nearly all are: paths to child elements, compared with texts and numbers, joined by
/// `and`, `or` and `not()`, handed to functions of the library. JSON answers it as it was read; whatever else there is in
/// XPath 1.0 is libxml2's, which gives the same answers for these (see ``XPathDocument``).
///
/// What it costs grows with the document's size and no faster: paths lead downward, and no two sets of nodes are compared.
indirect enum XPathForm: Sendable {
  case path(Path)
  case text(String)
  case number(Double)
  case truth(Bool)
  case call(XPathFunction, [XPathForm])
  case not(XPathForm)
  case all([XPathForm])
  case any([XPathForm])
  case comparison(Comparison, XPathForm, XPathForm)

  final class Path: Sendable {
    let isAbsolute: Bool
    /// None: the context node itself.
    let steps: [Step]
    /// Names of child elements and nothing else.
    let isPlain: Bool

    init(isAbsolute: Bool, steps: [Step]) {
      self.isAbsolute = isAbsolute
      self.steps = steps
      isPlain = !isAbsolute && steps.allSatisfy { $0.name != nil && $0.conditions.isEmpty }
    }
  }

  final class Step: Sendable {
    /// Nil: `*`.
    let name: ChildName?
    /// `[id]`: paths of which each must lead somewhere.
    let conditions: [Path]

    init(name: ChildName?, conditions: [Path]) {
      self.name = name
      self.conditions = conditions
    }
  }

  enum Comparison: String, Sendable {
    case equal = "="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
  }

  /// Nil: the expression is of no such kind.
  ///
  /// - Parameter source: an expression that compiles.
  init?(_ source: String, _ library: XPathLibrary) {
    var parser = XPathFormParser(tokens: XPathTokens(source), library: library)
    guard let form = parser.whole() else { return nil }
    self = form
  }

  /// The names of a path of child elements and nothing else.
  var childPath: [ChildName]? {
    guard case .path(let path) = self, path.isPlain, !path.steps.isEmpty else { return nil }
    return path.steps.compactMap(\.name)
  }

  fileprivate var isComparable: Bool {
    switch self {
    case .path, .text, .number: true
    case .call(let function, _): function.result == .text
    case .truth, .not, .all, .any, .comparison: false
    }
  }

  fileprivate var isPath: Bool { if case .path = self { true } else { false } }
  fileprivate var isNumber: Bool { if case .number = self { true } else { false } }
}

/// Reads the tokens of an expression by the grammar of XPath 1.0, section 3; nil at the first thing that is of another kind.
private struct XPathFormParser {
  let tokens: XPathTokens
  let library: XPathLibrary
  private var index = 0

  init(tokens: XPathTokens, library: XPathLibrary) {
    self.tokens = tokens
    self.library = library
  }

  mutating func whole() -> XPathForm? {
    guard let form = disjunction(), index == tokens.tokens.count, !form.isNumber else { return nil }
    return form
  }

  private mutating func disjunction() -> XPathForm? {
    guard let first = conjunction() else { return nil }
    var parts = [first]
    while takeOperator("or") {
      guard let next = conjunction() else { return nil }
      parts.append(next)
    }
    return parts.count == 1 ? first : .any(parts)
  }

  private mutating func conjunction() -> XPathForm? {
    guard let first = comparison() else { return nil }
    var parts = [first]
    while takeOperator("and") {
      guard let next = comparison() else { return nil }
      parts.append(next)
    }
    return parts.count == 1 ? first : .all(parts)
  }

  private mutating func comparison() -> XPathForm? {
    guard let left = primary() else { return nil }
    guard let symbol = peekSymbol(), let comparison = XPathForm.Comparison(rawValue: symbol) else { return left }
    index += 1
    guard let right = primary(), left.isComparable, right.isComparable, !(left.isPath && right.isPath) else {
      return nil
    }
    // `a = b = c` compares a truth value.
    if let symbol = peekSymbol(), XPathForm.Comparison(rawValue: symbol) != nil { return nil }
    return .comparison(comparison, left, right)
  }

  private mutating func primary() -> XPathForm? {
    guard let token = peek() else { return nil }
    let text = tokens.text(token.range)
    switch token.kind {
    case .text:
      index += 1
      return .text(String(text.unicodeScalars.dropFirst().dropLast()))
    case .number:
      index += 1
      return .number(XPathNumber.value(of: text))
    case .word where isCall: return call(text)
    case .symbol where text == "(":
      index += 1
      // What follows a bracket may be a condition or a step of a set of nodes: a set in brackets is left alone.
      guard let form = disjunction(), take(")"), !form.isPath, peekSymbol() != "[", peekSymbol() != "/" else {
        return nil
      }
      return form
    case .word, .symbol: return path().map(XPathForm.path)
    }
  }

  private mutating func call(_ name: String) -> XPathForm? {
    index += 2
    var arguments: [XPathForm] = []
    if !take(")") {
      repeat {
        guard let argument = disjunction() else { return nil }
        arguments.append(argument)
      } while take(",")
      guard take(")") else { return nil }
    }
    if let function = library.functions[name] {
      guard function.arguments.contains(arguments.count), !arguments.contains(where: \.isNumber) else { return nil }
      return .call(function, arguments)
    }
    switch (name, arguments.count) {
    case ("true", 0): return .truth(true)
    case ("false", 0): return .truth(false)
    case ("not", 1): return .not(arguments[0])
    default: return nil
    }
  }

  private mutating func path() -> XPathForm.Path? {
    let isAbsolute = take("/")
    if !isAbsolute, take(".") {
      return peekSymbol() == "/" || peekSymbol() == "[" ? nil : XPathForm.Path(isAbsolute: false, steps: [])
    }
    var steps: [XPathForm.Step] = []
    repeat {
      guard let step = step() else { return nil }
      steps.append(step)
    } while take("/")
    return XPathForm.Path(isAbsolute: isAbsolute, steps: steps)
  }

  private mutating func step() -> XPathForm.Step? {
    guard let token = peek() else { return nil }
    let text = tokens.text(token.range)
    let isName = token.kind == .word && !token.isOperator && !isCall
    guard isName || text == "*" && !token.isOperator else { return nil }
    index += 1
    if peekSymbol() == "::" { return nil }
    var conditions: [XPathForm.Path] = []
    while take("[") {
      guard let condition = path(), !condition.isAbsolute, !condition.steps.isEmpty, take("]") else { return nil }
      conditions.append(condition)
    }
    return XPathForm.Step(name: isName ? ChildName(text) : nil, conditions: conditions)
  }

  private func peek() -> XPathTokens.Token? { index < tokens.tokens.count ? tokens.tokens[index] : nil }

  private func peekSymbol() -> String? {
    guard let token = peek(), token.kind == .symbol else { return nil }
    return tokens.text(token.range)
  }

  /// Whether a bracket follows the word.
  private var isCall: Bool {
    guard index + 1 < tokens.tokens.count else { return false }
    return tokens.isSymbol(tokens.tokens[index + 1], "(")
  }

  private mutating func take(_ symbol: String) -> Bool {
    guard peekSymbol() == symbol else { return false }
    index += 1
    return true
  }

  private mutating func takeOperator(_ word: String) -> Bool {
    guard let token = peek(), token.kind == .word, token.isOperator, tokens.text(token.range) == word else {
      return false
    }
    index += 1
    return true
  }
}
