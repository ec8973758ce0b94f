import JSON
import Simulation
import SyncModel
import Testing
import Wire

@Suite("The simulated Jira's issues")
struct JiraIssueTests {
  @Test("An issue belongs to the account whose token made it")
  func identity() throws {
    let sandbox = JiraSandbox()
    let id = try sandbox.issue(as: JiraSandbox.mark)
    let fields = try sandbox.call(.get, "issue/\(id)", as: JiraSandbox.rohit).body["fields"]
    #expect(id == "10001")
    #expect(fields?["creator"]?["accountId"] == "account-mark")
    #expect(fields?["reporter"]?["accountId"] == "account-mark")
    #expect(fields?["status"]?["name"] == "To Do")
    #expect(fields?["priority"]?["name"] == "Medium")
    #expect(try sandbox.call(.get, "issue/sup-1", as: JiraSandbox.rohit).body["id"] == "10001")
  }

  struct BadField: CustomTestStringConvertible, Sendable {
    var field: String
    var value: JSONValue
    var message: String
    var testDescription: String { message }
  }

  @Test(
    "A value that does not fit its field is refused in Jira's words",
    arguments: [
      BadField(field: "summary", value: "", message: "You must specify a summary of the issue."),
      BadField(
        field: "summary", value: .string(String(repeating: "x", count: 255)),
        message: "Summary must be less than 255 characters."),
      BadField(
        field: "description", value: "text",
        message: "Operation value must be an Atlassian Document (see the Atlassian Document Format)"),
      BadField(
        field: "description", value: ["version": 1, "type": "doc", "content": [["type": "text", "text": "x"]]],
        message: "INVALID_INPUT"),
      BadField(
        field: "description", value: paragraph(String(repeating: "x", count: 32_768)),
        message: "The entered text is too long. It exceeds the allowed limit of 32,767 characters."),
      BadField(
        field: "labels", value: ["two words"], message: "The label 'two words' contains spaces which is invalid."),
      BadField(field: "priority", value: ["name": "Urgent"], message: "The priority selected is invalid."),
      BadField(field: "components", value: [["name": "X"]], message: "Component name 'X' is not valid"),
      BadField(field: "customfield_10051", value: "3", message: "Operation value must be a number"),
      BadField(field: "customfield_10052", value: ["value": "Huge"], message: "Option value 'Huge' is not valid"),
      BadField(
        field: "customfield_10053", value: "2026-11-23T10:00:00Z",
        message: "Operation value must be a date-time in the format yyyy-MM-dd'T'HH:mm:ss.SSSZ"),
      BadField(
        field: "customfield_999", value: "x",
        message: "Field 'customfield_999' cannot be set. It is not on the appropriate screen, or unknown."),
      BadField(
        field: "reporter", value: ["accountId": "account-rohit"],
        message: "Field 'reporter' cannot be set. It is not on the appropriate screen, or unknown."),
    ])
  func badField(_ bad: BadField) throws {
    let sandbox = JiraSandbox()
    let id = try sandbox.issue()
    let answer = try sandbox.call(
      .put, "issue/\(id)", as: JiraSandbox.mark, ["fields": .object([JSONMember(bad.field, bad.value)])])
    #expect(answer.status == 400)
    #expect(answer.body["errors"] == .object([JSONMember(bad.field, .string(bad.message))]))
  }

