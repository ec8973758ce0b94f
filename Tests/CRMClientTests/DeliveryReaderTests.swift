import CRMClient
import CustomDump
import MappingLanguage
import SyncModel
import Testing
import Wire
import XML

@Suite("Reading deliveries")
struct DeliveryReaderTests {
  struct Recorded: Sendable, CustomTestStringConvertible {
    var path: String
    var events: [CaseEvent]
    var testDescription: String { path }
  }

  static let rohit = CRMUser(id: "rohit", name: "Rohit Rao", email: "rohit@example.com")
  static let mark = CRMUser(id: "mark", name: "Mark Meyer", email: "mark@example.com")

  static let helpdesk: [Recorded] = [
    Recorded(
      path: "ticket-opened-by-rohit",
      events: [
        CaseEvent(
          kind: .created, caseID: "1", actor: CRMUser(id: "2"), occurredAt: Timestamp("2026-11-23T21:09:25.543Z"),
          comment: nil)
      ]),
    Recorded(
      path: "ticket-opened-by-public-form",
      events: [
        CaseEvent(
          kind: .created, caseID: "2", actor: nil, occurredAt: Timestamp("2026-11-23T21:09:25.658Z"), comment: nil)
      ]),
    Recorded(
      path: "public-followup-by-mark",
      events: [
        CaseEvent(
          kind: .commented, caseID: "1", actor: CRMUser(id: "3"), occurredAt: Timestamp("2026-11-23T21:09:25.727Z"),
          comment: CaseComment(
            id: "3", body: "We could reproduce this and are looking for the cause.", isPublic: true, authorName: nil))
      ]),
    Recorded(
      path: "private-followup-by-rohit",
      events: [
        CaseEvent(
          kind: .commented, caseID: "1", actor: CRMUser(id: "2"), occurredAt: Timestamp("2026-11-23T21:09:25.755Z"),
          comment: CaseComment(
            id: "4", body: "Internal: see the rounding in <VatTable>, and do not tell the customer yet.",
            isPublic: false, authorName: nil))
      ]),
    Recorded(
      path: "status-change-by-rohit",
      events: [
        CaseEvent(
          kind: .commented, caseID: "1", actor: CRMUser(id: "2"), occurredAt: Timestamp("2026-11-23T21:09:25.787Z"),
          comment: CaseComment(id: "5", body: "Fixed in 5.1.", isPublic: true, authorName: nil))
      ]),
    Recorded(
      path: "followup-by-syncbot",
      events: [
        CaseEvent(
          kind: .commented, caseID: "1", actor: CRMUser(id: "4"), occurredAt: Timestamp("2026-11-23T21:09:25.819Z"),
          comment: CaseComment(
            id: "6", body: "Dana Developer wrote in Jira:\n\nReleased today.\n[counterpart:op-7f3a]", isPublic: false,
            authorName: nil))
      ]),
  ]

  @Test("What django-helpdesk really sends is read", arguments: helpdesk)
  func readsHelpdesk(recorded: Recorded) throws {
    let body = try Profiles.delivery("django-helpdesk/\(recorded.path).json")
    let delivery = try DeliveryReader.read(body: body, rules: try Profiles.helpdesk().delivery)
    #expect(diff(delivery.events.map(\.event), recorded.events) == nil)
    let title = try XPathExpression("title")
    for event in delivery.events {
      #expect(try delivery.document.string(title, at: event.caseNode).isEmpty == false)
    }
  }

