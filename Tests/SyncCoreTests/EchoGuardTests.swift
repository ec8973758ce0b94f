import SyncCore
import SyncModel
import Testing

@Suite("Recognising our own comments")
struct EchoGuardTests {
  static let marker = EchoGuard.marker(issue: "SUP-1", comment: "10001")

  @Test("The marker names the issue and the comment")
  func text() {
    #expect(Self.marker == "[Jira SUP-1 comment 10001]")
    #expect(EchoGuard.marker(connection: "acme", case: "7", comment: "c9") == "acme/7/c9")
  }

  @Test(
    "A marker alone on the last line is ours, however the CRM wraps it",
    arguments: [
      marker, "Dana: fixed\n" + marker, "Dana: fixed\n\n" + marker + "\n", "Dana\r\n" + marker + "\r\n  ",
      "<p>Dana: fixed</p>\n<p>" + marker + "</p>", "<div><p>Dana</p><p>" + marker + "</p></div>\n",
      "<div>\n<p>Dana</p>\n<p>" + marker + "</p>\n</div>\n</body>", "<p>Dana<br/>" + marker + "</p>",
      "<p>a &gt; b</p><p class=\"x\"> " + marker + " </p>", "see [1] below\n" + marker,
    ])
  func ours(_ text: String) {
    #expect(EchoGuard.jiraComment(in: text) == "10001")
  }

  @Test(
    "What a person writes is theirs, though it looks like a marker",
    arguments: [
      "", " \n", "Thanks", "See " + marker, marker + " is wrong", marker + "\nI disagree", marker + "!",
      "> fixed\n> " + marker, "<p>see " + marker + "</p>", "<p>" + marker + " no</p>", "[Jira SUP-1 comment 10001",
      "[Jira SUP-1 comment ]", "[Jira SUP-1 comment x]", "[Jira SUP-1 comment 1]2]", "[Jira  comment 10001]",
      "[jira SUP-1 comment 10001]", "Jira SUP-1 comment 10001]", "[Jira SUP-1 comment ١]", "<", ">", "<>", "<\n>",
    ])
  func theirs(_ text: String) {
    #expect(EchoGuard.jiraComment(in: text) == nil)
  }

  @Test("A long text is looked through once", arguments: [">", "<", "<>", " ", "\n", "[", "> "])
  func isFast(_ piece: String) {
    #expect(EchoGuard.jiraComment(in: String(repeating: piece, count: 20_000)) == nil)
  }
}
