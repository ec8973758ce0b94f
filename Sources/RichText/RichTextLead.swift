extension RichTextDocument {
  /// The document without the words that it begins with, whatever their marks; nil: it does not begin with them.
  ///
  /// One blank is as good as several, or as the end of a line or a paragraph. Words that end with a blank have to end
  /// with one in the document too.
  package func without(lead: String) -> RichTextDocument? {
    var reader = LeadReader(lead)
    for (index, block) in blocks.enumerated() {
      let inlines: [RichTextInline]
      switch block {
      case .paragraph(let content), .heading(_, let content): inlines = content
      case .bulletList, .orderedList, .blockquote, .codeBlock, .panel, .rule, .table, .taskList, .expand, .unknown:
        return reader.isDone ? RichTextDocument(blocks: Array(blocks[index...])) : nil
      }
      switch reader.rest(of: inlines) {
      case nil: return nil
      case []?: reader.isAfterBlank = true
      case let rest?:
        var kept = Array(blocks[index...])
        if case .heading(let level, _) = block {
          kept[0] = .heading(level: level, rest)
        } else {
          kept[0] = .paragraph(rest)
        }
        return RichTextDocument(blocks: kept)
      }
    }
    return reader.isDone ? RichTextDocument(blocks: []) : nil
  }
}

/// Reads through the words that a document is to begin with.
private struct LeadReader {
  private var words: ArraySlice<Unicode.Scalar>
  private let endsBlank: Bool
  private var hasBegun = false
  var isAfterBlank = false

  init(_ lead: String) {
    let parts = lead.unicodeScalars.split { $0.properties.isWhitespace }
    words = Array(parts.joined(separator: " ".unicodeScalars))[...]
    endsBlank = lead.unicodeScalars.last?.properties.isWhitespace == true
  }

  /// The end of the document, or of a paragraph, is as good as a blank.
  var isDone: Bool { words.isEmpty }

  /// What follows the words; empty: nothing yet; nil: other words.
  mutating func rest(of inlines: [RichTextInline]) -> [RichTextInline]? {
    for (index, inline) in inlines.enumerated() {
      switch inline {
      case .hardBreak: isAfterBlank = true
      case .text(let text, let marks):
        let scalars = text.unicodeScalars
        var place = scalars.startIndex
        while place < scalars.endIndex {
          if scalars[place].properties.isWhitespace {
            isAfterBlank = true
          } else if isDone {
            guard isAfterBlank || !endsBlank else { return nil }
            return [.text(String(scalars[place...]), marks)] + inlines[(index + 1)...]
          } else if !takes(scalars[place]) {
            return nil
          }
          place = scalars.index(after: place)
        }
      case .mention, .emoji, .inlineCard, .unknown:
        guard isDone, isAfterBlank || !endsBlank else { return nil }
        return Array(inlines[index...])
      }
    }
    return []
  }

  private mutating func takes(_ scalar: Unicode.Scalar) -> Bool {
    if words.first == " " {
      guard isAfterBlank else { return false }
      words.removeFirst()
    } else if hasBegun, isAfterBlank {
      return false
    }
    guard words.first == scalar else { return false }
    words.removeFirst()
    hasBegun = true
    isAfterBlank = false
    return true
  }
}
