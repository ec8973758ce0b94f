import XML

/// HTML as a browser shows it, without any structure.
struct HTMLReading {
  let scalars: [Unicode.Scalar]
  private(set) var shown: [Unicode.Scalar] = []
  private var index = 0

  init(scalars: [Unicode.Scalar]) { self.scalars = scalars }

  mutating func read() {
    while index < scalars.count {
      let next = index + 1 < scalars.count ? scalars[index + 1] : " "
      if scalars[index] == "<", next == "!" || next == "?" {
        skipComment()
      } else if scalars[index] == "<", next == "/" || isLetter(next) {
        readTag()
      } else {
        readText()
      }
    }
  }

  private func isLetter(_ scalar: Unicode.Scalar) -> Bool {
    ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
  }

  private func position(of text: String, from start: Int) -> Int? {
    let pattern = Array(text.unicodeScalars)
    var index = start
    while index + pattern.count <= scalars.count {
      if scalars[index] == pattern[0], scalars[index..<(index + pattern.count)].elementsEqual(pattern) { return index }
      index += 1
    }
    return nil
  }

  private mutating func skipComment() {
    guard scalars[index...].starts(with: "<!--".unicodeScalars) else {
      index = position(of: ">", from: index).map { $0 + 1 } ?? scalars.count
      return
    }
    // `<!-->` and `<!--->` are whole, and `--!>` ends one too.
    let end = position(of: "-->", from: index + 2).map { $0 + 3 } ?? scalars.count
    let other = position(of: "--!>", from: index + 4).map { $0 + 4 } ?? scalars.count
    index = min(end, other)
  }

  private mutating func readText() {
    let scalar = scalars[index]
    if scalar == "&" {
      let rest = scalars[(index + 1)...].prefix(9)
      if rest.first == "#", let (value, length) = number(rest.dropFirst()) {
        shown += value
        index += 2 + length
        return
      }
      let name = rest.prefix { isLetter($0) || VisibleText.isDigit($0) }
      if let value = HTMLEntities.scalar(named: String(String.UnicodeScalarView(name))) {
        if value != "\u{FEFF}" { shown.append(value) }
        index += 1 + name.count
        if index < scalars.count, scalars[index] == ";" { index += 1 }
        return
      }
    }
    let isBlank = scalar == "\n" || scalar == "\r" || scalar == "\t" || scalar == "\u{C}"
    if isBlank || (scalar.value >= 0x20 && scalar.value != 0x7F && scalar != "\u{FEFF}") { shown.append(scalar) }
    index += 1
  }

  /// `#65;`: the character, and how many of the scalars behind `&#` it takes.
  private func number(_ text: ArraySlice<Unicode.Scalar>) -> ([Unicode.Scalar], Int)? {
    let isHex = text.first == "x" || text.first == "X"
    let start = isHex ? index + 3 : index + 2
    let digits = scalars[start...].prefix {
      $0.isASCII && (isHex ? $0.properties.isASCIIHexDigit : VisibleText.isDigit($0))
    }
    guard !digits.isEmpty else { return nil }
    let end = start + digits.count
    let isEnded = end < scalars.count && scalars[end] == ";"
    let value = UInt32(String(String.UnicodeScalarView(digits)), radix: isHex ? 16 : 10) ?? .max
    // What Windows' code page has in these places is meant; the four letters among them count.
    let windows: [UInt32: Unicode.Scalar] = [
      0x83: "\u{192}", 0x88: "\u{2C6}", 0x8A: "\u{160}", 0x8C: "\u{152}", 0x8E: "\u{17D}", 0x9A: "\u{161}",
      0x9C: "\u{153}", 0x9E: "\u{17E}", 0x9F: "\u{178}",
    ]
    let length = (isHex ? 1 : 0) + digits.count + (isEnded ? 1 : 0)
    let scalar = windows[value] ?? Unicode.Scalar(value) ?? " "
    return (scalar == "\u{FEFF}" ? [] : [scalar], length)
  }

  // MARK: - Tags

  private mutating func readTag() {
    let start = index
    let isEnd = scalars[index + 1] == "/"
    let name = scalars[(index + (isEnd ? 2 : 1))...].prefix { !isBlank($0) && $0 != "/" && $0 != ">" }
    let tag = String(String.UnicodeScalarView(name)).lowercased()
    var alternative: [Unicode.Scalar] = []
    guard let end = isEnd ? position(of: ">", from: start + 2 + name.count) : tagEnd(from: name.endIndex, &alternative)
    else {
      // A tag that never ends is text, up to the end.
      while index < scalars.count { readText() }
      return
    }
    index = end + 1
    if !Self.looks.contains(tag), Self.known.contains(tag) { shown.append("\n") }
    if tag == "img", !isEnd { shown += alternative }
    if Self.unseen.contains(tag), !isEnd { skip(tag, isClosed: scalars[end - 1] == "/") }
  }

