import JSON
import Simulation
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Testing

/// semantics.md: promise 4, and "an error stops one field or one comment of one case, never the queue".
@Suite("Order, pace and partial failure")
struct FailureTests {
  @Test("A limit on one person delays only what needs that person")
  func personalLimit() async throws {
    let world = try World()
    try await world.connectAll()
    let id = try await world.openCase()
    let other = try await world.openCase()
    world.jira.arm(
      ArmedFault(
        .rateLimited(reason: "user-quota", retryAfter: .seconds(20)), method: "POST", pathSuffix: "/comment"))
    _ = try world.crm.comment(on: id, as: "8", text: "Mark 1", now: world.clock.now)
    try await world.settle(for: .seconds(1))
    _ = try world.crm.comment(on: id, as: "7", text: "Rohit", now: world.clock.now)
    _ = try world.crm.comment(on: other, as: "8", text: "Mark 2", now: world.clock.now)
    try await world.settle(for: .seconds(5))
    #expect(world.comments(world.issues[0]) == ["Rohit R: Rohit"])
    #expect(world.comments(world.issues[1]) == [])
    try await world.settle()
    #expect(world.comments(world.issues[0]) == ["Rohit R: Rohit", "Mark M: Mark 1"])
    #expect(world.comments(world.issues[1]) == ["Mark M: Mark 2"])
  }

  @Test("Many comments on one issue keep its limit on writes, all arrive, and in order")
  func issueLimit() async throws {
    let world = try World { $0.issueWriteLimit = 5 }
    try await world.connectAll()
    let id = try await world.openCase()
    for number in 10..<40 {
      _ = try world.crm.comment(on: id, as: "7", text: "\(number)", now: world.clock.now)
    }
    try await world.settle(for: .seconds(400))
    #expect(world.comments(world.issues[0]) == (10..<40).map { "Rohit R: \($0)" })
  }

  @Test("A limit of the CRM delays what goes to the CRM and nothing that goes to Jira")
  func crmLimit() async throws {
    let world = try World()
    try await world.connectAll()
    let id = try await world.openCase()
    world.crm.arm(
      ArmedFault(.rateLimited(reason: "", retryAfter: .seconds(120)), method: "POST", pathSuffix: "/comments"))
    _ = try world.jira.comment(issue: "SUP-1", as: "acc-dev", text: "Reply", now: world.clock.now)
    try await world.settle()
    _ = try await world.reconcile()
    _ = try world.crm.comment(on: id, as: "7", text: "Hello", now: world.clock.now)
    try await world.settle()
    #expect(world.comments(world.issues[0]).last == "Rohit R: Hello")
    #expect(world.caseComments(id).count == 1)
    try await world.settle(for: .seconds(120))
    #expect(world.caseComments(id).count == 2)
  }

  @Test("A field that Jira refuses is left behind with the mapping's line and Jira's words, and the rest is sent")
  func refusedField() async throws {
    let world = try World(
      mapping: World.mapping([("<pair crm=\"P1\" jira=\"Highest\"/>", "<pair crm=\"P1\" jira=\"Blocker\"/>")]))
    try await world.connectAll()
    let id = try await world.openCase(priority: "P1")
    #expect(world.issues.map { $0["summary"]?.string } == ["[1001] Checkout fails"])
    _ = try world.crm.comment(on: id, as: "8", text: "Hello", now: world.clock.now)
    try world.crm.edit(id, as: "7", fields: [("priority", "P2"), ("description", "New")], now: world.clock.now)
    try await world.settle()
    try world.crm.edit(id, as: "7", fields: [("priority", "P1"), ("description", "Newer")], now: world.clock.now)
    try await world.settle()
    #expect(world.comments(world.issues[0]) == ["Mark M: Hello"])
    #expect(world.field("priority") == "High")
    #expect(world.issues[0]["fields"]?["description"]?.compact.contains("Newer") == true)
    let dead = try await world.store.operations(in: [.dead], limit: 9)
    #expect(dead.count == 2)
    #expect(
      Set(dead.map(\.reason)) == [
        "mapping.xml:5:3: Jira refuses 'Blocker' for the field 'priority': The priority selected is invalid"
      ])
    #expect(
      try await world.story(id).lines.contains {
        $0.text.hasSuffix("The priority selected is invalid; the rest is sent without it (as Rohit R)")
      })
    // Whoever tries the first one again does not undo what came later.
    for operation in dead { _ = try await world.store.retryOperation(operation.id, now: world.clock.now) }
    try await world.settle()
    #expect(world.field("priority") == "High")
  }

  @Test("Whoever mends the mapping and has the dead letters tried again is heard")
  func mended() async throws {
    let world = try World(
      mapping: World.mapping([
        ("<pair crm=\"P1\" jira=\"Highest\"/>", "<pair crm=\"P1\" jira=\"Blocker\"/>"),
        ("crm=\"Working\" jira=\"In Progress\"", "crm=\"Working\" jira=\"Escalated\""),
      ]))
    try await world.connectAll()
    let id = try await world.openCase(priority: "P1")
    try world.crm.edit(id, as: "7", fields: [("status", "Working")], now: world.clock.now)
    try await world.settle()
    #expect(
      try await world.store.causes().map(\.cause) == [
        "edit-issue/field-refused/priority/mapping.xml:5:3", "transition-issue/refused/Escalated/mapping.xml:10:5",
      ])
    world.services.live.replace(with: try World.installation(mapping: World.mapping))
    #expect(try await world.store.retry(.allDead, now: world.clock.now) == (operations: 2, events: 0))
    try await world.settle()
    #expect(world.field("priority") == "Highest")
    #expect(world.status() == "In Progress")
    #expect(try await world.store.causes() == [])
  }

  @Test("A comment with hostile and oversized text arrives")
  func hostileText() async throws {
    let world = try World()
    try await world.connectAll()
    let id = try await world.openCase()
    let hostile = "\u{0}\u{8}{code}<script>&amp;]]> \u{202E}\u{FFFE} @mark [x|javascript:alert(1)]"
    _ = try world.crm.comment(on: id, as: "7", text: hostile, now: world.clock.now)
    _ = try world.crm.comment(
      on: id, as: "8", text: String(repeating: "word \u{1F600} ", count: 12_000), now: world.clock.now)
    try await world.settle()
    let comments = world.comments(world.issues[0])
    #expect(comments.count == 2)
    #expect(comments.first?.contains("<script>&amp;]]>") == true)
    #expect(comments.last?.hasPrefix("Mark M: word") == true)
    #expect(try await world.store.operations(in: [.dead], limit: 9) == [])
  }

  @Test("A status that no transition leads to is a dead letter, and what comes after it goes on")
  func unknownTransition() async throws {
    let world = try World(
      mapping: World.mapping([("crm=\"Working\" jira=\"In Progress\"", "crm=\"Working\" jira=\"Escalated\"")]))
    try await world.connectAll()
    let id = try await world.openCase()
    try world.crm.edit(id, as: "7", fields: [("status", "Working"), ("description", "New")], now: world.clock.now)
    _ = try world.crm.comment(on: id, as: "8", text: "Hello", now: world.clock.now)
    try await world.settle()
    #expect(world.comments(world.issues[0]) == ["Mark M: Hello"])
    #expect(world.issues[0]["fields"]?["description"]?.compact.contains("New") == true)
    let dead = try await world.store.operations(in: [.dead], limit: 9)
    #expect(dead.map(\.kind) == [.transitionIssue])
    #expect(dead.first?.reason?.contains("no transition leads from To Do to Escalated for this person") == true)
  }
}
