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

  static func limit(_ level: CallFailure.RateLimit.Level, _ seconds: Int) -> CallFailure {
    .rateLimited(.init(level: level, retryAfter: .seconds(seconds)))
  }

  static let rows = [
    Row(
      400, #"{"errorMessages":["A","B"],"errors":{"summary":"too long"}}"#,
      both: .rejected("A B", fields: ["summary": "too long"])),
    Row(413, #"{"detail":"too many"}"#, both: .rejected("too many", fields: [:])),
    Row(422, "<html>", both: .rejected("", fields: [:])),
    Row(401, #"{"code":401,"message":"Unauthorized; scope does not match"}"#, both: .scopeMissing),
    Row(401, #"{"code":401,"message":"Unauthorized"}"#, both: .unauthorised),
    Row(401, both: .unauthorised),
    Row(403, #"{"message":"the secret project X"}"#, both: .forbidden("Jira does not permit this to this person")),
    Row(
      404, #"{"status":404,"error":"Not Found","message":"No message available"}"#,
      both: .notFound("No message available")),
    Row(404, "<html>", both: .notFound("Jira does not show it to this person")),
    Row(409, #"{"title":"Conflict"}"#, both: .conflict("Conflict")),
    Row(410, both: .rejected("Jira answered 410", fields: [:])),
    Row(302, both: .rejected("Jira answered with a redirect (302)", fields: [:])),
    Row(429, both: limit(.grant, 30)),
    Row(
      429, "", [WireHeader("RateLimit-Reason", "jira-quota-global-based"), WireHeader("Retry-After", "99999")],
      both: limit(.app, 3600)),
    Row(
      429, "", [WireHeader("ratelimit-reason", "jira-quota-tenant-based"), WireHeader("Retry-After", "7")],
      both: limit(.site, 7)),
    Row(
      429, "", [WireHeader("RateLimit-Reason", "jira-burst-based"), WireHeader("Retry-After", "0")],
      both: limit(.site, 1)),
    Row(
      429, "", [WireHeader("RateLimit-Reason", "jira-per-issue-on-write"), WireHeader("Retry-After", "soon")],
      both: limit(.issue, 30)),
    Row(500, read: .unavailable("Jira answered 500", retryAfter: nil), write: .unknown("Jira answered 500")),
    Row(
      503, "", [WireHeader("Retry-After", "5")],
      read: .unavailable("Jira answered 503", retryAfter: .seconds(5)), write: .unknown("Jira answered 503")),
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
