/// Reads a line of wiki markup.
struct WikiInlines {
  /// Hostile text can make the search for ends quadratic: what is farther away is not found.
  private static let reach = 2000

  private let scalars: [Unicode.Scalar]
  private var result: [RichTextInline] = []
  private var pending: [Unicode.Scalar] = []
  /// How far the end of a sign was looked for in vain, and in a text that ends where: no need to look there again.
  private var unclosed: [Unicode.Scalar: (upTo: Int, in: Int)] = [:]

  /// The inlines of a text whose lines are joined by `\n`.
  static func inlines(of text: String) -> [RichTextInline] {
    var reader = WikiInlines(text)
    reader.read(0..<reader.scalars.count, .none)
    return ADFNesting.fit(reader.result).trimmed
  }

  private init(_ text: String) { scalars = Array(text.unicodeScalars) }

  private mutating func read(_ range: Range<Int>, _ marks: RichTextMarks) {
    var index = range.lowerBound
    while index < range.upperBound {
      index = step(index, range, marks) ?? take(index)
    }
    flush(marks)
  }

  private mutating func take(_ index: Int) -> Int {
    pending.append(scalars[index])
    return index + 1
  }

  private mutating func flush(_ marks: RichTextMarks) {
    if !pending.isEmpty { result.append(.text(String(scalars: pending), marks)) }
    pending.removeAll(keepingCapacity: true)
  }

  /// - Returns: where the markup that begins here ends; nil: none does.
  private mutating func step(_ index: Int, _ range: Range<Int>, _ marks: RichTextMarks) -> Int? {
    switch scalars[index] {
    case "\n":
      flush(marks)
      result.append(.hardBreak)
      return index + 1
    case "\\": return readBackslash(index, range, marks)
    case "&": return readNumber(index, range)
    case "{": return readBrace(index, range, marks)
    case "[": return readLink(index, range, marks)
    case "!": return readPicture(index, range, marks)
    case "h": return readAddress(index, range, marks)
    case "?": return readStyled(index, range, marks, [scalars[index], scalars[index]], .em)
    case let sign: return Self.style(of: sign).flatMap { readStyled(index, range, marks, [sign], $0) }
    }
  }

  private static func style(of sign: Unicode.Scalar) -> RichTextMarks.Style? {
    switch sign {
    case "*": .strong
    case "_": .em
    case "+": .underline
    case "-": .strike
    case "^": .sup
    case "~": .sub
    default: nil
    }
  }

  private mutating func readBackslash(_ index: Int, _ range: Range<Int>, _ marks: RichTextMarks) -> Int? {
    guard index + 1 < range.upperBound else { return nil }
    let next = scalars[index + 1]
    if next == "\\" {
      flush(marks)
      result.append(.hardBreak)
      // A line end behind it is the same break.
      var end = index + 2
      while end < range.upperBound, scalars[end] == " " { end += 1 }
      return end < range.upperBound && scalars[end] == "\n" ? end + 1 : end
    }
    guard next.isWikiEscapable else { return nil }
    pending.append(next)
    return index + 2
  }

  /// `&#92;`: how a character is written that can be escaped in no other way.
  private mutating func readNumber(_ index: Int, _ range: Range<Int>) -> Int? {
    guard index + 3 < range.upperBound, scalars[index + 1] == "#" else { return nil }
    let digits = scalars[(index + 2)..<min(range.upperBound, index + 9)].prefix { ("0"..."9").contains($0) }
    let end = index + 2 + digits.count
    guard !digits.isEmpty, end < range.upperBound, scalars[end] == ";",
      let value = UInt32(String(scalars: digits)), value >= 0x20, value != 0x7F, let scalar = Unicode.Scalar(value)
    else { return nil }
    pending.append(scalar)
    return end + 1
  }

  private func find(_ mark: [Unicode.Scalar], from start: Int, _ range: Range<Int>) -> Int? {
    let limit = min(range.upperBound, start + Self.reach)
    var index = start
    while index + mark.count <= limit {
      if scalars[index] == mark[0], scalars[index...].starts(with: mark) { return index }
      index += 1
    }
    return nil
  }

