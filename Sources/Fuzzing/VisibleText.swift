import JSON
import RichText
import XML

/// What a reader sees of a text, as words: found in another way than the converters find it, so that it can be held
/// against what they make of the text.
///
/// A word is a run of letters and digits. Visible is what a browser or Jira would show: not comments, scripts, styles
/// and what else a browser runs or fills in; not the addresses of links and other attributes, but for the text that
/// stands for a picture; not the names and parameters of macros and the signs of markup.
enum VisibleText {
  static func words(of text: some Sequence<Unicode.Scalar>) -> [String] {
    var words: [String] = []
    var word = String.UnicodeScalarView()
    for scalar in text {
      if isWord(scalar) {
        word.append(scalar)
      } else if !word.isEmpty, scalar != "\u{FEFF}" {
        words.append(String(word))
        word = .init()
      }
    }
    return word.isEmpty ? words : words + [String(word)]
  }

  static func words(of text: String) -> [String] { words(of: text.unicodeScalars) }

  static func isWord(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isAlphabetic || isDigit(scalar) }

  static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

  /// Control characters and byte order marks are not shown and part no words; line ends and tabs do.
  static func withoutControls(_ text: String) -> [Unicode.Scalar] {
    text.unicodeScalars.filter { scalar in
      scalar == "\n" || scalar == "\r" || scalar == "\t"
        || (scalar.value >= 0x20 && scalar.value != 0x7F && scalar != "\u{FEFF}")
    }
  }

  // MARK: - ADF

  /// What Jira shows of a document; anything else shows nothing.
  static func words(ofADF node: JSONValue) -> [String] {
    guard node["type"]?.string == "doc" else { return [] }
    var text = ""
    show(node, in: &text)
    return words(of: text)
  }

  private static func show(_ node: JSONValue, in text: inout String) {
    let attributes = node["attrs"]
    switch node["type"]?.string {
    case "text": text += shown(node["text"])
    case "mention", "status", "placeholder", "inlineExtension": text += shown(attributes?["text"])
    case "emoji": text += shown(attributes?["text"] ?? attributes?["shortName"])
    case "inlineCard": text += address(shown(attributes?["url"]))
    case "hardBreak": text += "\n"
    case "date": text += day(attributes?["timestamp"])
    case "mediaInline": text += shown(attributes?["alt"])
    case "blockCard", "embedCard": text += "\n" + shown(attributes?["url"]) + "\n"
    case "media": text += "\n" + shown(attributes?["alt"]) + "\n"
    case "extension": text += "\n" + shown(attributes?["text"]) + "\n"
    default:
      let title = node["type"]?.string?.hasSuffix("xpand") == true ? shown(attributes?["title"]) : ""
      if node["content"] == nil, title.isEmpty { return }
      text += "\n" + title + "\n"
      for child in node["content"]?.array ?? [] { show(child, in: &text) }
      text += "\n"
    }
  }