  @Test("Creating checks in stages: the project, the type, then the fields together")
  func stages() throws {
    let sandbox = JiraSandbox()
    func errors(_ fields: JSONValue) throws -> JSONValue? {
      try sandbox.call(.post, "issue", as: JiraSandbox.rohit, ["fields": fields]).body["errors"]
    }
    #expect(try errors(["summary": "x"]) == ["project": "Specify a valid project ID or key"])
    #expect(try errors(["project": ["key": "SUP"]]) == ["issuetype": "Specify an issue type"])
    #expect(
      try errors(["project": ["key": "SUP"], "issuetype": ["name": "Bug"]])
        == ["summary": "You must specify a summary of the issue."])
  }

  @Test("Values are shown as Jira shows them")
  func shownValues() throws {
    let sandbox = JiraSandbox()
    let id = try sandbox.issue()
    let fields: JSONValue = [
      "customfield_10052": ["id": "10101"], "components": [["name": "Login"]], "duedate": "2026-12-01",
      "customfield_10053": "2026-11-23T10:00:00.000+0000", "description": paragraph("Help"), "priority": ["id": "1"],
    ]
    let written = try sandbox.call(.put, "issue/\(id)", as: JiraSandbox.rohit, ["fields": fields])
    let read = try sandbox.call(
      .get, "issue/\(id)?fields=customfield_10052,components,duedate,customfield_10053,priority", as: JiraSandbox.mark)
    #expect(written.status == 204)
    #expect(
      read.body["fields"]?.canonical
        == ([
          "priority": ["id": "1", "name": "Highest"], "components": [["id": "10201", "name": "Login"]],
          "duedate": "2026-12-01", "customfield_10052": ["id": "10101", "value": "Major"],
          "customfield_10053": "2026-11-23T15:30:00.000+0530",
        ] as JSONValue).canonical)
  }

  @Test("Labels are added and removed without touching the others")
  func labelOperations() throws {
    let sandbox = JiraSandbox()
    let id = try sandbox.issue(labels: ["a", "b"])
    let update: JSONValue = ["update": ["labels": [["add": "c"], ["remove": "a"], ["add": "b"]]]]
    _ = try sandbox.call(.put, "issue/\(id)", as: JiraSandbox.rohit, update)
    let read = try sandbox.call(.get, "issue/\(id)?fields=labels", as: JiraSandbox.rohit)
    #expect(read.body["fields"]?["labels"] == ["b", "c"])
  }

  @Test("The changelog tells who changed what, in milliseconds, with our metadata; no change leaves no entry")
  func changelog() throws {
    var sandbox = JiraSandbox()
    let id = try sandbox.issue()
    sandbox.now = sandbox.now + .seconds(10)
    let edit: JSONValue = ["fields": ["priority": ["name": "High"]], "historyMetadata": ["type": "counterpart"]]
    _ = try sandbox.call(.put, "issue/\(id)", as: JiraSandbox.mark, edit)
    sandbox.now = sandbox.now + .seconds(10)
    _ = try sandbox.call(.put, "issue/\(id)", as: JiraSandbox.rohit, edit)
    let log = try sandbox.call(
      .post, "changelog/bulkfetch", as: JiraSandbox.rohit, ["issueIdsOrKeys": [.string(id), "SUP-99"]])
    let entry = log.body["issueChangeLogs"]?[0]
    #expect(entry?["issueId"]?.string == id)
    #expect(entry?["changeHistories"]?.array?.count == 1)
    let history = entry?["changeHistories"]?[0]
    #expect(history?["author"]?["accountId"] == "account-mark")
    #expect(history?["created"]?.int == (JiraSandbox.start + .seconds(10)).milliseconds)
    #expect(history?["historyMetadata"] == ["type": "counterpart"])
    #expect(
      history?["items"] == [
        [
          "field": "priority", "fieldtype": "jira", "fieldId": "priority", "from": "3", "fromString": "Medium",
          "to": "2", "toString": "High",
        ]
      ])
  }

  @Test("A status is reached by its transition only, and the resolution belongs to the screen of the last one")
  func workflow() throws {
    let sandbox = JiraSandbox()
    let id = try sandbox.issue()
    func move(_ transition: String, _ fields: JSONValue = [:]) throws -> (status: Int, body: JSONValue) {
      try sandbox.call(
        .post, "issue/\(id)/transitions", as: JiraSandbox.developer,
        ["transition": ["id": .string(transition)], "fields": fields])
    }
    let tooEarly = try move("21")
    let wrongScreen = try move("11", ["resolution": ["name": "Done"]])
    let offered = try sandbox.call(.get, "issue/\(id)/transitions", as: JiraSandbox.rohit)
    #expect(tooEarly.body["errorMessages"] == ["Transition id '21' is not valid for this issue."])
    #expect(wrongScreen.status == 400)
    #expect(offered.body["transitions"]?.array?.map { $0["to"]?["name"] } == ["In Progress"])
    #expect(try move("11").status == 204)
    #expect(try move("21", ["resolution": ["name": "Duplicate"]]).status == 204)
    let done = try sandbox.call(.get, "issue/\(id)", as: JiraSandbox.rohit).body["fields"]
    #expect(done?["status"]?["statusCategory"]?["key"] == "done")
    #expect(done?["resolution"]?["name"] == "Duplicate")
    #expect(
      try sandbox.call(.put, "issue/\(id)", as: JiraSandbox.rohit, ["fields": ["status": ["name": "To Do"]]]).status
        == 400)
  }

  @Test("What an account may not do is refused the way Jira refuses it")
  func permissions() throws {
    let sandbox = JiraSandbox()
    let id = try sandbox.issue()
    sandbox.jira.setPermissions([.browse], of: JiraSandbox.mark, in: "SUP")
    let comment = try sandbox.call(.post, "issue/\(id)/comment", as: JiraSandbox.mark, ["body": paragraph("x")])
    let edit = try sandbox.call(.put, "issue/\(id)", as: JiraSandbox.mark, ["fields": ["summary": "x"]])
    sandbox.jira.setPermissions([], of: JiraSandbox.mark, in: "SUP")
    let hidden = try sandbox.call(.get, "issue/\(id)", as: JiraSandbox.mark)
    #expect(comment.body["errorMessages"] == ["You do not have the permission to comment on this issue."])
    #expect(
      edit.body["errors"]
        == ["summary": "Field 'summary' cannot be set. It is not on the appropriate screen, or unknown."])
    #expect(hidden.status == 404)
    #expect(
      hidden.body
        == [
          "errorMessages": ["Issue does not exist or you do not have permission to see it."], "errors": [:],
        ])
  }

  @Test("A moved issue keeps its id and answers to its old key")
  func move() throws {
    let sandbox = JiraSandbox()
    let id = try sandbox.issue()
    try sandbox.jira.move(issue: id, to: "BILL", as: JiraSandbox.developer, now: sandbox.now)
    let read = try sandbox.call(.get, "issue/SUP-1", as: JiraSandbox.rohit)
    #expect(read.body["id"]?.string == id)
    #expect(read.body["key"] == "BILL-1")
    try sandbox.jira.delete(issue: id, as: JiraSandbox.developer, now: sandbox.now)
    #expect(try sandbox.call(.get, "issue/\(id)", as: JiraSandbox.rohit).status == 404)
  }

  @Test("Addresses that do not exist have errors of their own shapes")
  func unknownAddresses() throws {
    let sandbox = JiraSandbox()
    let cloud = sandbox.jira.respond(
      to: WireRequest(.get, JiraSandbox.origin + "/ex/jira/none/rest/api/3/myself"), now: sandbox.now)
    #expect(cloud.status == 404)
    #expect(try JSONReader.read(cloud.body)["message"] == "No message available")
    let path = try sandbox.call(.get, "nothing", as: JiraSandbox.rohit)
    #expect(path.status == 404)
    #expect(path.body["title"] == "Not Found")
    #expect(try sandbox.call(.post, "search", as: JiraSandbox.rohit, [:]).status == 410)
  }

  @Test("Properties are set with the issue, read back, and replaced whole")
  func properties() throws {
    let sandbox = JiraSandbox()
    let id = try sandbox.issue()
    let made = try sandbox.call(.put, "issue/\(id)/properties/counterpart", as: JiraSandbox.rohit, ["case": "7"])
    let replaced = try sandbox.call(.put, "issue/\(id)/properties/counterpart", as: JiraSandbox.rohit, ["case": "8"])
    let read = try sandbox.call(.get, "issue/\(id)/properties/counterpart", as: JiraSandbox.mark)
    #expect([made.status, replaced.status] == [201, 200])
    #expect(read.body == ["key": "counterpart", "value": ["case": "8"]])
  }

  @Test("A remote link with the same global id is replaced, without one another is made")
  func remoteLinks() throws {
    let sandbox = JiraSandbox()
    let id = try sandbox.issue()
    let link: JSONValue = ["globalId": "case=7", "object": ["url": "https://crm.example.com/7", "title": "Case 7"]]
    let first = try sandbox.call(.post, "issue/\(id)/remotelink", as: JiraSandbox.rohit, link)
    let second = try sandbox.call(.post, "issue/\(id)/remotelink", as: JiraSandbox.rohit, link)
    #expect([first.status, second.status] == [201, 200])
    #expect(first.body["id"] == second.body["id"])
  }
}
