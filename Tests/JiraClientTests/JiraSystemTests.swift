import JSON
import JiraClient
import MappingLanguage
import SyncCore
import SyncModel
import Synchronization
import Testing
import Wire

/// Answers from a closure, in process.
struct ScriptedTransport: Transport {
  let answer: @Sendable (WireRequest) throws(TransportFailure) -> WireResponse

  func send(_ request: WireRequest) async throws(TransportFailure) -> WireResponse { try answer(request) }

  static func json(_ status: Int, _ value: JSONValue) -> WireResponse { WireResponse(status: status, body: value.utf8) }
}

let exampleSite = JiraSite(name: "main", kind: .cloud, url: "https://example.atlassian.net", serviceUser: nil, file: "")

@Suite("Jira as a system")
struct JiraSystemTests {
  let base = "https://api.atlassian.com/ex/jira/cloud/rest/api/3"
  let move = RemoteCall.transitionIssue(
    IssueTransition(status: "Done", resolution: "Fixed", crmStatus: "closed", isTwoWay: false))

  func system(
    _ answer: @escaping @Sendable (WireRequest) throws(TransportFailure) -> WireResponse
  ) -> JiraSystem {
    JiraSystem(transport: ScriptedTransport(answer: answer), reach: .gateway(exampleSite.apiBase, cloudID: "cloud"))
  }

  @Test("A parent is taken away by an operation of its own, since null does not do it")
  func orphan() throws {
    func write(_ key: FieldKey, _ payload: JSONValue) -> FieldWrite {
      FieldWrite(key: key, payload: payload, crm: .empty, jira: .empty, isTwoWay: false, place: "mapping.xml:1")
    }
    let requests = JiraRequests(.gateway("https://api.atlassian.com", cloudID: "cloud"))
    let orphan: JSONValue = ["parent": [["set": ["none": true]]]]
    let alone = requests.edit(IssueEdit(fields: [write("parent", .null)]), issue: "1", token: Secret("t"))
    #expect(try JSONReader.read(alone.body) == ["update": orphan])
    let both = IssueEdit(fields: [write("parent", .null), write("duedate", .null)])
    let body = try JSONReader.read(requests.edit(both, issue: "1", token: Secret("t")).body)
    #expect(body["fields"] == ["duedate": .null] && body["update"] == orphan)
    let child = requests.edit(
      IssueEdit(fields: [write("parent", ["key": "OPS-1"])]), issue: "1", token: Secret("t"))
    #expect(try JSONReader.read(child.body) == ["fields": ["parent": ["key": "OPS-1"]]])
  }

  @Test("A create carries the marker label among the mapped ones, and the property")
  func create() throws {
    let labels = FieldWrite(
      key: "labels", payload: ["crm"], crm: .empty, jira: .empty, isTwoWay: false, place: "mapping.xml:1")
    let creation = IssueCreation(
      project: "SUP", issueType: "Bug", fields: [labels], label: "case-1", property: ["case": "1"])
    let request = JiraRequests(.gateway(exampleSite.apiBase, cloudID: "cloud")).create(creation, token: Secret("t"))
    let body: JSONValue = [
      "fields": ["project": ["key": "SUP"], "issuetype": ["name": "Bug"], "labels": ["crm", "case-1"]],
      "properties": [["key": "counterpart", "value": ["case": "1"]]],
    ]
    let headers = [
      WireHeader("Accept", "application/json"), WireHeader("Authorization", "Bearer t"),
      WireHeader("Content-Type", "application/json"),
    ]
    #expect(request == WireRequest(.post, base + "/issue", headers: headers, body: body.utf8))
    #expect(JiraRequests.jql(label: "a\"\\") == #"labels = "a\"\\""#)
  }

  @Test("A transition is chosen by its target, with a resolution only if the screen has it", arguments: [true, false])
  func transition(_ hasResolution: Bool) async {
    let outcome = await system { request in
      if request.method == .get {
        let fields: JSONValue = hasResolution ? ["resolution": [:]] : [:]
        return ScriptedTransport.json(
          200,
          ["transitions": [["id": 4, "to": ["name": "done"]], ["id": "5", "to": ["name": "Done"], "fields": fields]]])
      }
      let expected =
        hasResolution
        ? #"{"transition":{"id":"5"},"fields":{"resolution":{"name":"Fixed"}}}"# : #"{"transition":{"id":"5"}}"#
      return WireResponse(status: request.body == Array(expected.utf8) ? 204 : 400)
    }.perform(move, issue: "1", token: Secret("t"))
    #expect(outcome == .success(.transitioned))
  }

