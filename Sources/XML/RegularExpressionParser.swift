/// Reads the patterns that ``RegularExpression`` takes: the syntax that most engines share.
struct RegularExpressionParser {
  typealias Problem = RegularExpression.Problem
  typealias Node = RegularExpression.Node
  typealias CharacterSet = RegularExpression.CharacterSet

  private static let depthLimit = 50
  private static let repetitionLimit = 1000
  private static let lengthLimit = 1000

  private let scalars: [Unicode.Scalar]
  private var index = 0
  private var depth = 0
  private var ignoresCase = false
  private(set) var groups = 0

  init(_ pattern: String) { scalars = Array(pattern.unicodeScalars) }

  mutating func parse() throws(Problem) -> Node {
    guard scalars.count <= Self.lengthLimit else {
      throw Problem(message: "it is longer than \(Self.lengthLimit) characters", offset: 0)
    }
    if scalars.starts(with: "(?i)".unicodeScalars) {
      ignoresCase = true
      index = 4
    }
    let node = try choice()
    guard index == scalars.count else { throw problem("a closing bracket has no opening one") }
    return node
  }

  private var next: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

  private func problem(_ message: String, at offset: Int? = nil) -> Problem {
    Problem(message: message, offset: offset ?? index)
  }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard next == scalar else { return false }
    index += 1
    return true
  }

  private mutating func choice() throws(Problem) -> Node {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.depthLimit else { throw problem("it nests deeper than \(Self.depthLimit)") }
    var choices = [try sequence()]
    while take("|") { choices.append(try sequence()) }
    return choices.count == 1 ? choices[0] : .choice(choices)
  }

  private mutating func sequence() throws(Problem) -> Node {
    var nodes: [Node] = []
    while let scalar = next, scalar != "|", scalar != ")" {
      let start = index
      let node = try atom()
      nodes.append(try repeated(node, from: start))
    }
    return nodes.isEmpty ? .empty : .sequence(nodes)
  }

  private mutating func atom() throws(Problem) -> Node {
    let start = index
    guard let scalar = next else { return .empty }
    index += 1
    switch scalar {
    case "(": return try group(from: start)
    case "[": return .one(try bracket(from: start))
    case ".": return .one(CharacterSet(ranges: [0x0A...0x0A, 0x0D...0x0D], isInverted: true))
    case "^": return .start
    case "$": return .end
    case "*", "+", "?":
      throw problem("'\(scalar)' repeats nothing; write \\\(scalar) for the character itself", at: start)
    case "\\": return try escape(from: start)
    default: return .one(CharacterSet(ranges: [scalar.value...scalar.value], ignoresCase: ignoresCase))
    }
  }

  private mutating func group(from start: Int) throws(Problem) -> Node {
    var number: Int?
    if take("?") {
      guard take(":") else {
        throw problem("only (?:…) and, at the start, (?i) are known; looking around is not", at: start)
      }
    } else {
      groups += 1
      number = groups
    }
    let node = try choice()
    guard take(")") else { throw problem("a bracket is not closed", at: start) }
    guard let number else { return node }
    guard number <= 9 else {
      throw problem("there are more than nine groups; write (?:…) for those not used", at: start)
    }
    return .group(node, number)
  }

  private mutating func repeated(_ node: Node, from start: Int) throws(Problem) -> Node {
    var least = 0
    var most: Int?
    let place = index
    if take("*") {
    } else if take("+") {
      least = 1
    } else if take("?") {
      most = 1
    } else if take("{") {
      guard let low = number() else { throw problem("{ needs a number; write \\{ for the character itself", at: place) }
      least = low
      most = low
      if take(",") { most = number() }
      guard take("}") else { throw problem("a brace is not closed", at: place) }
      guard least <= Self.repetitionLimit, most ?? 0 <= Self.repetitionLimit, most.map({ $0 >= least }) ?? true else {
        throw problem("it repeats from \(least) to \(most.map(String.init) ?? "many"), at most 1000 go", at: place)
      }
    } else {
      return node
    }
    switch node {
    case .start, .end, .wordEdge, .empty: throw problem("a place in the text cannot be repeated", at: start)
    default: break
    }
    let isLazy = take("?")
    if let again = next, "*+?".unicodeScalars.contains(again) { throw problem("a repetition cannot be repeated") }
    return .repeated(node, least, most, isLazy: isLazy)
  }

  private mutating func number() -> Int? {
    let digits = scalars[index...].prefix { ("0"..."9").contains($0) }.prefix(6)
    index += digits.count
    return Int(String(String.UnicodeScalarView(digits)))
  }

  private mutating func escape(from start: Int) throws(Problem) -> Node {
    guard let scalar = next else {
      throw problem("a backslash ends the pattern; write \\\\ for the character", at: start)
    }
    switch scalar {
    case "b", "B":
      index += 1
      return .wordEdge(scalar == "b")
    case "1"..."9": throw problem("references back to a group are not known: they cannot be bounded", at: start)
    default: return .one(try escapedSet(from: start))
    }
  }

  private mutating func escapedSet(from start: Int) throws(Problem) -> CharacterSet {
    guard let scalar = next else {
      throw problem("a backslash ends the pattern; write \\\\ for the character", at: start)
    }
    index += 1
    switch scalar {
    case "d": return CharacterSet(ranges: Self.digits)
    case "D": return CharacterSet(ranges: Self.digits, isInverted: true)
    case "s": return CharacterSet(ranges: Self.blanks)
    case "S": return CharacterSet(ranges: Self.blanks, isInverted: true)
    case "w": return CharacterSet(ranges: Self.word)
    case "W": return CharacterSet(ranges: Self.word, isInverted: true)
    case "n": return CharacterSet(ranges: [0x0A...0x0A])
    case "r": return CharacterSet(ranges: [0x0D...0x0D])
    case "t": return CharacterSet(ranges: [0x09...0x09])
    default:
      guard !scalar.properties.isAlphabetic, !("0"..."9").contains(scalar) else {
        throw problem(
          "\\\(scalar) is not known; there are \\d \\s \\w \\b, their opposites, \\n, \\r and \\t", at: start)
      }
      return CharacterSet(ranges: [scalar.value...scalar.value])
    }
  }

  static let digits: [ClosedRange<UInt32>] = [0x30...0x39]
  static let blanks: [ClosedRange<UInt32>] = [0x09...0x0D, 0x20...0x20, 0x85...0x85, 0xA0...0xA0, 0x2000...0x200A]
  static let word: [ClosedRange<UInt32>] = [
    0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A, 0xC0...0xD6, 0xD8...0xF6, 0xF8...0x24F, 0x370...0x3FF,
    0x400...0x52F, 0x5D0...0x5EA, 0x620...0x64A, 0x3041...0x30FF, 0x4E00...0x9FFF, 0xAC00...0xD7A3,
  ]

  private mutating func bracket(from start: Int) throws(Problem) -> CharacterSet {
    var set = CharacterSet(ignoresCase: ignoresCase)
    set.isInverted = take("^")
    var isFirst = true
    while let scalar = next, scalar != "]" || isFirst {
      isFirst = false
      let place = index
      let low = try member(scalar)
      guard next == "-", index + 1 < scalars.count, scalars[index + 1] != "]" else {
        set.ranges += low.ranges
        continue
      }
      index += 1
      let high = try member(scalars[index])
      guard low.ranges.count == 1, high.ranges.count == 1, let from = low.ranges.first, let to = high.ranges.first,
        from.count == 1, to.count == 1, from.lowerBound <= to.lowerBound
      else { throw problem("the range in [ ] runs backwards or has no end", at: place) }
      set.ranges.append(from.lowerBound...to.lowerBound)
    }
    guard take("]") else { throw problem("a square bracket is not closed", at: start) }
    return set
  }

  private mutating func member(_ scalar: Unicode.Scalar) throws(Problem) -> CharacterSet {
    let start = index
    index += 1
    guard scalar == "\\" else { return CharacterSet(ranges: [scalar.value...scalar.value]) }
    let set = try escapedSet(from: start)
    guard !set.isInverted else { throw problem("an opposite such as \\D cannot stand in [ ]", at: start) }
    return set
  }
}
