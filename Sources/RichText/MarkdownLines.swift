/// Writes inlines as Markdown, checking each result by reading it again.
///
/// Emphasis has corners that cannot be written (CommonMark's flanking rules know no empty or blank-edged emphasis, and
/// none between a letter and punctuation). What does not come back the same is written with fewer marks, and at last
/// with every punctuation mark escaped: whatever is written is stable.
enum MarkdownLines {
  /// The lines of a paragraph; none for one without text.
  static func paragraph(_ inlines: [RichTextInline]) -> [String] {
    let text = written(inlines, breakText: "\\\n", inCell: false)
    return text.isEmpty ? [] : text.splitAtLineFeeds
  }

  /// One line, for headings and cells.
  static func line(_ inlines: [RichTextInline], inCell: Bool) -> String {
    written(inlines, breakText: "<br>", inCell: inCell)
  }

  private static func written(_ inlines: [RichTextInline], breakText: String, inCell: Bool) -> String {
    CalmMarkdown.text(of: inlines, breakText: breakText) ?? checked(inlines, breakText: breakText, inCell: inCell)
  }

  static func checked(_ inlines: [RichTextInline], breakText: String, inCell: Bool) -> String {
    let full = MarkdownForm.inlines(inlines)
    let candidates: [() -> [RichTextInline]] = [
      { full },
      {
        MarkdownForm.inlines(
          full.map { inline in
            guard case .text(let text, let marks) = inline else { return inline }
            return .text(text, RichTextMarks(marks.style.intersection(.code), link: marks.link))
          })
      },
      {
        MarkdownForm.inlines(
          Array(full.lines.map { [RichTextInline.text($0.plainText, .none)] }.joined(separator: [.hardBreak])))
      },
    ]
    for candidate in candidates {
      let candidate = candidate()
      let text = MarkdownSpans.text(of: candidate, breakText: breakText, inCell: inCell)
      let read = MarkdownInlines.inlines(of: inCell ? text.replacingScalars("\\|", with: "|") : text)
      if MarkdownForm.inlines(read) == candidate { return text }
    }
    return full.lines.map { line in
      line.plainText.unicodeScalars.reduce(into: "") { text, scalar in
        if scalar.isASCII, scalar.isMarkdownPunctuation { text += "\\" }
        text.unicodeScalars.append(scalar)
      }
    }.joined(separator: breakText)
  }
}

/// The inlines that Markdown can say: text with strong, em, strike, code and links, and breaks.
enum MarkdownForm {
  static func inlines(_ inlines: [RichTextInline]) -> [RichTextInline] {
    let said = inlines.flatMap { inline -> [RichTextInline] in
      switch inline {
      case .text(let text, let marks):
        let style = marks.style.contains(.code) ? .code : marks.style.intersection([.strong, .em, .strike])
        return BareLinks.inlines(of: text, marks: RichTextMarks(style, link: marks.link))
      case .hardBreak: return [.hardBreak]
      case .mention(_, let text), .emoji(_, let text): return [.text(text, .none)]
      case .inlineCard(let url): return [.text(url, RichTextMarks(link: url))]
      case .unknown(let node): return ADFNesting.fit([.text(ADFText.text(of: node), .none)])
      }
    }
    var lines = said.lines.map { $0.trimmed }
    while lines.first?.isEmpty == true { lines.removeFirst() }
    while lines.last?.isEmpty == true { lines.removeLast() }
    // Two breaks in a row would be a blank line, which ends a paragraph.
    let filled = lines.filter { !$0.isEmpty }
    let marked = filled.map { line in
      [RichTextMarks.Style.strong, .em, .strike].reduce(line) { withoutBlankEdges($0, of: $1) }.merged
    }
    return Array(marked.joined(separator: [.hardBreak])).merged
  }

  /// Blanks at the edges of a styled stretch lose the style: `**a **b` is no emphasis.
  static func withoutBlankEdges(_ line: [RichTextInline], of style: RichTextMarks.Style) -> [RichTextInline] {
    func edge(_ inlines: [RichTextInline], isStart: Bool) -> [RichTextInline] {
      var result: [RichTextInline] = []
      var isOutside = true
      for inline in isStart ? inlines : inlines.reversed() {
        guard case .text(let text, let marks) = inline, marks.style.contains(style) else {
          isOutside = true
          result.append(inline)
          continue
        }
        let kept = isStart ? text.trimmedStart : text.trimmedEnd
        guard isOutside, kept.utf8.count < text.utf8.count, !marks.style.contains(.code) else {
          isOutside = false
          result.append(inline)
          continue
        }
        let blanks = String(repeating: " ", count: text.utf8.count - kept.utf8.count)
        result.append(.text(blanks, marks.without(style)))
        if !kept.isEmpty {
          result.append(inline == .text(kept, marks) ? inline : .text(kept, marks))
          isOutside = false
        }
      }
      return isStart ? result : result.reversed()
    }
    return edge(edge(line, isStart: true), isStart: false)
  }
}

extension String {
  /// Replaces by scalars: a bar with a combining accent is one Character, and still ends a cell.
  func replacingScalars(_ old: String, with new: String) -> String {
    let pattern = Array(old.unicodeScalars)
    guard let first = old.utf8.first, utf8.contains(first) else { return self }
    let all = Array(unicodeScalars)
    var result: [Unicode.Scalar] = []
    var index = 0
    while index < all.count {
      if all[index...].starts(with: pattern) {
        result.append(contentsOf: new.unicodeScalars)
        index += pattern.count
      } else {
        result.append(all[index])
        index += 1
      }
    }
    return String(scalars: result)
  }
}
