import Testing
import XML

@Suite("XML and HTML that somebody else wrote")
struct XMLReaderTests {
  @Test("A document becomes a tree with the place of every tag and value")
  func tree() throws {
    let xml = """
      <?xml version="1.0"?>
      <!-- <a x="no"> -->
      <m xmlns="urn:m" name="n">
        <a
          x='1 &lt; 2'/>text<b/><![CDATA[<raw>]]>
      </m>
      """
    let root = try XMLReader.read(xml)
    let expected = XMLElement(
      name: "m", namespace: "urn:m",
      attributes: [XMLAttribute(name: "name", value: "n", line: 3, column: 24)],
      children: [
        .text("\n  "),
        .element(
          XMLElement(
            name: "a", namespace: "urn:m",
            attributes: [XMLAttribute(name: "x", value: "1 < 2", line: 5, column: 8, written: "1 &lt; 2")],
            line: 4, column: 3)),
        .text("text"), .element(XMLElement(name: "b", namespace: "urn:m", line: 5, column: 23)),
        .text("<raw>\n"),
      ], line: 3, column: 1)
    #expect(root == expected)
  }

  struct Hostile: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var bytes: [UInt8]
    var message: String

    init(_ name: String, _ bytes: [UInt8], _ message: String) {
      testDescription = name
      self.bytes = bytes
      self.message = message
    }
  }

  static let bomb = """
    <?xml version="1.0"?>
    <!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
    <l>&b;</l>
    """

  static let hostile = [
    Hostile("DOCTYPE", Array("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>".utf8), "a DOCTYPE is not accepted"),
    Hostile("entity bomb", Array(bomb.utf8), "a DOCTYPE is not accepted"),
    Hostile("DOCTYPE behind a comment", Array("<!-- x -->\n<?p?><!DOCTYPE a><a/>".utf8), "a DOCTYPE is not accepted"),
    Hostile("undeclared entity", Array("<a>&nbsp;</a>".utf8), "the entity &nbsp; is not accepted"),
    Hostile(
      "10,000 levels", Array((String(repeating: "<a>", count: 10_000)).utf8), "elements nest deeper than 100"),
    Hostile(
      "101 levels", Array((String(repeating: "<a>", count: 101) + String(repeating: "</a>", count: 101)).utf8),
      "elements nest deeper than 100"),
    Hostile("invalid UTF-8", Array("<a>".utf8) + [0xC3, 0x28] + Array("</a>".utf8), "the document is not valid UTF-8"),
    Hostile(
      "Latin-1 declared", Array("<?xml version='1.0' encoding='ISO-8859-1'?><a/>".utf8),
      "the encoding 'iso-8859-1' is not accepted"),
    Hostile("over 1 MiB", [UInt8](repeating: 0x20, count: 1 << 20) + Array("<a/>".utf8), "the document is larger than"),
    Hostile("two roots", Array("<a/><b/>".utf8), "not well-formed XML: Extra content"),
    Hostile("undeclared prefix", Array("<p:a/>".utf8), "not well-formed XML: Namespace prefix p"),
    Hostile("nothing", [], "not well-formed XML: "),
    Hostile("a null character", Array("<a>\u{0}</a>".utf8), "not well-formed XML: "),
    Hostile("half of UTF-16", [0xFF, 0xFE, 0x3C], "the document is not valid UTF-16"),
  ]

  @Test("A hostile or broken document is refused quickly, with the reason", arguments: hostile)
  func refuses(_ item: Hostile) throws {
    let problem = #expect(throws: XMLProblem.self) { try XMLReader.read(item.bytes) }
    #expect(problem?.message.hasPrefix(item.message) == true, "\(problem?.message ?? "accepted")")
  }

  @Test("UTF-16 with a byte order mark is accepted", arguments: [true, false])
  func utf16(bigEndian: Bool) throws {
    let text = "<?xml version=\"1.0\" encoding=\"UTF-16\"?><a>Käse 🧀</a>"
    let bytes = ([0xFEFF] + Array(text.utf16)).flatMap { unit in
      bigEndian ? [UInt8(unit >> 8), UInt8(unit & 0xFF)] : [UInt8(unit & 0xFF), UInt8(unit >> 8)]
    }
    #expect(try XMLReader.read(bytes).text == "Käse 🧀")
  }

  @Test("A broken line is named")
  func position() {
    let problem = #expect(throws: XMLProblem.self) { try XMLReader.read("<a>\n  <b>\n</a>") }
    #expect(problem?.line == 3)
  }

  @Test("HTML's names of characters are known")
  func entities() {
    let names = ["amp", "nbsp", "eacute", "hellip", "euro", "apos", "Alpha", "nope", ""]
    #expect(names.map(HTMLEntities.scalar(named:)) == ["&", "\u{A0}", "é", "…", "€", "'", "Α", nil, nil])
  }
}
