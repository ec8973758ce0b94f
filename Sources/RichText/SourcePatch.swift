package import JSON

extension RichTextPatch {
  /// Writes a change of Jira's into the text that the CRM holds: what did not change stays as the CRM has it, with
  /// classes, fonts and whatever else only the CRM knows.
  ///
  /// - Parameters:
  ///   - current: what the CRM holds.
  ///   - new: Jira's document.
  package static func text(current: String, new: JSONValue, format: RichTextFormat) -> String {
    let whole = format.text(fromADF: new)
    let blocks = format.seen(RichTextDocument(adf: new).blocks).filter { !$0.key.isEmpty }
    guard !blocks.isEmpty, current.utf8.count <= 200_000 else { return whole }
    let patch = SourcePatch(format: format, source: format.sourced(current))
    let patched = patch.text(new: blocks)
    let said = format.seen(format.document(patched).blocks).map(\.key).filter { !$0.isEmpty }
    return said == blocks.map(\.key) ? patched : whole
  }
}

/// A text with the places of its blocks.
struct SourcedText {
  var text: [UInt8]
  var units: [SourcedBlocks]
}

extension RichTextFormat {
  func sourced(_ text: String) -> SourcedText {
    switch self {
    case .html: return SourcedText(text: Array(text.utf8), units: HTMLBuilder.read(text))
    case .markdown:
      let lines = text.cleanLines
      return Self.sourced(lines, MarkdownReader.units(of: lines).map { ($0.blocks, $0.lines) })
    case .wiki:
      let lines = text.cleanLines
      return Self.sourced(lines, WikiReader.blocks(of: lines, depth: 0).map { ($0.blocks, $0.lines) })
    case .plain:
      let lines = text.cleanLines
      let filled = lines.indices.split { lines[$0].trimmed.isEmpty }
      return Self.sourced(
        lines,
        filled.map { range in
          let range = (range.first ?? 0)..<(range.last ?? 0) + 1
          return (RichTextDocument(plain: lines[range].joined(separator: "\n")).blocks, range)
        })
    }
  }

  /// Ranges of lines as ranges of bytes, without the last line's end.
  private static func sourced(_ lines: [String], _ units: [([RichTextBlock], Range<Int>)]) -> SourcedText {
    var starts: [Int] = []
    var position = 0
    for line in lines {
      starts.append(position)
      position += line.utf8.count + 1
    }
    return SourcedText(
      text: Array(lines.joined(separator: "\n").utf8),
      units: units.map { blocks, range in
        let last = range.upperBound - 1
        return SourcedBlocks(blocks: blocks, range: starts[range.lowerBound]..<starts[last] + lines[last].utf8.count)
      })
  }
}

/// Replaces blocks in a text.
struct SourcePatch {
  var format: RichTextFormat
  var source: SourcedText

  /// The text with those of its blocks that are among the new ones, and the others written.
  func text(new: [RichTextBlock]) -> String {
    let units = source.units.map { (unit: $0, keys: format.seen($0.blocks).map(\.key).filter { !$0.isEmpty }) }
      .filter { !$0.keys.isEmpty }
    guard !units.isEmpty else { return format.text(RichTextDocument(blocks: new)) }
    let found = Alignment.matches(units.flatMap(\.keys), new.map(\.key))
    var writer = Writer(format: format, source: source.text)
    var gone: [SourcedBlocks] = []
    var next = 0
    var position = 0
    for (unit, keys) in units {
      let matches = found[position..<position + keys.count]
      position += keys.count
      guard let first = matches.first ?? nil, first >= next,
        matches.enumerated().allSatisfy({ $1 == first + $0 })
      else {
        gone.append(unit)
        continue
      }
      writer.replace(gone, by: Array(new[next..<first]), before: unit)
      writer.keep(unit)
      gone = []
      next = first + keys.count
    }
    writer.replace(gone, by: Array(new[next...]), before: nil)
    return writer.text
  }

  private struct Writer {
    let format: RichTextFormat
    let source: [UInt8]
    private var output: [UInt8] = []
    /// Up to where the source is done with.
    private var position = 0
    private var hasBlocks = false

    init(format: RichTextFormat, source: [UInt8]) {
      self.format = format
      self.source = source
    }

    var text: String { String(decoding: output + source[position...], as: UTF8.self) }
    private var separator: String { format == .html ? "\n" : "\n\n" }

    private mutating func copy(to end: Int) {
      if end > position { output += source[position..<end] }
      position = max(position, end)
    }

    mutating func keep(_ unit: SourcedBlocks) {
      copy(to: unit.range.upperBound)
      hasBlocks = true
    }

    mutating func replace(_ old: [SourcedBlocks], by new: [RichTextBlock], before next: SourcedBlocks?) {
      if old.count == new.count {
        for (unit, block) in zip(old, new) { put(written(block, over: unit), over: unit.range) }
        return
      }
      let text = format.text(RichTextDocument(blocks: new))
      if let first = old.first, let last = old.last {
        put(text, over: first.range.lowerBound..<last.range.upperBound)
        if new.isEmpty { skipBlanks() }
      } else if hasBlocks {
        output += (separator + text).utf8
      } else if let next {
        copy(to: next.range.lowerBound)
        output += (text + separator).utf8
        hasBlocks = true
      }
    }

    private mutating func put(_ text: String, over range: Range<Int>) {
      copy(to: range.lowerBound)
      output += text.utf8
      position = max(position, range.upperBound)
      if !text.isEmpty { hasBlocks = true }
    }

    private mutating func skipBlanks() {
      while position < source.count, source[position].isHTMLBlank { position += 1 }
    }

    /// A paragraph keeps its own tag.
    private func written(_ block: RichTextBlock, over unit: SourcedBlocks) -> String {
      let whole = format.text(RichTextDocument(blocks: [block]))
      guard format == .html, unit.blocks.count == 1, case .paragraph = unit.blocks[0],
        case .paragraph(let inlines) = block
      else { return whole }
      let old = source[unit.range]
      let inner = HTMLWriter.text(of: inlines)
      guard old.first == UInt8(ascii: "<"), let close = old.firstIndex(of: UInt8(ascii: ">")),
        let tag = HTMLTag(old[(old.startIndex + 1)..<close].prefix { $0.isASCIILetter }), tag == .p
      else { return inner }
      let start = String(decoding: old[...close], as: UTF8.self)
      return start + inner + "</p>"
    }
  }
}
