import SyncCore
import SyncModel
import Testing

@Suite("The life of an operation")
struct OperationLifecycleTests {
  /// With the lowest jitter, a first attempt is followed after 0.7 seconds.
  static let later = Samples.now + .milliseconds(700)

  struct Row: Sendable, CustomTestStringConvertible {
    var failure: CallFailure
    /// In the order of `RemoteCall.Kind.allCases`. In Jira: create, edit, transition; add, edit and delete a comment;
    /// attachment, remote link. In the CRM: write the case; add, edit and delete a comment; attachment; ask the case.
    var transitions: [OperationLifecycle.Transition]
    var testDescription: String { Samples.name(failure) }

    init(_ failure: CallFailure, _ transitions: [OperationLifecycle.Transition]) {
      self.failure = failure
      self.transitions = transitions
    }

    init(_ failure: CallFailure, all transition: OperationLifecycle.Transition) {
      self.init(failure, RemoteCall.Kind.allCases.map { _ in transition })
    }
  }

  static let again = OperationLifecycle.Transition.tryAgain(at: later)
  static let look = OperationLifecycle.Transition.verify(at: Samples.now + .seconds(1))

  static let againLate = OperationLifecycle.Transition.tryAgain(at: Samples.now + .seconds(20))
  static let lookLate = OperationLifecycle.Transition.verify(at: Samples.now + .seconds(20))

  static let rows = [
    Row(.unreachable("refused"), all: again),
    Row(
      .unknown("timeout"),
      [
        look, look, look, look, again, again, look, again, again, again, look, again, again, look, again,
      ]),
    Row(
      .unknown("503", retryAfter: .seconds(20)),
      [
        lookLate, lookLate, lookLate, lookLate, againLate, againLate, lookLate, againLate, againLate, againLate,
        lookLate, againLate, againLate, lookLate, againLate,
      ]),
    Row(.unavailable("503", retryAfter: .seconds(20)), all: .tryAgain(at: Samples.now + .seconds(20))),
    Row(.unavailable("503", retryAfter: .milliseconds(5)), all: again),
    Row(.unavailable("503", retryAfter: nil), all: again),
    Row(
      .rateLimited(.init(level: .issue, retryAfter: .seconds(9))), all: .pace(.issue, until: Samples.now + .seconds(9))),
    Row(
      .unauthorised,
      Array(repeating: .refreshGrant, count: 9)
        + Array(repeating: .pace(.site, until: Samples.now + .seconds(60)), count: 6)),
    Row(.scopeMissing, all: .hold(.reconnect)),
    Row(
      .forbidden("no"),
      Array(repeating: .hold(.permission), count: 9) + Array(repeating: .bury, count: 6)),
    Row(.appForbidden("OAuth"), all: .bury),
    Row(.notFound("deleted"), all: .bury),
    Row(.gone("410"), all: .bury),
    Row(.conflict("409"), all: again),
    Row(
      .rejected("", fields: ["priority": "not on the screen", "unheard-of": "?"]),
      [
        .leaveBehind(["priority": "not on the screen"]), .leaveBehind(["priority": "not on the screen"]),
      ] + Array(repeating: .bury, count: 13)),
    Row(.rejected("", fields: ["summary": "too long"]), all: .bury),
    Row(.rejected("bad request", fields: [:]), all: .bury),
    Row(.tooLarge("413"), all: .bury),
    Row(.misconfigured("422"), all: .bury),
    Row(.unsupported("405"), all: .bury),
    Row(.redirected("302"), all: again),
    Row(.noGrant, all: .hold(.grant)),
    Row(.unreadable("no JSON"), all: again),
  ]

  @Test("Each failure of each kind of call has its own consequence", arguments: rows)
  func table(_ row: Row) {
    let found = Samples.calls.map { call in
      var random = ConstantRandom(number: 0)
      return OperationLifecycle().next(
        call, after: .failure(row.failure), attempt: 1, hasRefreshed: false, now: Samples.now, using: &random)
    }
    #expect(found == row.transitions)
  }

  @Test("The table has a row for every failure")
  func tableIsWhole() {
    #expect(Set(Self.rows.map { Samples.name($0.failure) }).count == 18)
  }

  @Test("A success is done, whatever was called", arguments: Samples.calls)
  func success(_ call: RemoteCall) {
    var random = ConstantRandom(number: 0)
    let found = OperationLifecycle().next(
      call, after: .success(.nothingToDo), attempt: 3, hasRefreshed: false, now: Samples.now, using: &random)
    #expect(found == .done(.nothingToDo))
  }

  @Test(
    "A token that is refused though fresh needs its person, and what is answered wrongly again and again is given up")
  func bounds() {
    var random = ConstantRandom(number: 0)
    let call = Samples.call(.editIssue)
    func next(_ failure: CallFailure, attempt: Int, hasRefreshed: Bool) -> OperationLifecycle.Transition {
      OperationLifecycle().next(
        call, after: .failure(failure), attempt: attempt, hasRefreshed: hasRefreshed, now: Samples.now, using: &random)
    }
    #expect(next(.unauthorised, attempt: 1, hasRefreshed: true) == .hold(.reconnect))
    #expect(next(.conflict("409"), attempt: 10, hasRefreshed: false) == .bury)
    #expect(next(.redirected("302"), attempt: 10, hasRefreshed: false) == .bury)
    #expect(next(.unreadable("page"), attempt: 20, hasRefreshed: false) == .bury)
    #expect(next(.conflict("409"), attempt: 2, hasRefreshed: false) == .tryAgain(at: Samples.now + .milliseconds(1400)))
  }

