import JSON
import Simulation
import SyncModel
import Testing
import Wire

@Suite("The simulated Jira's search")
struct JiraSearchTests {
  @Test("The index shows a write only after the lag; reconciling shows it at once; reading by id never lags")
  func lag() throws {
    var sandbox = JiraSandbox()
    let id = try sandbox.issue(labels: ["crm-7"])
    #expect(try sandbox.found("labels = \"crm-7\"") == [])
    #expect(
      try sandbox.found("labels = \"crm-7\"", [JSONMember("reconcileIssues", [.number(id)])]) == [id])
    #expect(try sandbox.call(.get, "issue/\(id)", as: JiraSandbox.rohit).status == 200)
    sandbox.now = sandbox.now + .seconds(2)
    #expect(try sandbox.found("labels = \"crm-7\"") == [id])
    _ = try sandbox.call(.put, "issue/\(id)", as: JiraSandbox.rohit, ["fields": ["labels": ["other"]]])
    #expect(try sandbox.found("labels = crm-7") == [id])
    sandbox.now = sandbox.now + .seconds(2)
    #expect(try sandbox.found("labels = crm-7") == [])
  }

  @Test("A deleted issue leaves the index after the lag")
  func deletion() throws {
    var sandbox = JiraSandbox()
    let id = try sandbox.issue()
    sandbox.now = sandbox.now + .seconds(5)
    try sandbox.jira.delete(issue: id, as: JiraSandbox.developer, now: sandbox.now)
    #expect(try sandbox.found("project = SUP") == [id])
    sandbox.now = sandbox.now + .seconds(2)
    #expect(try sandbox.found("project = SUP") == [])
  }

  struct Query: CustomTestStringConvertible, Sendable {
    var jql: String
    var found: [String]
    var testDescription: String { jql }
  }

  /// SUP-1 "a", SUP-2 "a b", made a minute apart; then SUP-1 is edited.
  @Test(
    "Clauses are joined by AND and ordered",
    arguments: [
      Query(jql: "project = SUP", found: ["10001", "10002"]),
      Query(jql: "project in (SUP, BILL) ORDER BY updated ASC, key ASC", found: ["10002", "10001"]),
      Query(jql: "labels in (b, c)", found: ["10002"]),
      Query(jql: "project = SUP AND labels = \"a\" order by key desc", found: ["10002", "10001"]),
      Query(jql: "key = SUP-2", found: ["10002"]),
      Query(jql: "id in (10001, 10002) AND labels = b", found: ["10002"]),
      Query(jql: "updated >= 1790000100000", found: ["10001"]),
      Query(jql: "updated >= \"2026-09-21 14:15\"", found: ["10001"]),
      Query(jql: "updated >= -1m AND project = SUP", found: ["10001"]),
    ])
  func clauses(_ query: Query) throws {
    var sandbox = JiraSandbox()
    _ = try sandbox.issue(labels: ["a"])
    sandbox.now = sandbox.now + .seconds(60)
    _ = try sandbox.issue(labels: ["a", "b"])
    sandbox.now = sandbox.now + .seconds(60)
    try sandbox.jira.edit(issue: "SUP-1", as: JiraSandbox.developer, fields: ["summary": "New"], now: sandbox.now)
    sandbox.now = sandbox.now + .seconds(30)
    #expect(try sandbox.found(query.jql) == query.found)
  }

  @Test("A date without a zone is read in the caller's time zone")
  func callersTimeZone() throws {
    var sandbox = JiraSandbox()
    let id = try sandbox.issue()
    sandbox.now = sandbox.now + .seconds(5)
    // 1790000000 is 14:13:20 UTC and 19:43:20 in Mark's zone.
    #expect(try sandbox.found("updated >= \"2026-09-21 19:43\"", as: JiraSandbox.mark) == [id])
    #expect(try sandbox.found("updated >= \"2026-09-21 19:43\"", as: JiraSandbox.rohit) == [])
  }

  @Test(
    "A query that cannot be is refused",
    arguments: [
      (
        "order by key",
        "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
      ),
      (
        "summary ~ \"unclosed",
        "Error in the JQL Query: The quoted string 'unclosed' has not been completed. (line 1, character 11)"
      ),
      ("project = NONE", "The value 'NONE' does not exist for the field 'project'."),
      ("key = SUP-9", "An issue with key 'SUP-9' does not exist for field 'key'."),
    ])
  func refused(_ jql: String, _ message: String) throws {
    let answer = try JiraSandbox().call(.post, "search/jql", as: JiraSandbox.rohit, ["jql": .string(jql)])
    #expect(answer.status == 400)
    #expect(answer.body["errorMessages"] == [.string(message)])
  }

  @Test("Pages are short, carry a token but for the last, and hold ids alone by default")
  func pages() throws {
    var sandbox = JiraSandbox { $0.largestPage = 2 }
    for number in 1...5 { _ = try sandbox.issue("Issue \(number)") }
    sandbox.now = sandbox.now + .seconds(2)
    var ids: [String] = []
    var token: JSONValue?
    var pages = 0
    repeat {
      var body = [JSONMember("jql", "project = SUP"), JSONMember("maxResults", 50)]
      if let token { body.append(JSONMember("nextPageToken", token)) }
      let page = try sandbox.call(.post, "search/jql", as: JiraSandbox.rohit, .object(body)).body
      #expect(page["isLast"]?.bool == (page["nextPageToken"] == nil))
      #expect(page["issues"]?[0]?.members?.map(\.key) == ["id"])
      ids += page["issues"]?.array?.compactMap { $0["id"]?.string } ?? []
      token = page["nextPageToken"]
      pages += 1
    } while token != nil && pages < 9
    #expect(ids == ["10001", "10002", "10003", "10004", "10005"])
    #expect(pages == 3)
    let foreign: JSONValue = ["jql": "project = BILL", "nextPageToken": "nonsense"]
    let answer = try sandbox.call(.post, "search/jql", as: JiraSandbox.rohit, foreign)
    #expect(answer.body["errorMessages"] == ["The provided next page token is invalid or expired."])
  }
}