  private mutating func readBrace(_ index: Int, _ range: Range<Int>, _ marks: RichTextMarks) -> Int? {
    guard index + 2 < range.upperBound else { return nil }
    if scalars[index + 1] == "{" {
      guard let end = WikiCode.end(in: scalars, from: index + 2, to: min(range.upperBound, index + 2 + Self.reach)),
        end > index + 2
      else { return nil }
      flush(marks)
      result.append(.text(WikiCode.text(of: scalars[index + 2..<end]), RichTextMarks(.code, link: marks.link)))
      return end + 2
    }
    if let style = Self.style(of: scalars[index + 1]), scalars[index + 2] == "}", !marks.style.contains(style) {
      let mark: [Unicode.Scalar] = ["{", scalars[index + 1], "}"]
      guard let end = find(mark, from: index + 3, range), end > index + 3 else { return nil }
      flush(marks)
      var inner = marks
      inner.style.insert(style)
      read(index + 3..<end, inner)
      return end + 3
    }
    return readColour(index, range, marks)
  }

  /// `{color:red}…{color}`.
  private mutating func readColour(_ index: Int, _ range: Range<Int>, _ marks: RichTextMarks) -> Int? {
    let start = Array("{color:".unicodeScalars)
    guard marks.colour == nil, scalars[index...].starts(with: start),
      let close = find(["}"], from: index + start.count, index..<min(range.upperBound, index + 40)),
      let colour = RichTextColour(css: String(scalars: scalars[index + start.count..<close]).trimmed.lowercased()),
      let end = find(Array("{color}".unicodeScalars), from: close + 1, range)
    else { return nil }
    flush(marks)
    var inner = marks
    inner.colour = colour
    read(close + 1..<end, inner)
    return end + 7
  }

  /// A sign opens before a word and closes behind one; between letters it is itself.
  private mutating func readStyled(
    _ index: Int, _ range: Range<Int>, _ marks: RichTextMarks, _ mark: [Unicode.Scalar], _ style: RichTextMarks.Style
  ) -> Int? {
    let inside = index + mark.count
    guard !marks.style.contains(style), inside < range.upperBound, scalars[index...].starts(with: mark),
      !scalars[inside].isBlank, scalars[inside] != mark[0], index == range.lowerBound || !scalars[index - 1].isWikiWord
    else { return nil }
    let limit = min(range.upperBound, inside + Self.reach)
    var end = inside
    if let known = unclosed[mark[0]], known.in == range.upperBound { end = max(end, known.upTo) }
    while end + mark.count <= limit, scalars[end] != "\n" {
      if scalars[end] == "\\", end + 1 < limit, scalars[end + 1].isWikiEscapable || scalars[end + 1] == "\\" {
        end += 2
        continue
      }
      let after = end + mark.count
      if scalars[end] == mark[0], scalars[end + mark.count - 1] == mark[0], end > inside, !scalars[end - 1].isBlank,
        after >= range.upperBound || !scalars[after].isWikiWord
      {
        flush(marks)
        var inner = marks
        inner.style.insert(style)
        read(inside..<end, inner)
        return after
      }
      end += 1
    }
    unclosed[mark[0]] = (upTo: end, in: range.upperBound)
    return nil
  }

  private mutating func readAddress(_ index: Int, _ range: Range<Int>, _ marks: RichTextMarks) -> Int? {
    guard marks.link == nil, let end = BareLinks.addressEnd(in: scalars, from: index, isMarkdown: true),
      end <= range.upperBound, let target = LinkTarget(String(scalars: scalars[index..<end]))
    else { return nil }
    flush(marks)
    result.append(.text(String(scalars: scalars[index..<end]), RichTextMarks(marks.style, link: target.text)))
    return end
  }