  @Test(
    "A transition that Jira refuses, since somebody moved the issue after we looked, is no lasting refusal",
    arguments: [true, false])
  func movedMeanwhile(isMoved: Bool) async {
    let looks = Mutex(0)
    let outcome = await system { request in
      guard request.method == .get else {
        return ScriptedTransport.json(400, ["errorMessages": ["Transition id '5' is not valid for this issue."]])
      }
      let count = looks.withLock { count in
        count += 1
        return count
      }
      let way: JSONValue = ["id": "5", "to": ["name": "Done"]]
      return ScriptedTransport.json(200, ["transitions": isMoved && count > 1 ? [] : [way]])
    }.perform(move, issue: "10", token: Secret("t"))
    if isMoved {
      #expect(outcome == .failure(.conflict("the issue was moved by somebody else at the same time")))
    } else {
      #expect(outcome == .failure(.rejected("Transition id '5' is not valid for this issue.", fields: [:])))
    }
  }

  @Test(
    "Without a transition, an issue already there needs nothing, and another is refused", arguments: ["done", "Open"])
  func noTransition(_ status: String) async {
    let outcome = await system { request in
      request.url.contains("/transitions")
        ? ScriptedTransport.json(200, ["transitions": []])
        : ScriptedTransport.json(200, ["id": "1", "fields": ["status": ["name": .string(status)]]])
    }.perform(move, issue: "1", token: Secret("t"))
    let refusal = CallFailure.rejected("no transition leads from Open to Done for this person", fields: [:])
    #expect(outcome == (status == "done" ? .success(.nothingToDo) : .failure(refusal)))
  }

  @Test("Comments are read over all pages")
  func comments() async {
    let result = await system { request in
      let id = request.url.contains("startAt=0&") ? 1 : 2
      return ScriptedTransport.json(200, ["total": 2, "comments": [["id": .integer(id), "jsdPublic": false]]])
    }.comments(of: "1", token: Secret("t"))
    #expect((try? result.get())?.map(\.id) == ["1", "2"])
    #expect((try? result.get())?.map(\.isPublic) == [false, false])
  }

  @Test("A repeated page token ends the reading of changelogs, and times are text or numbers")
  func changelogs() async {
    let result = await system { _ in
      ScriptedTransport.json(
        200,
        [
          "nextPageToken": "same",
          "issueChangeLogs": [["issueId": "1", "changeHistories": [["id": 7, "created": 1000, "items": []]]]],
        ])
    }.changelogs(of: ["1"], fields: [], token: Secret("t"))
    let entry = ChangelogEntry(
      id: "7", issue: "1", author: nil, authorName: "", created: Timestamp(seconds: 1), items: [])
    #expect(result == .success([entry, entry]))
  }

  @Test("A lost answer to a write is unknown, and a request that was not sent is unreachable")
  func lost() async {
    let edit = RemoteCall.editIssue(IssueEdit(fields: []))
    let lost = system { (_) throws(TransportFailure) in throw .maybeSent("gone") }
    let unsent = system { (_) throws(TransportFailure) in throw .notSent("refused") }
    #expect(await lost.perform(edit, issue: "1", token: Secret("t")) == .failure(.unknown("gone")))
    #expect(await unsent.perform(edit, issue: "1", token: Secret("t")) == .failure(.unreachable("refused")))
  }
}

@Suite("Failures of the token endpoint")
struct OAuthFailureTests {
  struct Row: Sendable {
    let status: Int
    let body: String
    let refresh: OAuthFailure
    let code: OAuthFailure
  }

  static let rows = [
    Row(status: 403, body: #"{"error":"invalid_grant"}"#, refresh: .refused, code: .codeInvalid),
    Row(
      status: 403, body: #"{"error":"unauthorized_client","error_description":"refresh_token is invalid"}"#,
      refresh: .refused, code: .clientRejected),
    Row(status: 401, body: #"{"error":"access_denied"}"#, refresh: .clientRejected, code: .clientRejected),
    Row(status: 401, body: #"{"error":"invalid_client"}"#, refresh: .clientRejected, code: .clientRejected),
    Row(
      status: 400, body: #"{"error":"x","error_description":"authorization_code is invalid"}"#,
      refresh: .passing("Atlassian answered 400"), code: .codeInvalid),
    Row(
      status: 502, body: "<html>", refresh: .passing("Atlassian answered 502"), code: .passing("Atlassian answered 502")
    ),
  ]

  @Test("The error decides before the status", arguments: rows)
  func table(_ row: Row) {
    let response = WireResponse(status: row.status, body: Array(row.body.utf8))
    #expect(OAuthFailure(response, .refresh) == row.refresh)
    #expect(OAuthFailure(response, .code) == row.code)
  }
}
