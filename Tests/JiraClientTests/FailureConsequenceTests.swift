import JSON
import JiraClient
import SyncCore
import SyncModel
import Testing
import Wire

/// From an answer of Jira's to what becomes of the operation, case by case.
@Suite("What follows from Jira's answers")
struct FailureConsequenceTests {
  typealias Transition = OperationLifecycle.Transition

  struct Row: Sendable, CustomTestStringConvertible {
    var answer: WireResponse
    /// For a create, an edit, a transition, a comment.
    var then: [Transition]
    var testDescription: String {
      "\(answer.status) \(String(decoding: answer.body.prefix(60), as: UTF8.self)) \(answer.headers.map(\.value))"
    }

    init(_ status: Int, _ body: String = "", _ headers: [WireHeader] = [], then: [Transition]) {
      answer = WireResponse(status: status, headers: headers, body: Array(body.utf8))
      self.then = then
    }

    init(_ status: Int, _ body: String = "", _ headers: [WireHeader] = [], all then: Transition) {
      self.init(status, body, headers, then: [then, then, then, then])
    }
  }

  static let now = Timestamp(seconds: 1_780_000_000)
  /// After a first attempt, with the lowest jitter.
  static let later = Transition.tryAgain(at: now + .milliseconds(700))
  static let look = Transition.verify(at: now + .seconds(1))

  static func write(_ key: FieldKey) -> FieldWrite {
    FieldWrite(key: key, payload: "x", crm: .text("x"), jira: .text("x"), isTwoWay: false, place: "support.xml:4:3")
  }

  static let calls: [RemoteCall] = [
    .createIssue(
      IssueCreation(
        project: "SUP", issueType: "Task", fields: [write("summary"), write("priority")], label: "l", property: .null)),
    .editIssue(IssueEdit(fields: [write("duedate"), write("priority")])),
    .transitionIssue(IssueTransition(status: "Done", resolution: nil, crmStatus: "Closed", isTwoWay: true)),
    .addComment(CommentAddition(crmComment: "c1", body: .null, isInternal: false, marker: "m")),
  ]

