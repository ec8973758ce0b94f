import JSON
import Simulation
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Testing

/// semantics.md, "Mapping in detail": a change of one sentence changes one sentence, in the CRM's own comments too.
@Suite("Jira's change of one sentence in a comment of the CRM's")
struct CommentPatchTests {
  private static let html =
    "<div class=\"body\"><p style=\"margin:0\">It fails.</p><p>Since <b class=\"x\">Monday</b>.</p></div>"
  private static let patched = html.replacing("It fails", with: "It works")

  /// A case whose HTML comment stands in Jira and was changed there; the run has planned the way back.
  private static func planned(
    prefix: String = "", echo: SimulatedCRMConfiguration.Echo = .afterAnswer
  ) async throws -> (World, CaseID, CommentID) {
    let mapping = World.mapping([(#"<comments sync="both"/>"#, #"<comments sync="both" edits="both"\#(prefix)/>"#)])
    let world = try World(mapping: mapping, echo: echo)
    let profile = String(decoding: try Fixtures.bytes("mappings/crm/generic.xml"), as: UTF8.self)
      .replacing("<text markup=\"plain\"/>", with: "<text markup=\"html\"/>")
    world.engine.services.live.replace(with: try World.installation(mapping: mapping, profile: profile))
    try await world.connectAll()
    let id = try await world.openCase()
    let comment = try world.crm.comment(on: id, as: "8", text: html, now: world.clock.now)
    try await world.settle()
    _ = try await world.reconcile()
    let jira = CommentID(try #require(world.issues[0]["comments"]?[0]?["id"]?.text))
    let document = try #require(world.jira.document(ofComment: jira)).compact.replacing("It fails", with: "It works")
    world.clock.advance(by: .seconds(5))
    try world.jira.editComment(
      jira, issue: "SUP-1", as: "acc-dev", document: try JSONReader.read(document), now: world.clock.now)
    world.clock.advance(by: .seconds(10))
    world.jira.clearLog()
    world.crm.clearLog()
    #expect(try await world.engine.reconcile.run(World.connection, owner: "test").planned == 1)
    return (world, id, comment)
  }

  /// One comment with the text, and nothing follows from it any more.
  private static func expectCalm(_ world: World, _ id: CaseID, _ text: String = patched, writes: Int = 1) async throws {
    #expect(world.caseComments(id) == ["public " + text])
    #expect(world.issues[0]["comments"]?.array?.count == 1)
    #expect(world.crmWrites.count == writes)
    #expect(world.jiraWrites == [])
    #expect(try await world.reconcile().planned == 0)
    #expect(try await world.store.operations(in: [.dead, .held, .waiting, .verifying, .ready], limit: 9) == [])
    // Nor did the echo of ours count as a person's change for a moment.
    #expect(try await world.store.operations(in: [.done, .skipped], limit: 99).allSatisfy { $0.kind != .editComment })
  }

  @Test(
    "What did not change keeps its classes and styles, and the echo is no change, before the answer or after it",
    arguments: [SimulatedCRMConfiguration.Echo.afterAnswer, .beforeAnswer], ["", #" prefix-jira="{$author}: ""#])
  func outlives(echo: SimulatedCRMConfiguration.Echo, prefix: String) async throws {
    let (world, id, comment) = try await Self.planned(prefix: prefix, echo: echo)
    try await world.settle()
    try await Self.expectCalm(world, id)

    // Their next change is heard, and meets Jira's document as it stands there.
    try world.crm.editComment(
      comment, on: id, as: "8", text: Self.patched.replacing("Monday", with: "Tuesday"), now: world.clock.now)
    try await world.settle()
    #expect(world.jiraWrites.count == 1)
    let now = try #require(
      world.jira.document(ofComment: CommentID(world.issues[0]["comments"]?[0]?["id"]?.text ?? "")))
    #expect(now.compact.contains("Tuesday") && now.compact.contains("It works"))
    #expect(try await world.reconcile().planned == 0)
  }

  @Test("A second change in Jira, before the first is sent, is written over the first and not taken for a person's")
  func twice() async throws {
    let (world, id, _) = try await Self.planned()
    let jira = CommentID(try #require(world.issues[0]["comments"]?[0]?["id"]?.text))
    let document = try #require(world.jira.document(ofComment: jira)).compact.replacing("works", with: "works again")
    try world.jira.editComment(
      jira, issue: "SUP-1", as: "acc-dev", document: try JSONReader.read(document), now: world.clock.now)
    world.clock.advance(by: .seconds(10))
    world.jira.clearLog()
    #expect(try await world.engine.reconcile.run(World.connection, owner: "test").planned == 1)
    #expect(try await world.engine.carryOutNext())
    await world.crm.sendDue(through: world.network, now: world.clock.now)
    while try await world.engine.planNext() {}
    try await world.settle()
    try await Self.expectCalm(world, id, Self.patched.replacing("works", with: "works again"), writes: 2)
    #expect(try await world.story(id).conflicts.map(\.conflict) == [])
  }

  @Test("What its author changes while Jira's change is on its way stays, and Jira's is kept")
  func changedMeanwhile() async throws {
    let (world, id, comment) = try await Self.planned()
    let theirs = Self.html.replacing("Monday", with: "Tuesday")
    try world.crm.editComment(comment, on: id, as: "8", text: theirs, now: world.clock.now)
    while try await world.engine.carryOutNext() {}
    try await world.settle()
    #expect(world.caseComments(id) == ["public " + theirs])
    #expect(try await world.story(id).conflicts.map(\.conflict.winner) == [.crm])
    #expect(try await world.reconcile().planned == 0)
  }

  @Test("A lost answer: what the comment reads tells whether it was changed", arguments: [true, false])
  func lostAnswer(isApplied: Bool) async throws {
    let (world, id, _) = try await Self.planned()
    world.crm.arm(ArmedFault(isApplied ? .lostAfterApply : .unavailable, method: "PATCH", pathSuffix: ""))
    try await world.settle()
    try await world.settle()
    try await Self.expectCalm(world, id, writes: isApplied ? 1 : 2)
  }

  @Test("A crash between the note of what will be sent and the answer ends in one text", arguments: [true, false])
  func crash(isSent: Bool) async throws {
    let (world, id, _) = try await Self.planned()
    let claimed = try #require(try await world.engine.outbox.claim(now: world.clock.now))
    if !isSent { world.crm.arm(ArmedFault(.unavailable, method: "PATCH", pathSuffix: "")) }
    var random = SystemRandomNumberGenerator()
    _ = try await world.engine.outbox.perform(claimed, now: world.clock.now, using: &random)
    #expect(world.caseComments(id) == ["public " + (isSent ? Self.patched : Self.html)])
    _ = try await world.restarted()
    try await world.settle()
    try await Self.expectCalm(world, id, writes: isSent ? 1 : 2)
  }
}
