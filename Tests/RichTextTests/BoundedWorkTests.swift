import Foundation
import JSON
import RichText
import Testing

/// What any text may cost, measured beside an ordinary text of the same length, on the small stack of a server's thread.
@Suite("The work for any text is bounded", .serialized)
struct BoundedWorkTests {
  struct Hostile: Sendable, CustomTestStringConvertible {
    var name: String
    var format: RichTextFormat
    var text: String
    var testDescription: String { name }

    init(_ name: String, _ format: RichTextFormat, _ text: String) {
      self.name = name
      self.format = format
      self.text = text
    }
  }

  private static func many(_ piece: String, _ count: Int = 10_000) -> String { String(repeating: piece, count: count) }
  private static func megabyte(of piece: String) -> String { many(piece, 1_000_000 / piece.utf8.count) }
  private static func long(_ piece: String) -> String { many(piece, 100_000 / piece.utf8.count) }

  /// Each line one deeper than the one before.
  private static func stairs(_ sign: String, _ count: Int) -> String {
    (0..<count).map { many("  ", $0) + sign + "x" }.joined(separator: "\n")
  }

  static let html = [
    Hostile("10,000 divisions in each other", .html, many("<div>") + "x" + many("</div>")),
    Hostile("10,000 looks in each other", .html, many("<b><i>") + "x"),
    Hostile("1 MB of <b>", .html, megabyte(of: "<b>")),
    Hostile("100 KB of <b>x", .html, long("<b>x")),
    Hostile("100 KB of </p>", .html, long("</p>")),
    Hostile("100 KB of <p>x", .html, long("<p>x")),
    Hostile("100 KB of <", .html, long("<")),
    Hostile("100 KB of pictures", .html, long("<img alt=ab>")),
    Hostile("100 KB of breaks", .html, long("<br>")),
    Hostile("1 MB of one attribute that does not end", .html, "<a href=\"" + megabyte(of: "x")),
    Hostile("100 KB of attributes in one tag", .html, "<p " + long("title=x ") + ">x"),
    Hostile("100 KB of tags whose attribute does not end", .html, long("<a href='x")),
    Hostile("1 MB of comments that do not end", .html, megabyte(of: "<!--")),
    Hostile("100 KB of scripts that do not end", .html, long("<svg>")),
    Hostile("100 KB of references", .html, long("&amp")),
    Hostile("10,000 lists in each other", .html, many("<ul><li>x")),
    Hostile("10,000 items in each other", .html, many("<li>x")),
    Hostile("10,000 quotes in each other", .html, many("<blockquote>x")),
    Hostile("10,000 tables in each other", .html, many("<table><tr><td>x<td>y")),
    Hostile("10,000 cells without a table", .html, many("<td>x")),
    Hostile("10,000 that open in each other", .html, many("<details><summary>x</summary>y")),
    Hostile("10,000 declarations in one style", .html, "<p style=\"" + many("color:red;") + "\">x"),
  ]

  static let markups = [
    Hostile("10,000 quotes in each other, Markdown", .markdown, many("> ") + "x"),
    Hostile("10,000 lists in each other on one line, Markdown", .markdown, many("- ") + "x"),
    Hostile("lists in each other, Markdown", .markdown, stairs("- ", 200)),
    Hostile("10,000 items, Markdown", .markdown, many("- x\n")),
    Hostile("10,000 tables, Markdown", .markdown, many("|a|b|\n|-|-|\n|c|d|\n\n")),
    Hostile("10,000 rows, Markdown", .markdown, "|a|b|\n|-|-|\n" + many("|c|d|\n")),
    Hostile("a row of 10,000 cells, Markdown", .markdown, many("|a") + "|\n" + many("|-") + "|\n" + many("|b") + "|"),
    Hostile("10,000 fences, Markdown", .markdown, many("```\n~~~\n")),
    Hostile("10,000 links, Markdown", .markdown, many("[a](http://a.b) ")),
    Hostile("10,000 looks, Markdown", .markdown, many("**a *b ")),
    Hostile("10,000 lists in each other on one line, wiki", .wiki, many("*") + " x"),
    Hostile("10,000 items, wiki", .wiki, many("** x\n")),
    Hostile("10,000 quotes in each other, wiki", .wiki, many("{quote}\n{panel}\n")),
    Hostile("10,000 macros that do not end, wiki", .wiki, many("{quote}{panel}{info}{note} ") + "{tip}"),
    Hostile("10,000 rows, wiki", .wiki, many("||a|b|\n")),
    Hostile("a row of 10,000 cells, wiki", .wiki, many("|a")),
    Hostile("10,000 brackets, wiki", .wiki, many("[")),
    Hostile("10,000 looks, wiki", .wiki, many("*a _b ")),
    Hostile("10,000 looks in braces, wiki", .wiki, many("{*}{_}a")),
    Hostile("10,000 colours, wiki", .wiki, many("{color:red}")),
    Hostile("10,000 pictures, wiki", .wiki, many("!a")),
    Hostile("1 MB of one line, plain", .plain, megabyte(of: "a")),
    Hostile("1 MB of line ends, plain", .plain, megabyte(of: "\n")),
    Hostile("100 KB of addresses, plain", .plain, long("http://a.b/")),
  ]

