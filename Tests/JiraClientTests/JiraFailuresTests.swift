import JSON
import JiraClient
import SyncCore
import SyncModel
import Testing
import Wire

@Suite("Classes of Jira's refusals")
struct JiraFailuresTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let status: Int
    var body = ""
    var headers: [WireHeader] = []
    let read: CallFailure
    let write: CallFailure
    var testDescription: String { "\(status) \(body.prefix(40)) \(headers.map(\.value))" }

    init(_ status: Int, _ body: String = "", _ headers: [WireHeader] = [], read: CallFailure, write: CallFailure) {
      (self.status, self.body, self.headers, self.read, self.write) = (status, body, headers, read, write)
    }

    init(_ status: Int, _ body: String = "", _ headers: [WireHeader] = [], both: CallFailure) {
      self.init(status, body, headers, read: both, write: both)
    }
  }

  static func limit(
    _ level: CallFailure.RateLimit.Level, _ seconds: Int?, reset: Timestamp? = nil
  ) -> CallFailure {
    .rateLimited(
      .init(
        level: level, retryAfter: seconds.map { .seconds($0) }, reset: reset, isHourly: level == .app || level == .site)
    )
  }

  static let rows = [
    Row(302, both: .redirected("Jira answered with a redirect (302)")),
    Row(
      400, #"{"errorMessages":["A","B"],"errors":{"summary":"too long"}}"#,
      both: .rejected("A B", fields: ["summary": "too long"])),
    Row(
      400, #"{"errorMessages":["Missing 'transition' identifier"],"errors":{}}"#,
      both: .rejected(
        "Missing 'transition' identifier", fields: [:])),
    Row(
      400,
      #"{"errorMessages":["You do not have the permission to comment on this issue."],"#
        + #""errors":{"comment":"Comment body is not valid!"}}"#,
      both: .forbidden("You do not have the permission to comment on this issue")),
    Row(401, #"{"code":401,"message":"Unauthorized; scope does not match"}"#, both: .scopeMissing),
    Row(401, #"{"code":401,"message":"Unauthorized"}"#, both: .unauthorised),
    Row(401, #"{"errorMessages":["Client must be authenticated to access this resource."]}"#, both: .unauthorised),
    Row(401, both: .unauthorised),
    Row(403, #"{"message":"the secret project X"}"#, both: .forbidden("Jira does not permit this to this person")),
    Row(
      403, #"{"message":"OAuth 2.0 is not enabled for this method."}"#,
      both: .appForbidden("OAuth 2.0 is not enabled for this method")),
    Row(
      404, #"{"status":404,"error":"Not Found","message":"No message available"}"#,
      both: .notFound("No message available")),
    Row(404, "<html>", both: .notFound("Jira does not show it to this person")),
    Row(
      404, #"{"timestamp":"t","status":404,"error":"Not Found","message":"No message available","path":"/ex/jira/x"}"#,
      both: .gone("Atlassian's gateway knows no such site or address")),
    Row(
      404, #"{"type":"about:blank","title":"Not Found","status":404,"detail":"No endpoint GET /rest/api/3/x."}"#,
      both: .gone("Atlassian's gateway knows no such site or address")),
    Row(405, both: .unsupported("Jira answered 405")),
    Row(408, read: .unavailable("Jira answered 408", retryAfter: nil), write: .unknown("Jira answered 408")),
    Row(409, #"{"title":"Conflict"}"#, both: .conflict("Conflict")),
    Row(410, both: .gone("Jira answered 410")),
    Row(413, #"{"detail":"too many"}"#, both: .tooLarge("too many")),
    Row(415, both: .unsupported("Jira answered 415")),
    Row(418, both: .rejected("Jira answered 418", fields: [:])),
    Row(400, "{", both: .unreadable("Jira answered 400 without words that can be read")),
    Row(400, "[]", both: .unreadable("Jira answered 400 without words that can be read")),
    Row(422, "<html>", both: .unreadable("Jira answered 422 without words that can be read")),
    Row(422, #"{"errorMessages":[]}"#, both: .misconfigured("Jira answered 422")),
    Row(422, #"{"errors":{"duedate":"no"}}"#, both: .rejected("", fields: ["duedate": "no"])),
    Row(429, both: limit(.grant, nil)),
    Row(429, "", [WireHeader("Beta-Retry-After", "8")], both: limit(.grant, 8)),
    Row(
      429, "",
      [
        WireHeader("RateLimit-Reason", "jira-quota-global-based"),
        WireHeader("X-RateLimit-Reset", "2026-11-01T14:00:00Z"),
      ],
      both: limit(.app, nil, reset: Timestamp("2026-11-01T14:00:00Z"))),
    Row(
      429, "", [WireHeader("Beta-RateLimit", "\"global-app-quota\";r=0;t=120"), WireHeader("Beta-Retry-After", "120")],
      both: limit(.app, 120)),
    Row(
      429, "", [WireHeader("Beta-RateLimit", "\"tenant-app-quota\";r=0;t=120")], both: limit(.site, nil)),
    Row(429, "", [WireHeader("Beta-RateLimit", "\"global-app-quota\";r=500;t=120")], both: limit(.grant, nil)),
    Row(
      429, "", [WireHeader("RateLimit-Reason", "jira-quota-global-based"), WireHeader("Retry-After", "99999")],
      both: limit(.app, 3600)),
    Row(
      429, "", [WireHeader("ratelimit-reason", "jira-quota-tenant-based"), WireHeader("Retry-After", "7")],
      both: limit(.site, 7)),
    Row(
      429, "", [WireHeader("RateLimit-Reason", "jira-burst-based"), WireHeader("Retry-After", "0")],
      both: limit(.endpoint, 1)),
    Row(
      429, "", [WireHeader("RateLimit-Reason", "jira-per-issue-on-write"), WireHeader("Retry-After", "soon")],
      both: limit(.issue, nil)),
    Row(500, read: .unavailable("Jira answered 500", retryAfter: nil), write: .unknown("Jira answered 500")),
    Row(
      503, "", [WireHeader("Retry-After", "5")],
      read: .unavailable("Jira answered 503", retryAfter: .seconds(5)),
      write: .unknown("Jira answered 503", retryAfter: .seconds(5))),
    Row(100, read: .unreadable("Jira answered 100"), write: .unknown("Jira answered 100")),
  ]

  @Test("Each status has one class for reads and one for writes", arguments: rows)
  func table(_ row: Row) {
    let response = WireResponse(status: row.status, headers: row.headers, body: Array(row.body.utf8))
    #expect(JiraFailures.failure(response, .read) == row.read)
    #expect(JiraFailures.failure(response, .write) == row.write)
  }

  @Test("Jira's words are cut at 300 scalars and carry no control characters")
  func bounded() {
    let body: JSONValue = ["errorMessages": [.string("a\u{1B}\n" + String(repeating: "x", count: 500))]]
    let failure = JiraFailures.failure(WireResponse(status: 400, body: body.utf8), .write)
    #expect(failure == .rejected("a  " + String(repeating: "x", count: 297), fields: [:]))
  }

  @Test("A success that names nothing leaves the outcome of a write unknown")
  func unnamed() {
    let reason = "Jira answered 201 without naming what it made"
    #expect(JiraResponses.created(WireResponse(status: 201)) == .failure(.unknown(reason)))
    let named = WireResponse(status: 201, body: Array(#"{"id":10001,"key":"SUP-1"}"#.utf8))
    #expect(JiraResponses.created(named) == .success(.issueCreated(id: "10001", key: "SUP-1")))
  }
}
