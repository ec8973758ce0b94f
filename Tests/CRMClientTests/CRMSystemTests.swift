import CRMClient
import CustomDump
import JSON
import MappingLanguage
import SyncCore
import SyncModel
import Synchronization
import Testing
import Wire
import XML

@Suite("A CRM spoken to")
struct CRMSystemTests {
  struct Answer: Sendable, CustomTestStringConvertible {
    var response: WireResponse
    var onWrite: CallFailure?
    var onRead: CallFailure?
    var testDescription: String { "\(response.status) \(response.headers.map(\.value))" }

    init(_ status: Int, _ headers: [WireHeader] = [], write: CallFailure?, read: CallFailure?) {
      response = WireResponse(status: status, headers: headers, body: Array(#"{"detail":"customer's words"}"#.utf8))
      onWrite = write
      onRead = read
    }

    init(_ status: Int, _ both: CallFailure?, _ headers: [WireHeader] = []) {
      self.init(status, headers, write: both, read: both)
    }

    static func lost(_ status: Int, _ headers: [WireHeader] = [], after: Duration? = nil) -> Answer {
      let reason = "it answered with status \(status)"
      return Answer(
        status, headers, write: .unknown(reason, retryAfter: after), read: .unavailable(reason, retryAfter: after))
    }
  }

  private static func said(_ status: Int) -> String { "it answered with status \(status)" }

  private static let limited = CallFailure.rateLimited(.init(level: .site, retryAfter: .seconds(60), source: .crm))

  static let answers: [Answer] = [
    Answer(200, nil), Answer(201, nil), Answer(204, nil),
    Answer(302, .redirected("it answered with a redirect (status 302)")),
    Answer(400, .rejected(said(400), fields: [:])), Answer(401, .unauthorised), Answer(403, .forbidden(said(403))),
    Answer(404, .notFound(said(404))), Answer(405, .unsupported(said(405))), .lost(408),
    Answer(409, .conflict(said(409))), Answer(410, .gone(said(410))), Answer(412, .conflict(said(412))),
    Answer(413, .tooLarge(said(413))), Answer(415, .unsupported(said(415))),
    Answer(418, .rejected(said(418), fields: [:])), Answer(422, .rejected(said(422), fields: [:])),
    Answer(423, .conflict(said(423))), Answer(425, .unavailable(said(425), retryAfter: nil)),
    Answer(429, limited),
    Answer(
      429, .rateLimited(.init(level: .site, retryAfter: .seconds(7), source: .crm)), [WireHeader("retry-after", "7")]),
    Answer(429, limited, [WireHeader("Retry-After", "Wed, 21 Oct 2026 07:28:00 GMT")]),
    Answer(429, limited, [WireHeader("Retry-After", "-1")]),
    .lost(500), .lost(503), .lost(503, [WireHeader("Retry-After", "30")], after: .seconds(30)), .lost(599), .lost(101),
  ]

  @Test("An answer means what its status says, and none of its body is repeated", arguments: answers)
  func meaning(answer: Answer) {
    #expect(CRMResponses.failure(of: answer.response, purpose: .write) == answer.onWrite)
    #expect(CRMResponses.failure(of: answer.response, purpose: .read) == answer.onRead)
  }

  private func system(_ crm: FakeHelpdesk) throws -> CRMSystem {
    CRMSystem(
      profile: try Profiles.helpdesk(), base: "https://crm.example.com", secrets: { _ in [Secret("s3cret")] },
      transport: crm)
  }

  struct Consequence: Sendable, CustomTestStringConvertible {
    var status: Int
    /// For a change of the case, and for a comment on it.
    var then: [OperationLifecycle.Transition]
    var testDescription: String { "\(status)" }

    init(_ status: Int, _ then: OperationLifecycle.Transition...) {
      self.status = status
      self.then = then
    }
  }

  private static let now = Timestamp(seconds: 1_780_000_000)
  private static let later = OperationLifecycle.Transition.tryAgain(at: now + .milliseconds(700))
  private static let look = OperationLifecycle.Transition.verify(at: now + .seconds(1))
  static let consequences: [Consequence] = [
    Consequence(302, later, later), Consequence(400, .bury, .bury),
    Consequence(401, .pace(.site, until: now + .seconds(60)), .pace(.site, until: now + .seconds(60))),
    Consequence(403, .bury, .bury), Consequence(404, .bury, .bury), Consequence(405, .bury, .bury),
    Consequence(408, later, look), Consequence(409, later, later), Consequence(410, .bury, .bury),
    Consequence(412, later, later), Consequence(413, .bury, .bury), Consequence(415, .bury, .bury),
    Consequence(422, .bury, .bury), Consequence(423, later, later), Consequence(425, later, later),
    Consequence(429, .pace(.site, until: now + .seconds(60)), .pace(.site, until: now + .seconds(60))),
    Consequence(500, later, look), Consequence(502, later, look), Consequence(503, later, look),
  ]

  @Test("Each answer to a write has its own consequence", arguments: consequences)
  func consequence(_ row: Consequence) throws {
    let failure = try #require(CRMResponses.failure(of: WireResponse(status: row.status), purpose: .write))
    let edit = RemoteCall.writeCase(CaseEdit(fields: [], names: [:], status: nil))
    let transitions = [edit, .addCaseComment(comment)].map { call in
      var random = LowestJitter()
      return OperationLifecycle().next(
        call, after: .failure(failure), attempt: 1, hasRefreshed: true, now: Self.now, using: &random)
    }
    #expect(transitions == row.then)
  }

  private let comment = CaseCommentAddition(
    jiraComment: "10001", text: "Released {{today}}.", isPublic: true, marker: "[counterpart:op-1]")

  @Test("A comment stands in the CRM as it was meant, and is found again by its marker")
  func commenting() async throws {
    let crm = FakeHelpdesk()
    let system = try system(crm)
    #expect(await system.findComment(marker: "[counterpart:op-1]", case: "7") == .success(nil))
    #expect(await system.perform(.addCaseComment(comment), case: "7") == .success(.caseCommented("1")))
    let comments = await system.comments(of: "7")
    #expect(
      diff(
        comments,
        .success([
          CaseComment(id: "1", body: "Released {{today}}.\n[counterpart:op-1]", isPublic: true, authorName: nil)
        ])) == nil)
    #expect(await system.findComment(marker: "[counterpart:op-1]", case: "7") == .success("1"))
    #expect(await system.findComment(marker: "[counterpart:op-2]", case: "7") == .success(nil))
  }