  /// An address as a link has it: signs that none may have are written by their numbers.
  private static func address(_ text: String) -> String {
    guard ["http:", "https:", "mailto:"].contains(where: text.lowercased().hasPrefix) else { return text }
    return text.unicodeScalars.reduce(into: "") { result, scalar in
      if " <>\\\"`|{}".unicodeScalars.contains(scalar) {
        result += "%" + String(scalar.value, radix: 16, uppercase: true)
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
  }

  /// Milliseconds that mean a day, as `2023-11-14`.
  private static func day(_ value: JSONValue?) -> String {
    guard let milliseconds = value?.text.flatMap(Int64.init), milliseconds > 0, milliseconds < 10_000_000_000_000 else {
      return ""
    }
    var (year, days) = (Int64(1970), milliseconds / 86_400_000)
    func isLeap(_ year: Int64) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }
    while days >= (isLeap(year) ? 366 : 365) {
      days -= isLeap(year) ? 366 : 365
      year += 1
    }
    let months: [Int64] = [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    var month = 0
    while days >= months[month] {
      days -= months[month]
      month += 1
    }
    let two = { (number: Int64) in number < 10 ? "0\(number)" : "\(number)" }
    return "\(year)-\(two(Int64(month) + 1))-\(two(days + 1))"
  }

  private static func shown(_ value: JSONValue?) -> String {
    String(String.UnicodeScalarView(withoutControls(value?.string ?? "")))
  }

  // MARK: - HTML

  /// What a browser shows of HTML.
  static func words(ofHTML html: String) -> [String] {
    var reader = HTMLReading(scalars: Array(html.unicodeScalars))
    reader.read()
    return words(of: reader.shown)
  }

  // MARK: - Markdown and wiki markup

  /// The words of Markdown, those of its signs left out: looks may begin and end inside of a word, so that each may be
  /// a part of one.
  static func words(ofMarkdown text: String) -> [String] {
    var shown: [Unicode.Scalar] = []
    for line in lines(of: text) {
      // Quotes and lists, one in another, and a task's box.
      var rest = line[...]
      let fence = line.drop { !$0.isFenceMark }.prefix(3)
      if fence.count == 3, Set(fence).count == 1, fence[fence.startIndex].isFenceMark {
        // Behind the language there may be more, which nobody sees.
        rest = rest.prefix { !$0.properties.isWhitespace }
      }
      while let first = rest.first {
        let digits = rest.prefix(while: isDigit)
        let next = rest.dropFirst(digits.count).first
        if !digits.isEmpty, next == "." || next == ")" {
          rest = rest.dropFirst(digits.count + 1)
        } else if digits.isEmpty, !isWord(first), !"[]&<".unicodeScalars.contains(first) {
          rest = rest.dropFirst()
        } else if first == "[", let box = rest.dropFirst().first, " xX".unicodeScalars.contains(box),
          rest.dropFirst(2).first == "]"
        {
          rest = rest.dropFirst(3)
        } else {
          break
        }
      }
      shown += rest + ["\n"]
    }
    let text = withoutEntities(withoutTargets(shown, from: ["]", "("], to: ")"))
    // `<br>` is a break.
    return words(of: text).filter { $0.lowercased() != "br" }
  }

  /// The words of wiki markup, those of its signs left out, as ``words(ofMarkdown:)``.
  static func words(ofWiki text: String) -> [String] {
    var shown: [Unicode.Scalar] = []
    for line in lines(of: text) {
      var rest = line.drop(while: \.properties.isWhitespace)
      let isItem = rest.first == "*" || rest.first == "#" || rest.first == "-"
      if isItem {
        rest = rest.drop { $0 == "*" || $0 == "#" || $0 == "-" || $0.properties.isWhitespace }
        // `* 3. text`: a numbered list that does not begin with one.
        let digits = rest.prefix(while: isDigit)
        if rest.dropFirst(digits.count).first == "." { rest = rest.dropFirst(digits.count) }
      }
      shown += rest + ["\n"]
    }
    // Macros, the parameters of pictures, and the addresses and tips of links.
    let text = withoutTargets(withoutTargets(shown, from: ["{"], to: "}"), from: ["|"], to: "]!")
    return words(of: withoutEntities(text)).filter { !wikiSigns.contains($0) }
  }

  private static let wikiSigns: Set<String> = ["accountid", "h1", "h2", "h3", "h4", "h5", "h6", "bq"]

  private static func lines(of text: String) -> [[Unicode.Scalar]] {
    withoutControls(text).split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r" }.map(Array.init)
  }

  /// Without what stands from a sign up to the next one that ends it, in one line.
  private static func withoutTargets(
    _ text: [Unicode.Scalar], from start: [Unicode.Scalar], to ends: String
  ) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    var rest = text[...]
    while let first = rest.first {
      if rest.starts(with: start) {
        // Between angle brackets an address holds any sign.
        let isAngled = start == ["]", "("] && rest.dropFirst(2).drop(while: \.properties.isWhitespace).first == "<"
        let ends = isAngled ? ">" : ends
        var depth = 0
        let inside = rest.dropFirst(start.count - 1).prefix { scalar in
          // An address may hold brackets.
          depth += scalar == "(" ? 1 : 0
          if scalar == ")", !isAngled, depth > 1 {
            depth -= 1
            return true
          }
          return scalar != "\n" && !ends.unicodeScalars.contains(scalar)
        }
        if inside.endIndex < rest.endIndex, rest[inside.endIndex] != "\n" {
          result.append(" ")
          rest = rest[inside.endIndex...]
          // A bracket may stand in a picture's parameters.
          if start == ["|"] { rest = rest.drop { !$0.properties.isWhitespace } }
          continue
        }
      }
      result.append(first)
      rest.removeFirst()
    }
    return result
  }

  /// `&amp;`, `&#92;`: what they stand for may be a part of a word.
  private static func withoutEntities(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    var rest = text[...]
    while let first = rest.popFirst() {
      let name = rest.prefix(10).prefix { isWord($0) || $0 == "#" }
      if first == "&", !name.isEmpty, rest.dropFirst(name.count).first == ";" {
        rest = rest.dropFirst(name.count)
      } else {
        result.append(first)
      }
    }
    return result
  }
}

extension Unicode.Scalar {
  fileprivate var isFenceMark: Bool { self == "`" || self == "~" }
}
