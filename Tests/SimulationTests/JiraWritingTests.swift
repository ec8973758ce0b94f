import JSON
import Simulation
import SyncModel
import Testing
import Wire

@Suite("The simulated Jira's rules for files, links and other people's comments")
struct JiraWritingTests {
  private func form(_ parts: [(name: String, content: String)], boundary: String = "b1", closed: Bool = true) -> String
  {
    parts.map { part in
      "--\(boundary)\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\(part.name)\"\r\n"
        + "Content-Type: text/plain\r\n\r\n\(part.content)\r\n"
    }.joined() + (closed ? "--\(boundary)--\r\n" : "")
  }

  private func upload(
    _ sandbox: JiraSandbox, _ issue: String, _ body: String, token: String? = "no-check",
    type: String = "multipart/form-data; boundary=b1"
  ) throws -> WireResponse {
    let bearer = try #require(try sandbox.tokens(JiraSandbox.mark)["access_token"]?.string)
    var request = WireRequest(
      .post,
      JiraSandbox.origin + "/ex/jira/\(sandbox.jira.configuration.cloudID)/rest/api/3/issue/\(issue)/attachments",
      headers: [WireHeader("Authorization", "Bearer " + bearer), WireHeader("Content-Type", type)],
      body: Array(body.utf8))
    if let token { request.headers.append(WireHeader("X-Atlassian-Token", token)) }
    return sandbox.jira.respond(to: request, now: sandbox.now)
  }

  @Test("Files are attached by the token's account; names may repeat, ids do not")
  func attach() throws {
    let sandbox = JiraSandbox()
    let id = try sandbox.issue()
    let answer = try upload(sandbox, id, form([("a.txt", "one"), ("a.txt", "x --b1 is no end")]))
    #expect(answer.status == 200)
    let listed = try sandbox.call(.get, "issue/\(id)?fields=attachment", as: JiraSandbox.rohit).body["fields"]
    let files = try #require(listed?["attachment"]?.array)
    #expect(files.compactMap { $0["filename"]?.string } == ["a.txt", "a.txt"])
    #expect(files.compactMap { $0["size"]?.int } == [3, 16])
    #expect(files.compactMap { $0["author"]?["displayName"]?.string } == ["Mark", "Mark"])
    #expect(Set(files.compactMap { $0["id"]?.string }).count == 2)
  }

  @Test("Without the header, without a whole form, or over a limit nothing is attached")
  func refused() throws {
    let sandbox = JiraSandbox {
      $0.attachmentLimitBytes = 10
      $0.attachmentsPerIssue = 1
    }
    let id = try sandbox.issue()
    let good = form([("a", "b")])
    #expect(try upload(sandbox, id, good, token: nil).status == 403)
    #expect(try upload(sandbox, id, good, type: "text/plain").status == 400)
    #expect(try upload(sandbox, id, form([("a", "b")], closed: false)).status == 400)
    #expect(try upload(sandbox, id, String(good.prefix(60))).status == 400)
    #expect(try upload(sandbox, id, form([("a", "more than ten")])).status == 413)
    #expect(try upload(sandbox, id, form([("a", "1"), ("b", "2")])).status == 413)
    sandbox.jira.setPermissions([.browse], of: JiraSandbox.mark, in: "SUP")
    #expect(try upload(sandbox, id, good).status == 403)
    let listed = try sandbox.call(.get, "issue/\(id)?fields=attachment", as: JiraSandbox.rohit).body["fields"]
    #expect(listed?["attachment"] == [])
  }

  @Test("Only its author, and who may change everybody's, changes or deletes a comment")
  func ownComments() throws {
    let sandbox = JiraSandbox()
    let id = try sandbox.issue()
    let made = try sandbox.call(.post, "issue/\(id)/comment", as: JiraSandbox.mark, ["body": paragraph("Mine")])
    let path = "issue/\(id)/comment/\(try #require(made.body["id"]?.string))"
    let edit: JSONValue = ["body": paragraph("Yours")]
    let refused = try sandbox.call(.put, path, as: JiraSandbox.rohit, edit)
    #expect(refused.status == 400)
    #expect(refused.body["errorMessages"] == ["You do not have the permission to edit this comment."])
    #expect(try sandbox.call(.delete, path, as: JiraSandbox.rohit).status == 400)
    sandbox.jira.setPermissions([.browse, .editAllComments, .deleteAllComments], of: JiraSandbox.rohit, in: "SUP")
    #expect(try sandbox.call(.put, path, as: JiraSandbox.rohit, edit).status == 200)
    #expect(try sandbox.call(.put, path, as: JiraSandbox.mark, edit).status == 200)
    #expect(try sandbox.call(.delete, path, as: JiraSandbox.rohit).status == 204)
    #expect(try sandbox.call(.delete, path, as: JiraSandbox.mark).status == 404)
  }

  @Test("A screen's required field must be given or be set already, and only a screen's fields may be")
  func screens() throws {
    var workflow = SimulatedWorkflow()
    workflow.transitions = [
      .init(
        id: "1", name: "Finish", from: ["To Do"], to: "Done", screen: ["resolution", "customfield_10050"],
        required: ["resolution", "customfield_10050"])
    ]
    let strict = workflow
    let sandbox = JiraSandbox { $0.projects[0].workflow = strict }
    let id = try sandbox.issue()
    let shown = try sandbox.call(.get, "issue/\(id)/transitions?expand=transitions.fields", as: JiraSandbox.rohit)
    #expect(shown.body["transitions"]?[0]?["fields"]?["customfield_10050"]?["required"] == true)
    func move(_ fields: JSONValue) throws -> (status: Int, body: JSONValue) {
      try sandbox.call(
        .post, "issue/\(id)/transitions", as: JiraSandbox.rohit, ["transition": ["id": "1"], "fields": fields])
    }
    let refused = try move([:])
    #expect(refused.status == 400)
    #expect(
      refused.body["errors"] == [
        "resolution": "Resolution is required.", "customfield_10050": "Case number is required.",
      ])
    #expect(try move(["resolution": ["name": "Done"], "summary": "x"]).status == 400)
    _ = try sandbox.call(.put, "issue/\(id)", as: JiraSandbox.rohit, ["fields": ["customfield_10050": "7"]])
    #expect(try move(["resolution": ["name": "Done"]]).status == 204)
  }

  @Test("A link needs its permission and a global id of at most 255 characters")
  func links() throws {
    let sandbox = JiraSandbox()
    let id = try sandbox.issue()
    func link(_ globalID: String) throws -> Int {
      try sandbox.call(
        .post, "issue/\(id)/remotelink", as: JiraSandbox.mark,
        ["globalId": .string(globalID), "object": ["url": "https://crm.example.com/1", "title": "Case 1"]]
      ).status
    }
    #expect(try link(String(repeating: "x", count: 256)) == 400)
    #expect(try link("case-1") == 201)
    #expect(try link("case-1") == 200)
    sandbox.jira.setPermissions([.browse, .edit], of: JiraSandbox.mark, in: "SUP")
    #expect(try link("case-1") == 403)
  }

  @Test("Files outlive a restart")
  func snapshot() throws {
    let sandbox = JiraSandbox()
    let id = try sandbox.issue()
    _ = try upload(sandbox, id, form([("a.txt", "one")]))
    let again = SimulatedJira(configuration: sandbox.jira.configuration, restoring: sandbox.jira.snapshot)
    #expect(again.state == sandbox.jira.state)
    #expect(again.state["issues"]?[0]?["attachments"]?.array?.count == 1)
  }
}
