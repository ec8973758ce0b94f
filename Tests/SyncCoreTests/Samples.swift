import JSON
import SyncCore
import SyncModel

/// One call of every kind, and one failure of every case, for tables that leave nothing out.
enum Samples {
  static let now = Timestamp(seconds: 1_780_000_000)

  static let summary = write("summary", crm: .text("Checkout fails"), jira: .text("Checkout fails"))
  static let priority = write("priority", crm: .text("P1"), jira: .text("Highest"), isTwoWay: true)
  static let labels = write("labels", crm: .list(["a", "b"]), jira: .list(["a", "b"]), payload: ["a", "b"])
  static let cleared = write("duedate", crm: .empty, jira: .empty, payload: .null)

  static func write(
    _ key: FieldKey, crm: FieldValue, jira: FieldValue, payload: JSONValue? = nil, isTwoWay: Bool = false
  ) -> FieldWrite {
    FieldWrite(
      key: key, payload: payload ?? .string(jira.display), crm: crm, jira: jira, isTwoWay: isTwoWay,
      place: "support.xml:4")
  }

  static func call(_ kind: RemoteCall.Kind) -> RemoteCall {
    switch kind {
    case .createIssue:
      .createIssue(
        IssueCreation(
          project: "SUP", issueType: "Task", fields: [summary, priority], label: "case-1",
          property: ["case": "1", "url": .null], firstStatus: write("status", crm: .text("New"), jira: .text("To Do"))))
    case .editIssue: .editIssue(IssueEdit(fields: [priority, labels, cleared]))
    case .transitionIssue:
      .transitionIssue(IssueTransition(status: "Done", resolution: "Fixed", crmStatus: "Closed", isTwoWay: true))
    case .addComment:
      .addComment(
        CommentAddition(
          crmComment: "c1", body: ["type": "doc", "version": 1, "content": []], isInternal: true, marker: "acme/1/c1",
          crmText: "digest", crmIsPublic: true))
    case .editComment:
      .editComment(
        CommentEdit(
          comment: CommentAddition(
            crmComment: "c1", body: ["type": "doc", "version": 1, "content": []], isInternal: false, marker: "m"),
          isActorsOwn: true))
    case .deleteComment: .deleteComment(CommentDeletion(crmComment: "c1"))
    case .addAttachment:
      .addAttachment(
        AttachmentAddition(
          crmAttachment: "f1", name: "screen.png", type: "image/png", size: 20, address: "/files/f1", limitBytes: 1024,
          place: "support.xml:9"))
    case .addRemoteLink:
      .addRemoteLink(
        RemoteLinkAddition(
          globalID: "counterpart:acme:1", url: "https://crm.example.com/1", title: "Case 1", application: "acme"))
    case .deleteIssue: .deleteIssue(IssueDeletion(place: "support.xml:12"))
    case .addCaseAttachment:
      .addCaseAttachment(
        CaseAttachmentAddition(
          jiraAttachment: "50001", name: "log.txt", type: "text/plain", size: 20, isPublic: false, limitBytes: 1024,
          place: "support.xml:9"))
    case .writeCase:
      .writeCase(
        CaseEdit(
          fields: [priority], names: ["priority": "severity"],
          status: write("status", crm: .text("Closed"), jira: .text("Done"))))
    case .addCaseComment:
      .addCaseComment(
        CaseCommentAddition(
          jiraComment: "10001", text: "Dana: fixed", isPublic: false, marker: "[Jira SUP-1 comment 10001]",
          jiraText: "digest"))
    case .editCaseComment:
      .editCaseComment(
        CaseCommentEdit(
          comment: CaseCommentAddition(jiraComment: "10001", text: "Dana: fixed", isPublic: true, marker: ""),
          crmText: "digest"))
    case .deleteCaseComment:
      .deleteCaseComment(CaseCommentDeletion(jiraComment: "10001", marker: "[Jira SUP-1 comment 10001]"))
    case .askCase: .askCase(CaseQuestion(status: .text("Working")))
    }
  }

  static let calls = RemoteCall.Kind.allCases.map(call)

  /// The name of a failure's case: a new case does not compile until it has one, and then the table lacks its row.
  static func name(_ failure: CallFailure) -> String {
    switch failure {
    case .unreachable: "unreachable"
    case .unknown: "unknown"
    case .unavailable: "unavailable"
    case .rateLimited: "rate limited"
    case .unauthorised: "unauthorised"
    case .scopeMissing: "scope missing"
    case .forbidden: "forbidden"
    case .notFound: "not found"
    case .conflict: "conflict"
    case .rejected: "rejected"
    case .appForbidden: "app forbidden"
    case .gone: "gone"
    case .tooLarge: "too large"
    case .misconfigured: "misconfigured"
    case .unsupported: "unsupported"
    case .redirected: "redirected"
    case .noGrant: "no grant"
    case .unreadable: "unreadable"
    }
  }
}

/// A generator that always gives the same number: jitter at its lowest (0) or at its highest (all ones). Zero itself
/// would be drawn again for ever, so one low bit is always set.
struct ConstantRandom: RandomNumberGenerator {
  var number: UInt64
  mutating func next() -> UInt64 { number | 1 << 20 }
}

/// SplitMix64, for many different numbers that are the same in every run.
struct SeededRandom: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