  @Test("Hostile text costs a bounded multiple of what ordinary text costs", arguments: html + markups)
  func bounded(case hostile: Hostile) async {
    let ordinary = Self.ordinary(hostile.format)
    let once = await Self.onSmallStack { Self.duration { Self.convert(ordinary, hostile.format) } }
    let cost = once * max(1, Double(hostile.text.utf8.count) / Double(ordinary.utf8.count))
    let (problems, spent) = await Self.onSmallStack {
      var problems: [String] = []
      let spent = Self.duration { problems = Self.convert(hostile.text, hostile.format) }
      return (problems, spent)
    }
    #expect(problems == [])
    #expect(spent < cost * 20 + .seconds(5))
  }

  @Test("ADF that nests as deep as JSON is read is converted; deeper JSON is refused")
  func deepADF() async throws {
    let list = "bulletList\",\"content\":[{\"type\":\"listItem"
    for type in ["blockquote", "panel", "expand", list, "layoutSection", "x"] {
      let isList = type.contains("listItem")
      func text(_ depth: Int) -> String {
        Self.many("{\"type\":\"\(type)\",\"content\":[", depth) + "{\"type\":\"text\",\"text\":\"deep\"}"
          + Self.many(isList ? "]}]}" : "]}", depth)
      }
      let deep = "{\"type\":\"doc\",\"version\":1,\"content\":[\(text(isList ? 15 : 30))]}"
      let adf = try JSONReader.read(deep)
      for format in RichTextFormat.allCases {
        let problems = await Self.onSmallStack { ADFRules.problems(in: format.adf(format.text(fromADF: adf))) }
        #expect(problems == [], "\(type), \(format)")
      }
      #expect(throws: JSONError.self) { try JSONReader.read(text(10_000)) }
    }
  }

  @Test("Bytes that are no UTF-8 are read as text", arguments: RichTextFormat.allCases)
  func invalidUTF8(format: RichTextFormat) {
    let bytes: [UInt8] = Array("a ".utf8) + [0xFF, 0xC3, 0x28, 0xED, 0xA0, 0x80, 0x00] + Array(" b".utf8)
    let adf = format.adf(String(decoding: bytes, as: UTF8.self))
    #expect(ADFRules.problems(in: adf) == [])
    let plain = RichTextConversion.plain(fromADF: adf)
    #expect(plain.hasPrefix("a ") && plain.hasSuffix(" b"))
  }

  // MARK: - Measuring

  /// There and back.
  @discardableResult
  private static func convert(_ text: String, _ format: RichTextFormat) -> [String] {
    let adf = format.adf(text)
    return ADFRules.problems(in: adf) + ADFRules.problems(in: format.adf(format.text(fromADF: adf)))
  }

  /// 20 KB as people write them.
  private static func ordinary(_ format: RichTextFormat) -> String {
    let part =
      switch format {
      case .html: "<p>Some <b>bold</b> words and <a href=\"http://a.b\">a link</a></p><ul><li>item</li></ul>"
      case .markdown: "Some **bold** words and [a link](http://a.b)\n\n- item\n\n"
      case .wiki: "Some *bold* words and [a link|http://a.b]\n\n* item\n\n"
      case .plain: "Some words and http://a.b\n\n"
      }
    return many(part, 20_000 / part.utf8.count)
  }

  private static func duration(_ work: () -> Void) -> Duration {
    let begin = ContinuousClock.now
    work()
    return ContinuousClock.now - begin
  }

  /// 512 KB: what a thread of Swift's pool has where the system gives the least.
  private static func onSmallStack<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async -> Result {
    await withCheckedContinuation { continuation in
      let thread = Thread { continuation.resume(returning: work()) }
      thread.stackSize = 512 * 1024
      thread.start()
    }
  }
}
