package import JSON

/// Rich text between the formats: what every format is read into and written from.
package struct RichTextDocument: Hashable, Sendable {
  package var blocks: [RichTextBlock]

  package init(blocks: [RichTextBlock]) { self.blocks = blocks }
}

/// One block of a document. What it holds are arrays, so that it needs no box of its own.
package enum RichTextBlock: Hashable, Sendable {
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
  /// Tasks with a box before each; ``RichTextTask/depth`` nests them.
  case taskList([RichTextTask])
  /// What opens when its title is clicked.
  case expand(title: String, [RichTextBlock])
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
  package var columns: Int
  package var rows: Int

  package init(isHeader: Bool, blocks: [RichTextBlock], columns: Int = 1, rows: Int = 1) {
    self.isHeader = isHeader
    self.blocks = blocks
    self.columns = columns
    self.rows = rows
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
  package var colour: RichTextColour?
  package var background: RichTextColour?

  package init(
    _ style: Style = [], link: String? = nil, colour: RichTextColour? = nil, background: RichTextColour? = nil
  ) {
    self.style = style
    self.link = link
    self.colour = colour
    self.background = background
  }

  package static let none = RichTextMarks()

  func without(_ style: Style) -> RichTextMarks {
    var marks = self
    marks.style.subtract(style)
    return marks
  }
}
