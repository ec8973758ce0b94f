import JSON
import Simulation
import SyncModel
import Testing
import Wire

@Suite("The simulated Jira's comments")
struct JiraCommentTests {
  @Test("A comment belongs to the token's account and moves the issue's time")
  func author() throws {
    var sandbox = JiraSandbox()
    let id = try sandbox.issue()
    sandbox.now = sandbox.now + .seconds(60)
    let made = try sandbox.call(.post, "issue/\(id)/comment", as: JiraSandbox.mark, ["body": paragraph("Seen")])
    let read = try sandbox.call(.get, "issue/\(id)?fields=updated", as: JiraSandbox.rohit)
    let listed = try sandbox.call(.get, "issue/\(id)/comment", as: JiraSandbox.rohit)
    #expect(made.status == 201)
    #expect(made.body["author"]?["displayName"] == "Mark")
    #expect(read.body["fields"]?["updated"] == "2026-09-21T14:14:20.000+0000")
    #expect(listed.body["total"] == 1)
    #expect(listed.body["comments"]?[0]?["body"] == paragraph("Seen"))
  }

  @Test(
    "A body that is no document is refused",
    arguments: [
      ("plain text" as JSONValue, "Comment body is not valid!"),
      (JSONValue.null, "Comment body can not be empty!"),
      (["version": 1, "type": "doc", "content": [["type": "blob"]]] as JSONValue, "INVALID_INPUT"),
      (
        [
          "version": 1, "type": "doc",
          "content": [["type": "paragraph", "content": [["type": "text", "text": ""]]]],
        ] as JSONValue, "INVALID_INPUT"
      ),
    ])
  func badBody(_ body: JSONValue, _ message: String) throws {
    let sandbox = JiraSandbox()
    let id = try sandbox.issue()
    let answer = try sandbox.call(.post, "issue/\(id)/comment", as: JiraSandbox.rohit, ["body": body])
    #expect(answer.status == 400)
    #expect(answer.body["errors"] == ["comment": .string(message)])
  }

  @Test("Properties come with the list by ids when asked for; an edit that leaves them out keeps them")
  func properties() throws {
    let sandbox = JiraSandbox()
    let id = try sandbox.issue()
    let properties: JSONValue = [
      ["key": "sd.public.comment", "value": ["internal": true]], ["key": "counterpart", "value": ["marker": "m1"]],
    ]
    let body: JSONValue = ["body": paragraph("Internal"), "properties": properties]
    let made = try sandbox.call(.post, "issue/\(id)/comment", as: JiraSandbox.rohit, body).body
    let comment = try #require(made["id"]?.string)
    _ = try sandbox.call(
      .put, "issue/\(id)/comment/\(comment)", as: JiraSandbox.rohit, ["body": paragraph("Edited")])
    let ids: JSONValue = ["ids": [.number(comment), 1]]
    let listed = try sandbox.call(.post, "comment/list?expand=properties", as: JiraSandbox.mark, ids).body["values"]
    #expect(made["jsdPublic"] == false)
    #expect(listed?.array?.count == 1)
    #expect(listed?[0]?["properties"] == properties)
    #expect(listed?[0]?["body"] == paragraph("Edited"))
    let plain = try sandbox.call(.post, "comment/list", as: JiraSandbox.mark, ids).body["values"]
    #expect(plain?[0]?["properties"] == nil)
  }

  @Test("Twenty writes to one issue in two seconds are the limit")
  func writeLimit() throws {
    var sandbox = JiraSandbox()
    let id = try sandbox.issue()
    var statuses: [Int] = []
    for number in 2...21 {
      let body: JSONValue = ["body": paragraph("Comment \(number)")]
      statuses.append(try sandbox.call(.post, "issue/\(id)/comment", as: JiraSandbox.rohit, body).status)
    }
    #expect(statuses == Array(repeating: 201, count: 19) + [429])
    sandbox.now = sandbox.now + .seconds(2)
    let later = try sandbox.call(.post, "issue/\(id)/comment", as: JiraSandbox.rohit, ["body": paragraph("Later")])
    #expect(later.status == 201)
  }
}
