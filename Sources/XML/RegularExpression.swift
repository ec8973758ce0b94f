/// A regular expression that never backtracks: all ways are followed at once (a Pike machine), so that the work is at most
/// the length of the text times the size of the expression, and that product is bounded.
///
/// What the other engines have beyond regular languages (references back, looking around) is refused.
package struct RegularExpression: Sendable {
  /// What is wrong with a pattern, and where, in characters from its start.
  package struct Problem: Error, Hashable, Sendable {
    package var message: String
    package var offset: Int
  }

  /// A replacement would take more steps than ``stepLimit``.
  package struct TooLong: Error {}

  static let sizeLimit = 2000
  /// Enough for texts of some hundred thousand characters and a short pattern.
  package static let stepLimit = 2_000_000

  indirect enum Node {
    case empty
    case one(CharacterSet)
    case start
    case end
    case wordEdge(Bool)
    case sequence([Node])
    case choice([Node])
    case group(Node, Int)
    case repeated(Node, Int, Int?, isLazy: Bool)
  }

  enum Instruction: Sendable {
    case one(CharacterSet)
    case start
    case end
    case wordEdge(Bool)
    /// The first is preferred.
    case split(Int, Int)
    case jump(Int)
    case save(Int)
    case match
  }

  /// The characters that one step takes.
  struct CharacterSet: Sendable {
    var ranges: [ClosedRange<UInt32>] = []
    var isInverted = false
    var ignoresCase = false

    func contains(_ scalar: Unicode.Scalar) -> Bool {
      if holds(scalar.value) { return !isInverted }
      guard ignoresCase else { return isInverted }
      let others =
        scalar.properties.lowercaseMapping.unicodeScalars.count == 1
        ? Array(scalar.properties.lowercaseMapping.unicodeScalars + scalar.properties.uppercaseMapping.unicodeScalars)
        : []
      return others.contains { holds($0.value) } != isInverted
    }

    private func holds(_ value: UInt32) -> Bool { ranges.contains { $0.contains(value) } }
  }

  let program: [Instruction]
  /// How many groups it has; `$1` is the first.
  package let groups: Int

  package init(_ pattern: String) throws(Problem) {
    var parser = RegularExpressionParser(pattern)
    let node = try parser.parse()
    var builder = ProgramBuilder()
    try builder.add(.group(node, 0))
    builder.program.append(.match)
    program = builder.program
    groups = parser.groups
  }
}

/// Lays a pattern out as instructions.
private struct ProgramBuilder {
  var program: [RegularExpression.Instruction] = []

  mutating func add(_ node: RegularExpression.Node) throws(RegularExpression.Problem) {
    guard program.count < RegularExpression.sizeLimit else {
      throw RegularExpression.Problem(message: "it is too large once its repetitions are written out", offset: 0)
    }
    switch node {
    case .empty: return
    case .one(let set): program.append(.one(set))
    case .start: program.append(.start)
    case .end: program.append(.end)
    case .wordEdge(let isEdge): program.append(.wordEdge(isEdge))
    case .sequence(let nodes): for node in nodes { try add(node) }
    case .choice(let nodes): try choice(nodes[...])
    case .group(let node, let index):
      program.append(.save(index * 2))
      try add(node)
      program.append(.save(index * 2 + 1))
    case .repeated(let node, let least, let most, let isLazy):
      for _ in 0..<least { try add(node) }
      if let most {
        for _ in least..<max(least, most) { try optional(node, isLazy) }
      } else {
        let start = program.count
        try optional(node, isLazy) { $0.append(.jump(start)) }
      }
    }
  }

  private mutating func choice(_ nodes: ArraySlice<RegularExpression.Node>) throws(RegularExpression.Problem) {
    guard let first = nodes.first else { return }
    guard nodes.count > 1 else { return try add(first) }
    let split = program.count
    program.append(.split(split + 1, 0))
    try add(first)
    let jump = program.count
    program.append(.jump(0))
    program[split] = .split(split + 1, program.count)
    try choice(nodes.dropFirst())
    program[jump] = .jump(program.count)
  }

  private mutating func optional(
    _ node: RegularExpression.Node, _ isLazy: Bool, then: (inout [RegularExpression.Instruction]) -> Void = { _ in }
  ) throws(RegularExpression.Problem) {
    let split = program.count
    program.append(.jump(0))
    try add(node)
    then(&program)
    program[split] = isLazy ? .split(program.count, split + 1) : .split(split + 1, program.count)
  }
}
