/// Collects blocks from the tokens of HTML, mending on the way what browsers mend: missing end tags, looks that overlap
/// blocks, lists directly in lists, text beside a table's cells.
struct HTMLBuilder {
  /// One element that changes how text looks, or a block that may.
  struct Look {
    var tag: HTMLTag
    var style: HTMLStyle
    var marks: RichTextMarks
    var preservesLines: Bool
    var isListSign: Bool
  }

  /// What nests deeper is taken for what stands around it.
  static let frameLimit = 60
  static let lookLimit = 200

  var tokens: HTMLTokenizer
  var frames: [HTMLFrame] = [HTMLFrame(.document, looks: 0)]
  var looks: [Look] = []
  /// Text that is not yet an inline, and its marks.
  var pending: [UInt8] = []
  var pendingMarks = RichTextMarks.none
  var endsWithBlank = true
  /// The sign before an item of Word's list.
  var sign: [UInt8] = []
  var units: [SourcedBlocks] = []
  /// Where the block of the document begins that is being read.
  var unitStart: Int?

  /// The blocks of the document with the places from which each was read.
  static func read(_ html: String) -> [SourcedBlocks] {
    var builder = HTMLBuilder(tokens: HTMLTokenizer(html))
    // Few texts nest deeper, and none of these has to grow step by step then.
    builder.frames.reserveCapacity(16)
    builder.looks.reserveCapacity(16)
    builder.pending.reserveCapacity(256)
    while let token = builder.tokens.next() {
      switch token {
      case .text(let range): builder.add(range)
      case .start(let tag): builder.start(tag)
      case .end(let tag): builder.end(tag)
      }
    }
    builder.closeFrames(to: 1, at: builder.tokens.bytes.count)
    builder.closeLine(at: builder.tokens.bytes.count)
    builder.flushItems(at: builder.tokens.bytes.count)
    return builder.units
  }

  private init(tokens: HTMLTokenizer) { self.tokens = tokens }

  var top: Int { frames.count - 1 }
  var marks: RichTextMarks { looks.last?.marks ?? .none }

  // MARK: - Text

  private mutating func add(_ range: Range<Int>) {
    let isBlank = tokens.bytes[range].allSatisfy(\.isHTMLBlank)
    if frames[top].isImpliedList, !isBlank { closeTop(at: range.lowerBound) }
    if frames[top].isCode { return addCode(range) }
    if looks.last?.isListSign == true {
      return sign.append(contentsOf: HTMLText.attribute(tokens.bytes[range]).utf8)
    }
    if !isBlank { beginUnit(at: range.lowerBound) }
    let preservesLines = looks.last?.preservesLines == true
    let bytes = tokens.bytes[range]
    setMarks()
    var index = range.lowerBound
    while index < range.upperBound {
      let byte = bytes[index]
      if byte.isHTMLBlank {
        if preservesLines, byte == 0x0A { addBreak() } else { addBlank(preserved: preservesLines && byte == 0x20) }
        index += 1
      } else if byte == UInt8(ascii: "&"), let found = HTMLText.reference(in: bytes, at: index, isAttribute: false) {
        add(found.scalar)
        index = found.end
      } else if byte < 0x20 || byte == 0x7F {
        index += 1
      } else if byte == 0xC2, index + 1 < range.upperBound, bytes[index + 1] == 0xA0 {
        add("\u{A0}")
        index += 2
      } else if byte == 0xEF, index + 2 < range.upperBound, bytes[index + 1] == 0xBB, bytes[index + 2] == 0xBF {
        index += 3
      } else {
        let start = index
        repeat { index += 1 } while index < range.upperBound && bytes[index].isPlainHTMLText
        pending.append(contentsOf: bytes[start..<index])
        endsWithBlank = false
      }
    }
  }

  /// No-break spaces become blanks, each one of them: editors write them where several blanks shall be seen.
  private mutating func add(_ scalar: Unicode.Scalar) {
    switch scalar {
    case "\u{A0}": pending.append(0x20)
    case " ": return addBlank(preserved: false)
    case "\u{FEFF}": return
    default: HTMLText.append(scalar, to: &pending)
    }
    endsWithBlank = false
  }

  private mutating func addBlank(preserved: Bool) {
    guard !endsWithBlank || preserved else { return }
    pending.append(0x20)
    endsWithBlank = true
  }

  private mutating func addCode(_ range: Range<Int>) {
    var index = range.lowerBound
    while index < range.upperBound {
      let byte = tokens.bytes[index]
      if byte == UInt8(ascii: "&"),
        let found = HTMLText.reference(in: tokens.bytes[range], at: index, isAttribute: false)
      {
        HTMLText.append(found.scalar == "\u{A0}" ? " " : found.scalar, to: &frames[top].code)
        index = found.end
      } else {
        frames[top].code.append(byte)
        index += 1
      }
    }
  }

