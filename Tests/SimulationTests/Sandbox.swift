import JSON
import Simulation
import SyncModel
import Testing
import Wire

/// A simulated site with Rohit, Mark and a developer, and a person's client to it.
struct JiraSandbox {
  static let start = Timestamp(seconds: 1_790_000_000)
  static let origin = "http://jira.example.com"
  static let scopes = ["read:jira-work", "write:jira-work", "read:jira-user", "offline_access"]
  static let rohit: AccountID = "account-rohit"
  static let mark: AccountID = "account-mark"
  static let developer: AccountID = "account-developer"

  let jira: SimulatedJira
  var now = start

  static var configuration: SimulatedJiraConfiguration {
    var support = SimulatedProject(key: "SUP", name: "Support")
    support.components = ["Billing", "Login"]
    support.versions = ["1.0"]
    var configuration = SimulatedJiraConfiguration(
      clientID: "client", clientSecret: Secret("hush"), redirectURI: "http://127.0.0.1:8080/oauth/callback",
      accounts: [
        SimulatedAccount(id: rohit, name: "Rohit", email: "rohit@example.com"),
        SimulatedAccount(
          id: mark, name: "Mark", email: "mark@example.com", offsetMinutes: 330, timeZone: "Asia/Kolkata"),
        SimulatedAccount(id: developer, name: "Developer", email: "developer@example.com"),
      ], projects: [support, SimulatedProject(key: "BILL", name: "Billing")])
    configuration.customFields = [
      SimulatedField(id: "customfield_10050", name: "Case number", kind: .text),
      SimulatedField(id: "customfield_10051", name: "Impact", kind: .number),
      SimulatedField(id: "customfield_10052", name: "Severity", kind: .option(["Minor", "Major"])),
      SimulatedField(id: "customfield_10053", name: "Seen at", kind: .dateTime),
    ]
    return configuration
  }

  init(_ change: (inout SimulatedJiraConfiguration) -> Void = { _ in }) {
    var configuration = Self.configuration
    change(&configuration)
    jira = SimulatedJira(configuration: configuration)
  }

  /// Posts to the token endpoint.
  func token(_ body: JSONValue, type: String = "application/json") throws -> (status: Int, body: JSONValue) {
    var members = body.members ?? []
    members.append(JSONMember("client_id", "client"))
    if body["client_secret"] == nil { members.append(JSONMember("client_secret", "hush")) }
    return try answer(
      jira.respond(
        to: WireRequest(
          .post, Self.origin + "/oauth/token", headers: [WireHeader("Content-Type", type)],
          body: JSONValue.object(members).utf8), now: now))
  }

  /// Tokens of an account that went through consent.
  func tokens(_ account: AccountID, scopes: [String] = scopes) throws -> JSONValue {
    let code = jira.authorizationCode(for: account, scopes: scopes, now: now)
    return try token([
      "grant_type": "authorization_code", "code": .string(code),
      "redirect_uri": "http://127.0.0.1:8080/oauth/callback",
    ]).body
  }

  /// A request to the REST interface with a new token of this account.
  func call(
    _ method: WireRequest.Method, _ path: String, as account: AccountID, _ body: JSONValue? = nil
  ) throws -> (status: Int, body: JSONValue) {
    try call(method, path, token: try tokens(account)["access_token"]?.string ?? "", body)
  }

  func call(
    _ method: WireRequest.Method, _ path: String, token: String, _ body: JSONValue? = nil
  ) throws -> (status: Int, body: JSONValue) {
    let request = WireRequest(
      method, Self.origin + "/ex/jira/\(jira.configuration.cloudID)/rest/api/3/" + path,
      headers: [WireHeader("Authorization", "Bearer " + token)], body: body?.utf8 ?? [])
    return try answer(jira.respond(to: request, now: now))
  }

  private func answer(_ response: WireResponse) throws -> (status: Int, body: JSONValue) {
    (response.status, response.body.isEmpty ? .null : try JSONReader.read(response.body))
  }

  /// A new issue in SUP; its id.
  func issue(_ summary: String = "Printer on fire", labels: [String] = [], as account: AccountID = rohit) throws
    -> String
  {
    let fields: JSONValue = [
      "project": ["key": "SUP"], "issuetype": ["name": "Task"], "summary": .string(summary),
      "labels": .array(labels.map { .string($0) }),
    ]
    let made = try call(.post, "issue", as: account, ["fields": fields])
    return try #require(made.body["id"]?.string)
  }

  func found(_ jql: String, _ more: [JSONMember] = [], as account: AccountID = rohit) throws -> [String] {
    let body = JSONValue.object([JSONMember("jql", .string(jql))] + more)
    return try call(.post, "search/jql", as: account, body).body["issues"]?.array?.compactMap { $0["id"]?.string } ?? []
  }
}

/// A document of one paragraph.
func paragraph(_ text: String) -> JSONValue {
  [
    "version": 1, "type": "doc",
    "content": [["type": "paragraph", "content": [["type": "text", "text": .string(text)]]]],
  ]
}
