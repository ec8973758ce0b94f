import JSON
import Simulation
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Testing

/// The first acceptance test: semantics.md, "The two-user story".
@Suite("The two-user story")
struct TwoUserStoryTests {
  @Test(
    "Every change appears under the name of who made it, once, in both directions",
    arguments: [SimulatedCRMConfiguration.Echo.afterAnswer, .beforeAnswer])
  func story(echo: SimulatedCRMConfiguration.Echo) async throws {
    let world = try World(echo: echo)
    try await world.connect(World.service, as: "acc-sync")
    try await world.connect(World.rohit, as: "acc-rohit")

    // Rohit opens a case.
    let caseID = try world.crm.openCase(
      as: "7", subject: "Checkout fails", description: "Error 500", priority: "P2", now: world.clock.now)
    try await world.settle()
    let issue = try #require(world.issues.first)
    #expect(world.issues.count == 1)
    #expect(issue["creator"]?["name"]?.string == "Rohit R")
    #expect(issue["fields"]?["priority"]?.text == "High" || issue["fields"]?["priority"]?["name"]?.string == "High")
    #expect(world.caseState(caseID)?["jira_key"]?.string == issue["key"]?.string)

    // Mark, who has not connected, comments.
    _ = try world.crm.comment(on: caseID, as: "8", text: "Customer called again", isPublic: true, now: world.clock.now)
    try await world.settle()
    #expect(world.comments(world.issues[0]) == [])
    let held = try await world.store.operations(in: [.held], limit: 10)
    #expect(held.map(\.actorID) == ["8"])

    // Mark connects.
    let connected = try await world.connect(World.mark, as: "acc-mark")
    guard case .connected(let result) = connected else {
      Issue.record("not connected: \(connected)")
      return
    }
    #expect(result.released == 1)
    try await world.settle()
    #expect(world.comments(world.issues[0]) == ["Mark M: Customer called again"])

    // A developer moves the issue to Done and replies.
    let key = try #require(issue["key"]?.string)
    try world.jira.transition(issue: key, as: "acc-dev", to: "In Progress", now: world.clock.now)
    try world.jira.transition(issue: key, as: "acc-dev", to: "Done", now: world.clock.now)
    _ = try world.jira.comment(issue: key, as: "acc-dev", text: "Fixed in 4.2", now: world.clock.now)
    try await world.settle()
    let run = try await world.reconcile()
    #expect(run.end == .finished)
    #expect(world.caseState(caseID)?["status"]?.string == "Closed")
    let comments = world.caseState(caseID)?["comments"]?.array ?? []
    #expect(comments.count == 2)
    #expect(comments.last?["body"]?.string?.contains("Dana Developer") == true)
    #expect(comments.last?["body"]?.string?.contains("Fixed in 4.2") == true)

    // A further run writes nothing.
    world.jira.clearLog()
    world.crm.clearLog()
    let again = try await world.reconcile()
    try await world.settle(for: .seconds(600))
    #expect(again.planned == 0)
    #expect(world.jiraWrites == [])
    #expect(world.crmWrites == [])
    #expect(world.issues.count == 1)
    #expect(world.comments(world.issues[0]).count == 2)
  }
}
