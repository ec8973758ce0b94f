import JSON

/// Patches the inside of one paragraph: words that did not change keep their colours and whatever else the CRM's markup
/// cannot say, and mentions, dates and cards stay as long as their text does.
struct InlinePatch {
  var format: RichTextFormat

  /// What both sides are compared by: a word or a sign, and those of its looks that the markup carries.
  private struct Token: Hashable {
    var text: String
    var marks: RichTextMarks
  }

  /// A token of Jira's and where it comes from.
  private struct Source {
    var token: Token
    /// The node, and whether it is more than text.
    var node: Int
    var isAtom: Bool
    /// All its marks.
    var marks: [JSONValue]
  }

  func nodes(_ nodes: [JSONValue], new: [RichTextInline]) -> [JSONValue] {
    let plain = ADFNesting.fit(new)
    let patched = patched(nodes, plain)
    // Nothing is worth a wrong text: what does not say the same is written anew.
    let said = RichTextBlock.paragraph(ADFReader.inlines(patched))
    let isSame = format.seen([said]).map(\.key) == format.seen([.paragraph(plain)]).map(\.key)
    return isSame && mentions(.paragraph(plain)).isSubset(of: mentions(said))
      ? patched : plain.map { ADFWriter.node($0) }
  }

  /// Whom a line mentions.
  private func mentions(_ block: RichTextBlock) -> Set<String> {
    Set(RichTextDocument(blocks: [block]).mentions.keys)
  }

  private func patched(_ nodes: [JSONValue], _ new: [RichTextInline]) -> [JSONValue] {
    let old = sources(nodes)
    let tokens = self.tokens(new)
    let matches = Alignment.matches(old.map(\.token), tokens.map(\.token))
    var kept = [Int?](repeating: nil, count: tokens.count)
    for (index, match) in matches.enumerated() { if let match { kept[match] = index } }
    var output = Output()
    var atom: Int?
    var silent = nodes.indices.filter { index in !old.contains { $0.node == index } }[...]
    for (index, token) in tokens.enumerated() {
      guard let source = kept[index] else {
        atom = nil
        output.add(token.token.text, token.full + inherited(kept, index, old))
        continue
      }
      while let first = silent.first, first < old[source].node {
        output.add(nodes[first])
        silent.removeFirst()
      }
      guard old[source].isAtom else {
        atom = nil
        output.add(token.token.text, old[source].marks)
        continue
      }
      let node = old[source].node
      if atom == node { continue }
      // A mention whose name was changed is no mention any more.
      let all = old.indices.filter { old[$0].node == node }
      if all.first == source, isWhole(all, matches) {
        output.add(nodes[node])
        atom = node
      } else {
        output.add(token.token.text, token.full)
      }
    }
    for index in silent { output.add(nodes[index]) }
    return output.nodes
  }

  private func isWhole(_ sources: [Int], _ matches: [Int?]) -> Bool {
    guard let first = sources.first, let start = matches[first] else { return false }
    return sources.enumerated().allSatisfy { matches[$1] == start + $0 }
  }

  /// What a new word takes from its neighbours, where both have it and the markup cannot say it.
  private func inherited(_ kept: [Int?], _ index: Int, _ old: [Source]) -> [JSONValue] {
    guard let before = kept[..<index].last(where: { $0 != nil }) ?? nil,
      let after = kept[(index + 1)...].first(where: { $0 != nil }) ?? nil, before + 1 <= after,
      !old[before].isAtom, !old[after].isAtom
    else { return [] }
    let common = old[before].marks.filter { old[after].marks.contains($0) }
    return common.filter { !carries($0["type"]?.string ?? "") }
  }

  private func carries(_ mark: String) -> Bool {
    switch mark {
    case "strong": format.styles.contains(.strong)
    case "em": format.styles.contains(.em)
    case "strike": format.styles.contains(.strike)
    case "code": format.styles.contains(.code)
    case "underline": format.styles.contains(.underline)
    case "subsup": format.styles.contains(.sub)
    case "textColor": format.carriesColour
    case "backgroundColor": format.carriesBackground
    case "link", "annotation": true
    default: false
    }
  }

  // MARK: - Tokens

  private func sources(_ nodes: [JSONValue]) -> [Source] {
    nodes.enumerated().flatMap { index, node -> [Source] in
      let type = node["type"]?.string
      let isAtom = type != "text" && type != "hardBreak"
      let marks = node["marks"]?.array ?? []
      let inlines = ADFReader.inline(node)
      return self.tokens(isAtom ? [.text(inlines.plainText, .none)] : inlines).map {
        Source(token: $0.token, node: index, isAtom: isAtom, marks: marks)
      }
    }
  }

  private func tokens(_ inlines: [RichTextInline]) -> [(token: Token, full: [JSONValue])] {
    inlines.flatMap { inline -> [(token: Token, full: [JSONValue])] in
      switch inline {
      case .text(let text, let marks):
        let full = ADFWriter.marks(marks)
        let shown = visible(marks)
        // Blanks may lose their looks on the way, and a link's address that stands in the text is a link by itself.
        return Self.words(text).map { word in
          let isBlank = word.unicodeScalars.allSatisfy(\.isBlank)
          return (Token(text: word, marks: isBlank ? .none : shown), full)
        }
      case .hardBreak: return [(Token(text: "\n", marks: .none), [])]
      case .mention, .emoji, .inlineCard, .unknown:
        return Self.words([inline].plainText).map { (Token(text: $0, marks: .none), []) }
      }
    }
  }

  private func visible(_ marks: RichTextMarks) -> RichTextMarks {
    RichTextMarks(
      marks.style.intersection(format.styles), link: nil, colour: format.carriesColour ? marks.colour : nil,
      background: format.carriesBackground ? marks.background : nil)
  }

  /// Words, blanks and single signs.
  private static func words(_ text: String) -> [String] {
    var words: [String] = []
    var word = String.UnicodeScalarView()
    var kind = 0
    for scalar in text.unicodeScalars {
      let next = scalar.isBlank ? 1 : scalar.isWikiWord ? 2 : 3
      if next != kind || next == 3, !word.isEmpty {
        words.append(String(word))
        word = .init()
      }
      word.append(scalar)
      kind = next
    }
    if !word.isEmpty { words.append(String(word)) }
    return words
  }

  /// Nodes, with neighbouring texts of the same marks as one.
  private struct Output {
    private var done: [JSONValue] = []
    private var text = ""
    private var marks: [JSONValue] = []

    var nodes: [JSONValue] { text.isEmpty ? done : done + [node] }

    private var node: JSONValue {
      marks.isEmpty
        ? ["type": "text", "text": .string(text)]
        : ["type": "text", "text": .string(text), "marks": .array(marks)]
    }

    mutating func add(_ node: JSONValue) {
      flush()
      done.append(node)
    }

    mutating func add(_ word: String, _ newMarks: [JSONValue]) {
      if word == "\n" { return add(["type": "hardBreak"]) }
      if newMarks != marks {
        flush()
        marks = newMarks
      }
      text += word
    }

    private mutating func flush() {
      if !text.isEmpty { done.append(node) }
      text = ""
    }
  }
}