  @Test("A comment whose answer was lost is found by its marker")
  func lostAnswer() async throws {
    let crm = FakeHelpdesk()
    let system = try system(crm)
    crm.fail(.answerLost)
    #expect(await system.perform(.addCaseComment(comment), case: "7") == .failure(.unknown("the connection closed")))
    #expect(await system.findComment(marker: "[counterpart:op-1]", case: "7") == .success("1"))
  }

  @Test("A 500 of the CRM leaves open whether the comment stands")
  func serverError() async throws {
    let crm = FakeHelpdesk()
    let system = try system(crm)
    crm.fail(.storedAnd500)
    #expect(
      await system.perform(.addCaseComment(comment), case: "7") == .failure(.unknown("it answered with status 500")))
    #expect(await system.findComment(marker: "[counterpart:op-1]", case: "7") == .success("1"))
  }

  @Test("A request that was never sent had no effect")
  func unreachable() async throws {
    let crm = FakeHelpdesk()
    let system = try system(crm)
    crm.fail(.refused)
    #expect(await system.perform(.addCaseComment(comment), case: "7") == .failure(.unreachable("connection refused")))
    #expect(await system.getCase("7") == .failure(.unreachable("connection refused")))
  }

  @Test("A read whose answer was lost can be repeated")
  func lostRead() async throws {
    let crm = FakeHelpdesk()
    let system = try system(crm)
    crm.fail(.answerLost)
    #expect(
      await system.getCase("7") == .failure(.unavailable("the connection closed", retryAfter: nil)))
  }

  @Test("Fields and status are written, and read back from the case")
  func editing() async throws {
    let crm = FakeHelpdesk()
    let system = try system(crm)
    func write(_ key: FieldKey, _ payload: JSONValue) -> FieldWrite {
      FieldWrite(key: key, payload: payload, crm: .empty, jira: .empty, isTwoWay: false, place: "mapping.xml:1")
    }
    let edit = CaseEdit(
      fields: [write("priority", 1)], names: ["priority": "priority"], status: write("status", .integer(3)))
    #expect(await system.perform(.writeCase(edit), case: "7") == .success(.caseWritten))
    let nothing = CaseEdit(fields: [], names: [:], status: nil)
    #expect(await system.perform(.writeCase(nothing), case: "7") == .success(.nothingToDo))
    let (document, node) = try CRMSystem.document(of: try await system.getCase("7").get())
    #expect(try document.string(try XPathExpression("concat(id, ' ', priority, ' ', status)"), at: node) == "7 1 3")
    #expect(await system.getCase("8") == .failure(.notFound("it answered with status 404")))
  }

  @Test("An answer of another shape is no case")
  func unreadable() throws {
    let fetched = FetchedCase(body: Array("{\"a\":1}".utf8), caseNode: try XPathExpression("ticket"))
    #expect(throws: CallFailure.unreadable("no case at 'ticket' in the answer")) {
      _ = try CRMSystem.document(of: fetched)
    }
    #expect(throws: CallFailure.unreadable("JSON line 1 column 1: a value should stand here")) {
      _ = try CRMSystem.document(of: FetchedCase(body: Array("<html>".utf8), caseNode: nil))
    }
  }
}

