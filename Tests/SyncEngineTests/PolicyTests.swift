import JSON
import Simulation
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Testing

/// docs/mapping.md, `missing-grant` and `on-conflict`: what each word does, beside what other suites test of it.
@Suite("Each policy of a mapping does what its words say")
struct PolicyTests {
  struct Missing: Sendable, CustomTestStringConvertible {
    var rule: String
    /// Mark has connected, and Jira does not let him comment.
    var isForbidden = false
    /// After two hours.
    var state: OperationLifecycle.State
    var author: String?
    var testDescription: String { rule + (isForbidden ? ", not permitted" : ", not connected") }
  }

  static let missing = [
    Missing(rule: "", state: .held),
    Missing(rule: #"action="hold" after="1h" then="skip""#, state: .skipped),
    Missing(rule: #"action="hold" after="3h" then="skip""#, state: .held),
    Missing(rule: "", isForbidden: true, state: .held),
    Missing(rule: #"action="skip""#, isForbidden: true, state: .skipped),
    Missing(rule: #"action="hold" after="1h" then="skip""#, isForbidden: true, state: .skipped),
    Missing(rule: #"action="hold" after="1h" then="service""#, isForbidden: true, state: .done, author: "Service"),
    Missing(rule: #"action="hold" after="3h" then="service""#, isForbidden: true, state: .held),
  ]

  @Test(
    "Who cannot comment is waited for, stood in for or left out, at the time that the mapping names", arguments: missing
  )
  func missingGrant(_ row: Missing) async throws {
    let element = row.rule.isEmpty ? "" : "<missing-grant \(row.rule)/>"
    let world = try World(mapping: World.mapping(adding: element))
    try await world.connect(World.service, as: "acc-sync")
    try await world.connect(World.rohit, as: "acc-rohit")
    if row.isForbidden {
      try await world.connect(World.mark, as: "acc-mark")
      world.jira.setPermissions([.browse], of: "acc-mark", in: "SUP")
    }
    let id = try await world.openCase()
    try world.crm.comment(on: id, as: "8", text: "Hello", now: world.clock.now)
    try await world.settle()
    world.clock.advance(by: .seconds(7200))
    try await world.settle()
    let states = try await world.story(id).operations.filter { $0.kind == .addComment }.map(\.state)
    #expect(states == [row.state])
    #expect(world.comments(world.issues[0]).map { String($0.prefix { $0 != " " }) } == (row.author.map { [$0] } ?? []))
  }

  struct Clash: Sendable, CustomTestStringConvertible {
    var policy: String
    /// Who changed the status last.
    var last: Side
    var crm: String
    var jira: String
    var testDescription: String { "\(policy), \(last.rawValue) last" }
  }

  static let clashes = [
    Clash(policy: "crm", last: .jira, crm: "Closed", jira: "Done"),
    Clash(policy: "crm", last: .crm, crm: "Closed", jira: "Done"),
    Clash(policy: "jira", last: .jira, crm: "Working", jira: "In Progress"),
    Clash(policy: "jira", last: .crm, crm: "Working", jira: "In Progress"),
    Clash(policy: "newest", last: .jira, crm: "Working", jira: "In Progress"),
    Clash(policy: "newest", last: .crm, crm: "Closed", jira: "Done"),
    Clash(policy: "ask", last: .jira, crm: "Closed", jira: "In Progress"),
    Clash(policy: "ask", last: .crm, crm: "Closed", jira: "In Progress"),
  ]

  @Test("Both sides change the status: the policy decides, and the value that lost is kept", arguments: clashes)
  func status(_ clash: Clash) async throws {
    let element = { (policy: String) in "<status crm=\"status\" sync=\"both\" on-conflict=\"\(policy)\">" }
    let world = try World(mapping: World.mapping([(element("jira"), element(clash.policy))]))
    try await world.connectAll()
    let id = try await world.openCase()
    let close = { try world.crm.edit(id, as: "7", fields: [("status", "Closed")], now: world.clock.now) }
    let start = {
      try world.jira.transition(issue: "SUP-1", as: "acc-dev", to: "In Progress", now: world.clock.now)
    }
    try clash.last == .crm ? start() : close()
    world.clock.advance(by: .seconds(20))
    try clash.last == .crm ? close() : start()
    try await world.settle()
    for _ in 0..<2 { _ = try await world.reconcile() }
    #expect(world.caseState(id)?["status"]?.string == clash.crm)
    #expect(world.status() == clash.jira)
    let conflicts = try await world.story(id).conflicts.map(\.conflict)
    #expect(conflicts.map(\.field) == ["status"])
    #expect(conflicts.first?.winner == (clash.policy == "ask" ? nil : clash.jira == "Done" ? .crm : .jira))
    #expect(try await world.reconcile().planned == 0)
  }
}