  static let rows = [
    Row(302, all: later),
    Row(400, #"{"errorMessages":["Not so"],"errors":{}}"#, all: .bury),
    // Only its words would say whether a person may not or the request is wrong: without them nothing is final.
    Row(400, "no JSON", all: later),
    Row(422, "{", all: later),
    Row(
      400, #"{"errors":{"priority":"The priority selected is invalid."}}"#,
      then: [
        .leaveBehind(["priority": "The priority selected is invalid."]),
        .leaveBehind(["priority": "The priority selected is invalid."]), .bury, .bury,
      ]),
    Row(400, #"{"errors":{"summary":"You must specify a summary of the issue."}}"#, all: .bury),
    Row(400, #"{"errors":{"customfield_1":"Team is required."}}"#, all: .bury),
    Row(400, #"{"errorMessages":["You do not have permission to create issues"]}"#, all: .hold(.permission)),
    Row(401, all: .refreshGrant),
    Row(401, #"{"code":401,"message":"Unauthorized; scope does not match"}"#, all: .hold(.reconnect)),
    Row(403, all: .hold(.permission)),
    Row(403, #"{"message":"OAuth 2.0 is not enabled for this method."}"#, all: .bury),
    Row(404, #"{"errorMessages":["Issue does not exist or you do not have permission to see it."]}"#, all: .bury),
    Row(404, #"{"timestamp":"t","status":404,"path":"/ex/jira/x"}"#, all: .bury),
    Row(405, all: .bury),
    Row(408, then: [look, later, look, look]),
    Row(409, all: later),
    Row(410, all: .bury),
    Row(413, all: .bury),
    Row(415, all: .bury),
    Row(422, #"{"errorMessages":["no"]}"#, all: .bury),
    Row(429, all: .pace(.grant, until: now + .seconds(30))),
    Row(429, "", [WireHeader("Retry-After", "9")], all: .pace(.grant, until: now + .seconds(9))),
    Row(
      429, "", [WireHeader("RateLimit-Reason", "jira-burst-based"), WireHeader("Retry-After", "2")],
      all: .pace(.endpoint, until: now + .seconds(2))),
    Row(
      429, "", [WireHeader("RateLimit-Reason", "jira-per-issue-on-write"), WireHeader("Retry-After", "2")],
      all: .pace(.issue, until: now + .seconds(2))),
    Row(
      429, "", [WireHeader("RateLimit-Reason", "jira-quota-tenant-based")],
      all: .pace(.site, until: PointsLedger.reset(after: now))),
    Row(
      429, "", [WireHeader("RateLimit-Reason", "jira-quota-global-based")],
      all: .pace(.app, until: PointsLedger.reset(after: now))),
    Row(
      429, "",
      [
        WireHeader("RateLimit-Reason", "jira-quota-global-based"), WireHeader("Retry-After", "10"),
        WireHeader("X-RateLimit-Reset", (now + .seconds(900)).description),
      ], all: .pace(.app, until: now + .seconds(900))),
    Row(
      429, "", [WireHeader("X-RateLimit-Reset", (now + .seconds(86_400)).description)],
      all: .pace(.grant, until: now + .seconds(3660))),
    Row(
      429, "", [WireHeader("RateLimit-Reason", "jira-quota-global-based"), WireHeader("Retry-After", "1800")],
      all: .pace(.app, until: now + .seconds(1800))),
    Row(500, then: [look, later, look, look]),
    Row(502, "<html>", then: [look, later, look, look]),
    Row(
      503, "", [WireHeader("Retry-After", "20")],
      then: [
        .verify(at: now + .seconds(20)), .tryAgain(at: now + .seconds(20)), .verify(at: now + .seconds(20)),
        .verify(at: now + .seconds(20)),
      ]),
    Row(599, then: [look, later, look, look]),
  ]

  @Test("An answer to a write has one consequence for each kind of call", arguments: rows)
  func consequence(_ row: Row) {
    #expect(Self.calls.map { Self.next($0, JiraFailures.failure(row.answer, .write)) } == row.then)
  }

  @Test("A success that names nothing, and a connection that breaks, leave open what happened")
  func lost() {
    let spoilt = WireResponse(status: 201, body: Array("{".utf8))
    #expect(Self.next(Self.calls[0], JiraResponses.created(spoilt)) == Self.look)
    #expect(Self.next(Self.calls[3], JiraResponses.commented(spoilt)) == Self.look)
    let broken = JiraFailures.failure(TransportFailure.maybeSent("no answer before the deadline"), .write)
    #expect(Self.calls.map { Self.next($0, broken) } == [Self.look, Self.later, Self.look, Self.look])
    let refused = JiraFailures.failure(TransportFailure.notSent("refused"), .write)
    #expect(Self.calls.map { Self.next($0, refused) } == [Self.later, Self.later, Self.later, Self.later])
  }

  @Test("A read before the write that goes wrong leaves nothing open", arguments: [500, 502, 503, 408])
  func reads(_ status: Int) {
    let failure = JiraFailures.failure(WireResponse(status: status), .read)
    #expect(Self.calls.map { Self.next($0, failure) } == [Self.later, Self.later, Self.later, Self.later])
  }

  private static func next(_ call: RemoteCall, _ failure: CallFailure) -> Transition {
    next(call, .failure(failure))
  }

  private static func next(_ call: RemoteCall, _ outcome: CallOutcome) -> Transition {
    var random = LowestJitter()
    return OperationLifecycle().next(
      call, after: outcome, attempt: 1, hasRefreshed: false, now: now, using: &random)
  }
}

/// Always nearly nothing; zero itself would be drawn again for ever.
private struct LowestJitter: RandomNumberGenerator {
  mutating func next() -> UInt64 { 1 << 20 }
}
