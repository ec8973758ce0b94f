import Testing
import Wire

@Suite("Percent-encoding and headers")
struct URLEncodingTests {
  @Test(
    "Everything but the unreserved characters is encoded, and decodes to the same text",
    arguments: [
      ("aZ09-._~", "aZ09-._~"), ("a+b c;d", "a%2Bb%20c%3Bd"), ("/?#&=%", "%2F%3F%23%26%3D%25"), ("é", "%C3%A9"),
      ("\r\n\u{0}", "%0D%0A%00"), ("", ""),
    ])
  func encodes(_ text: String, _ encoded: String) {
    #expect(URLEncoding.component(text) == encoded)
    #expect(URLEncoding.decode(encoded) == text)
  }

  @Test("Malformed encodings are refused", arguments: ["%", "%4", "%zz", "%+1", "%-1", "%FF", "%C3"])
  func refuses(_ text: String) {
    #expect(URLEncoding.decode(text) == nil)
    #expect(URLEncoding.pairs(of: "a=1&b=\(text)") == nil)
  }

  @Test("A query keeps its order and its repeated names, and plus means a blank")
  func pairs() throws {
    let pairs = try #require(URLEncoding.pairs(of: "b=1&a=x+y%2B&b=&c&d=e=f"))
    #expect(pairs.map(\.name) == ["b", "a", "b", "c", "d"])
    #expect(pairs.map(\.value) == ["1", "x y+", "", "", "e=f"])
    #expect(URLEncoding.query([("jql", "a+b"), ("x y", "1")]) == "jql=a%2Bb&x%20y=1")
  }

  @Test("Header names compare without regard to case, and the first wins")
  func headers() {
    let response = WireResponse(status: 200, headers: [WireHeader("Retry-After", "1"), WireHeader("retry-after", "2")])
    #expect(response.header("RETRY-AFTER") == "1")
    #expect(response.header("Age") == nil)
  }
}
