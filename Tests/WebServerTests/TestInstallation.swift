import Crypto
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSON
import Logging
import MappingLanguage
import NIOCore
import RichText
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Testing
import TokenVault
import WebServer
import Wire
import XML

import struct FoundationEssentials.Data

/// One installation in memory: the connection `acme`, whose CRM signs with HMAC, and an Atlassian that says yes.
struct TestInstallation {
  static let now = Timestamp(seconds: 1_800_000_000)
  static let adminToken = "an admin token"
  static let signingSecret = "the webhook secret"
  static let connectSecret = "the connect secret"
  static let rohit = CRMUser(id: "rohit", name: "Rohit", email: "rohit@example.com")

  let store: Store
  let live: LiveInstallation
  let dependencies: WebDependencies

  init(
    publicURL: String = "https://sync.example.com", adminToken: String? = Self.adminToken, isSandbox: Bool = false,
    accepted: AnswerRule = AnswerRule(), bodyLimitBytes: Int = 4096, atlassian: Atlassian = Atlassian(),
    bodyDeadline: Duration = .seconds(10), store: Store? = nil,
    clock: @escaping @Sendable () -> Timestamp = { Self.now }, other: String? = nil
  ) throws {
    self.store = try store ?? Store()
    let store = self.store
    live = LiveInstallation(try Self.installation(accepted: accepted, other: other))
    let bell = Bell()
    let services = Services(
      store: store, live: live, vault: Vault(keys: try KeyRing(text: KeyRing.newKey())), transport: atlassian,
      bell: bell, pace: JiraPace(store: store, live: live, clock: { Self.now }),
      redirectURI: publicURL + "/oauth/callback")
    let app = OAuthApp(
      clientID: "client", clientSecret: Secret("client secret"))
    dependencies = WebDependencies(
      services: services, intake: Intake(store: store, live: live, bell: bell),
      connect: ConnectFlow(services: services, app: app), adminToken: adminToken.map { Secret($0) },
      publicURL: publicURL, isSandbox: isSandbox, bodyLimitBytes: bodyLimitBytes, bodyDeadline: bodyDeadline,
      clock: clock,
      runReconcile: { "Reconciled \($0)." })
  }

  /// Sends requests straight to the router.
  func withClient<Value: Sendable>(
    logger: Logger = Logger(label: "test"), _ body: @Sendable (any TestClientProtocol) async throws -> Value
  ) async throws -> Value {
    let application = Application(router: try WebRoutes.router(dependencies: dependencies), logger: logger)
    return try await application.test(.router, body)
  }

  private static func installation(accepted: AnswerRule, other: String?) throws -> Installation {
    let event = EventRules(
      select: try XPathExpression("events"),
      kinds: [EventRules.KindRule(kind: .updated, condition: nil)], caseNode: try XPathExpression("case"),
      caseID: try XPathExpression("id"), actorID: try XPathExpression("actor/id"),
      actorName: try XPathExpression("actor/name"), actorEmail: nil, occurredAt: nil, comment: nil)
    let delivery = DeliveryRules(
      format: .json,
      verification: [
        .hmac(
          VerificationRule.HMACRule(
            header: "X-Signature",
            timestamp: VerificationRule.HMACRule.TimestampRule(
              header: "X-Time", unit: .seconds, tolerance: .seconds(300))))
      ], idHeader: "X-Delivery", event: event, accepted: accepted)
    let profile = CRMProfile(
      name: "desk", delivery: delivery, text: TextRules(markup: .plain, escapes: []), api: nil, file: "desk.xml")
    let connection = Connection(
      name: "acme", profile: "desk", base: "", site: "cloud", secrets: [:], requiresMatchingEmail: false,
      position: SourcePosition(file: "acme.xml", line: 1))
    let site = JiraSite(
      name: "cloud", kind: .cloud, url: "https://acme.atlassian.net", serviceUser: nil, file: "cloud.xml")
    var connections = ["acme": connection]
    // Another customer, of the same site, whose CRM knows the same people by the same ids.
    if let other {
      connections[other] = Connection(
        name: ConnectionName(other), profile: "desk", base: "", site: "cloud", secrets: [:],
        requiresMatchingEmail: false, position: SourcePosition(file: "\(other).xml", line: 1))
    }
    let mappings = MappingSet(
      sites: ["cloud": site], profiles: ["desk": profile],
      connections: Dictionary(uniqueKeysWithValues: connections.map { (ConnectionName($0), $1) }), mappings: [])
    let secrets = ["webhook": [Secret(signingSecret)], "connect": [Secret(connectSecret)]]
    return Installation(
      mappings: mappings,
      secrets: Dictionary(uniqueKeysWithValues: connections.keys.map { (ConnectionName($0), secrets) }))
  }
}

extension TestInstallation {
  /// A delivery as the CRM sends it.
  struct Delivery: Sendable {
    var body = #"{"events":[{"case":{"id":"C-1"},"actor":{"id":"rohit","name":"Rohit"}}]}"#
    var id = "d-1"
    var connection = "acme"
    var secret = TestInstallation.signingSecret
    var time = TestInstallation.now
    var isSigned = true

