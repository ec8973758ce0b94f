/// What an element changes about the text in it, by its name and by its `style` attribute.
struct HTMLStyle {
  private var added: RichTextMarks.Style = []
  private var removed: RichTextMarks.Style = []
  private var link: String?
  private var colour: Change = .none
  private var background: Change = .none
  /// Line ends are line ends.
  private(set) var preservesLines: Bool?
  /// Word's `mso-list:l0 level2 lfo1`: a paragraph that is an item of a list, at a level from 1.
  private(set) var listLevel: Int?
  /// Word's `mso-list:Ignore`: the sign before such an item.
  private(set) var isListSign = false

  private enum Change {
    case none, plain
    case to(RichTextColour)
  }

  init(_ tag: HTMLTag, _ attributes: HTMLAttributes) {
    added = tag.style
    if attributes.isEmpty {
      if tag == .mark { background = .to(RichTextColour(rgb: 0xFF_FF00)) }
      return
    }
    if tag == .mark { background = .to(RichTextColour(rgb: 0xFF_FF00)) }
    if tag == .a { link = attributes["href"].flatMap(LinkTarget.init)?.text }
    if tag == .font, let text = attributes["color"] { colour = Self.change(text.lowercased()) }
    if let style = attributes["style"] { read(style) }
  }

  /// The marks of the text in it, from those around it.
  func applied(to marks: RichTextMarks) -> RichTextMarks {
    var marks = marks
    marks.style.subtract(removed)
    marks.style.formUnion(added)
    if let link { marks.link = link }
    switch colour {
    case .none: break
    case .plain: marks.colour = nil
    case .to(let colour): marks.colour = colour
    }
    switch background {
    case .none: break
    case .plain: marks.background = nil
    case .to(let colour): marks.background = colour
    }
    return marks
  }

  private mutating func read(_ style: String) {
    for declaration in style.utf8.split(separator: UInt8(ascii: ";"), maxSplits: 200) {
      guard let colon = declaration.firstIndex(of: UInt8(ascii: ":")) else { continue }
      let name = Substring(declaration[..<colon]).lowercased().trimmed
      guard Self.names.contains(name) else { continue }
      let value = Substring(declaration[declaration.index(after: colon)...]).lowercased().trimmed
      read(name, value)
    }
  }

  private static let names: Set<String> = [
    "font-weight", "font-style", "text-decoration", "text-decoration-line", "vertical-align", "color", "background",
    "background-color", "white-space", "mso-list", "mso-highlight",
  ]

  private mutating func read(_ name: String, _ value: String) {
    switch name {
    case "font-weight":
      let isBold = value.hasPrefix("bold") || (Int(value) ?? 0) >= 600
      set(.strong, isBold, unless: value == "inherit")
    case "font-style": set(.em, value.hasPrefix("italic") || value.hasPrefix("oblique"), unless: value == "inherit")
    case "text-decoration", "text-decoration-line":
      if value.contains("underline") { added.insert(.underline) }
      if value.contains("line-through") { added.insert(.strike) }
    case "vertical-align":
      if value == "sub" { added.insert(.sub) }
      if value == "super" { added.insert(.sup) }
    case "color": colour = Self.change(value)
    case "background", "background-color", "mso-highlight": background = Self.change(value)
    case "white-space": preservesLines = value.hasPrefix("pre")
    case "mso-list":
      isListSign = value == "ignore"
      let level = value.split(separator: " ").first { $0.hasPrefix("level") }
      listLevel = level.flatMap { Int($0.dropFirst(5)) }.map { min(max($0, 1), 9) }
    default: break
    }
  }

  private mutating func set(_ mark: RichTextMarks.Style, _ isOn: Bool, unless isUnknown: Bool) {
    if isUnknown { return }
    if isOn { added.insert(mark) } else { removed.insert(mark) }
    if !isOn { added.remove(mark) }
  }

  private static func change(_ value: String) -> Change {
    guard let colour = RichTextColour(css: value) else {
      return ["transparent", "initial", "unset", "auto", "windowtext"].contains(value) ? .plain : .none
    }
    return colour.isPlain ? .plain : .to(colour)
  }
}