/// A helpdesk of one ticket that keeps what is written to it, with django-helpdesk's template quirk.
private final class FakeHelpdesk: Transport {
  enum Fault { case answerLost, storedAnd500, refused }

  private struct State {
    var fields: [String: JSONValue] = ["id": 7, "status": 1, "priority": 3]
    var comments: [JSONValue] = []
    var fault: Fault?
  }

  private let state = Mutex(State())

  /// The next write, or the next read where nothing is written, goes wrong.
  func fail(_ fault: Fault) { state.withLock { $0.fault = fault } }

  func send(_ request: WireRequest) async throws(TransportFailure) -> WireResponse {
    let answer: Result<WireResponse, TransportFailure> = state.withLock { state in
      let fault = state.fault
      if fault == .refused { return .failure(.notSent("connection refused")) }
      state.fault = nil
      let response = Self.answer(request, &state)
      switch fault {
      case .answerLost: return .failure(.maybeSent("the connection closed"))
      case .storedAnd500: return .success(WireResponse(status: 500))
      case .refused, nil: return .success(response)
      }
    }
    return try answer.get()
  }

  private static func answer(_ request: WireRequest, _ state: inout State) -> WireResponse {
    guard request.header("Authorization") == "Token s3cret" else { return WireResponse(status: 401) }
    do {
      switch (request.method, request.url) {
      case (.get, "https://crm.example.com/api/tickets/7/"):
        var members = state.fields.sorted { $0.key < $1.key }.map { JSONMember($0.key, $0.value) }
        members.append(JSONMember("followup_set", .array(state.comments)))
        return WireResponse(status: 200, body: JSONValue.object(members).utf8)
      case (.patch, "https://crm.example.com/api/tickets/7/"):
        for member in try JSONReader.read(request.body).members ?? [] { state.fields[member.key] = member.value }
        return WireResponse(status: 200)
      case (.post, "https://crm.example.com/api/followups/"):
        let body = try JSONReader.read(request.body)
        if let status = body["new_status"] { state.fields["status"] = status }
        guard let text = body["comment"]?.string else { return WireResponse(status: 201) }
        let id = state.comments.count + 1
        state.comments.append([
          "id": .integer(id), "comment": .string(text.replacing("{{'{{'}}", with: "{{")),
          "public": body["public"] ?? false,
        ])
        return WireResponse(status: 201, body: JSONValue.object([JSONMember("id", .integer(id))]).utf8)
      default: return WireResponse(status: 404)
      }
    } catch {
      return WireResponse(status: 400)
    }
  }
}

/// Always nearly nothing; zero itself would be drawn again for ever.
private struct LowestJitter: RandomNumberGenerator {
  mutating func next() -> UInt64 { 1 << 20 }
}
