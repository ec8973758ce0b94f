import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import SyncCore
import SyncModel
import Testing
import Wire

@testable import SyncStore
@testable import WebServer

/// What the pages say about things that need a person, and what they offer.
struct AttentionTests {
  private let now = TestInstallation.now

  @Test("An event that cannot be planned is named with its reason on the overview, and planned again from its page")
  func deadEvent() async throws {
    let installation = try TestInstallation()
    try await event(in: installation, as: .dead(reason: "field 'priority' has no pair for P9"))
    #expect(try await installation.store.deadEvents(limit: 5).map(\.id) == [1])
    try await installation.withClient { client in
      let headers: HTTPFields = [.cookie: try await AdminTests.signIn(client).cookiePair]
      for address in ["/admin", "/admin/work", "/admin/events/1"] {
        let page = try await client.execute(uri: address, method: .get, headers: headers)
        #expect(page.text.contains("field &#39;priority&#39; has no pair for P9"), "\(address)")
      }
      let page = try await client.execute(uri: "/admin/work", method: .get, headers: headers)
      #expect(page.text.contains("action=\"/admin/events/1/retry\""))
      let form = ByteBuffer(string: "csrf=" + (try page.hidden("csrf")))
      let answer = try await client.execute(
        uri: "/admin/events/1/retry", method: .post, headers: headers, body: form)
      #expect(answer.headers[.location] == "/admin/events/1")
    }
    #expect(try await installation.store.event(1)?.state == "pending")
    #expect(try await installation.store.deadEvents(limit: 5) == [])
  }

  @Test("An ignored event says why, and is not offered again")
  func ignoredEvent() async throws {
    let installation = try TestInstallation()
    try await event(in: installation, as: .ignored(reason: "no route fits"))
    let page = try await text(of: "/admin/events/1", in: installation)
    #expect(page.contains("ignored</span> no route fits"))
    #expect(!page.contains("/retry"))
  }

  @Test(
    "A change that waits for its author says who can end the wait, wherever it stands",
    arguments: ["/admin", "/admin/events/1", "/admin/cases/acme/C-1", "/admin/work", "/admin/people"])
  func heldChange(_ address: String) async throws {
    let installation = try TestInstallation()
    try await installation.makeOperation(as: .held, reason: "waits for Rohit to connect to Jira")
    #expect(
      try await text(of: address, in: installation).contains(
        "Only Rohit, by connecting with the link that the CRM shows; an admin can print it: "
          + "counterpart users connect-url --connection acme --user rohit --name Rohit"))
  }

  @Test("What stands still is shown by its cause, tried again and given up together, with a form that bears the token")
  func causes() async throws {
    let installation = try TestInstallation()
    for id in ["C-1", "C-2", "C-3"] {
      try await installation.makeOperation(as: .dead, case: id, reason: "support.xml:4:3: Jira refuses the field")
    }
    let group = try #require(try await installation.store.causes().first)
    #expect(group.count == 3)
    #expect(group.example.caseID == "C-1")
    try await installation.withClient { client in
      let headers: HTTPFields = [.cookie: try await AdminTests.signIn(client).cookiePair]
      let page = try await client.execute(uri: "/admin/work", method: .get, headers: headers)
      #expect(page.text.contains("<strong>3 changes</strong>"))
      let csrf = try page.hidden("csrf")
      func send(_ address: String, _ fields: [(String, String)]) async throws -> HTTPResponse.Status {
        try await client.execute(
          uri: address, method: .post, headers: headers, body: ByteBuffer(string: URLEncoding.query(fields))
        ).status
      }
      #expect(try await send("/admin/causes/retry", [("cause", group.cause), ("csrf", "forged")]) == .forbidden)
      #expect(try await installation.store.counts().operations[.dead] == 3)
      #expect(try await send("/admin/causes/discard", [("csrf", csrf), ("cause", group.cause)]) == .badRequest)
      #expect(try await send("/admin/causes/retry", [("csrf", csrf), ("cause", group.cause)]) == .seeOther)
      #expect(try await installation.store.counts().operations[.ready] == 3)
      #expect(try await send("/admin/causes/retry", [("csrf", csrf), ("cause", group.cause)]) == .conflict)
      let fields = [("csrf", csrf), ("connection", "acme"), ("case", "C-1"), ("field", "summary")]
      #expect(try await send("/admin/fields/release", fields) == .conflict)
    }
  }

  @Test("The overview says how the last run of each connection went")
  func lastRun() async throws {
    let installation = try TestInstallation()
    #expect(try await text(of: "/admin", in: installation).contains("No run yet."))
    for (issues, outcome) in [(7, "finished"), (2, "stopped: Jira is unreachable")] {
      let run = try await installation.store.beginRun("acme", now: now - .seconds(400))
      try await installation.store.endRun(
        run, issues: issues, planned: 1, outcome: outcome, now: now - .seconds(300))
    }
    #expect(
      try await installation.store.lastRuns() == [
        "acme": RunSummary(
          connection: "acme", startedAt: now - .seconds(400), endedAt: now - .seconds(300), issues: 2, planned: 1,
          outcome: "stopped: Jira is unreachable")
      ])
    #expect(
      try await text(of: "/admin", in: installation).contains(
        "Last run 5 minutes ago: 2 changed issues read, 1 write planned. "
          + "<span class=\"faint\">(stopped: Jira is unreachable)</span>"))
  }

  @Test("An issue's key leads to the issue in its Jira")
  func issueAddress() throws {
    let installation = try TestInstallation()
    let context = RowContext(installation.dependencies)
    #expect(context.issueAddress("acme", "SUP-1") == "https://acme.atlassian.net/browse/SUP-1")
    #expect(context.issueAddress("acme", nil) == nil)
    #expect(context.issueAddress("other", "SUP-1") == nil)
  }

  private func event(in installation: TestInstallation, as decision: EventDecision) async throws {
    _ = try await installation.withClient { try await TestInstallation.Delivery().send(to: $0) }
    _ = try await installation.store.planPending(limit: 1, now: now) { _ in decision }
  }

  private func text(of address: String, in installation: TestInstallation) async throws -> String {
    try await installation.withClient { client in
      let headers: HTTPFields = [.cookie: try await AdminTests.signIn(client).cookiePair]
      return try await client.execute(uri: address, method: .get, headers: headers).text
    }
  }
}
