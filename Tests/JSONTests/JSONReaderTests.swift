import JSON
import Testing

@Suite("Reading JSON")
struct JSONReaderTests {
  struct Accepted: Sendable, CustomTestStringConvertible {
    let text: String
    let value: JSONValue
    var testDescription: String { text }
  }

  static let accepted = [
    Accepted(text: "\u{FEFF} [1] ", value: [1]),
    Accepted(text: "12.50", value: .number("12.50")),
    Accepted(text: "123456789012345678901234567890", value: .number("123456789012345678901234567890")),
    Accepted(text: "-0", value: .number("-0")),
    Accepted(text: "1E+2", value: .number("1E+2")),
    Accepted(text: #""\ud83d\ude00""#, value: "\u{1F600}"),
    Accepted(text: #""\ud83d""#, value: "\u{FFFD}"),
    Accepted(text: #""\ude00x""#, value: "\u{FFFD}x"),
    Accepted(text: #""\ud83d\u0041""#, value: "\u{FFFD}A"),
    Accepted(text: #""\"\\\/\b\f\n\r\t""#, value: "\"\\/\u{8}\u{C}\n\r\t"),
    Accepted(text: #"{"b":null,"a":[true,false,{}]}"#, value: ["b": nil, "a": [true, false, [:]]]),
  ]

  @Test("Values are read exactly", arguments: accepted)
  func accepts(_ row: Accepted) throws {
    #expect(try JSONReader.read(row.text) == row.value)
  }

  @Test(
    "What RFC 8259 does not have is refused",
    arguments: [
      "", " ", "{", "[1,]", "{\"a\":1,}", "{a:1}", "'a'", "01", "-", "1.", ".5", "1e", "+1", "NaN", "tru", "nulll",
      "[1] 2", "\"a", "\"\n\"", #""\x41""#, #""\u12g4""#, #""\u+123""#, "{\"a\" 1}", "[1 2]", "// x\n1",
    ])
  func refuses(_ text: String) {
    #expect(throws: JSONError.self) { try JSONReader.read(text) }
  }

  @Test(
    "Bytes that are not UTF-8 are refused",
    arguments: [
      [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82],
    ] as [[UInt8]])
  func refusesBadUTF8(_ bytes: [UInt8]) {
    let quote = [UInt8(ascii: "\"")]
    #expect(throws: JSONError(line: 1, column: 2, reason: "a string is not valid UTF-8")) {
      try JSONReader.read(quote + bytes + quote)
    }
  }

  @Test("A duplicate key is refused with its place, in short and long objects", arguments: [2, 7, 8, 9, 20])
  func refusesDuplicates(_ count: Int) {
    let members = (0..<count).map { "\"k\($0)\":1" } + ["\"\\u006b0\":2"]
    let error = #expect(throws: JSONError.self) {
      try JSONReader.read("{\n" + members.joined(separator: ",\n") + "}")
    }
    #expect(error == JSONError(line: count + 2, column: 1, reason: "a key stands twice in one object"))
  }

  @Test("Nesting is read to the limit and refused beyond it")
  func boundsDepth() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    #expect(throws: Never.self) { try JSONReader.read(nested(64)) }
    #expect(throws: JSONError(line: 1, column: 65, reason: "arrays and objects nest deeper than 64")) {
      try JSONReader.read(nested(65))
    }
    #expect(throws: JSONError.self) { try JSONReader.read(String(repeating: "[", count: 1_000_000)) }
  }

  @Test("A number longer than 400 characters is refused")
  func boundsNumbers() {
    #expect(throws: JSONError.self) { try JSONReader.read(String(repeating: "9", count: 401)) }
  }

  @Test("Written text reads back as the same value, and canonical text does not depend on order")
  func roundTrip() throws {
    let value: JSONValue = ["b": ["é\u{0}\u{1F600}\"\\", .number("1.0")], "a": [:], "c": []]
    let other: JSONValue = ["c": [], "a": [:], "b": ["é\u{0}\u{1F600}\"\\", .number("1.0")]]
    #expect(try JSONReader.read(value.compact) == value)
    #expect(try JSONReader.read(value.utf8) == value)
    #expect(value.canonical == other.canonical)
    #expect(value.canonical == "{\"a\":{},\"b\":[\"é\\u0000\u{1F600}\\\"\\\\\",1.0],\"c\":[]}")
    #expect(JSONValue.object([JSONMember("a", [1])]).pretty == "{\n  \"a\": [\n    1\n  ]\n}")
  }
}
