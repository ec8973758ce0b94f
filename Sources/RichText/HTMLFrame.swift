/// An element that is open while HTML is read, and what has been collected in it.
struct HTMLFrame {
  enum Kind {
    case document, item, quote, details, code, table, row
    case list(isOrdered: Bool, isImplied: Bool)
    case cell(isHeader: Bool)
  }

  /// What the line that is being read becomes.
  enum LineKind {
    case paragraph
    case heading(Int)
    case title
    /// A paragraph of Word's that is an item of a list.
    case listItem(level: Int)
  }

  var kind: Kind
  /// How many looks were open when it began: what is opened in it does not outlive it.
  var looks: Int
  var blocks: [RichTextBlock] = []
  var line: [RichTextInline] = []
  var lineKind = LineKind.paragraph
  var hasParagraph = false
  /// Of a list, and the paragraphs of Word's list that wait for its end.
  var items: [HTMLListItem] = []
  var cells: [RichTextCell] = []
  var rows: [RichTextRow] = []
  var columns = 1
  var spannedRows = 1
  /// Of a table: in its head.
  var isInHead = false
  /// Of a table: it lays out a page and holds no data.
  var isLayout = false
  var title = ""
  var code: [UInt8] = []
  var language: String?
  /// Of a list or an item.
  var start = 1
  var level = 0
  var isDone: Bool?
  /// Of an item whose kind is not its list's.
  var isOrdered: Bool?

  init(_ kind: Kind, looks: Int) {
    self.kind = kind
    self.looks = looks
  }

  var isList: Bool { if case .list = kind { true } else { false } }
  var isCell: Bool { if case .cell = kind { true } else { false } }
  var isTable: Bool { if case .table = kind { true } else { false } }
  var isRow: Bool { if case .row = kind { true } else { false } }
  var isItem: Bool { if case .item = kind { true } else { false } }
  var isQuote: Bool { if case .quote = kind { true } else { false } }
  var isDetails: Bool { if case .details = kind { true } else { false } }
  var isCode: Bool { if case .code = kind { true } else { false } }
  var isImpliedList: Bool { if case .list(_, true) = kind { true } else { false } }

  /// The block of a code frame.
  var codeBlock: RichTextBlock {
    var lines = String(decoding: code, as: UTF8.self).cleanLines
    if lines.first?.isEmpty == true { lines.removeFirst() }
    if lines.last?.isEmpty == true { lines.removeLast() }
    return .codeBlock(language: language, text: lines.joined(separator: "\n"))
  }

  /// The blocks of a table: a table of data, or what stands in one that lays out a page.
  var tableBlocks: [RichTextBlock] {
    let filled = rows.filter { !$0.cells.isEmpty }
    let holdsTables = filled.contains { row in
      row.cells.contains { cell in cell.blocks.contains { if case .table = $0 { true } else { false } } }
    }
    let hasHeaders = filled.contains { $0.cells.contains(where: \.isHeader) }
    // Mail programs lay out pages with tables of one column, and with tables in tables.
    if isLayout || filled.allSatisfy({ $0.cells.count <= 1 }) || (holdsTables && !hasHeaders) {
      return blocks + filled.flatMap { $0.cells.flatMap(\.blocks) }
    }
    return blocks + [.table(filled)]
  }
}
