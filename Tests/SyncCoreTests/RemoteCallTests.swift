import CustomDump
import JSON
import SyncCore
import SyncModel
import Testing

@Suite("A call to a far side")
struct RemoteCallTests {
  static let absent: [RemoteCall] = [
    .createIssue(
      IssueCreation(project: "SUP", issueType: "Task", fields: [], label: "case-1", property: .null, firstStatus: nil)),
    .editIssue(IssueEdit(fields: [])),
    .transitionIssue(IssueTransition(status: "Done", resolution: nil, crmStatus: "Closed", isTwoWay: false)),
    .writeCase(CaseEdit(fields: [Samples.cleared], names: [:], status: nil)),
  ]

  @Test("What the journal keeps reads back as the same call", arguments: Samples.calls + absent)
  func roundTrip(_ call: RemoteCall) throws {
    let json = try JSONReader.read(call.json.compact)
    #expect(diff(RemoteCall(kind: call.kind, json: json), call) == nil)
  }

  @Test("A call that misses a member is no call of its kind", arguments: Samples.calls)
  func incomplete(_ call: RemoteCall) throws {
    let optional: Set<String> = [
      "firstStatus", "resolution", "status", "crmText", "crmIsPublic", "jiraText", "size", "address",
    ]
    for member in try #require(call.json.members)
    where [.transitionIssue, .editCaseComment].contains(call.kind) || !optional.contains(member.key) {
      // Calls that were journaled before screens were known have neither of the last two.
      guard !["resolution", "screen", "place"].contains(member.key) else { continue }
      let rest = JSONValue.object(try #require(call.json.members).filter { $0.key != member.key })
      #expect(RemoteCall(kind: call.kind, json: rest) == nil, "without \(member.key)")
    }
    #expect(RemoteCall(kind: call.kind, json: .null) == nil)
  }

  @Test("A field that cannot be read back spoils the whole call, rather than being lost")
  func spoiltField() {
    let json: JSONValue = ["fields": [["key": "summary"]]]
    #expect(RemoteCall(kind: .editIssue, json: json) == nil)
  }

  @Test("Fields that Jira refuses leave the call, and stand in one of their own")
  func parting() {
    let edit = Samples.call(.editIssue)
    #expect(edit.leaving(["priority"]) == .editIssue(IssueEdit(fields: [Samples.labels, Samples.cleared])))
    #expect(edit.only("priority") == .editIssue(IssueEdit(fields: [Samples.priority])))
    #expect(edit.leaving(["priority", "labels", "duedate"]) == nil)
    guard case .createIssue(var creation) = Samples.call(.createIssue) else { return }
    creation.fields = [Samples.summary]
    #expect(Samples.call(.createIssue).leaving(["priority"]) == .createIssue(creation))
    #expect(Samples.call(.createIssue).leaving(["summary"]) == nil)
    #expect(Samples.call(.createIssue).only("priority") == .editIssue(IssueEdit(fields: [Samples.priority])))
    for kind in RemoteCall.Kind.allCases where ![.createIssue, .editIssue].contains(kind) {
      #expect(Samples.call(kind).leaving(["priority"]) == nil)
      #expect(Samples.call(kind).only("priority") == nil)
    }
  }

  @Test("The service user says for whom it speaks, before the person's own words")
  func spoken() throws {
    let line: JSONValue = ["type": "paragraph", "content": [["type": "text", "text": "Reported by Mark in the CRM"]]]
    let own: JSONValue = ["type": "paragraph", "content": [["type": "text", "text": "It fails"]]]
    func document(_ blocks: [JSONValue]) -> JSONValue { ["version": 1, "type": "doc", "content": .array(blocks)] }
    func creation(_ description: JSONValue?) -> RemoteCall {
      let write = description.map { Samples.write("description", crm: .empty, jira: .empty, payload: $0) }
      return .createIssue(
        IssueCreation(
          project: "SUP", issueType: "Task", fields: [Samples.summary] + [write].compactMap { $0 }, label: "l",
          property: .null))
    }
    func description(_ call: RemoteCall) -> JSONValue? {
      guard case .createIssue(let creation) = call else { return nil }
      return creation.fields.first { $0.key == "description" }?.payload
    }
    #expect(description(creation(document([own])).spoken(for: "Mark")) == document([line, own]))
    #expect(description(creation(.null).spoken(for: "Mark")) == document([line]))
    #expect(description(creation(nil).spoken(for: "Mark")) == document([line]))
    guard case .addComment(let comment) = Samples.call(.addComment).spoken(for: "Mark") else {
      Issue.record("a comment stays a comment")
      return
    }
    #expect(comment.body["content"]?[0]?["content"]?[0]?["text"] == "Mark wrote in the CRM:")
    guard case .editComment(let edit) = Samples.call(.editComment).spoken(for: "Mark") else {
      Issue.record("an edit stays an edit")
      return
    }
    #expect(edit.comment.body["content"]?[0]?["content"]?[0]?["text"] == "Mark wrote in the CRM:")
    for kind in RemoteCall.Kind.allCases where ![.createIssue, .addComment, .editComment].contains(kind) {
      #expect(Samples.call(kind).spoken(for: "Mark") == Samples.call(kind))
    }
  }

  @Test("Once done, both sides agree on what was written and on the status")
  func agreement() {
    typealias Base = FieldState.Base
    let priority = Base(crm: .text("P1"), jira: .text("Highest"))
    let done = Base(crm: .text("Closed"), jira: .text("Done"))
    #expect(
      diff(
        Samples.calls.map(\.agreedBases),
        [
          [
            "summary": Base(crm: .text("Checkout fails"), jira: .text("Checkout fails")), "priority": priority,
            "status": Base(crm: .text("New"), jira: .text("To Do")),
          ],
          [
            "priority": priority, "labels": Base(crm: .list(["a", "b"]), jira: .list(["a", "b"])),
            "duedate": Base(crm: .empty, jira: .empty),
          ],
          ["status": done], [:], [:], [:], [:], [:], [:], ["priority": priority, "status": done], [:], [:], [:], [:],
          [:],
        ]) == nil)
  }