  /// `[text|address]`, `[address]`, `[~accountid:…]`, `[@Mark|~accountid:…]`.
  ///
  /// A mention without a name says its account's id: Jira shows the person's name if there is such an account, else
  /// the text. What is no account's id, `[~mark]`, is text and mentions nobody.
  private mutating func readLink(_ index: Int, _ range: Range<Int>, _ marks: RichTextMarks) -> Int? {
    guard marks.link == nil else { return nil }
    let limit = min(range.upperBound, index + Self.reach)
    var bar: Int?
    var end = index + 1
    while end < limit, scalars[end] != "]", scalars[end] != "\n" {
      if scalars[end] == "\\", end + 1 < limit, scalars[end + 1].isWikiEscapable || scalars[end + 1] == "\\" {
        end += 1
      } else if scalars[end] == "|", bar == nil {
        bar = end
      }
      end += 1
    }
    guard end < limit, scalars[end] == "]", end > index + 1 else { return nil }
    let address = String(scalars: scalars[(bar.map { $0 + 1 } ?? index + 1)..<end]).trimmed
    let text = bar.map { index + 1..<$0 }
    if let account = Self.account(address) {
      flush(marks)
      let name = text.map { String(scalars: scalars[$0].filter { $0 != "\\" }).trimmed } ?? ""
      result.append(.mention(id: account, text: name.isEmpty ? "@" + account : name))
      return end + 1
    }
    guard let target = LinkTarget(String(address.prefix { $0 != "|" })) else { return nil }
    flush(marks)
    var inner = marks
    inner.link = target.text
    if let text, !text.isEmpty {
      read(text, inner)
    } else {
      let shown = target.text.hasPrefix("mailto:") ? String(target.text.dropFirst(7)) : target.text
      result.append(.text(shown, inner))
    }
    return end + 1
  }

  private static func account(_ address: String) -> String? {
    guard address.hasPrefix("~accountid:") else { return nil }
    let id = String(address.dropFirst(11))
    return isAccount(id) ? id : nil
  }

  /// Whether an account has such an id, so that it can be mentioned by it; a Data Center's are user names.
  static func isAccount(_ id: String) -> Bool {
    !id.isEmpty && id.utf8.count <= 128
      && id.utf8.allSatisfy {
        $0.isASCIILetter || $0.isASCIIDigit || "-:._@".utf8.contains($0)
      }
  }

  /// `thumbnail`, `width=300, alt=A photo`; text between two exclamation marks has other words.
  private static func areParameters(_ text: ArraySlice<Unicode.Scalar>) -> Bool {
    text.split(separator: ",").allSatisfy { part in
      let part = part.drop(while: \.isBlank)
      return part.allSatisfy(\.isWikiWord) || part.drop(while: \.isWikiWord).first == "="
    }
  }

  /// `!shot.png|thumbnail!`: a picture is its name, with a link where it has an address.
  private mutating func readPicture(_ index: Int, _ range: Range<Int>, _ marks: RichTextMarks) -> Int? {
    guard index == range.lowerBound || !scalars[index - 1].isWikiWord,
      let end = find(["!"], from: index + 1, index..<min(range.upperBound, index + 500)), end > index + 1,
      !scalars[index + 1].isBlank, scalars[end - 1] != " ", !scalars[index..<end].contains("\n")
    else { return nil }
    let name = String(scalars: scalars[index + 1..<end].prefix { $0 != "|" })
    let parameters = scalars[index + 1..<end].drop { $0 != "|" }.dropFirst()
    guard Self.areParameters(parameters) else { return nil }
    let target = LinkTarget(name)
    let isFile = name.unicodeScalars.contains(".") && !name.unicodeScalars.contains(" ")
    guard target != nil || isFile else { return nil }
    flush(marks)
    result.append(.text(name, RichTextMarks(marks.style, link: marks.link ?? target?.text)))
    return end + 1
  }
}

extension Unicode.Scalar {
  /// What a backslash takes its meaning from.
  var isWikiEscapable: Bool {
    switch self {
    case "*", "_", "-", "+", "^", "~", "{", "}", "[", "]", "!", "|", "?", "#", ".", "(", ")", ":", ";": true
    default: false
    }
  }

  var isWikiWord: Bool { properties.isAlphabetic || ("0"..."9").contains(self) }
}
