/// Finds the web addresses that stand in text without a mark: Jira's REST interface does not link them by itself.
enum BareLinks {
  /// The text as inlines, each `http://` or `https://` address with a link.
  static func inlines(of text: String, marks: RichTextMarks) -> [RichTextInline] {
    guard marks.link == nil, !marks.style.contains(.code), mayStand(in: text.utf8) else { return [.text(text, marks)] }
    var result: [RichTextInline] = []
    let scalars = Array(text.unicodeScalars)
    var plainStart = 0
    var position = 0
    while position < scalars.count {
      guard let end = addressEnd(in: scalars, from: position), let target = LinkTarget(string(scalars[position..<end]))
      else {
        position += 1
        continue
      }
      result.append(.text(string(scalars[plainStart..<position]), marks))
      result.append(.text(string(scalars[position..<end]), RichTextMarks(marks.style, link: target.text)))
      plainStart = end
      position = end
    }
    result.append(.text(string(scalars[plainStart...]), marks))
    return result.merged
  }

  /// Whether `://` stands in it: scanning bytes is cheap, and nearly all texts have no address.
  static func mayStand(in bytes: some Sequence<UInt8>) -> Bool {
    var before: (UInt8, UInt8) = (0, 0)
    for byte in bytes {
      if byte == UInt8(ascii: "/"), before == (UInt8(ascii: ":"), UInt8(ascii: "/")) { return true }
      before = (before.1, byte)
    }
    return false
  }

  private static let schemes = ["http://", "https://"].map { Array($0.unicodeScalars) }

  /// Where the address that begins here ends; punctuation at its end belongs to the sentence.
  ///
  /// In Markdown a square bracket ends it too: it may be the end of a link's text.
  static func addressEnd(in scalars: [Unicode.Scalar], from start: Int, isMarkdown: Bool = false) -> Int? {
    guard scalars[start] == "h", start == 0 || !scalars[start - 1].properties.isAlphabetic,
      let scheme = schemes.first(where: { scalars[start...].starts(with: $0) })
    else { return nil }
    var end = start + scheme.count
    while end < scalars.count, belongs(scalars[end]), !isMarkdown || (scalars[end] != "[" && scalars[end] != "]") {
      end += 1
    }
    var opened = 0
    for scalar in scalars[start..<end] { opened += scalar == "(" ? 1 : scalar == ")" ? -1 : 0 }
    while end > start + scheme.count, let last = scalars[start..<end].last {
      if last == ")" && opened < 0 {
        opened += 1
      } else if !trailing.contains(last) {
        break
      }
      end -= 1
    }
    return end > start + scheme.count ? end : nil
  }

  private static let trailing: Set<Unicode.Scalar> = [".", ",", ";", ":", "!", "?", "'", "\"", "*", "_", "~", "]", "}"]

  private static func belongs(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value > 0x20 && scalar.value != 0x7F && scalar != "<" && scalar != ">" && scalar != "\"" && scalar != "`"
      && scalar != "|" && scalar != "\\" && !scalar.properties.isWhitespace
  }

  private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
    String(scalars: scalars)
  }
}
