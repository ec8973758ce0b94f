extension [RichTextInline] {
  /// Neighbouring texts with the same marks as one, without empty texts.
  var merged: [RichTextInline] {
    if count < 2 {
      if case .text(let text, _)? = first, text.isEmpty { return [] }
      return self
    }
    var result: [RichTextInline] = []
    result.reserveCapacity(count)
    for inline in self {
      guard case .text(let text, let marks) = inline else {
        result.append(inline)
        continue
      }
      if !text.isEmpty { result.append(text, marks) }
    }
    return result
  }

  /// Adds text, to the text before it where that looks the same.
  ///
  /// The text before grows where it is: copying it each time would cost the square of a line of many pieces.
  mutating func append(_ text: String, _ marks: RichTextMarks) {
    guard case .text(var before, let last)? = self.last, last == marks else { return append(.text(text, marks)) }
    self[count - 1] = .hardBreak
    before += text
    self[count - 1] = .text(before, marks)
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
  var trimmedStart: String {
    // Blanks are ASCII; most texts begin with none, and are themselves.
    utf8.first?.isBlank == true ? String(unicodeScalars.drop(while: \.isBlank)) : self
  }

  var trimmedEnd: String {
    guard utf8.last?.isBlank == true else { return self }
    var scalars = unicodeScalars
    while let last = scalars.last, last.isBlank { scalars.removeLast() }
    return String(scalars)
  }

  var trimmed: String { trimmedStart.trimmedEnd }

  /// Line ends or other control characters stand in it.
  var holdsControls: Bool {
    // The buffer spares the view's bookkeeping for each byte.
    utf8.withContiguousStorageIfAvailable { $0.contains { $0 < 0x20 || $0 == 0x7F } }
      ?? utf8.contains { $0 < 0x20 || $0 == 0x7F }
  }

  /// The parts between line feeds, and nothing left out.
  var splitAtLineFeeds: [String] {
    let feed = UInt8(ascii: "\n")
    let isOneLine = utf8.withContiguousStorageIfAvailable { !$0.contains(feed) }
    if isOneLine == true { return [self] }
    return utf8.split(separator: feed, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Lines ended by LF, CR LF or CR, with control characters left out but for tabs.
  var cleanLines: [String] {
    // Most texts are one clean line already, and scanning bytes is cheap.
    if !holdsControls { return [self] }
    // All these signs are ASCII, so that the bytes of others go over as they are.
    var lines: [String] = []
    var line: [UInt8] = []
    var isAfterReturn = false
    for byte in utf8 {
      defer { isAfterReturn = byte == 0x0D }
      switch byte {
      case 0x0A where isAfterReturn: break
      case 0x0A, 0x0D:
        lines.append(String(decoding: line, as: UTF8.self))
        line.removeAll(keepingCapacity: true)
      case 0x09, 0x20...0x7E, 0x80...0xFF: line.append(byte)
      default: break
      }
    }
    return lines + [String(decoding: line, as: UTF8.self)]
  }
}

extension UInt8 {
  var isBlank: Bool { self == 0x20 || self == 0x09 || self == 0x0A || self == 0x0D }
}

extension RichTextInline {
  /// Cheaper than comparing, which looks at texts and marks.
  var isBreak: Bool { if case .hardBreak = self { true } else { false } }
}

extension Unicode.Scalar {
  var isBlank: Bool { self == " " || self == "\t" || self == "\n" || self == "\r" }
}
