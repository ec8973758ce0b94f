/// Reads an expression's tokens, to find at once what libxml2 finds only when it evaluates: functions that do not
/// exist, wrong numbers of arguments, variables and prefixes.
struct XPathScanner {
  /// XPath's own functions, and how many arguments each takes.
  static let functions: [String: ClosedRange<Int>] = [
    "last": 0...0, "position": 0...0, "count": 1...1, "local-name": 0...1, "name": 0...1, "string": 0...1,
    "concat": 2...100, "starts-with": 2...2, "contains": 2...2, "substring-before": 2...2, "substring-after": 2...2,
    "substring": 2...3, "string-length": 0...1, "normalize-space": 0...1, "translate": 3...3, "boolean": 1...1,
    "not": 1...1, "true": 0...0, "false": 0...0, "number": 0...1, "sum": 1...1, "floor": 1...1, "ceiling": 1...1,
    "round": 1...1,
  ]

  private struct Call {
    var name: String?
    var start: Int
    var commas = 0
    var isEmpty = true
    /// By argument: its text and where that begins, where the whole argument is a text in quotes.
    var literals: [Int: (text: String, offset: Int)] = [:]
    /// The arguments that have more in them than one text in quotes.
    var others: Set<Int> = []
  }

  private static let nodeTypes: Set<String> = ["node", "text", "comment", "processing-instruction"]
  private static let operators: Set<String> = ["and", "or", "div", "mod"]

  private let scalars: [Unicode.Scalar]
  private var index = 0
  private var calls: [Call] = []
  /// Whether the last token was one after which XPath reads a name as an operator (XPath 1.0, 3.7).
  private var afterOperand = false

  /// - Returns: the regular expressions that stand in the expression.
  static func check(_ source: String, _ library: XPathLibrary) throws(XPathError) -> XPathLibrary.Patterns {
    guard source.utf8.count <= XPathExpression.lengthLimit else {
      throw XPathError(message: "the expression is longer than \(XPathExpression.lengthLimit) bytes")
    }
    guard !source.unicodeScalars.allSatisfy(\.isXMLBlank) else {
      throw XPathError(message: "the expression is empty", offset: 0)
    }
    var scanner = XPathScanner(scalars: Array(source.unicodeScalars), library: library)
    try scanner.scan()
    return scanner.patterns
  }

  private let library: XPathLibrary
  private var patterns = XPathLibrary.Patterns()

  private init(scalars: [Unicode.Scalar], library: XPathLibrary) {
    self.scalars = scalars
    self.library = library
  }

  private mutating func scan() throws(XPathError) {
    while index < scalars.count {
      let scalar = scalars[index]
      if scalar.isXMLBlank {
        index += 1
        continue
      }
      if scalar != ")" && scalar != "," { noteArgument(isLiteral: scalar == "'" || scalar == "\"") }
      switch scalar {
      case "'", "\"": try literal(scalar)
      case "$": throw XPathError(message: "variables ($name) are known only to templates, as {$name}", offset: index)
      case "(": open(Call(name: nil, start: index))
      case ")": try close()
      case ",":
        if !calls.isEmpty { calls[calls.count - 1].commas += 1 }
        operand(false)
      case "]": operand(true)
      case _ where scalar.startsXMLName: try name()
      case ".": operand(true)
      case "0"..."9": operand(true)
      case "*": operand(!afterOperand)
      default: operand(false)
      }
    }
  }

  private mutating func operand(_ isOperand: Bool) {
    afterOperand = isOperand
    index += 1
  }

  private mutating func noteArgument(isLiteral: Bool) {
    guard let last = calls.indices.last else { return }
    let argument = calls[last].commas
    calls[last].isEmpty = false
    if !isLiteral || calls[last].literals[argument] != nil { calls[last].others.insert(argument) }
  }

  private mutating func literal(_ quote: Unicode.Scalar) throws(XPathError) {
    let start = index
    index += 1
    while index < scalars.count, scalars[index] != quote { index += 1 }
    guard index < scalars.count else { throw XPathError(message: "a text in quotes is not closed", offset: start) }
    if let last = calls.indices.last {
      let text = String(String.UnicodeScalarView(scalars[(start + 1)..<index]))
      calls[last].literals[calls[last].commas] = (text, start + 1)
    }
    operand(true)
  }

  private mutating func open(_ call: Call) {
    calls.append(call)
    operand(false)
  }

  private mutating func close() throws(XPathError) {
    guard let call = calls.popLast() else {
      throw XPathError(message: "a closing bracket has no opening one", offset: index)
    }
    if let name = call.name, let expected = library.functions[name]?.arguments ?? Self.functions[name] {
      let count = call.isEmpty ? 0 : call.commas + 1
      guard expected.contains(count) else {
        throw XPathError(message: "\(name)() takes \(Self.words(expected)), not \(count)", offset: call.start)
      }
      try checkArguments(call, count)
    }
    operand(true)
  }

  private mutating func name() throws(XPathError) {
    let start = index
    while index < scalars.count, scalars[index].continuesXMLName { index += 1 }
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars[start..<index])
    let name = String(view)
    if afterOperand && Self.operators.contains(name) {
      afterOperand = false
      return
    }
    var next = index
    while next < scalars.count, scalars[next].isXMLBlank { next += 1 }
    if next < scalars.count, scalars[next] == ":" {
      guard next + 1 < scalars.count, scalars[next + 1] == ":" else {
        throw XPathError(message: "'\(name):' is a prefix, and names have none here", offset: start)
      }
      index = next + 2
      afterOperand = false
      return
    }
    guard next < scalars.count, scalars[next] == "(" else {
      afterOperand = true
      return
    }
    index = next
    if Self.nodeTypes.contains(name) { return open(Call(name: nil, start: start)) }
    guard library.functions[name] != nil || Self.functions[name] != nil else { throw unknown(name, at: start) }
    open(Call(name: name, start: start))
  }

  private static func words(_ range: ClosedRange<Int>) -> String {
    if range.upperBound >= 100 { return "\(range.lowerBound) or more arguments" }
    if range.lowerBound == range.upperBound {
      return range.lowerBound == 1 ? "1 argument" : "\(range.lowerBound) arguments"
    }
    return "\(range.lowerBound) or \(range.upperBound) arguments"
  }

  /// What stands in the expression itself can be looked at now.
  private mutating func checkArguments(_ call: Call, _ count: Int) throws(XPathError) {
    guard let name = call.name, let function = library.functions[name] else { return }
    let texts = (0..<count).map { call.others.contains($0) ? nil : call.literals[$0]?.text }
    do throws(XPathFunction.ArgumentProblem) {
      try function.check(texts)
    } catch {
      let start = call.literals[error.argument]?.offset ?? call.start
      throw XPathError(message: "\(name)(): \(error.message)", offset: start + error.offset)
    }
    // One that is wrong was refused above.
    if name == "replace", let source = texts[1] { patterns.known[source] = try? RegularExpression(source) }
  }

  private func unknown(_ name: String, at offset: Int) -> XPathError {
    let known = Array(Self.functions.keys) + Array(library.functions.keys)
    let ours = library.functions.keys.filter { Self.functions[$0] == nil }.sorted().joined(separator: ", ")
    let hint =
      NearestName.find(name, in: known).map { "; did you mean \($0)()?" }
      ?? "; the functions are XPath 1.0's and \(ours)"
    return XPathError(message: "the function \(name)() is not known\(hint)", offset: offset)
  }
}
