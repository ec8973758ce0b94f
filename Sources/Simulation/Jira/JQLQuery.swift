import SyncModel

/// A query in the part of JQL that the simulated Jira understands: clauses joined by AND, and an order.
struct JQLQuery {
  enum Operator: String {
    case equal = "="
    case notEqual = "!="
    case atLeast = ">="
    case after = ">"
    case atMost = "<="
    case before = "<"
    case among = "in"
  }

  struct Clause {
    /// In lower case.
    var field: String
    var comparison: Operator
    var values: [String]
  }

  struct Ordering {
    var field: String
    var isDescending: Bool
  }

  /// Why a text is no query that is understood; the message is Jira's style.
  struct Problem: Error { var message: String }

  private enum Token: Equatable {
    case word(String)
    case quoted(String)
    case symbol(String)
  }

  var clauses: [Clause] = []
  var ordering: [Ordering] = []
  private var tokens: [Token] = []
  private var position = 0

  static let fields: Set<String> = [
    "project", "labels", "key", "issuekey", "issue", "id", "updated", "created", "status", "issuetype",
  ]

  init(_ text: String) throws(Problem) {
    tokens = try Self.tokens(of: text)
    if !isAt("order") {
      repeat { if position < tokens.count { clauses.append(try clause()) } } while takeWord("and")
    }
    if takeWord("order") {
      guard takeWord("by") else { throw unexpected("'by'") }
      repeat { ordering.append(try orderingField()) } while take(.symbol(","))
    }
    guard position == tokens.count else { throw unexpected("'AND' or the end of the query") }
  }

  private mutating func clause() throws(Problem) -> Clause {
    guard case .word(let name)? = next() else { throw unexpected("a field name") }
    let field = name.lowercased()
    guard Self.fields.contains(field) else {
      throw Problem(message: "Field '\(name)' does not exist or you do not have permission to view it.")
    }
    if takeWord("in") { return Clause(field: field, comparison: .among, values: try values()) }
    guard case .symbol(let symbol)? = next(), let comparison = Operator(rawValue: symbol) else {
      throw unexpected("an operator")
    }
    return Clause(field: field, comparison: comparison, values: [try value()])
  }

  private mutating func values() throws(Problem) -> [String] {
    guard take(.symbol("(")) else { throw unexpected("'('") }
    var result: [String] = []
    repeat { result.append(try value()) } while take(.symbol(","))
    guard take(.symbol(")")) else { throw unexpected("')'") }
    return result
  }

  private mutating func value() throws(Problem) -> String {
    switch next() {
    case .word(let text)?, .quoted(let text)?: return text
    case .symbol?, nil: throw unexpected("a value")
    }
  }

  private mutating func orderingField() throws(Problem) -> Ordering {
    guard case .word(let name)? = next(), Self.fields.contains(name.lowercased()) else {
      throw unexpected("a field name")
    }
    if takeWord("desc") { return Ordering(field: name.lowercased(), isDescending: true) }
    _ = takeWord("asc")
    return Ordering(field: name.lowercased(), isDescending: false)
  }

  private mutating func next() -> Token? {
    guard position < tokens.count else { return nil }
    position += 1
    return tokens[position - 1]
  }

  private mutating func take(_ token: Token) -> Bool {
    guard position < tokens.count, tokens[position] == token else { return false }
    position += 1
    return true
  }

  private func isAt(_ word: String) -> Bool {
    guard position < tokens.count, case .word(let text) = tokens[position] else { return false }
    return text.lowercased() == word
  }

  private mutating func takeWord(_ word: String) -> Bool {
    guard isAt(word) else { return false }
    position += 1
    return true
  }

  private func unexpected(_ wanted: String) -> Problem {
    Problem(message: "Error in the JQL Query: Expecting \(wanted) but got something else. (token \(position))")
  }

  private static func tokens(of text: String) throws(Problem) -> [Token] {
    var tokens: [Token] = []
    var rest = Array(text.unicodeScalars)[...]
    while let scalar = rest.first {
      switch scalar {
      case " ", "\t", "\n", "\r": rest.removeFirst()
      case "\"", "'": tokens.append(.quoted(try quoted(&rest, in: text)))
      case "(", ")", ",":
        tokens.append(.symbol(String(scalar)))
        rest.removeFirst()
      case "=", "!", "<", ">":
        let symbol = rest.prefix { "=!<>".unicodeScalars.contains($0) }
        tokens.append(.symbol(String(String.UnicodeScalarView(symbol))))
        rest = rest.dropFirst(symbol.count)
      default:
        let word = rest.prefix { !" \t\n\r\"'(),=!<>".unicodeScalars.contains($0) }
        tokens.append(.word(String(String.UnicodeScalarView(word))))
        rest = rest.dropFirst(word.count)
      }
    }
    return tokens
  }

  private static func quoted(_ rest: inout ArraySlice<Unicode.Scalar>, in text: String) throws(Problem) -> String {
    let column = rest.startIndex + 1
    let quote = rest.removeFirst()
    var collected = String.UnicodeScalarView()
    while let scalar = rest.popFirst() {
      if scalar == quote { return String(collected) }
      if scalar == "\\", let escaped = rest.popFirst() { collected.append(escaped) } else { collected.append(scalar) }
    }
    throw Problem(
      message: "Error in the JQL Query: The quoted string '\(String(collected))' has not been completed. "
        + "(line 1, character \(column))")
  }
}
