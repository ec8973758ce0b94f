/// What an evaluation may cost: libxml2 counts steps, but one step may compare two sets of nodes, or take all text.
enum XPathCost {
  /// The steps of an expression that looks at each node a bounded number of times (see ``isLinear(_:)``).
  static let stepLimit: UInt = 1_000_000
  /// What all others may cost together, in nanoseconds as measured: half of one for each byte of text and four for each
  /// node that a step may have to touch.
  private static let budget: UInt = 1_000_000_000
  /// So much text that a function takes counts as a step.
  static let bytesPerStep = 1024

  /// The steps that any other expression may take over a document of this size.
  static func stepLimit(bytes: Int, nodes: Int) -> UInt {
    min(stepLimit, budget / UInt(max(1, bytes / 2 + nodes * 4)))
  }

  /// Whether every node is visited at most once for each place in the expression that names it, so that steps and texts
  /// add up to a multiple of the document's size: paths lead downward, conditions ask only what is below their own node,
  /// and nothing compares or joins two sets of nodes. What cannot be told is not linear.
  static func isLinear(_ source: String) -> Bool {
    let tokens = tokens(of: source)
    var conditions = 0
    for (index, token) in tokens.enumerated() {
      let before = index > 0 ? tokens[index - 1] : ""
      switch token {
      case "[": conditions += 1
      case "]": conditions -= 1
      case "|", "::": return false
      case "=", "!=", "<", "<=", ">", ">=":
        guard [before, index + 1 < tokens.count ? tokens[index + 1] : ""].contains(literal) else { return false }
      case "..":
        guard conditions == 0, begins(index, tokens) || before == "/" && begins(index - 1, tokens, after: "..") else {
          return false
        }
      case "//":
        guard conditions == 0, begins(index, tokens) || begins(index, tokens, after: ".") else { return false }
      case "/": guard conditions == 0 || !begins(index, tokens) else { return false }
      default: continue
      }
    }
    return true
  }

  /// Stands for every text in quotes and every number.
  private static let literal = "''"
  private static let starters: Set<String> = [
    "", "(", ",", "[", "=", "!=", "<", "<=", ">", ">=", "+", "-", "and", "or", "div", "mod",
  ]

  /// Whether a path begins with this token, or with this step before it.
  private static func begins(_ index: Int, _ tokens: [String], after step: String? = nil) -> Bool {
    guard let step else { return starters.contains(index > 0 ? tokens[index - 1] : "") }
    guard index > 0, tokens[index - 1] == step else { return false }
    if begins(index - 1, tokens) { return true }
    return step == ".." && index > 1 && tokens[index - 2] == "/" && begins(index - 2, tokens, after: step)
  }

  private static func tokens(of source: String) -> [String] {
    let read = XPathTokens(source)
    return read.tokens.map { token in
      switch token.kind {
      case .text, .number: literal
      case .word, .symbol: read.text(token.range)
      }
    }
  }
}
