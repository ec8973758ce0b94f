import JSON

/// One text of the corpus.
package struct FuzzSeed: Sendable {
  package var name: String
  package var bytes: [UInt8]

  package init(name: String, bytes: [UInt8]) {
    self.name = name
    self.bytes = bytes
  }
}

/// Makes inputs: texts of the corpus with some bytes changed, pieces doubled, cut, exchanged and nested.
package struct FuzzInput {
  /// A longer input would be all that a run has time for.
  private static let limit = 20_000

  /// One seed and iteration always give the same input for one corpus.
  package static func bytes(_ target: FuzzTarget, corpus: [FuzzSeed], seed: UInt64, iteration: UInt64) -> [UInt8] {
    var dice = FuzzDice(seed: seed, iteration: iteration)
    guard !corpus.isEmpty else { return [] }
    if target == .adf, dice.chance(30) { return Array(RandomDocument.adf(seed: dice.next()).compact.utf8) }
    var bytes = dice.pick(corpus).bytes
    for _ in 0...dice.below(8) { mutate(&bytes, target, corpus, &dice) }
    return Array(bytes.prefix(limit))
  }

  private static func mutate(
    _ bytes: inout [UInt8], _ target: FuzzTarget, _ corpus: [FuzzSeed], _ dice: inout FuzzDice
  ) {
    let position = dice.below(bytes.count + 1)
    switch dice.below(9) {
    case 0 where !bytes.isEmpty: bytes[dice.below(bytes.count)] = UInt8(truncatingIfNeeded: dice.next())
    case 1 where !bytes.isEmpty: bytes.remove(at: dice.below(bytes.count))
    case 2: bytes.insert(contentsOf: Array(dice.pick(signs(of: target)).utf8), at: position)
    case 3: bytes.insert(contentsOf: piece(of: bytes, &dice), at: position)
    case 4: bytes.insert(contentsOf: piece(of: dice.pick(corpus).bytes, &dice), at: position)
    case 5 where bytes.count > 4:
      let start = dice.below(bytes.count)
      bytes.removeSubrange(start..<min(bytes.count, start + 1 + dice.below(40)))
    case 6:
      // Nesting, and many of the same.
      let sign = Array(dice.pick(signs(of: target)).utf8)
      let count = 1 << dice.below(9)
      bytes.insert(contentsOf: Array(repeatElement(sign, count: count).joined()), at: position)
    case 7:
      let other = dice.pick(corpus).bytes
      bytes = Array(bytes.prefix(position)) + other.suffix(dice.below(other.count + 1))
    default: bytes.insert(contentsOf: Array(dice.pick(anywhere).utf8), at: position)
    }
  }

  private static func piece(of bytes: [UInt8], _ dice: inout FuzzDice) -> [UInt8] {
    let start = dice.below(bytes.count + 1)
    return Array(bytes[start..<min(bytes.count, start + 1 + dice.below(60))])
  }

  private static let anywhere = [
    "\u{0}", "\r", "\n", "\n\n", "\t", " ", "\u{A0}", "\u{FEFF}", "\u{2028}", "\u{301}", "😀", "\u{202E}", "é", "'",
    "https://example.com/x_(y)", "javascript:alert(1)", "\u{7F}", "\\",
  ]

  private static func signs(of target: FuzzTarget) -> [String] {
    switch target {
    case .xml:
      ["<a>", "</a>", "<a b='c'/>", "<!--", "-->", "<![CDATA[", "]]>", "&amp;", "&#0;", "<!DOCTYPE a>", "<?x?>"]
    case .json: ["{", "}", "[", "]", "\"", ":", ",", "1e9", "-0", "\\u0000", "\\ud800", "true", "null"]
    case .adf:
      [
        "{", "}", "[", "]", "\"type\":\"panel\"", "\"text\":\"\"", "\"content\":[]", "\"attrs\":{}", "\"marks\":[]",
        "{\"type\":\"table\"}", "null", ",",
      ]
    case .html:
      [
        "<b>", "</b>", "<p>", "</p>", "<ul>", "<li>", "</ul>", "<table>", "<td>", "<tr>", "</table>", "<br>", "<pre>",
        "</pre>", "<blockquote>", "&nbsp;", "&#x", "<!--", "-->", "<script>", "<a href='", "<img alt=x>", "<h2>",
        "<details>", "<summary>", "<svg>", "<input type=checkbox>", "<span style='color:red'>", "<",
      ]
    case .markdown:
      [
        "*", "**", "_", "~~", "`", "```", "- ", "1. ", "> ", "# ", "|", "|-|-|\n", "[", "](", ")", "<", "- [ ] ", "\\",
        "&",
      ]
    case .wiki:
      [
        "*", "_", "+", "-", "^", "~", "??", "{{", "}}", "{code}", "{quote}", "{panel}", "{color:red}", "{color}", "[",
        "|", "||", "]", "* ", "# ", "h1. ", "bq. ", "----", "!", "\\\\", "\\", "{*}", "[~accountid:1]",
      ]
    case .plain: ["http://a.b", "- ", "> ", "\n", "1. ", "*", "#"]
    }
  }
}
