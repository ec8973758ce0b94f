import JSON
import SyncCore
import SyncModel
import Testing

@Suite("Erasing a person from what is kept")
struct ErasureTests {
  @Test(
    "Names go where they stand as words, and nowhere else",
    arguments: [
      ("Mark connected as Mark M; 2 held", "a former user connected as a former user; 2 held"),
      ("Marketing was told", "Marketing was told"), ("ReMark", "ReMark"), ("(as Mark M)", "(as a former user)"),
      ("Mark", "a former user"), ("", ""), ("mark@example.com wrote", "a former user wrote"),
      ("Mark2 and 2Mark", "Mark2 and 2Mark"), ("Marké", "Marké"), ("Mark's", "a former user's"),
    ])
  func names(_ text: String, _ expected: String) {
    let erasure = Erasure(names: ["Mark", "Mark M", "mark@example.com"])
    #expect(erasure.text(text) == expected)
    #expect(erasure.text(expected) == expected)
  }

  @Test("What is too short to be a name stays")
  func short() {
    #expect(Erasure(names: ["7", ""]).text("7 held operations") == "7 held operations")
    #expect(Erasure(names: ["7", ""]).isEmpty)
  }

  @Test("Accounts stand for nobody afterwards, as Jira itself shows deleted users")
  func accounts() throws {
    let erasure = Erasure(names: [], accounts: ["acc"])
    let before: JSONValue = ["payload": ["accountId": "acc"], "jira": "acc", "text": "acc wrote", "list": ["acc", 1]]
    let after: JSONValue = [
      "payload": ["accountId": "unknown"], "jira": "unknown", "text": "acc wrote", "list": ["unknown", 1],
    ]
    #expect(erasure.json(before) == after)
  }
}
