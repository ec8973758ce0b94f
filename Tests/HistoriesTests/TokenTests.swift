import Testing

@testable import Histories

@Suite("Tokens in texts")
struct TokenTests {
  @Test(
    "Words of one known letter and digits are tokens, whatever stands around them",
    arguments: [
      ("k3 s17", ["k3", "s17"]), ("[1003] k3 s17", ["k3", "s17"]), ("Rohit (SUP-1): j5", ["j5"]),
      ("Mark wrote in the CRM:\nc12\n[Jira SUP-1 comment 20001]", ["c12"]), ("ac12 c c1x xc1 P1 1c", []),
    ])
  func found(text: String, tokens: [String]) { #expect(Token.all(in: text).map(\.description) == tokens) }
}