    func send(to client: any TestClientProtocol) async throws -> TestResponse {
      let seconds = String(time.milliseconds / 1000)
      let code = HMAC<SHA256>.authenticationCode(
        for: Data((seconds + "." + body).utf8), using: SymmetricKey(data: Data(secret.utf8)))
      var headers = HTTPFields()
      headers[try name("X-Delivery")] = id
      headers[try name("X-Time")] = seconds
      if isSigned {
        headers[try name("X-Signature")] = code.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
      }
      return try await client.execute(
        uri: "/webhooks/\(connection)", method: .post, headers: headers, body: ByteBuffer(string: body))
    }

    private func name(_ text: String) throws -> HTTPField.Name { try #require(HTTPField.Name(text)) }
  }

  /// The path and query of a signed link.
  static func link(
    _ path: String, user: CRMUser = rohit,
    secret: String = connectSecret, expires: Timestamp = now + .seconds(600), connection: ConnectionName = "acme"
  ) -> String {
    let link = SignedLink(connection: connection, user: user, expires: expires, secret: Secret(secret))
    return path + "?" + URLEncoding.query(link.query)
  }

  /// Takes one delivery in and plans one operation from it, which is then dead or held.
  func makeOperation(as end: OperationEnd, case caseID: String = "C-1", reason: String) async throws {
    let status = try await withClient { client in
      var delivery = Delivery()
      delivery.body = #"{"events":[{"case":{"id":"\#(caseID)"},"actor":{"id":"rohit","name":"Rohit"}}]}"#
      delivery.id = caseID
      return try await delivery.send(to: client).status
    }
    #expect(status == .accepted)
    let call = RemoteCall.createIssue(
      IssueCreation(project: "SUP", issueType: "Task", fields: [], label: "case-" + caseID, property: .null))
    _ = try await store.planPending(limit: 10, now: Self.now) { _ in
      .planned([
        EventDecision.MappedPlan(
          mapping: "support", digest: "0",
          plan: Plan(
            operations: [
              PlannedOperation(
                call: call, actor: CRMUser(id: "rohit", name: "Rohit"), problem: end == .dead ? reason : nil)
            ],
            newLink: Plan.NewLink(project: "SUP", label: "case-" + caseID)))
      ])
    }
    guard end == .held else { return }
    let claimed = try #require(try await store.claim(worker: "test", now: Self.now))
    #expect(
      try await store.settle(claimed, with: Settlement(transition: .hold(.grant), reason: reason), now: Self.now))
  }

  enum OperationEnd { case dead, held }
}

/// An Atlassian that gives every code a token, and every token the same account.
struct Atlassian: Transport {
  var accountName = "Rohit Rao"
  var scopes = JiraSite.defaultScopes
  var site = "https://acme.atlassian.net"

  func send(_ request: WireRequest) async throws(TransportFailure) -> WireResponse {
    let answer: JSONValue
    if request.url.hasSuffix("/oauth/token") {
      // A code that was exchanged before.
      if String(decoding: request.body, as: UTF8.self).contains(#""code":"used""#) {
        let refusal: JSONValue = ["error": "invalid_grant", "error_description": "authorization_code is invalid"]
        return WireResponse(
          status: 403, headers: [WireHeader("Content-Type", "application/json")], body: refusal.utf8)
      }
      answer = [
        "access_token": "access", "refresh_token": "refresh", "expires_in": 3600,
        "scope": .string(scopes.joined(separator: " ")),
      ]
    } else if request.url.hasSuffix("/accessible-resources") {
      answer = [["id": "cloud-1", "url": .string(site), "name": "acme", "scopes": ["read:jira-work"]]]
    } else {
      answer = ["accountId": "account-1", "displayName": .string(accountName), "emailAddress": "rohit@example.com"]
    }
    return WireResponse(
      status: 200, headers: [WireHeader("Content-Type", "application/json")], body: answer.utf8)
  }
}

extension TestResponse {
  var text: String { String(buffer: body) }

  var cookies: [String] { headers[values: .setCookie] }

  /// `name=value` of the first cookie that is set.
  var cookiePair: String { cookies.first.map { String($0.prefix { $0 != ";" }) } ?? "" }

  /// The value of a hidden field of a form.
  func hidden(_ name: String) throws -> String {
    let start = try #require(text.range(after: "name=\"\(name)\" value=\""))
    return String(start.prefix { $0 != "\"" })
  }
}

extension String {
  fileprivate func range(after marker: String) -> Substring? {
    let pieces = self.utf8
    var index = pieces.startIndex
    let wanted = Array(marker.utf8)
    while index != pieces.endIndex {
      if pieces[index...].starts(with: wanted) { return self[pieces.index(index, offsetBy: wanted.count)...] }
      index = pieces.index(after: index)
    }
    return nil
  }
}
