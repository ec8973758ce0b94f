import CRMClient
import CustomDump
import JSON
import MappingLanguage
import RichText
import SyncCore
import SyncModel
import Testing
import Wire

@Suite("Requests to a CRM")
struct CRMRequestsTests {
  private static let headers = [
    WireHeader("Authorization", "Token s3cret"), WireHeader("Content-Type", "application/json"),
    WireHeader("Accept", "application/json"),
  ]

  private func requests(_ change: (inout CRMProfile) -> Void = { _ in }) throws -> CRMRequests {
    var profile = try Profiles.helpdesk()
    change(&profile)
    return CRMRequests(
      profile: profile, base: "https://crm.example.com",
      secrets: { $0 == "api" ? [Secret("s3cret"), Secret("old")] : [] })
  }

  private func write(_ key: FieldKey, _ payload: JSONValue) -> FieldWrite {
    FieldWrite(key: key, payload: payload, crm: .empty, jira: .empty, isTwoWay: false, place: "mapping.xml:1")
  }

  private func body(_ text: String) -> [UInt8] { Array(text.utf8) }

  @Test("Fields and a status take two requests where the status has its own")
  func edit() throws {
    let edit = CaseEdit(
      fields: [write("priority", 2), write("customfield_1", "SUP-1")],
      names: ["priority": "priority", "customfield_1": "custom_jira_key"], status: write("status", "3"))
    #expect(
      diff(
        try requests().requests(for: edit, case: "7"),
        [
          WireRequest(
            .patch, "https://crm.example.com/api/tickets/7/", headers: Self.headers,
            body: body(#"{"priority":2,"custom_jira_key":"SUP-1"}"#)),
          WireRequest(
            .post, "https://crm.example.com/api/followups/", headers: Self.headers,
            body: body(#"{"ticket":7,"new_status":3}"#)),
        ]) == nil)
  }

  @Test("Without a request of its own the status is one of the fields")
  func statusAsField() throws {
    let edit = CaseEdit(fields: [write("summary", "x")], names: ["status": "state"], status: write("status", "Closed"))
    let made = try requests { $0.api?.requests[.setStatus] = nil }.requests(for: edit, case: "7")
    #expect(diff(made.map(\.body), [body(#"{"summary":"x","state":"Closed"}"#)]) == nil)
  }

  @Test("An edit of nothing takes no request")
  func nothing() throws {
    #expect(diff(try requests().requests(for: CaseEdit(fields: [], names: [:], status: nil), case: "7"), []) == nil)
  }

  @Test("A comment ends in its marker, and the profile's escapes are applied once")
  func comment() throws {
    let comment = CaseCommentAddition(
      jiraComment: "10001", text: "Dana wrote: {{monospace}} {# x #} {{{#", isPublic: true, marker: "[counterpart:op-1]"
    )
    #expect(
      diff(
        try requests().request(for: comment, case: "7"),
        WireRequest(
          .post, "https://crm.example.com/api/followups/", headers: Self.headers,
          body: JSONValue.object([
            JSONMember("ticket", 7),
            JSONMember(
              "comment", "Dana wrote: {{'{{'}}monospace}} {{'{#'}} x #} {{'{{'}}{{'{#'}}\n[counterpart:op-1]"),
            JSONMember("public", true),
          ]).utf8)) == nil)
  }

  @Test("The marker stands on a line of its own in every markup", arguments: RichTextFormat.allCases)
  func markers(markup: RichTextFormat) throws {
    let comment = CaseCommentAddition(jiraComment: "1", text: "a", isPublic: false, marker: "[m]")
    let made = try requests {
      $0.text = TextRules(markup: markup, escapes: [])
    }.request(for: comment, case: "7")
    let expected =
      switch markup {
      case .plain: "a\n[m]"
      case .html: "a\n<p>[m]</p>"
      case .markdown, .wiki: "a\n\n[m]"
      }
    #expect(try JSONReader.read(made.body)["comment"] == .string(expected))
  }

  @Test("Values in an address are percent-encoded")
  func paths() throws {
    #expect(try requests().getCase("a/b?c#d é").url == "https://crm.example.com/api/tickets/a%2Fb%3Fc%23d%20%C3%A9/")
  }

  struct Impossible: Sendable, CustomTestStringConvertible {
    var name: String
    var caseID: CaseID = "7"
    var change: @Sendable (inout CRMProfile) -> Void = { _ in }
    var reason: String
    var testDescription: String { name }
  }

  static let impossible: [Impossible] = [
    Impossible(name: "a case id of dots", caseID: "..", reason: "the value of '$case' cannot stand in an address"),
    Impossible(name: "an empty case id", caseID: "", reason: "the value of '$case' cannot stand in an address"),
    Impossible(
      name: "no API", change: { $0.api = nil }, reason: "the profile 'django-helpdesk' has no 'get-case' request"),
    Impossible(
      name: "a missing secret",
      change: { $0.api?.headers = [HeaderRule(name: "X-Key", value: Profiles.template(.variable("other")))] },
      reason: "the connection has no secret 'other', which the profile uses"),
    Impossible(
      name: "a line break in a header", caseID: "7\r\nX: y",
      change: { $0.api?.headers = [HeaderRule(name: "X-Case", value: Profiles.template(.variable("case")))] },
      reason: "the header 'X-Case' would hold a control character"),
  ]

  @Test("A request that cannot be made is refused with a reason", arguments: impossible)
  func refusal(case impossible: Impossible) throws {
    let requests = try requests(impossible.change)
    let error = #expect(throws: CallFailure.self) { _ = try requests.getCase(impossible.caseID) }
    #expect(error == .rejected(impossible.reason, fields: [:]))
  }

  @Test("A number in a body must be one")
  func numbers() throws {
    let comment = CaseCommentAddition(jiraComment: "1", text: "a", isPublic: false, marker: "[m]")
    let requests = try requests()
    let error = #expect(throws: CallFailure.self) { _ = try requests.request(for: comment, case: "7, \"x\": 1") }
    #expect(error == .rejected("'{$case}' does not give a number", fields: [:]))
  }
}
