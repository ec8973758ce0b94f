import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSON
import MappingLanguage
import NIOCore
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Testing

@testable import WebServer

struct AdminTests {
  static let pages = ["/admin", "/admin/events", "/admin/work", "/admin/people", "/admin/mappings"]
  static let changes = [
    "/admin/causes/retry", "/admin/causes/discard", "/admin/fields/release",
    "/admin/operations/1/retry", "/admin/operations/1/discard", "/admin/events/1/retry", "/admin/people/disconnect",
    "/admin/people/purge",
    "/admin/reconcile?connection=acme", "/admin/sign-out",
  ]

  @Test("Without a session every admin address leads to the sign-in page", arguments: pages + changes)
  func withoutSession(_ address: String) async throws {
    let response = try await TestInstallation().withClient {
      try await $0.execute(uri: address, method: Self.changes.contains(address) ? .post : .get)
    }
    #expect(response.status == .seeOther)
    #expect(response.headers[.location] == "/admin/sign-in")
  }

  @Test("A wrong token does not sign in")
  func wrongToken() async throws {
    let response = try await TestInstallation().withClient {
      try await $0.execute(uri: "/admin/sign-in", method: .post, body: ByteBuffer(string: "token=wrong"))
    }
    #expect(response.status == .unauthorized)
    #expect(response.cookies.isEmpty)
  }

  @Test("After ten wrong tokens within a minute nobody can try, not even with the right one")
  func tooManyWrongTokens() async throws {
    try await TestInstallation().withClient { client in
      for _ in 0..<SignInAttempts.limit {
        let refused = try await client.execute(
          uri: "/admin/sign-in", method: .post, body: ByteBuffer(string: "token=wrong"))
        #expect(refused.status == .unauthorized)
      }
      let answer = try await Self.signIn(client)
      #expect(answer.status == .tooManyRequests)
      #expect(answer.headers[.retryAfter] == "60")
      #expect(answer.cookies.isEmpty)
    }
  }