  mutating func add(_ text: String, marks: RichTextMarks) {
    flush()
    pendingMarks = marks
    pending.append(contentsOf: text.utf8)
    endsWithBlank = text.utf8.last == 0x20
    flush()
  }

  mutating func addBreak() {
    flush()
    frames[top].line.append(.hardBreak)
    endsWithBlank = true
  }

  private mutating func setMarks() {
    let marks = marks
    guard marks != pendingMarks else { return }
    flush()
    pendingMarks = marks
  }

  mutating func flush() {
    guard !pending.isEmpty else { return }
    let text = String(decoding: pending, as: UTF8.self)
    if pendingMarks.link == nil, BareLinks.mayStand(in: pending) {
      frames[top].line.append(contentsOf: BareLinks.inlines(of: text, marks: pendingMarks))
    } else {
      frames[top].line.append(.text(text, pendingMarks))
    }
    pending.removeAll(keepingCapacity: true)
  }

  // MARK: - Lines and blocks

  /// Ends the line, which becomes the blocks of its kind.
  mutating func closeLine(at end: Int) {
    flush()
    endsWithBlank = true
    if !sign.isEmpty { checkSign() }
    var line = frames[top].line
    if line.isOneCalmText {
      frames[top].line = []
    } else {
      line = line.trimmedAtBreaks
      frames[top].line.removeAll(keepingCapacity: true)
    }
    guard !line.isEmpty else {
      sign.removeAll()
      return
    }
    switch frames[top].lineKind {
    case .paragraph where !line.contains(where: \.isBreak): append([.paragraph(line)], at: end)
    case .paragraph:
      let paragraphs = line.split(separator: .hardBreak, omittingEmptySubsequences: false)
      if !paragraphs.dropFirst().dropLast().contains(where: \.isEmpty) {
        append([.paragraph(line)], at: end)
      } else {
        // Two breaks in a row are how people who know no paragraphs make them.
        let blocks = paragraphs.split(whereSeparator: \.isEmpty).map { lines in
          RichTextBlock.paragraph(Array(lines.joined(separator: [.hardBreak])))
        }
        append(blocks, at: end)
      }
    case .heading(let level): append([.heading(level: level, line)], at: end)
    // What follows a title that has ended is below it.
    case .title where !frames[top].title.isEmpty: append([.paragraph(line)], at: end)
    case .title: frames[top].title = line.plainText.cleanLines.joined(separator: " ")
    case .listItem(let level): addWordItem(line, level: level)
    }
  }

  private var signText: String {
    String(decoding: sign, as: UTF8.self).unicodeScalars.split { $0.isBlank || $0 == "\u{A0}" }.map(String.init)
      .joined(separator: " ")
  }

  /// What has the look of a sign but is too long for one, or stands before no item, is text.
  private mutating func checkSign() {
    let text = signText
    let letters = text.unicodeScalars.filter { $0.properties.isAlphabetic || ("0"..."9").contains($0) }
    let isSign = letters.count <= 4 || letters.allSatisfy { "ivxlcdmIVXLCDM".unicodeScalars.contains($0) }
    if case .listItem = frames[top].lineKind, isSign, letters.count <= 12 { return }
    sign.removeAll()
    if !letters.isEmpty { frames[top].line.insert(.text(text + " ", .none), at: 0) }
  }

  private mutating func addWordItem(_ line: [RichTextInline], level: Int) {
    let text = signText
    sign.removeAll()
    let word = text.unicodeScalars.filter { $0 != "(" && $0 != ")" && $0 != "." }
    let isOrdered =
      word.count < text.unicodeScalars.count && word.count <= 4 && !word.isEmpty
      && word.allSatisfy { $0.properties.isAlphabetic || ("0"..."9").contains($0) }
    frames[top].items.append(
      HTMLListItem(
        level: level, isOrdered: isOrdered, start: Int(String(String.UnicodeScalarView(word))) ?? 1,
        blocks: [.paragraph(line)]))
  }

  /// Word's list ends where another block begins.
  mutating func flushItems(at end: Int) {
    guard !frames[top].isList, !frames[top].items.isEmpty else { return }
    let items = frames[top].items
    frames[top].items = []
    add(HTMLLists.blocks(of: items[...]), at: end)
  }

  mutating func append(_ blocks: [RichTextBlock], at end: Int) {
    if !frames[top].isList, !frames[top].items.isEmpty {
      let start = unitStart
      flushItems(at: start ?? end)
      unitStart = start
    }
    add(blocks, at: end)
  }

