import Fuzzing
import JSON
import Testing
import XML

/// Each expression has a twin that is of no plain form, so that libxml2 evaluates it.
@Suite("What JSON answers as it was read is what libxml2 answers")
struct XPathFormTests {
  private static let rounds = 3000

  @Test("A path leads to the same nodes")
  func paths() throws {
    var found = 0
    for round in 0..<Self.rounds {
      var dice = FuzzDice(seed: 11, iteration: UInt64(round))
      let value = Self.value(&dice, depth: 0)
      let path = Self.path(&dice)
      let document = XPathDocument(json: value, root: "a")
      let nodes = try document.nodes(XPathExpression(path), at: document.root)
      let expected = try document.nodes(XPathExpression("\(path) | \(path)"), at: document.root)
      try #require(nodes.map(\.name) == expected.map(\.name), "\(path) in \(value.compact)")
      try #require(nodes.map(\.text) == expected.map(\.text), "\(path) in \(value.compact)")
      found += nodes.count
    }
    #expect(found > Self.rounds / 3)
  }

  @Test("A condition holds for the same documents")
  func conditions() throws {
    var held = 0
    for round in 0..<Self.rounds {
      var dice = FuzzDice(seed: 12, iteration: UInt64(round))
      let value = Self.value(&dice, depth: 0)
      let condition = Self.condition(&dice, depth: 0)
      let document = XPathDocument(json: value, root: "a")
      let holds = try document.boolean(XPathExpression(condition), at: document.root)
      let expected = try document.boolean(XPathExpression("boolean(\(condition))"), at: document.root)
      try #require(holds == expected, "\(condition) in \(value.compact)")
      held += holds ? 1 : 0
    }
    #expect(held > Self.rounds / 10 && held < Self.rounds * 9 / 10)
  }

  @Test("An expression has the same text")
  func texts() throws {
    var filled = 0
    for round in 0..<Self.rounds {
      var dice = FuzzDice(seed: 13, iteration: UInt64(round))
      let value = Self.value(&dice, depth: 0)
      let expression = dice.below(3) == 0 ? Self.condition(&dice, depth: 1) : Self.operand(&dice)
      let document = XPathDocument(json: value, root: "a")
      let text = try document.string(XPathExpression(expression), at: document.root)
      let expected = try document.string(XPathExpression("string(\(expression))"), at: document.root)
      try #require(text == expected, "\(expression) in \(value.compact)")
      filled += text.isEmpty ? 0 : 1
    }
    #expect(filled > Self.rounds / 3)
  }

  @Test(
    "A number is read as XPath reads it",
    arguments: [
      "1", "01", "-1", "+1", "1.5", ".5", "5.", " 7 ", "1e3", "1E3", "1e", "0x10", "Infinity", "NaN", "", "1 2", "--1",
      "1,5",
      "9007199254740993", "0.1", "123456789012345678901234567890", "１",
    ])
  func numbers(_ text: String) throws {
    for literal in ["1", "1.5", "0.5", "5", "7", "1000", "16", "9007199254740993", "0.1"] {
      for comparison in ["=", "!=", "<", "<=", ">", ">="] {
        let document = XPathDocument(json: ["b": .string(text)], root: "a")
        for condition in [
          "b \(comparison) \(literal)", "\(literal) \(comparison) b", "lower(b) \(comparison) \(literal)",
        ] {
          #expect(
            try document.boolean(XPathExpression(condition), at: document.root)
              == document.boolean(XPathExpression("boolean(\(condition))"), at: document.root), "\(condition)")
        }
      }
    }
  }

  // MARK: - What is asked of what

  private static let keys = ["a", "b", "c", "d e", "_x0041_", "é", "item"]
  private static let names = ["a", "b", "c", "d_x0020_e", "_x005F_x0041_", "é", "item", "*"]
  private static let texts = ["", "x", "X", "1", "2", "-0.5", "true", "é", "x\u{1}", "\u{FFFE}", "𝄞 y", "a\nb"]

  private static func value(_ dice: inout FuzzDice, depth: Int) -> JSONValue {
    switch depth == 0 ? dice.below(5) : depth < 4 ? dice.below(12) : 6 + dice.below(6) {
    case 0..<4:
      var members: [JSONMember] = []
      for key in keys where dice.below(2) == 0 { members.append(JSONMember(key, value(&dice, depth: depth + 1))) }
      return .object(members)
    case 4..<6: return .array((0..<dice.below(4)).map { _ in value(&dice, depth: depth + 1) })
    case 6: return .null
    case 7: return .bool(dice.below(2) == 0)
    case 8: return .number(["0", "1", "2.50", "-3", "1e2"][dice.below(5)])
    default: return .string(texts[dice.below(texts.count)])
    }
  }

  private static func path(_ dice: inout FuzzDice, depth: Int = 0) -> String {
    if depth == 0, dice.below(12) == 0 { return "." }
    let steps = (0...dice.below(3)).map { _ in
      let name = names[dice.below(names.count)]
      return depth < 2 && dice.below(5) == 0 ? "\(name)[\(path(&dice, depth: depth + 1))]" : name
    }
    let isAbsolute = depth == 0 && dice.below(4) == 0
    return (isAbsolute ? dice.below(2) == 0 ? "/*/" : "/a/" : "") + steps.joined(separator: "/")
  }

  private static func operand(_ dice: inout FuzzDice) -> String {
    switch dice.below(7) {
    case 0: "'\(["x", "1", "true", "é", ""][dice.below(5)])'"
    case 1: "upper(\(path(&dice)))"
    case 2: "default(\(path(&dice)), \(path(&dice)))"
    case 3: "substring-after(\(path(&dice)), 'x')"
    default: path(&dice)
    }
  }

  private static func condition(_ dice: inout FuzzDice, depth: Int) -> String {
    switch dice.below(depth < 3 ? 10 : 4) {
    case 0: return operand(&dice)
    case 1..<4:
      let symbol = ["=", "=", "!=", "<", "<=", ">", ">="][dice.below(7)]
      let number = ["0", "1", "2.5", "100"][dice.below(4)]
      let literal = "'\(["x", "1", "true", "é", ""][dice.below(5)])'"
      let other = dice.below(3) == 0 ? number : dice.below(2) == 0 ? literal : "lower(\(path(&dice)))"
      let asked = operand(&dice)
      return dice.below(2) == 0 ? "\(asked) \(symbol) \(other)" : "\(other) \(symbol) \(asked)"
    case 4: return "not(\(condition(&dice, depth: depth + 1)))"
    case 5: return "contains(\(path(&dice)), 'x')"
    case 6: return "(\(condition(&dice, depth: depth + 1)))"
    case 7: return dice.below(2) == 0 ? "true()" : "false()"
    default:
      let word = dice.below(2) == 0 ? "and" : "or"
      return "\(condition(&dice, depth: depth + 1)) \(word) \(condition(&dice, depth: depth + 1))"
    }
  }
}
