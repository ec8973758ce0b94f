/// One line of wiki markup, seen as the start of a block.
struct WikiLine {
  private let text: String
  private let content: [Unicode.Scalar]

  init(_ line: String) {
    text = line
    content = Array(line.trimmedStart.unicodeScalars)
  }

  var isBlank: Bool { content.allSatisfy(\.isBlank) }
  var isRow: Bool { content.first == "|" }

  /// Four dashes or more.
  var isRule: Bool {
    let dashes = content.prefix { $0 == "-" }.count
    return dashes >= 4 && content[dashes...].allSatisfy(\.isBlank)
  }

  var heading: (level: Int, text: String)? {
    guard content.count > 2, content[0] == "h", content[2] == ".", content.count == 3 || content[3].isBlank,
      let level = Int(String(scalars: content[1..<2])), (1...6).contains(level)
    else { return nil }
    return (level, String(scalars: content.dropFirst(3)).trimmed)
  }

  /// What stands behind `bq.`.
  var quoted: String? {
    guard content.starts(with: "bq.".unicodeScalars), content.count == 3 || content[3].isBlank else { return nil }
    return String(scalars: content.dropFirst(3)).trimmed
  }

  /// `** text`, `*# text`, `- text`: the last sign tells the kind of list, their count how deep it is.
  var item: (level: Int, isOrdered: Bool, text: String)? {
    let signs = content.prefix { $0 == "*" || $0 == "#" || $0 == "-" }
    guard let last = signs.last, signs.count <= 20, signs.count < content.count, content[signs.count].isBlank,
      last != "-" || signs.count == 1
    else { return nil }
    let rest = String(scalars: content.dropFirst(signs.count)).trimmed
    return rest.isEmpty ? nil : (min(signs.count - 1, 9), last == "#", rest)
  }

  /// `{name:parameters}` that begins a block.
  struct Macro {
    var name: String
    var parameters: String
    var before: String
    var after: String

    /// Its content is no markup.
    var isVerbatim: Bool { name == "code" || name == "noformat" }

    func parameter(_ key: String) -> String? {
      for part in parameters.split(separator: "|") where part.hasPrefix(key + "=") {
        let value = String(part.dropFirst(key.utf8.count + 1)).trimmed
        return value.isEmpty ? nil : value
      }
      return nil
    }

    /// Code right behind this one's end, in the other macro: that is how code is written that holds the ends of both.
    func following(in rest: String) -> Macro? {
      for name in ["code", "noformat"] where name != self.name && rest.utf8.starts(with: "{\(name)}".utf8) {
        return Macro(
          name: name, parameters: "", before: "", after: String(rest.unicodeScalars.dropFirst(name.utf8.count + 2)))
      }
      return nil
    }

    /// `{code:java}`, `{code:title=a|language=java}`.
    var language: String? {
      let first = parameters.split(separator: "|").map(String.init).first { !$0.contains("=") }
      return parameter("language") ?? first?.trimmed
    }
  }

  private static let names: Set<String> = [
    "code", "noformat", "quote", "panel", "info", "note", "tip", "warning", "error", "success",
  ]

  /// The first macro of the line; `{{code}}` is code in a line.
  var macro: Macro? {
    guard text.utf8.contains(UInt8(ascii: "{")) else { return nil }
    let bytes = Array(text.utf8)
    var index = 0
    while index < bytes.count {
      defer { index += 1 }
      if bytes[index] == UInt8(ascii: "\\") {
        index += 1
        continue
      }
      guard bytes[index] == UInt8(ascii: "{"), index + 1 < bytes.count, bytes[index + 1].isASCIILetter else { continue }
      let nameEnd = bytes[(index + 1)...].prefix(12).firstIndex { !$0.isASCIILetter } ?? bytes.endIndex
      let name = String(decoding: bytes[(index + 1)..<nameEnd], as: UTF8.self)
      guard Self.names.contains(name), nameEnd < bytes.count,
        bytes[nameEnd] == UInt8(ascii: ":") || bytes[nameEnd] == UInt8(ascii: "}"),
        let end = bytes[nameEnd...].prefix(300).firstIndex(of: UInt8(ascii: "}")),
        !(index > 0 && bytes[index - 1] == UInt8(ascii: "{") && end + 1 < bytes.count
          && bytes[end + 1] == UInt8(ascii: "}"))
      else { continue }
      return Macro(
        name: name, parameters: String(decoding: bytes[nameEnd..<end].dropFirst(), as: UTF8.self),
        before: String(decoding: bytes[..<index], as: UTF8.self),
        after: String(decoding: bytes[(end + 1)...], as: UTF8.self))
    }
    return nil
  }
}

/// The cells of a row of wiki markup: `||head|cell|`.
enum WikiTable {
  static func cells(of row: String) -> [RichTextCell] {
    var cells: [RichTextCell] = []
    let scalars = Array(row.unicodeScalars)
    var index = 0
    while index < scalars.count, scalars[index] == "|" {
      let isHeader = index + 1 < scalars.count && scalars[index + 1] == "|"
      index += isHeader ? 2 : 1
      let end = cellEnd(scalars, from: index)
      // What stands behind the last bar is no cell.
      if end == scalars.count, scalars[index...].allSatisfy(\.isBlank) { break }
      let text = String(scalars: scalars[index..<end]).trimmed
      cells.append(RichTextCell(isHeader: isHeader, blocks: [.paragraph(WikiInlines.inlines(of: text))]))
      index = end
    }
    return cells
  }

  /// The next bar that stands in no link and no code, and is not escaped.
  private static func cellEnd(_ scalars: [Unicode.Scalar], from start: Int) -> Int {
    var index = start
    while index < scalars.count, scalars[index] != "|" {
      switch scalars[index] {
      // An escape, or a break of two backslashes.
      case "\\" where index + 1 < scalars.count && (scalars[index + 1].isWikiEscapable || scalars[index + 1] == "\\"):
        index += 2
      case "[": index = end(of: ["]"], in: scalars, from: index) ?? index + 1
      case "{" where index + 1 < scalars.count && scalars[index + 1] == "{":
        let limit = min(scalars.count, index + 1000)
        index = WikiCode.end(in: scalars, from: index + 2, to: limit).map { $0 + 2 } ?? index + 1
      case "!": index = picture(in: scalars, from: index) ?? index + 1
      default: index += 1
      }
    }
    return min(index, scalars.count)
  }

  private static func end(of mark: [Unicode.Scalar], in scalars: [Unicode.Scalar], from start: Int) -> Int? {
    let limit = min(scalars.count, start + 1000)
    var index = start + 1
    while index + mark.count <= limit, scalars[index] != "\n" {
      if scalars[index...].starts(with: mark) { return index + mark.count }
      // In a link's text the bracket may be escaped.
      let isEscape = mark == ["]"] && index + 1 < limit && scalars[index] == "\\" && scalars[index + 1].isWikiEscapable
      index += isEscape ? 2 : 1
    }
    return nil
  }

  private static func picture(in scalars: [Unicode.Scalar], from start: Int) -> Int? {
    guard let end = end(of: ["!"], in: scalars, from: start), !scalars[start..<end].contains(" ") else { return nil }
    return end
  }
}