  static let generic: [Recorded] = [
    Recorded(
      path: "case-created",
      events: [
        CaseEvent(
          kind: .created, caseID: "C-17", actor: rohit, occurredAt: Timestamp("2026-11-02T09:15:00Z"), comment: nil)
      ]),
    Recorded(
      path: "case-commented",
      events: [
        CaseEvent(
          kind: .commented, caseID: "C-17", actor: mark, occurredAt: Timestamp("2026-11-02T08:20:30.250Z"),
          comment: CaseComment(
            id: "4711", body: "We could reproduce this.", isPublic: true, authorName: "Mark Meyer"))
      ]),
    Recorded(
      path: "case-commented-internally",
      events: [
        CaseEvent(
          kind: .commented, caseID: "C-17", actor: rohit, occurredAt: Timestamp("2026-11-02T09:25:00Z"),
          comment: CaseComment(
            id: "4712", body: "Do not tell the customer yet.", isPublic: false, authorName: "Rohit Rao"))
      ]),
    Recorded(
      path: "three-events",
      events: [
        CaseEvent(
          kind: .updated, caseID: "C-17", actor: mark, occurredAt: Timestamp("2026-11-02T10:00:00Z"), comment: nil),
        CaseEvent(
          kind: .created, caseID: "C-18", actor: nil, occurredAt: Timestamp("2026-11-02T10:00:01Z"), comment: nil),
        CaseEvent(
          kind: .deleted, caseID: "C-16", actor: rohit, occurredAt: Timestamp("2026-11-02T10:00:02Z"), comment: nil),
      ]),
  ]

  @Test("The neutral format is read", arguments: generic)
  func readsGeneric(recorded: Recorded) throws {
    let body = try Profiles.delivery("generic/\(recorded.path).json")
    let delivery = try DeliveryReader.read(body: body, rules: try Profiles.generic().delivery)
    #expect(diff(delivery.events.map(\.event), recorded.events) == nil)
  }

  struct Bad: Sendable, CustomTestStringConvertible {
    var name: String
    var body: String
    var error: String
    var testDescription: String { name }
  }

  static let bad: [Bad] = [
    Bad(name: "nothing", body: "", error: "JSON line 1 column 1: the text ends where a value should stand"),
    Bad(
      name: "cut JSON", body: "{\n  \"events\": [",
      error: "JSON line 2 column 14: the text ends where a value should stand"),
    Bad(
      name: "a key twice", body: #"{"events":[],"events":[]}"#,
      error: "JSON line 1 column 14: a key stands twice in one object"),
    Bad(
      name: "deep nesting", body: String(repeating: "[", count: 1000),
      error: "JSON line 1 column 65: arrays and objects nest deeper than 64"),
    Bad(name: "no events", body: "{}", error: "no event at 'events'"),
    Bad(
      name: "an unknown kind", body: #"{"events":[{"type":"case.secret","case":{"id":1}}]}"#,
      error: "event 1: its kind is none of those that the profile knows ('type = 'case.created'', "
        + "'type = 'case.updated'', 'type = 'case.commented'', 'type = 'case.deleted'')"),
    Bad(name: "no case", body: #"{"events":[{"type":"case.created"}]}"#, error: "event 1: no case at 'case'"),
    Bad(
      name: "a blank case id", body: #"{"events":[{"type":"case.created","case":{"id":" "}}]}"#,
      error: "event 1: no case id at 'case/id'"),
    Bad(
      name: "a comment that is not there", body: #"{"events":[{"type":"case.commented","case":{"id":1}}]}"#,
      error: "event 1: no comment at 'comment'"),
    Bad(
      name: "a comment without an id",
      body: #"{"events":[{"type":"case.commented","case":{"id":1},"comment":{"body":"secret"}}]}"#,
      error: "event 1: no comment id at 'comment/id'"),
    Bad(
      name: "1,001 events", body: "{\"events\":[" + Array(repeating: "1", count: 1001).joined(separator: ",") + "]}",
      error: "more than 1000 events in one delivery"),
  ]

  @Test("A delivery that cannot be read names the place and nothing of its content", arguments: bad)
  func refuses(body: Bad) throws {
    let rules = try Profiles.generic().delivery
    let error = #expect(throws: DeliveryError.self) {
      _ = try DeliveryReader.read(body: Array(body.body.utf8), rules: rules)
    }
    #expect(error?.description == body.error)
  }