  @Test("What is said of a failure names neither a token nor a customer's text, and says when nothing will follow")
  func words() {
    let failure = CallOutcome.failure(.rejected("", fields: ["priority": "is not on the screen"]))
    #expect(
      OperationWords.outcome(failure, of: Samples.call(.editIssue), transition: .bury)
        == "support.xml:4: Jira refuses the field 'priority': is not on the screen; "
        + "it will not be tried again by itself")
    #expect(
      OperationWords.outcome(
        failure, of: Samples.call(.editIssue), transition: .leaveBehind(["priority": ""]),
        places: CallPlaces(coded: ["priority"]))
        == "support.xml:4: Jira refuses 'Highest' for the field 'priority': is not on the screen; "
        + "the rest is sent without it")
    let foreign = CallOutcome.failure(.rejected("", fields: ["customfield_1": "Team is required."]))
    #expect(
      OperationWords.outcome(
        foreign, of: Samples.call(.createIssue), transition: .bury, places: CallPlaces(place: "support.xml"))
        == "support.xml: creating the issue: Jira names the field 'customfield_1': Team is required; "
        + "the mapping does not write it; it will not be tried again by itself")
    #expect(
      OperationWords.outcome(.success(.issueEdited), of: Samples.call(.editIssue), transition: .done(.issueEdited))
        == "changed duedate, labels, priority in Jira")
    #expect(OperationWords.waiting(.grant, for: CRMUser(id: "8", name: "Mark")) == "waits for Mark to connect to Jira")
    #expect(OperationWords.waiting(.grant, for: CRMUser(id: "8")) == "waits for 8 to connect to Jira")
  }
}