  private func isBlank(_ scalar: Unicode.Scalar) -> Bool {
    scalar == " " || scalar == "\n" || scalar == "\t" || scalar == "\r" || scalar == "\u{C}"
  }

  /// Where a tag ends whose attributes begin here; quotes hide the sign.
  private func tagEnd(from start: Int, _ alternative: inout [Unicode.Scalar]) -> Int? {
    var index = start
    while index < scalars.count {
      if scalars[index] == ">" { return index }
      if isBlank(scalars[index]) || scalars[index] == "/" {
        index += 1
        continue
      }
      let first = index
      index += 1
      while index < scalars.count, !isBlank(scalars[index]), !["=", ">", "/"].contains(scalars[index]) { index += 1 }
      let name = String(String.UnicodeScalarView(scalars[first..<index])).lowercased()
      var next = index
      while next < scalars.count, isBlank(scalars[next]) { next += 1 }
      guard next < scalars.count, scalars[next] == "=" else { continue }
      index = next + 1
      while index < scalars.count, isBlank(scalars[index]) { index += 1 }
      guard index < scalars.count else { return nil }
      let value: Range<Int>
      if scalars[index] == "\"" || scalars[index] == "'" {
        guard let close = scalars[(index + 1)...].firstIndex(of: scalars[index]) else { return nil }
        value = index + 1..<close
        index = close + 1
      } else {
        let end = scalars[index...].firstIndex { isBlank($0) || $0 == ">" } ?? scalars.count
        value = index..<end
        index = end
      }
      if name == "alt", alternative.isEmpty || alternative == [" "] {
        var inner = HTMLReading(scalars: Array(scalars[value]))
        while inner.index < inner.scalars.count { inner.readText() }
        alternative = inner.shown
      } else if name == "src", alternative.isEmpty {
        // Without a text for it, its name or a word for it stands there.
        alternative = [" "]
      }
    }
    return nil
  }

  /// Passes over what a browser runs or fills in, to its end; what has none hides nothing, but for scripts and styles.
  private mutating func skip(_ tag: String, isClosed: Bool) {
    if isClosed, tag == "svg" || tag == "math" { return }
    let nests = ["svg", "math", "object", "noscript", "template"].contains(tag)
    var depth = 1
    var search = index
    var last: Int?
    while depth > 0, let open = position(of: "<", from: search) {
      let isEnd = open + 1 < scalars.count && scalars[open + 1] == "/"
      let name = scalars[(open + (isEnd ? 2 : 1))...].prefix { !isBlank($0) && $0 != "/" && $0 != ">" }
      search = open + 1
      guard isEnd || nests, !name.isEmpty else { continue }
      search = name.endIndex
      guard String(String.UnicodeScalarView(name)).lowercased() == tag else { continue }
      depth += isEnd ? -1 : 1
      if isEnd { last = position(of: ">", from: name.endIndex).map { $0 + 1 } ?? scalars.count }
    }
    if let last {
      index = last
    } else if tag == "script" || tag == "style" {
      index = scalars.count
    }
  }

  private static let unseen: Set<String> = [
    "script", "style", "title", "template", "noscript", "iframe", "object", "applet", "svg", "math", "audio", "video",
    "canvas", "select", "textarea", "xml",
  ]
  /// Elements in a line: they part no words.
  private static let looks: Set<String> = [
    "a", "b", "strong", "i", "em", "cite", "dfn", "u", "ins", "s", "strike", "del", "code", "kbd", "samp", "tt", "sub",
    "sup", "span", "font", "mark", "q", "var", "label", "img",
  ]
  private static let known: Set<String> = [
    "p", "div", "section", "article", "header", "footer", "main", "aside", "nav", "address", "center", "figure",
    "figcaption", "form", "fieldset", "dl", "dt", "dd", "summary", "caption", "body", "html", "h1", "h2", "h3", "h4",
    "h5", "h6", "ul", "ol", "menu", "dir", "li", "blockquote", "details", "pre", "table", "thead", "tbody", "tfoot",
    "tr", "td", "th", "br", "hr",
  ]
}
