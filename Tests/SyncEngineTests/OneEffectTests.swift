import JSON
import Simulation
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Testing

/// semantics.md, promise 2.
@Suite("Every event has one effect")
struct OneEffectTests {
  struct FaultCase: Sendable, CustomTestStringConvertible {
    var name: String
    var fault: Fault
    var testDescription: String { name }
  }

  static let faults = [
    FaultCase(name: "answer lost", fault: .lostAfterApply),
    FaultCase(name: "connection refused", fault: .refusedConnection),
    FaultCase(name: "503", fault: .unavailable),
    FaultCase(name: "502 with a page", fault: .htmlError(status: 502)),
    FaultCase(name: "no JSON", fault: .malformed),
    FaultCase(
      name: "429 for the person", fault: .rateLimited(reason: "user-quota", retryAfter: .seconds(4))),
    FaultCase(
      name: "429 for the issue", fault: .rateLimited(reason: "jira-per-issue-on-write", retryAfter: .seconds(2))),
    FaultCase(name: "429 for the site", fault: .rateLimited(reason: "jira-burst-based", retryAfter: .seconds(2))),
    FaultCase(name: "slow", fault: .slow(.seconds(5))),
    FaultCase(name: "too slow", fault: .slow(.seconds(90))),
  ]

  /// A write, by the address that it is sent to.
  enum Write: String, Sendable, CaseIterable {
    case create, comment, edit, transition, crmComment, crmWrite
  }

  @Test("A request that goes wrong has its effect in the end, and once", arguments: faults, Write.allCases)
  func wentWrong(_ row: FaultCase, _ write: Write) async throws {
    let world = try World()
    try await world.connectAll()
    switch write {
    case .create: world.jira.arm(ArmedFault(row.fault, method: "POST", pathSuffix: "/issue"))
    case .comment: world.jira.arm(ArmedFault(row.fault, method: "POST", pathSuffix: "/comment"))
    case .edit: world.jira.arm(ArmedFault(row.fault, method: "PUT", pathSuffix: ""))
    case .transition: world.jira.arm(ArmedFault(row.fault, method: "POST", pathSuffix: "/transitions"))
    case .crmComment: world.crm.arm(ArmedFault(row.fault, method: "POST", pathSuffix: "/comments"))
    case .crmWrite: world.crm.arm(ArmedFault(row.fault, method: "PATCH", pathSuffix: "", times: 2))
    }
    let id = try await world.openCase()
    _ = try world.crm.comment(on: id, as: "8", text: "From the CRM", now: world.clock.now)
    try world.crm.edit(
      id, as: "7", fields: [("priority", "P1"), ("status", "Working")], now: world.clock.now)
    try await world.settle(for: .seconds(60))
    _ = try world.jira.comment(issue: "SUP-1", as: "acc-dev", text: "From Jira", now: world.clock.now)
    try world.jira.edit(
      issue: "SUP-1", as: "acc-dev", fields: ["priority": ["name": "Medium"]], now: world.clock.now)
    try await world.settle()
    _ = try await world.reconcile()
    try await world.settle(for: .seconds(60))
    _ = try await world.reconcile()

    #expect(world.issues.count == 1)
    #expect(world.issues[0]["creator"]?["name"]?.string == "Rohit R")
    #expect(world.comments(world.issues[0]) == ["Mark M: From the CRM", "Dana Developer: From Jira"])
    #expect(world.status() == "In Progress")
    #expect(world.field("priority") == "Medium")
    let state = world.caseState(id)
    #expect(state?["priority"]?.string == "P3")
    #expect(state?["status"]?.string == "Working")
    #expect(state?["jira_key"]?.string == "SUP-1")
    #expect(world.caseComments(id).count == 2)
    #expect(try await world.store.operations(in: [.dead, .held, .waiting, .verifying, .ready], limit: 10) == [])
    let again = try await world.reconcile()
    #expect(again.planned == 0)
  }