  private mutating func add(_ blocks: [RichTextBlock], at end: Int) {
    guard !blocks.isEmpty else { return }
    switch frames[top].kind {
    case .list(let isOrdered, _): addBeside(blocks, isOrdered: isOrdered)
    case .row:
      // What stands beside the cells is shown before the table.
      frames[frames.lastIndex { $0.isTable } ?? top].blocks += blocks
    case .document:
      let start = min(unitStart ?? end, end)
      units.append(SourcedBlocks(blocks: blocks, range: start..<max(start, end)))
      unitStart = nil
    case .item, .quote, .details, .code, .table, .cell: frames[top].blocks += blocks
    }
  }

  /// A block directly in a list: a nested list belongs to the item before it, as Outlook and old editors mean it.
  private mutating func addBeside(_ blocks: [RichTextBlock], isOrdered: Bool) {
    for block in blocks {
      switch block {
      case .bulletList, .orderedList, .taskList:
        if let last = frames[top].items.indices.last {
          frames[top].items[last].blocks.append(block)
          continue
        }
      default: break
      }
      frames[top].items.append(HTMLListItem(isOrdered: isOrdered, blocks: [block]))
    }
  }

  /// A block of the document begins here, unless one has begun already.
  mutating func beginUnit(at position: Int) {
    if frames.count == 1, unitStart == nil { unitStart = position }
  }

  mutating func closeFrames(to count: Int, at end: Int) {
    while frames.count > count { closeTop(at: end) }
  }

  /// Ends the innermost element: what it holds becomes a part of the one around it.
  mutating func closeTop(at end: Int) {
    closeLine(at: end)
    flushItems(at: end)
    let frame = frames.removeLast()
    looks.removeLast(looks.count - min(looks.count, frame.looks))
    switch frame.kind {
    case .document: break
    case .list: append(HTMLLists.blocks(of: frame.items[...]), at: end)
    case .item:
      let isOrdered = if case .list(let isOrdered, _) = frames[top].kind { isOrdered } else { false }
      frames[top].items.append(
        HTMLListItem(
          level: frame.level, isOrdered: frame.isOrdered ?? isOrdered, start: frames[top].start,
          isDone: frame.isDone, blocks: frame.blocks))
    case .quote: if !frame.blocks.isEmpty { append([.blockquote(frame.blocks)], at: end) }
    case .details: append([.expand(title: frame.title, frame.blocks)], at: end)
    case .code: append([frame.codeBlock], at: end)
    case .cell(let isHeader):
      frames[top].cells.append(
        RichTextCell(isHeader: isHeader, blocks: frame.blocks, columns: frame.columns, rows: frame.spannedRows))
    case .row:
      let row = RichTextRow(cells: frame.cells)
      if frames[top].isTable { frames[top].rows.append(row) } else { append(row.cells.flatMap(\.blocks), at: end) }
    case .table: append(frame.tableBlocks, at: end)
    }
  }
}

extension UInt8 {
  /// A byte of text that stands for itself.
  fileprivate var isPlainHTMLText: Bool {
    self > 0x20 && self != UInt8(ascii: "&") && self != 0x7F && self != 0xC2 && self != 0xEF
  }
}

extension [RichTextInline] {
  /// One text without blanks at its ends, as most lines are: it has nothing to trim.
  var isOneCalmText: Bool {
    guard count == 1, case .text(let text, _) = self[0], let first = text.utf8.first else { return false }
    return !first.isBlank && text.utf8.last?.isBlank == false
  }

  /// Without blanks beside breaks and at either end, and without breaks at either end.
  var trimmedAtBreaks: [RichTextInline] {
    var result: [RichTextInline] = []
    result.reserveCapacity(count)
    func trimEnd() {
      while case .text(let text, let marks)? = result.last, text.utf8.last?.isBlank == true {
        let kept = text.trimmedEnd
        result.removeLast()
        if !kept.isEmpty { result.append(.text(kept, marks)) }
      }
    }
    for inline in self {
      switch inline {
      case .hardBreak:
        trimEnd()
        if !result.isEmpty { result.append(inline) }
      case .text(let text, let marks):
        let isStart = result.last?.isBreak ?? true
        let kept = isStart ? text.trimmedStart : text
        if !kept.isEmpty { result.append(kept, marks) }
      case .mention, .emoji, .inlineCard, .unknown: result.append(inline)
      }
    }
    trimEnd()
    while result.last?.isBreak == true {
      result.removeLast()
      trimEnd()
    }
    return result
  }
}
