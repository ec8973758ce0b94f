import SyncCore
import SyncModel
import Testing

@Suite("Causes")
struct CauseTests {
  private let mark = CRMUser(id: "8", name: "Mark")

  @Test(
    "A cause is named by a text, and read back from it",
    arguments: [
      Cause("edit-issue", .fieldRefused, ["priority", "maps/support desk.xml:5:3"]),
      Cause("person", .grant, ["acme", "50%/8"]), Cause("field", .frozen, ["status", "support"]),
      Cause("event", .unplannable, ["event # of the delivery"]), Cause("add-comment", .notFound),
    ])
  func text(_ cause: Cause) {
    #expect(Cause(text: cause.text) == cause)
    #expect(!cause.text.contains(" "))
  }

  @Test(
    "What no version of the program has written is no cause", arguments: ["", "edit-issue", "edit-issue/unheard-of"])
  func unknown(_ text: String) { #expect(Cause(text: text) == nil) }

  @Test("A refused field has its field and the mapping's line for a cause, whatever the case and Jira's words")
  func refusedField() {
    let causes = ["is invalid", "Option 'x7' is not valid"].map { words in
      Cause(.rejected("", fields: ["priority": words]), of: Samples.call(.editIssue), place: nil).text
    }
    #expect(
      causes == ["edit-issue/field-refused/priority/support.xml:4", "edit-issue/field-refused/priority/support.xml:4"])
    #expect(
      Cause(.rejected("", fields: ["customfield_1": "required"]), of: Samples.call(.createIssue), place: "support.xml")
        .text
        == "create-issue/field-required/customfield_1/support.xml")
  }

  @Test("Whatever waits for one person to connect has one cause, and another person's has another")
  func people() {
    let held = { (kind: RemoteCall.Kind, user: CRMUser) in
      Cause(held: .grant, for: user, kind: kind, connection: "acme").text
    }
    #expect(held(.addComment, mark) == "person/grant/acme/8")
    #expect(held(.editIssue, mark) == held(.addComment, mark))
    #expect(held(.addComment, CRMUser(id: "9")) != held(.addComment, mark))
  }

  @Test("Events that differ by numbers only have one cause")
  func events() {
    #expect(Cause(event: "event 12: no case id at 'a'") == Cause(event: "event 3: no case id at 'a'"))
  }

  @Test("Every cause has a title, and says who can end it", arguments: Cause.Reason.allCases)
  func words(_ reason: Cause.Reason) {
    let cause = Cause("add-comment", reason, ["priority", "support.xml:4"])
    #expect(!cause.title(who: "Mark").isEmpty)
    let end = cause.end(for: mark, in: "acme", retrying: "--cause x")
    #expect(["An admin", "A Jira", "Only Mark", "Nobody", "The CRM", "Whoever changes"].contains { end.hasPrefix($0) })
  }

  @Test("What waits for a person names the person and the command that prints their link, fit for a shell")
  func connect() {
    let cause = Cause("person", .grant, ["acme", "8"])
    #expect(
      cause.end(for: CRMUser(id: "8", name: "Mark O'Neil"), in: "acme", retrying: nil)
        == "Only Mark O'Neil, by connecting with the link that the CRM shows; an admin can print it: "
        + #"counterpart users connect-url --connection acme --user 8 --name 'Mark O'\''Neil'"#)
  }

  @Test("What waits for an operation before it names that one")
  func blocked() {
    let facts = Standing.Facts(
      id: 3, connection: "acme", state: .ready, hold: nil, cause: nil, reason: nil, actor: mark, attempt: 0,
      dueAt: Samples.now, blockedBy: 2, showsCommands: true)
    #expect(Standing(facts) { _ in "" }.state == "waits until operation 2 before it is finished")
  }

  @Test("What only waits for a time says which, and that nobody needs to do anything")
  func time() {
    let facts = Standing.Facts(
      id: 3, connection: "acme", state: .waiting, hold: nil, cause: nil, reason: "Jira answered 503", actor: mark,
      attempt: 2, dueAt: Samples.now, showsCommands: true)
    #expect(
      Standing(facts) { _ in "at noon" }
        == Standing(
          state: "was tried 2 times: Jira answered 503",
          end: "Nobody needs to do anything: it is tried again at noon."))
  }
}