  @Test("A lost answer to a create is looked up, and the issue adopted")
  func adopted() async throws {
    let world = try World { $0.searchLag = .seconds(4) }
    try await world.connectAll()
    world.jira.arm(ArmedFault(.lostAfterApply, method: "POST", pathSuffix: "/issue"))
    let id = try await world.openCase()
    #expect(world.jiraRequests("POST", "/issue").count == 1)
    #expect(world.jiraRequests("POST", "/search/jql").count >= 2)
    #expect(world.issues.count == 1)
    #expect(world.caseState(id)?["jira_key"]?.string == "SUP-1")
    let create = try await world.story(id).operations.first { $0.kind == .createIssue }
    #expect(
      create?.reason == "the answer had been lost; looking showed that it happened, so nothing was sent again")
  }

  @Test(
    "Patience with the search begins when the request may have been sent, not when it was claimed",
    arguments: [false, true])
  func sentLongAfterTheClaim(crashes: Bool) async throws {
    let world = try World { $0.searchLag = .seconds(6) }
    try await world.connectAll()
    _ = try world.crm.openCase(as: "7", subject: "Once", now: world.clock.now)
    await world.crm.sendDue(through: world.network, now: world.clock.now)
    while try await world.engine.planNext() {}
    let claimed = try #require(try await world.engine.outbox.claim(now: world.clock.now))
    // A token that takes long to refresh comes between the two, say.
    world.clock.advance(by: .seconds(25))
    world.jira.arm(ArmedFault(.lostAfterApply, method: "POST", pathSuffix: "/issue"))
    var random = SystemRandomNumberGenerator()
    let settlement = try await world.engine.outbox.perform(claimed, now: world.clock.now, using: &random)
    if crashes {
      _ = try await world.restarted()
    } else {
      try await world.engine.outbox.settle(claimed, with: settlement, now: world.clock.now)
    }
    try await world.settle()
    #expect(world.issues.count == 1)
    #expect(try await world.store.unfinished(World.connection) == 0)
  }

  @Test("An issue whose answer was lost is found where somebody moved it meanwhile")
  func adoptedElsewhere() async throws {
    let world = try World { $0.projects.append(SimulatedProject(key: "OPS", name: "Operations")) }
    try await world.connectAll()
    world.jira.arm(ArmedFault(.lostAfterApply, method: "POST", pathSuffix: "/issue"))
    _ = try world.crm.openCase(as: "7", subject: "Checkout fails", now: world.clock.now)
    await world.crm.sendDue(through: world.network, now: world.clock.now)
    try await world.engine.drain()
    try world.jira.move(issue: "SUP-1", to: "OPS", as: "acc-dev", now: world.clock.now)
    try await world.settle()
    #expect(world.issues.map { $0["key"]?.string } == ["OPS-1"])
  }

  @Test("A comment whose answer was lost, on an issue that was then deleted, is a dead letter and no endless search")
  func lookedForInNothing() async throws {
    let world = try World()
    try await world.connectAll()
    let id = try await world.openCase()
    world.jira.arm(ArmedFault(.lostAfterApply, method: "POST", pathSuffix: "/comment"))
    _ = try world.crm.comment(on: id, as: "8", text: "Hello", now: world.clock.now)
    await world.crm.sendDue(through: world.network, now: world.clock.now)
    try await world.engine.drain()
    try world.jira.delete(issue: "SUP-1", as: "acc-dev", now: world.clock.now)
    try await world.settle()
    let dead = try await world.store.operations(in: [.dead], limit: 9)
    #expect(dead.map(\.kind) == [.addComment])
    #expect(dead.first?.reason?.hasPrefix("it is not known whether Jira did it; looking failed: not found") == true)
  }

  @Test("A lost answer to a comment is looked up by its marker, and the comment adopted")
  func adoptedComment() async throws {
    let world = try World()
    try await world.connectAll()
    let id = try await world.openCase()
    world.jira.arm(ArmedFault(.lostAfterApply, method: "POST", pathSuffix: "/comment"))
    _ = try world.crm.comment(on: id, as: "8", text: "Hello", now: world.clock.now)
    try await world.settle()
    #expect(world.jiraRequests("POST", "/comment").count == 1)
    #expect(world.comments(world.issues[0]) == ["Mark M: Hello"])
    #expect(try await world.reconcile().planned == 0)
    #expect(world.caseComments(id).count == 1)
  }

  @Test("A lost answer is looked up even where its person's grant lapsed meanwhile")
  func lapsedBeforeLooking() async throws {
    let world = try World { $0.searchLag = .seconds(4) }
    try await world.connectAll()
    world.jira.arm(ArmedFault(.lostAfterApply, method: "POST", pathSuffix: "/issue"))
    let id = try world.crm.openCase(as: "7", subject: "Once", now: world.clock.now)
    try await world.settle(for: .milliseconds(500))
    #expect(world.issues.count == 1)
    world.jira.revokeGrants(of: "acc-rohit")
    try await world.settle()
    #expect(try await world.store.operations(in: [.held], limit: 9).map(\.holdReason) == [.reconnect])
    try await world.connect(World.rohit, as: "acc-rohit")
    try await world.settle()
    #expect(world.issues.count == 1)
    #expect(world.caseState(id)?["jira_key"]?.string == "SUP-1")
  }

  @Test("A lost answer is looked up even where the token cannot be refreshed for a while")
  func refreshFailsBeforeLooking() async throws {
    let world = try World {
      $0.searchLag = .seconds(4)
      $0.accessTokenLife = .seconds(600)
    }
    try await world.connectAll()
    world.clock.advance(by: .milliseconds(478_500))
    world.jira.arm(ArmedFault(.lostAfterApply, method: "POST", pathSuffix: "/issue"))
    world.jira.arm(ArmedFault(.unavailable, method: "POST", pathSuffix: "/oauth/token", times: 2))
    let id = try world.crm.openCase(as: "7", subject: "Once", now: world.clock.now)
    try await world.settle(for: .seconds(60))
    #expect(world.issues.count == 1)
    #expect(world.caseState(id)?["jira_key"]?.string == "SUP-1")
    #expect(world.jiraRequests("POST", "/oauth/token").count { $0.status != 200 } == 2)
  }

  enum CrashPoint: String, Sendable, CaseIterable { case beforeSending, afterSending }

  @Test(
    "A crash between claim and settlement makes no second issue and no second comment", arguments: CrashPoint.allCases)
  func crash(at point: CrashPoint) async throws {
    let world = try World()
    try await world.connectAll()
    var random = SystemRandomNumberGenerator()
    let id = try world.crm.openCase(as: "7", subject: "Once", now: world.clock.now)
    for _ in 0..<2 {
      await world.crm.sendDue(through: world.network, now: world.clock.now)
      while try await world.engine.planNext() {}
      let claimed = try #require(try await world.engine.outbox.claim(now: world.clock.now))
      #expect(claimed.call.kind == (world.issues.isEmpty ? .createIssue : .addComment))
      if point == .afterSending {
        _ = try await world.engine.outbox.perform(claimed, now: world.clock.now, using: &random)
      }
      // The process dies here, and the next one takes over.
      let engine = try await world.restarted()
      for _ in 0..<60 {
        try await engine.drain()
        world.clock.advance(by: .milliseconds(500))
        await world.crm.sendDue(through: world.network, now: world.clock.now)
      }
      #expect(world.issues.count == 1)
      _ = try world.crm.comment(on: id, as: "8", text: "Hello", now: world.clock.now)
    }
    try await world.settle()
    #expect(world.issues.count == 1)
    #expect(world.comments(world.issues[0]) == ["Mark M: Hello", "Mark M: Hello"])
    #expect(world.caseState(id)?["jira_key"]?.string == "SUP-1")
  }

  @Test("A webhook that comes again does nothing again, under its own id and under another")
  func redelivery() async throws {
    let world = try World()
    try await world.connectAll()
    let id = try world.crm.openCase(as: "7", subject: "Once", now: world.clock.now)
    _ = try world.crm.comment(on: id, as: "8", text: "Hello", now: world.clock.now)
    let deliveries = world.crm.dueDeliveries(now: world.clock.now)
    try await world.settle()
    for delivery in deliveries {
      let body = String(decoding: delivery.body, as: UTF8.self)
      #expect(await world.deliver(body, id: delivery.id.rawValue) == world.accepted)
      #expect(await world.deliver(body, id: "again_" + delivery.id.rawValue) == world.accepted)
    }
    try await world.settle()
    #expect(world.issues.count == 1)
    #expect(world.comments(world.issues[0]) == ["Mark M: Hello"])
    #expect(world.jiraWrites.count == 2)
  }

  @Test("Deliveries that come twice and out of order lead to the same issue", arguments: 1...6)
  func disorder(seed: Int) async throws {
    let world = try World()
    try await world.connectAll()
    let id = try await world.openCase()
    var faults = DeliveryFaults()
    (faults.duplicated, faults.reordered) = (0.4, 0.3)
    world.crm.setDeliveryFaults(faults)
    for round in 0..<6 {
      let user: CRMUserID = (round + seed).isMultiple(of: 2) ? "7" : "8"
      _ = try world.crm.comment(on: id, as: user, text: "comment \(round)", now: world.clock.now)
      try world.crm.edit(
        id, as: user, fields: [("priority", "P\((round * seed) % 3 + 1)"), ("description", "text \(round)")],
        now: world.clock.now)
      world.clock.advance(by: .seconds(seed))
    }
    try world.crm.edit(id, as: "7", fields: [("priority", "P2"), ("description", "final")], now: world.clock.now)
    try await world.settle(for: .seconds(60))
    #expect(world.issues.count == 1)
    let texts = world.comments(world.issues[0]).map { String($0.suffix(9)) }
    #expect(texts.sorted() == (0..<6).map { "comment \($0)" })
    #expect(world.field("priority") == "High")
    #expect(world.issues[0]["fields"]?["description"]?.compact.contains("final") == true)
  }
}