  @Test("The limit of wrong tokens ends with its minute, and right tokens do not count")
  func limitEnds() {
    let attempts = SignInAttempts()
    let start = TestInstallation.now
    for _ in 0..<20 { #expect(attempts.attempt(now: start) { true } == .accepted) }
    for _ in 0..<SignInAttempts.limit { #expect(attempts.attempt(now: start) { false } == .refused) }
    #expect(attempts.attempt(now: start + .seconds(20)) { true } == .tooMany(seconds: 40))
    #expect(attempts.attempt(now: start + SignInAttempts.window) { true } == .accepted)
  }

  @Test("The session's cookie is out of reach of scripts and of other sites")
  func cookie() async throws {
    let response = try await TestInstallation().withClient { try await Self.signIn($0) }
    let cookie = try #require(response.cookies.first)
    let attributes = Set(cookie.split(separator: "; ").dropFirst().map(String.init))
    #expect(cookie.hasPrefix("__Host-counterpart-admin="))
    #expect(attributes == ["HttpOnly", "SameSite=Lax", "Secure", "Path=/", "Max-Age=43200"])
  }

  @Test("Every admin page shows itself to an admin", arguments: pages)
  func page(_ address: String) async throws {
    let installation = try TestInstallation()
    try await installation.makeOperation(as: .dead, reason: "priority is refused")
    try await installation.makeOperation(as: .held, case: "C-2", reason: "no grant")
    let response = try await installation.withClient { client in
      let cookie = try await Self.signIn(client).cookiePair
      return try await client.execute(uri: address, method: .get, headers: [.cookie: cookie])
    }
    #expect(response.status == .ok)
    #expect(response.text.contains("aria-current=\"page\""))
    #expect(response.text.contains("</main>\n<footer>") && response.text.contains("</html>"))
  }

  @Test("What became of an event, and the story of its case, can be read")
  func details() async throws {
    let installation = try TestInstallation()
    try await installation.makeOperation(as: .dead, reason: "priority is refused")
    try await installation.withClient { client in
      let headers: HTTPFields = [.cookie: try await Self.signIn(client).cookiePair]
      for address in ["/admin/events/1", "/admin/cases/acme/C-1"] {
        let response = try await client.execute(uri: address, method: .get, headers: headers)
        #expect(response.status == .ok)
        #expect(response.text.contains("Priority is refused."))
        #expect(response.text.contains("Create the Jira issue"))
      }
      for address in ["/admin/events/2", "/admin/cases/acme/C-2", "/admin/cases/other/C-1"] {
        #expect(try await client.execute(uri: address, method: .get, headers: headers).status == .notFound)
      }
    }
  }

  @Test("An event that waits says so on its page, in the list and on its case's page, and who can end it")
  func waiting() async throws {
    let installation = try TestInstallation()
    try await installation.makeOperation(as: .held, reason: "no grant")
    try await installation.withClient { client in
      _ = try await TestInstallation.Delivery(id: "d-waiting").send(to: client)
      _ = try await installation.store.planPending(limit: 1, now: TestInstallation.now) { _ in
        let plan = Plan.waiting(for: .people(["17"]), until: TestInstallation.now + .seconds(60))
        return .planned([EventDecision.MappedPlan(mapping: "m", digest: "d", plan: plan)])
      }
      let headers: HTTPFields = [.cookie: try await Self.signIn(client).cookiePair]
      for address in ["/admin/events/2", "/admin/events", "/admin/cases/acme/C-1"] {
        let response = try await client.execute(uri: address, method: .get, headers: headers)
        #expect(response.text.contains("Waits until it is known who somebody whom it names is in Jira."))
      }
      let page = try await client.execute(uri: "/admin/cases/acme/C-1", method: .get, headers: headers)
      #expect(page.text.contains("it goes on by itself, within a quarter of an hour"))
    }
  }

  @Test("A change without the session's own token is refused and changes nothing", arguments: changes)
  func withoutCSRFToken(_ address: String) async throws {
    let installation = try TestInstallation()
    try await installation.makeOperation(as: .dead, reason: "refused")
    try await installation.withClient { client in
      let headers: HTTPFields = [.cookie: try await Self.signIn(client).cookiePair]
      for form in ["reason=x", "csrf=&reason=x", "csrf=0123&reason=x"] {
        let response = try await client.execute(
          uri: address, method: .post, headers: headers, body: ByteBuffer(string: form))
        #expect(response.status == .forbidden)
      }
    }
    #expect(try await installation.store.operations(in: [.dead], limit: 10).count == 1)
  }

  @Test("A dead letter is retried, and another discarded with a reason")
  func retryAndDiscard() async throws {
    let installation = try TestInstallation()
    try await installation.makeOperation(as: .dead, reason: "refused")
    try await installation.makeOperation(as: .dead, case: "C-2", reason: "refused")
    try await installation.withClient { client in
      let headers: HTTPFields = [.cookie: try await Self.signIn(client).cookiePair]
      let page = try await client.execute(uri: "/admin/work", method: .get, headers: headers)
      let csrf = try page.hidden("csrf")
      for (address, form) in [("1/retry", ""), ("2/discard", "&reason=not+needed")] {
        let response = try await client.execute(
          uri: "/admin/operations/" + address, method: .post, headers: headers,
          body: ByteBuffer(string: "csrf=\(csrf)\(form)"))
        #expect(response.status == .seeOther)
      }
      let again = try await client.execute(
        uri: "/admin/operations/1/retry", method: .post, headers: headers, body: ByteBuffer(string: "csrf=\(csrf)"))
      #expect(again.status == .conflict)
    }
    #expect(try await installation.store.operation(1)?.state == .ready)
    #expect(try await installation.store.operation(2)?.reason == "discarded: not needed")
  }

  @Test("After signing out the old cookie opens nothing")
  func signOut() async throws {
    try await TestInstallation().withClient { client in
      let headers: HTTPFields = [.cookie: try await Self.signIn(client).cookiePair]
      let csrf = try await client.execute(uri: "/admin", method: .get, headers: headers).hidden("csrf")
      let out = try await client.execute(
        uri: "/admin/sign-out", method: .post, headers: headers, body: ByteBuffer(string: "csrf=\(csrf)"))
      #expect(out.status == .seeOther)
      #expect(try await client.execute(uri: "/admin", method: .get, headers: headers).status == .seeOther)
    }
  }

  @Test("The sandbox needs no sign-in, and its changes need the token all the same")
  func sandbox() async throws {
    try await TestInstallation(adminToken: nil, isSandbox: true).withClient { client in
      let page = try await client.execute(uri: "/admin", method: .get)
      #expect(page.status == .ok)
      let address = "/admin/reconcile?connection=acme"
      #expect(try await client.execute(uri: address, method: .post).status == .forbidden)
      let form = ByteBuffer(string: "csrf=" + (try page.hidden("csrf")))
      let done = try await client.execute(uri: address, method: .post, body: form)
      #expect(done.text.contains("Reconciled acme."))
    }
  }

  @Test("Outside the sandbox the admin pages stay closed without an admin token")
  func closed() async throws {
    try await TestInstallation(adminToken: nil).withClient { client in
      let page = try await client.execute(uri: "/admin/sign-in", method: .get)
      #expect(page.status == .serviceUnavailable)
      let form = ByteBuffer(string: "token=")
      let answer = try await client.execute(uri: "/admin/sign-in", method: .post, body: form)
      #expect(answer.status == .unauthorized)
    }
  }

  static func signIn(_ client: any TestClientProtocol) async throws -> TestResponse {
    let token = TestInstallation.adminToken.split(separator: " ").joined(separator: "+")
    return try await client.execute(
      uri: "/admin/sign-in", method: .post, body: ByteBuffer(string: "token=" + token))
  }
}