  static let failedLooks: [(CallFailure, jira: OperationLifecycle.Transition, crm: OperationLifecycle.Transition)] = [
    (.unreachable("refused"), .verify(at: later), .verify(at: later)),
    (.unknown("timeout"), .verify(at: later), .verify(at: later)),
    (
      .unavailable("503", retryAfter: .seconds(20)), .verify(at: Samples.now + .seconds(20)),
      .verify(at: Samples.now + .seconds(20))
    ),
    (
      .rateLimited(.init(level: .site, retryAfter: .seconds(9))), .pace(.site, until: Samples.now + .seconds(9)),
      .pace(.site, until: Samples.now + .seconds(9))
    ),
    (.unauthorised, .refreshGrant, .pace(.site, until: Samples.now + .seconds(60))),
    (.scopeMissing, .hold(.reconnect), .hold(.reconnect)),
    (.forbidden("no"), .hold(.permission), .verify(at: later)), (.notFound("gone"), .bury, .bury),
    (.appForbidden("no"), .verify(at: later), .verify(at: later)), (.gone("410"), .bury, .bury),
    (.tooLarge("413"), .verify(at: later), .verify(at: later)),
    (.misconfigured("422"), .verify(at: later), .verify(at: later)),
    (.unsupported("405"), .verify(at: later), .verify(at: later)),
    (.redirected("302"), .verify(at: later), .verify(at: later)),
    (.conflict("409"), .verify(at: later), .verify(at: later)),
    (.rejected("", fields: [:]), .verify(at: later), .verify(at: later)),
    (.noGrant, .hold(.grant), .hold(.grant)), (.unreadable("no JSON"), .verify(at: later), .verify(at: later)),
  ]

  @Test("A look that fails leaves everything as unknown as it was, unless the record is gone")
  func failedLook() {
    #expect(Set(Self.failedLooks.map { Samples.name($0.0) }).count == 18)
    for (failure, jira, crm) in Self.failedLooks {
      var random = ConstantRandom(number: 0)
      func next(_ kind: RemoteCall.Kind) -> OperationLifecycle.Transition {
        OperationLifecycle().next(
          Samples.call(kind), afterFailedLook: failure, attempt: 1, hasRefreshed: false, now: Samples.now,
          using: &random)
      }
      #expect(next(.addComment) == jira, "\(failure)")
      #expect(next(.addCaseComment) == crm, "\(failure)")
    }
  }

  @Test("An edit of which Jira refuses every field is buried whole")
  func everythingRefused() {
    var random = ConstantRandom(number: 0)
    let found = OperationLifecycle().next(
      .editIssue(IssueEdit(fields: [Samples.priority])), after: .failure(.rejected("", fields: ["priority": "no"])),
      attempt: 1, hasRefreshed: false, now: Samples.now, using: &random)
    #expect(found == .bury)
  }

  // MARK: - Looking before repeating

  struct Look: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var found: Receipt?
    var attempt = 2
    var after: Duration
    var next: OperationLifecycle.AfterLooking
  }

  static let sent = Samples.now
  static let looks = [
    Look(testDescription: "found", found: .commented("5"), after: .seconds(1), next: .done(.commented("5"))),
    Look(testDescription: "found late", found: .commented("5"), after: .seconds(99), next: .done(.commented("5"))),
    Look(
      testDescription: "not yet", found: nil, after: .seconds(1), next: .lookAgain(at: sent + .milliseconds(2400))),
    Look(
      testDescription: "the last look is at the end", found: nil, attempt: 9, after: .seconds(4),
      next: .lookAgain(at: sent + .seconds(10))),
    Look(testDescription: "patience over", found: nil, after: .seconds(10), next: .repeat),
  ]

  @Test("After a lost answer nothing is sent again before the far side had its time to show it", arguments: looks)
  func looking(_ look: Look) {
    var random = ConstantRandom(number: 0)
    let next = OperationLifecycle().next(
      afterLooking: look.found, firstSent: Self.sent, patience: .seconds(10), attempt: look.attempt,
      now: Self.sent + look.after, using: &random)
    #expect(next == look.next)
  }

  @Test("What makes something new, and what people in Jira may have put back meanwhile, is not simply repeated")
  func repeatable() {
    #expect(
      RemoteCall.Kind.allCases.filter { !Samples.call($0).isRepeatable } == [
        .createIssue, .editIssue, .transitionIssue, .addComment, .addAttachment, .addCaseComment, .addCaseAttachment,
      ])
    #expect(RemoteCall.editIssue(IssueEdit(fields: [Samples.summary])).isRepeatable)
  }
}
