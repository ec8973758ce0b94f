/// Writes the inlines of most paragraphs as Markdown at once: words and ordinary punctuation, with emphasis between words.
///
/// What it writes is what ``MarkdownLines`` would write and then check by reading it again; here nothing can be read in
/// two ways, so nothing needs checking. Everything else is left to it.
struct CalmMarkdown {
  private var bytes: [UInt8] = []
  private var style: RichTextMarks.Style = []

  /// The Markdown of one line or several; nil when there is anything in it that needs a second look.
  static func text(of inlines: [RichTextInline], breakText: String) -> String? {
    var writer = CalmMarkdown()
    writer.bytes.reserveCapacity(128)
    var isLineStart = true
    for inline in inlines {
      switch inline {
      case .text(var text, let marks):
        guard marks.link == nil, !text.isEmpty else { return nil }
        let isWritten = text.withUTF8 { writer.write($0, in: said(marks.style), isLineStart: isLineStart) }
        guard isWritten else { return nil }
        isLineStart = false
      case .hardBreak:
        guard !isLineStart, writer.endLine() else { return nil }
        writer.bytes.append(contentsOf: breakText.utf8)
        isLineStart = true
      default: return nil
      }
    }
    guard !isLineStart, writer.endLine() else { return nil }
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  /// The part of a style that Markdown can say.
  private static func said(_ style: RichTextMarks.Style) -> RichTextMarks.Style {
    style.contains(.code) ? .code : style.intersection([.strong, .em, .strike])
  }

  private mutating func write(
    _ text: UnsafeBufferPointer<UInt8>, in wanted: RichTextMarks.Style, isLineStart: Bool
  ) -> Bool {
    guard let first = text.first, Self.isCalm(text), !isLineStart || Self.isLetter(first) else { return false }
    if wanted != style {
      // Marks stand between a letter or digit and something else, so that they can only open, or only close.
      if !style.isEmpty {
        guard let last = bytes.last, Self.isWord(last), wanted.isEmpty, Self.isBoundary(first),
          let mark = Self.mark(style)
        else { return false }
        bytes.append(contentsOf: mark.utf8)
      }
      if !wanted.isEmpty {
        guard isLineStart || bytes.last.map(Self.isBoundary) == true, Self.isWord(first), let mark = Self.mark(wanted)
        else {
          return false
        }
        bytes.append(contentsOf: mark.utf8)
      }
      style = wanted
    }
    bytes.append(contentsOf: text)
    return true
  }

  private mutating func endLine() -> Bool {
    guard let last = bytes.last, last != Self.blank else { return false }
    guard !style.isEmpty else { return true }
    guard Self.isWord(last), let mark = Self.mark(style) else { return false }
    bytes.append(contentsOf: mark.utf8)
    style = []
    return true
  }

  private static func mark(_ style: RichTextMarks.Style) -> String? {
    switch style {
    case .strong: "**"
    case .em: "*"
    case .strike: "~~"
    case .code: "`"
    default: nil
    }
  }

  private static let blank = UInt8(ascii: " ")

  /// Words with Latin letters and punctuation that has no meaning in Markdown inside a line; no address, no second blank.
  private static func isCalm(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    var before: UInt8 = 0
    for byte in text {
      let fits =
        switch byte {
        case 0x80...0xBF: before == 0xC3
        case 0xC3, UInt8(ascii: "."), UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "?"), UInt8(ascii: "'"),
          UInt8(ascii: "\""), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "%"), UInt8(ascii: "+"),
          UInt8(ascii: "-"), UInt8(ascii: "="), UInt8(ascii: "#"), UInt8(ascii: ":"):
          true
        case UInt8(ascii: "/"): before != UInt8(ascii: ":")
        case blank: before != blank
        default: isWord(byte)
        }
      guard fits else { return false }
      before = byte
    }
    return true
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte)
  }

  private static func isBoundary(_ byte: UInt8) -> Bool { byte < 0x80 && !isWord(byte) }

  private static func isWord(_ byte: UInt8) -> Bool { isLetter(byte) || (0x30...0x39).contains(byte) }
}