  @Test("The second of two events is named when it has no case id")
  func secondEvent() throws {
    let body = try Profiles.delivery("generic/case-without-id.json")
    let rules = try Profiles.generic().delivery
    let error = #expect(throws: DeliveryError.self) {
      _ = try DeliveryReader.read(body: body, rules: rules)
    }
    #expect(error == .event(2, "no case id at 'case/id'"))
  }

  @Test(
    "Only a clear yes makes a comment public",
    arguments: [
      ("true", true), ("\"true\"", true), ("1", true), ("false", false), ("\"false\"", false), ("\"no\"", false),
      ("null", false), ("0", false), ("\"\"", false), ("{}", false), ("\"maybe\"", false),
    ])
  func publicFlag(flag: String, isPublic: Bool) throws {
    let body =
      #"{"events":[{"type":"case.commented","case":{"id":1},"comment":{"id":2,"body":"b","public":\#(flag)}}]}"#
    let delivery = try DeliveryReader.read(
      body: Array(body.utf8), rules: try Profiles.generic().delivery)
    #expect(delivery.events.map(\.event.comment?.isPublic) == [isPublic])
  }

  @Test("A comment without a flag is internal, and one without text is a change of the case")
  func missingParts() throws {
    let body = """
      {"events":[{"type":"case.commented","case":{"id":1},"comment":{"id":2,"body":"b"}},
                 {"type":"case.commented","case":{"id":1},"comment":{"id":3,"body":" "}}]}
      """
    let delivery = try DeliveryReader.read(
      body: Array(body.utf8), rules: try Profiles.generic().delivery)
    #expect(
      diff(
        delivery.events.map(\.event),
        [
          CaseEvent(
            kind: .commented, caseID: "1", actor: nil, occurredAt: nil,
            comment: CaseComment(id: "2", body: "b", isPublic: false, authorName: nil)),
          CaseEvent(kind: .updated, caseID: "1", actor: nil, occurredAt: nil, comment: nil),
        ]) == nil)
  }

  @Test("XML and forms are read by the same rules")
  func otherFormats() throws {
    var rules = try Profiles.generic().delivery
    rules.format = .xml
    let xml = """
      <n:delivery xmlns:n="urn:x"><n:events><type>case.updated</type><case><id>7</id></case>\
      <time>1767225600</time></n:events></n:delivery>
      """
    let expected = CaseEvent(
      kind: .updated, caseID: "7", actor: nil, occurredAt: Timestamp(seconds: 1_767_225_600), comment: nil)
    #expect(
      diff(
        try DeliveryReader.read(body: Array(xml.utf8), rules: rules).events.map(\.event), [expected])
        == nil)
    rules.format = .form
    rules.event.select = try XPathExpression(".")
    rules.event.caseNode = try XPathExpression(".")
    let form = "type=case.updated&id=7&time=1767225600000"
    #expect(
      diff(
        try DeliveryReader.read(body: Array(form.utf8), rules: rules).events.map(\.event), [expected])
        == nil)
    #expect(throws: DeliveryError.unreadable("form: the percent-encoding or UTF-8 of a pair is malformed")) {
      _ = try DeliveryReader.read(body: Array("a=%zz".utf8), rules: rules)
    }
  }

  @Test("Hostile XML is refused")
  func hostileXML() throws {
    var rules = try Profiles.generic().delivery
    rules.format = .xml
    let bomb = "<!DOCTYPE d [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><d>&b;</d>"
    #expect(throws: DeliveryError.self) {
      _ = try DeliveryReader.read(body: Array(bomb.utf8), rules: rules)
    }
  }

  @Test("A delivery's id is its header, else a digest of its bytes")
  func identity() throws {
    let rules = try Profiles.generic().delivery
    let body = Array("{}".utf8)
    #expect(DeliveryReader.id(body: body, rules: rules, headers: [WireHeader("Webhook-ID", "msg_1")]) == "msg_1")
    #expect(
      DeliveryReader.id(body: body, rules: rules, headers: [])
        == "digest:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a")
  }
}
