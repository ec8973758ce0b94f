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

  /// Line ends or other control characters stand in it.
  var holdsControls: Bool {
    for byte in utf8 where byte < 0x20 || byte == 0x7F { return true }
    return false
  }

  /// Lines ended by LF, CR LF or CR, with control characters left out but for tabs.
  var cleanLines: [String] {
    // Most texts are one clean line already, and scanning bytes is cheap.
    if !holdsControls { return [self] }
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
