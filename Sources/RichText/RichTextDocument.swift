package import JSON

/// Rich text between the formats: what every format is read into and written from.
package struct RichTextDocument: Hashable, Sendable {
  package var blocks: [RichTextBlock]

  package init(blocks: [RichTextBlock]) { self.blocks = blocks }
}

/// One block of a document.
package indirect enum RichTextBlock: Hashable, Sendable {
  case paragraph([RichTextInline])
  case heading(level: Int, [RichTextInline])
  /// Each item is a list of blocks.
  case bulletList([[RichTextBlock]])
  case orderedList(start: Int, [[RichTextBlock]])
  case blockquote([RichTextBlock])
  case codeBlock(language: String?, text: String)
  /// `kind` is ADF's panel type, such as `info`.
  case panel(kind: String, [RichTextBlock])
  case rule
  case table([RichTextRow])
  /// A node of ADF that no other format has: kept whole, and read as its text.
  case unknown(JSONValue)
}

/// One row of a table.
package struct RichTextRow: Hashable, Sendable {
  package var cells: [RichTextCell]

  package init(cells: [RichTextCell]) { self.cells = cells }
}

/// One cell of a table.
package struct RichTextCell: Hashable, Sendable {
  package var isHeader: Bool
  package var blocks: [RichTextBlock]

  package init(isHeader: Bool, blocks: [RichTextBlock]) {
    self.isHeader = isHeader
    self.blocks = blocks
  }
}

/// A part of a line.
package enum RichTextInline: Hashable, Sendable {
  case text(String, RichTextMarks)
  case hardBreak
  case mention(id: String, text: String)
  case emoji(shortName: String, text: String)
  case inlineCard(url: String)
  /// A node of ADF that no other format has: kept whole, and read as its text.
  case unknown(JSONValue)
}

/// How a piece of text looks.
package struct RichTextMarks: Hashable, Sendable {
  /// The marks that are there or not.
  package struct Style: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let strong = Style(rawValue: 1)
    package static let em = Style(rawValue: 2)
    package static let underline = Style(rawValue: 4)
    package static let strike = Style(rawValue: 8)
    package static let code = Style(rawValue: 16)
    package static let sub = Style(rawValue: 32)
    package static let sup = Style(rawValue: 64)
  }

  package var style: Style
  /// An http, https or mailto address.
  package var link: String?

  package init(_ style: Style = [], link: String? = nil) {
    self.style = style
    self.link = link
  }

  package static let none = RichTextMarks()
}

extension [RichTextInline] {
  /// Neighbouring texts with the same marks as one, without empty texts.
  var merged: [RichTextInline] {
    var result: [RichTextInline] = []
    for inline in self {
      guard case .text(let text, let marks) = inline else {
        result.append(inline)
        continue
      }
      if text.isEmpty { continue }
      if case .text(let before, marks)? = result.last {
        result[result.count - 1] = .text(before + text, marks)
      } else {
        result.append(inline)
      }
    }
    return result
  }

  /// Without blanks and breaks at either end.
  var trimmed: [RichTextInline] {
    var result = merged
    while let first = result.first {
      if first == .hardBreak {
        result.removeFirst()
        continue
      }
      guard case .text(let text, let marks) = first else { break }
      let kept = text.trimmedStart
      if kept.isEmpty { result.removeFirst() } else { result[0] = .text(kept, marks) }
      if !kept.isEmpty { break }
    }
    while let last = result.last {
      if last == .hardBreak {
        result.removeLast()
        continue
      }
      guard case .text(let text, let marks) = last else { break }
      let kept = text.trimmedEnd
      if kept.isEmpty { result.removeLast() } else { result[result.count - 1] = .text(kept, marks) }
      if !kept.isEmpty { break }
    }
    return result
  }

  /// The lines between hard breaks.
  var lines: [[RichTextInline]] {
    split(separator: .hardBreak, omittingEmptySubsequences: false).map(Array.init)
  }

  /// What a reader without formatting sees.
  var plainText: String {
    var result = ""
    for inline in self {
      switch inline {
      case .text(let text, _): result += text
      case .hardBreak: result += "\n"
      case .mention(_, let text), .emoji(_, let text): result += text
      case .inlineCard(let url): result += url
      case .unknown(let node): result += ADFText.text(of: node)
      }
    }
    return result
  }
}

extension String {
  var trimmedStart: String { String(unicodeScalars.drop(while: \.isBlank)) }

  var trimmedEnd: String {
    var scalars = unicodeScalars
    while let last = scalars.last, last.isBlank { scalars.removeLast() }
    return String(scalars)
  }

  var trimmed: String { trimmedStart.trimmedEnd }

  /// Lines ended by LF, CR LF or CR, with control characters left out but for tabs.
  var cleanLines: [String] {
    // Most texts are one clean line already, and scanning bytes is cheap.
    if utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) { return [self] }
    var lines: [String] = []
    var line: [Unicode.Scalar] = []
    var previous: Unicode.Scalar?
    for scalar in unicodeScalars {
      if scalar == "\n", previous == "\r" {
        previous = nil
        continue
      }
      previous = scalar
      if scalar == "\n" || scalar == "\r" {
        lines.append(String(scalars: line))
        line.removeAll(keepingCapacity: true)
      } else if scalar == "\t" || (scalar.value >= 0x20 && scalar.value != 0x7F) {
        line.append(scalar)
      }
    }
    return lines + [String(scalars: line)]
  }
}

extension Unicode.Scalar {
  var isBlank: Bool { self == " " || self == "\t" || self == "\n" || self == "\r" }
}
