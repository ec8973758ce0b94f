import JSON
import Simulation
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Testing
import Wire

/// semantics.md: each connection has its own users, secrets, links and pace, and sees nothing of the others.
@Suite("Two customers are strangers")
struct TenantTests {
  @Test("A person of one is nobody to the other, though both CRMs know them by the same id")
  func users() async throws {
    let tenants = try Tenants()
    try await tenants.connect(tenants.acme, World.rohit, as: "acme-rohit")
    let first = try await tenants.openCase(tenants.acme, subject: "Of acme")
    let second = try await tenants.openCase(tenants.zenith, subject: "Of zenith")
    #expect(first == second)
    #expect(tenants.issues(tenants.acme) == ["Rohit of acme: [1001] Of acme"])
    #expect(tenants.issues(tenants.zenith) == [])
    try await tenants.connect(tenants.zenith, World.rohit, as: "zenith-rohit")
    try await tenants.settle()
    #expect(tenants.issues(tenants.acme) == ["Rohit of acme: [1001] Of acme"])
    #expect(tenants.issues(tenants.zenith) == ["Rohit of zenith: [1001] Of zenith"])
    #expect(try await tenants.store.grants().map(\.cloudID) == ["cloud-of-acme", "cloud-of-zenith"])
  }

  @Test("The links of both stand side by side: what happens to a case of one changes nothing of the other's")
  func links() async throws {
    let tenants = try await connected()
    let id = try await tenants.openCase(tenants.acme, subject: "Of acme")
    try await tenants.openCase(tenants.zenith, subject: "Of zenith")
    tenants.zenith.jira.clearLog()
    _ = try tenants.acme.crm.comment(on: id, as: "7", text: "Only here", now: tenants.clock.now)
    try await tenants.settle()
    try tenants.acme.jira.transition(issue: "SUP-1", as: "acme-mark", to: "In Progress", now: tenants.clock.now)
    try await tenants.settle()
    let report = try await tenants.engine.reconcile.run("acme", owner: "test")
    #expect(report.end == .finished)
    try await tenants.settle()
    #expect(tenants.acme.crm.state["cases"]?[0]?["status"]?.string == "Working")
    #expect(tenants.zenith.crm.state["cases"]?[0]?["status"]?.string == "New")
    #expect(tenants.zenith.jira.state["issues"]?[0]?["comments"] == [])
    #expect(tenants.zenith.jira.log.isEmpty)
    #expect(try await tenants.store.stories(of: "1").map(\.connection) == ["acme", "zenith"])
  }

  @Test("The secrets of one open nothing of the other's, not even where both have the same")
  func secrets() async throws {
    let tenants = try Tenants()
    let (acme, zenith) = (tenants.acme, tenants.zenith)
    #expect(await tenants.start(zenith, World.rohit, secret: acme.connectSecret) == .problem(.linkForged))
    let signed = await tenants.start(zenith, World.rohit, secret: zenith.connectSecret, signedFor: "acme")
    #expect(signed == .problem(.linkForged))
    _ = try acme.crm.openCase(as: "7", subject: "Of acme", now: tenants.clock.now)
    let delivery = try #require(acme.crm.queuedDeliveries.first)
    let request = acme.crm.request(for: delivery, now: tenants.clock.now)
    let answer = await tenants.intake.receive(
      connection: "zenith", body: request.body, headers: request.headers, now: tenants.clock.now)
    #expect(answer == .refused)
  }

  @Test("Tokens that are copied from one to the other open nothing there")
  func copiedTokens() async throws {
    let tenants = try Tenants()
    try await tenants.connect(tenants.acme, World.rohit, as: "acme-rohit")
    var copied = try #require(try await tenants.store.grant(connection: "acme", user: "7"))
    copied.connection = "zenith"
    _ = try await tenants.store.connect(copied, now: tenants.clock.now)
    try await tenants.openCase(tenants.zenith, subject: "Of zenith")
    #expect(tenants.issues(tenants.zenith) == [] && tenants.issues(tenants.acme) == [])
    #expect(tenants.zenith.jira.log.isEmpty)
    #expect(try await tenants.store.grant(connection: "zenith", user: "7")?.state == .lapsed)
    #expect(try await tenants.store.grant(connection: "acme", user: "7")?.state == .active)
  }

  @Test("Who disconnects, or is revoked, with one stays connected with the other")
  func disconnecting() async throws {
    let tenants = try await connected()
    #expect(try await tenants.store.disconnect(connection: "acme", user: "7", now: tenants.clock.now))
    tenants.acme.jira.revokeGrants(of: "acme-mark")
    tenants.clock.advance(by: .seconds(3600))
    try await tenants.openCase(tenants.acme, by: World.mark, subject: "Of acme")
    try await tenants.openCase(tenants.zenith, subject: "Of zenith")
    try await tenants.openCase(tenants.zenith, by: World.mark, subject: "Of Mark")
    #expect(tenants.issues(tenants.acme) == [])
    #expect(
      tenants.issues(tenants.zenith) == ["Rohit of zenith: [1001] Of zenith", "Mark of zenith: [1002] Of Mark"])
    let standing = try await tenants.store.grants().map { "\($0.connection) \($0.user.id) \($0.state)" }
    #expect(standing == ["acme 8 lapsed", "acme 1 active", "zenith 8 active", "zenith 7 active", "zenith 1 active"])
  }

  @Test("That one Atlassian account serves people of both is nobody's business")
  func sharedAccount() async throws {
    let tenants = try Tenants()
    try await tenants.connect(tenants.acme, World.rohit, as: "shared")
    let started = try await tenants.begin(tenants.zenith, World.mark)
    let code = tenants.zenith.jira.authorizationCode(
      for: "shared", scopes: ["read:jira-work", "write:jira-work", "read:jira-user", "offline_access"],
      now: tenants.clock.now)
    let asked = await tenants.connect.callback(
      state: started.state, code: Secret(code), isDenied: false, browser: started.browser, now: tenants.clock.now)
    guard case .confirm(let page) = asked else {
      Issue.record("not asked")
      return
    }
    #expect(page.sharedWith == nil)
    #expect(page.connection == "zenith")
  }

  @Test("A limit at the site of one delays nothing of the other's")
  func pace() async throws {
    let tenants = try await connected()
    for _ in 0..<3 {
      tenants.acme.jira.arm(
        ArmedFault(
          .rateLimited(reason: "jira-burst-based", retryAfter: .seconds(600)), method: "POST", pathSuffix: "/issue"))
    }
    _ = try tenants.acme.crm.openCase(as: "7", subject: "Of acme", now: tenants.clock.now)
    try await tenants.settle(for: .seconds(2))
    let begin = tenants.clock.now
    _ = try tenants.zenith.crm.openCase(as: "7", subject: "Of zenith", now: begin)
    try await tenants.settle(for: .seconds(2))
    #expect(tenants.issues(tenants.zenith) == ["Rohit of zenith: [1001] Of zenith"])
    #expect(tenants.issues(tenants.acme) == [])
    try await tenants.settle(for: .seconds(2400))
    #expect(tenants.issues(tenants.acme) == ["Rohit of acme: [1001] Of acme"])
  }

  private func connected() async throws -> Tenants {
    let tenants = try Tenants()
    for (tenant, name) in [(tenants.acme, "acme"), (tenants.zenith, "zenith")] {
      try await tenants.connect(tenant, World.rohit, as: AccountID("\(name)-rohit"))
      try await tenants.connect(tenant, World.mark, as: AccountID("\(name)-mark"))
      try await tenants.connect(tenant, World.service, as: AccountID("\(name)-mark"))
    }
    return tenants
  }
}
