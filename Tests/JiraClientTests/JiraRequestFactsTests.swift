import JiraClient
import MappingLanguage
import SyncModel
import Testing
import Wire

@Suite("What a request costs")
struct JiraRequestFactsTests {
  static let site = JiraSite(name: "s", kind: .cloud, url: "https://s.example", serviceUser: nil, file: "s.xml")
  static let requests = JiraRequests(.gateway("https://api.example", cloudID: "cloud"))
  static let token = Secret("t")

  struct Row: Sendable, CustomTestStringConvertible {
    var request: WireRequest
    var endpoint: String
    var issue: IssueID?
    var answer = ""
    var points: Int
    var testDescription: String { "\(request.method.rawValue) \(endpoint)" }
  }

  static let rows = [
    Row(
      request: requests.issue("7", fields: ["summary"], token: token), endpoint: "/issue/{}",
      answer: #"{"fields":{"labels":["a","b","c"]}}"#, points: 2),
    Row(
      request: requests.comments(of: "7", startAt: 0, token: token), endpoint: "/issue/{}/comment",
      answer: #"{"comments":[{},{},{}],"total":3}"#, points: 4),
    Row(
      request: requests.search(jql: "x", fields: [], page: nil, reconcile: [], token: token), endpoint: "/search/jql",
      answer: #"{"issues":[{},{}],"isLast":true}"#, points: 3),
    Row(
      request: requests.search(jql: "x", fields: [], page: nil, reconcile: [], token: token), endpoint: "/search/jql",
      answer: #"{"issues":[]}"#, points: 1),
    Row(
      request: requests.changelogs(of: ["7"], fields: [], page: nil, token: token), endpoint: "/changelog/bulkfetch",
      answer: #"{"issueChangeLogs":[{}]}"#, points: 2),
    Row(
      request: requests.commentList(["9"], token: token), endpoint: "/comment/list", answer: #"{"values":[{}]}"#,
      points: 2),
    Row(request: requests.myself(token: token), endpoint: "/myself", answer: #"{"accountId":"a"}"#, points: 3),
    Row(
      request: requests.person("a", token: token), endpoint: "/user",
      answer: #"{"accountId":"a","groups":{"items":[]}}"#, points: 3),
    Row(
      request: requests.people(matching: "a@example.com", token: token), endpoint: "/user/search",
      answer: #"[{"accountId":"a"},{"accountId":"b"}]"#, points: 5),
    Row(
      request: requests.people(matching: "a@example.com", token: token), endpoint: "/user/search", answer: "[]",
      points: 1),
    Row(
      request: requests.permissions(["A", "B"], project: "SUP", token: token), endpoint: "/mypermissions",
      answer: #"{"permissions":{}}"#, points: 3),
    Row(
      request: requests.delete("9", issue: "7", token: token), endpoint: "/issue/{}/comment/{}", issue: "7", points: 1),
    Row(request: requests.delete("7", token: token), endpoint: "/issue/{}", issue: "7", points: 1),
    Row(
      request: requests.content(of: "5", name: "a.txt", token: token), endpoint: "/attachment/content/{}",
      answer: "[1,2,3,4]",
      points: 2),
    Row(
      request: requests.createFields(project: "SUP", issueType: "10001", startAt: 0, token: token),
      endpoint: "/issue/createmeta/{}/issuetypes/{}", answer: #"{"fields":[{},{},{}]}"#, points: 4),
  ]

  @Test("Each request is known by its endpoint, its issue and its price", arguments: rows)
  func table(_ row: Row) throws {
    let facts = try #require(JiraRequestFacts(row.request, of: Self.site))
    #expect(facts.endpoint == row.endpoint)
    #expect(facts.writtenIssue == row.issue)
    #expect(facts.costsPoints)
    #expect(facts.points(of: WireResponse(status: 200, body: Array(row.answer.utf8))) == row.points)
  }

  @Test("Only the app's own tokens cost points, and only in the cloud")
  func free() throws {
    var request = Self.requests.myself(token: Self.token)
    var dataCenter = Self.site
    dataCenter.kind = .dataCenter
    #expect(try #require(JiraRequestFacts(request, of: dataCenter)).costsPoints == false)
    request.headers = [WireHeader("Authorization", "Basic eA==")]
    #expect(try #require(JiraRequestFacts(request, of: Self.site)).costsPoints == false)
  }

  @Test(
    "What is not asked of the site's interface is none of its requests",
    arguments: [
      "https://auth.example/oauth/token", "https://api.example/oauth/token/accessible-resources",
      "https://crm.example/cases/1?next=/rest/api/3/issue", "https://api.example/rest/api/",
    ])
  func others(_ url: String) {
    #expect(JiraRequestFacts(WireRequest(.get, url), of: Self.site) == nil)
  }

  @Test("What Jira says of its quota is read, wherever it stands")
  func quota() {
    func quota(_ headers: [(String, String)]) -> JiraQuota? {
      JiraQuota(WireResponse(status: 200, headers: headers.map { WireHeader($0.0, $0.1) }))
    }
    #expect(quota([]) == nil)
    #expect(
      quota([("Beta-RateLimit", "\"global-app-quota\";r=640;t=1800")]) == JiraQuota(isOfApp: true, remaining: 640))
    #expect(
      quota([("beta-ratelimit", "\"burst\";r=9;t=1, \"tenant-app-quota\";r=7;t=20")])
        == JiraQuota(isOfApp: false, remaining: 7))
    #expect(quota([("X-RateLimit-NearLimit", "true")]) == JiraQuota(isOfApp: true, remaining: nil))
    #expect(quota([("X-RateLimit-NearLimit", "false"), ("Beta-RateLimit", "nonsense")]) == nil)
  }
}
