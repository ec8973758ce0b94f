extension HTMLBuilder {
  // MARK: - Start tags

  mutating func start(_ tag: HTMLTag) {
    if frames[top].isCode { return startInCode(tag) }
    let role = tag.role
    if frames[top].isImpliedList, tag != .li { closeTop(at: tokens.tokenStart) }
    switch role {
    case .looks:
      beginUnit(at: tokens.tokenStart)
      if tag == .a, looks.dropFirst(frames[top].looks).contains(where: { $0.tag == .a }) { close(.a) }
      open(tag)
      if tag == .q { add("“", marks: marks) }
    case .lineBreak:
      beginUnit(at: tokens.tokenStart)
      addBreak()
    case .rule:
      closeParagraph()
      unitStart = nil
      beginUnit(at: tokens.tokenStart)
      append([.rule], at: tokens.position)
    case .image: addImage()
    case .input: addInput()
    case .block: startBlock(tag)
    case .heading(let level):
      startBlock(tag)
      beginUnit(at: tokens.tokenStart)
      frames[top].lineKind = .heading(level)
    case .list(let isOrdered): startList(tag, isOrdered: isOrdered)
    case .item: startItem()
    case .quote: push(.quote, tag)
    case .details: push(.details, tag)
    case .code: startCode(tag)
    case .table: startTable(tag)
    case .section: startSection(tag)
    case .row: startRow()
    case .cell(let isHeader): startCell(tag, isHeader: isHeader)
    case .dropped: break
    }
  }

  private mutating func open(_ tag: HTMLTag) {
    guard looks.count < Self.lookLimit else { return }
    let style = HTMLStyle(tag, tokens.attributes)
    let around = looks.last
    looks.append(
      Look(
        tag: tag, style: style, marks: style.applied(to: around?.marks ?? .none),
        preservesLines: style.preservesLines ?? around?.preservesLines ?? false,
        isListSign: style.isListSign || around?.isListSign == true))
  }

  /// Ends the innermost open element of this name in the present frame; what was opened in it and not closed goes on.
  private mutating func close(_ tag: HTMLTag) {
    let first = frames[top].looks
    guard let index = looks.lastIndex(where: { $0.tag == tag }), index >= first else { return }
    looks.remove(at: index)
    for later in index..<looks.count {
      let around = later > 0 ? looks[later - 1] : nil
      looks[later].marks = looks[later].style.applied(to: around?.marks ?? .none)
      looks[later].preservesLines = looks[later].style.preservesLines ?? around?.preservesLines ?? false
      looks[later].isListSign = looks[later].style.isListSign || around?.isListSign == true
    }
  }

  /// A block ends an open paragraph.
  private mutating func closeParagraph() {
    closeLine(at: tokens.tokenStart)
    guard frames[top].hasParagraph else { return }
    frames[top].hasParagraph = false
    frames[top].lineKind = .paragraph
    close(.p)
  }

  private mutating func startBlock(_ tag: HTMLTag) {
    closeParagraph()
    unitStart = nil
    open(tag)
    switch tag {
    case .p:
      frames[top].hasParagraph = true
      beginUnit(at: tokens.tokenStart)
      if let level = looks.last?.style.listLevel, looks.last?.tag == .p {
        frames[top].lineKind = .listItem(level: level)
        if !frames[top].items.isEmpty, !frames[top].isList { return }
      }
    case .summary where frames[top].isDetails: frames[top].lineKind = .title
    default: break
    }
  }

  private mutating func push(_ kind: HTMLFrame.Kind, _ tag: HTMLTag) {
    closeParagraph()
    if frames[top].items.isEmpty || frames[top].isList { unitStart = nil }
    beginUnit(at: tokens.tokenStart)
    guard frames.count < Self.frameLimit else { return }
    frames.append(HTMLFrame(kind, looks: looks.count))
    open(tag)
  }

  private mutating func startList(_ tag: HTMLTag, isOrdered: Bool) {
    let count = frames.count
    push(.list(isOrdered: isOrdered, isImplied: false), tag)
    guard frames.count > count else { return }
    frames[top].start = tokens.attributes["start"].flatMap { Int($0) } ?? 1
    // Quill says on the list whether its items are done.
    frames[top].isDone = tokens.attributes["data-checked"].map { $0 == "true" }
  }

  private mutating func startItem() {
    closeLine(at: tokens.tokenStart)
    let boundary = frames.lastIndex { $0.isList || $0.isCell || $0.isQuote || $0.isDetails }
    if let boundary, frames[boundary].isList {
      closeFrames(to: boundary + 1, at: tokens.tokenStart)
    } else {
      // An item without a list: browsers show it as one.
      push(.list(isOrdered: false, isImplied: true), .ul)
    }
    let attributes = tokens.attributes
    let listIsDone = frames[top].isDone
    let count = frames.count
    push(.item, .li)
    guard frames.count > count else { return }
    frames[top].isDone = attributes["data-checked"].map { $0 == "true" } ?? listIsDone
    switch attributes["data-list"] {
    case "checked": frames[top].isDone = true
    case "unchecked": frames[top].isDone = false
    case "bullet": frames[top].isOrdered = false
    case "ordered": frames[top].isOrdered = true
    default: break
    }
    if let indent = attributes["class"]?.split(separator: " ").first(where: { $0.hasPrefix("ql-indent-") }) {
      frames[top].level = min(max(Int(indent.dropFirst(10)) ?? 0, 0), 9)
    }
  }

  private mutating func startCode(_ tag: HTMLTag) {
    let attributes = tokens.attributes
    let count = frames.count
    push(.code, tag)
    guard frames.count > count else { return }
    frames[top].language = Self.language(attributes)
  }

  private static func language(_ attributes: HTMLAttributes) -> String? {
    if let language = attributes["data-language"], language != "plain" { return language }
    let words = attributes["class"]?.split(separator: " ") ?? []
    return words.first { $0.hasPrefix("language-") }.map { String($0.dropFirst(9)) }
  }

  private mutating func startInCode(_ tag: HTMLTag) {
    switch tag.role {
    case .lineBreak: frames[top].code.append(0x0A)
    case .block, .heading, .list, .item, .quote, .details, .table, .section, .row, .cell, .rule: breakCode()
    case .looks:
      if tag == .code, let language = Self.language(tokens.attributes) { frames[top].language = language }
    case .image:
      let alt = tokens.attributes["alt"] ?? ""
      frames[top].code.append(contentsOf: alt.cleanLines.joined(separator: " ").utf8)
    case .code, .input, .dropped: break
    }
  }

  private mutating func breakCode() {
    if let last = frames[top].code.last, last != 0x0A { frames[top].code.append(0x0A) }
  }

  // MARK: - Tables

  private mutating func startTable(_ tag: HTMLTag) {
    let attributes = tokens.attributes
    let count = frames.count
    push(.table, tag)
    guard frames.count > count else { return }
    frames[top].isLayout = attributes["role"] == "presentation" || attributes["role"] == "none"
  }

  /// The table that is open in the present cell.
  private var openTable: Int? { frames.lastIndex { $0.isTable } }

  private mutating func startSection(_ tag: HTMLTag) {
    guard let table = openTable else { return startBlock(tag) }
    closeFrames(to: table + 1, at: tokens.tokenStart)
    frames[table].isInHead = tag == .thead
  }

  private mutating func startRow() {
    guard let table = openTable else { return startBlock(.tr) }
    closeFrames(to: table + 1, at: tokens.tokenStart)
    push(.row, .tr)
  }

  private mutating func startCell(_ tag: HTMLTag, isHeader: Bool) {
    guard let table = openTable else { return startBlock(tag) }
    let attributes = tokens.attributes
    if frames.count > table + 1, frames[table + 1].isRow {
      closeFrames(to: table + 2, at: tokens.tokenStart)
    } else {
      closeFrames(to: table + 1, at: tokens.tokenStart)
      push(.row, .tr)
    }
    let count = frames.count
    push(.cell(isHeader: isHeader || frames[table].isInHead), tag)
    guard frames.count > count else { return }
    frames[top].columns = Self.span(attributes["colspan"])
    frames[top].spannedRows = Self.span(attributes["rowspan"])
  }

  private static func span(_ text: String?) -> Int { min(max(text.flatMap { Int($0) } ?? 1, 1), 100) }

  // MARK: - Pictures and boxes

  private mutating func addImage() {
    let attributes = tokens.attributes
    let alt = (attributes["alt"] ?? "").cleanLines.joined(separator: " ").trimmed
    // Word has pictures for bullets.
    if looks.last?.isListSign == true { return sign.append(contentsOf: alt.utf8) }
    let source = attributes["src"] ?? ""
    let target = LinkTarget(source)
    let isEmoji =
      !alt.isEmpty && alt.unicodeScalars.count <= 8
      && alt.unicodeScalars.allSatisfy { !$0.isASCII && !$0.properties.isAlphabetic }
    var marks = marks
    if marks.link == nil, !isEmoji { marks.link = target?.text }
    var text = alt
    if text.isEmpty {
      // A picture of one dot tells the sender who reads.
      let isDot = ["width", "height"].contains { name in attributes[name].flatMap { Int($0) }.map { $0 <= 2 } ?? false }
      if source.isEmpty || isDot { return }
      text = target.map { Self.fileName($0.text) } ?? "[image]"
    }
    beginUnit(at: tokens.tokenStart)
    add(text, marks: marks)
  }

  private static func fileName(_ address: String) -> String {
    let path = address.prefix { $0 != "?" && $0 != "#" }
    let name = path.split(separator: "/").last.map(String.init) ?? ""
    return name.contains(".") && !name.contains(":") && path.split(separator: "/").count > 2 ? name : "[image]"
  }

  private mutating func addInput() {
    guard tokens.attributes["type"]?.lowercased() == "checkbox" else { return }
    let isDone = tokens.attributes["checked"] != nil
    if let item = frames.lastIndex(where: { $0.isItem || $0.isCell }), frames[item].isItem {
      frames[item].isDone = isDone
    } else {
      beginUnit(at: tokens.tokenStart)
      add(isDone ? TaskBoxes.done : TaskBoxes.open, marks: marks)
    }
  }

  // MARK: - End tags

  mutating func end(_ tag: HTMLTag) {
    let position = tokens.position
    let role = tag.role
    if frames[top].isCode {
      switch role {
      case .code: return closeTop(at: position)
      case .looks, .lineBreak, .rule, .image, .input, .dropped: return
      case .block, .heading: return breakCode()
      case .list, .item, .quote, .details, .table, .section, .row, .cell: break
      }
    }
    if frames[top].isImpliedList, tag != .li { closeTop(at: tokens.tokenStart) }
    switch role {
    case .looks:
      if tag == .q { add("”", marks: marks) }
      close(tag)
    case .lineBreak: addBreak()
    case .block, .heading: endBlock(tag)
    case .list: closeNearest(at: position) { $0.isList }
    case .item: closeNearest(at: position, within: { $0.isList }, { $0.isItem })
    case .quote: closeNearest(at: position) { $0.isQuote }
    case .details: closeNearest(at: position) { $0.isDetails }
    case .table: closeNearest(at: position, within: { _ in false }, { $0.isTable })
    case .section:
      if let table = openTable {
        closeFrames(to: table + 1, at: tokens.tokenStart)
        frames[table].isInHead = false
      }
    case .row: closeNearest(at: position, within: { $0.isTable }, { $0.isRow })
    case .cell: closeNearest(at: position, within: { $0.isTable }, { $0.isCell })
    case .code, .rule, .image, .input, .dropped: break
    }
  }

  private mutating func endBlock(_ tag: HTMLTag) {
    let ends: Bool = if case .heading = tag.role { true } else { tag == .p }
    closeLine(at: ends ? tokens.position : tokens.tokenStart)
    frames[top].lineKind = .paragraph
    if tag == .p { frames[top].hasParagraph = false }
    close(tag)
    if frames[top].isList || frames[top].items.isEmpty { unitStart = nil }
  }

  /// Closes the innermost element of a kind, and what was left open in it; a cell is a world of its own.
  private mutating func closeNearest(
    at end: Int, within isBoundary: (HTMLFrame) -> Bool = { $0.isCell }, _ isMeant: (HTMLFrame) -> Bool
  ) {
    guard let index = frames.lastIndex(where: { isMeant($0) || isBoundary($0) }), isMeant(frames[index]) else { return }
    closeLine(at: tokens.tokenStart)
    closeFrames(to: index, at: end)
  }
}
