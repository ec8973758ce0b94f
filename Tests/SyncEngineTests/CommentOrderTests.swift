import Simulation
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Testing

/// What is done to a comment takes effect in the order in which it was done, whoever has to be waited for meanwhile.
@Suite("Comments in order")
struct CommentOrderTests {
  private static func world() async throws -> (World, CaseID) {
    let world = try World(
      mapping: World.mapping([
        (#"<comments sync="both"/>"#, #"<comments sync="both" edits="both" deletions="both"/>"#)
      ]))
    try await world.connectAll()
    return (world, try await world.openCase())
  }

  private static func arrive(_ world: World) async throws {
    await world.crm.sendDue(through: world.network, now: world.clock.now)
    while try await world.engine.planNext() {}
    world.clock.advance(by: .seconds(1))
  }

  /// Ends the attempt as Jira's 401 does: the operation waits for its author, whatever the grant really is.
  private static func hold(_ operation: ClaimedOperation, _ world: World) async throws {
    try await world.engine.outbox.settle(
      operation, with: Settlement(transition: .hold(.reconnect), reason: "waits for Mark"), now: world.clock.now)
  }

  @Test(
    "What is done to a comment waits for the comment, also where that waits for a person", arguments: [true, false])
  func heldComment(isDeleted: Bool) async throws {
    let (world, id) = try await Self.world()
    let comment = try world.crm.comment(on: id, as: "8", text: "Hello", now: world.clock.now)
    try await Self.arrive(world)
    let sending = try #require(try await world.engine.outbox.claim(now: world.clock.now))
    if isDeleted {
      try world.crm.deleteComment(comment, on: id, as: "8", now: world.clock.now)
    } else {
      try world.crm.editComment(comment, on: id, as: "8", text: "Hello again", now: world.clock.now)
    }
    try await Self.arrive(world)
    try await Self.hold(sending, world)
    #expect(try await world.engine.outbox.claim(now: world.clock.now) == nil)
    try await world.connect(World.mark, as: "acc-mark")
    try await world.settle()
    #expect(world.comments(world.issues[0]) == (isDeleted ? [] : ["Mark M: Hello again"]))
    #expect(try await world.store.operations(in: [.held, .ready, .dead], limit: 9) == [])
  }

  @Test("What waits for a comment that is then discarded waits no longer")
  func discarded() async throws {
    let (world, id) = try await Self.world()
    let comment = try world.crm.comment(on: id, as: "8", text: "Hello", now: world.clock.now)
    try await Self.arrive(world)
    let sending = try #require(try await world.engine.outbox.claim(now: world.clock.now))
    try world.crm.editComment(comment, on: id, as: "8", text: "Hello again", now: world.clock.now)
    try await Self.arrive(world)
    try await Self.hold(sending, world)
    #expect(try await world.engine.outbox.claim(now: world.clock.now) == nil)
    #expect(try await world.store.operations(in: [.held], limit: 9).count == 2)
    #expect(try await world.store.discardOperation(sending.id, reason: "not wanted", now: world.clock.now))
    try await world.settle()
    #expect(try await world.store.operations(in: [.held, .ready, .dead], limit: 9) == [])
  }

  @Test("What waits for a comment that cannot be sent blocks nothing, and is tried again together with it")
  func deadComment() async throws {
    let (world, id) = try await Self.world()
    let comment = try world.crm.comment(on: id, as: "8", text: "Hello", now: world.clock.now)
    try await Self.arrive(world)
    let sending = try #require(try await world.engine.outbox.claim(now: world.clock.now))
    try world.crm.editComment(comment, on: id, as: "8", text: "Hello again", now: world.clock.now)
    try await Self.arrive(world)
    try await world.engine.outbox.settle(
      sending, with: Settlement(transition: .bury, reason: "refused"), now: world.clock.now)
    _ = try world.crm.comment(on: id, as: "7", text: "Another", now: world.clock.now)
    try await world.settle()
    #expect(world.comments(world.issues[0]) == ["Rohit R: Another"])
    #expect(try await world.store.operations(in: [.dead], limit: 9).map(\.kind) == [.addComment, .editComment])
    #expect(try await world.store.operations(in: [.ready, .waiting, .verifying], limit: 9) == [])
    _ = try await world.store.retry(.operations([sending.id]), now: world.clock.now)
    try await world.settle()
    #expect(world.comments(world.issues[0]) == ["Rohit R: Another", "Mark M: Hello again"])
  }

  @Test("A change of a comment that waited for its author does not undo a later one that went before it")
  func heldEdit() async throws {
    let (world, id) = try await Self.world()
    let comment = try world.crm.comment(on: id, as: "8", text: "Hello", now: world.clock.now)
    try await world.settle()
    try world.crm.editComment(comment, on: id, as: "8", text: "Hello again", now: world.clock.now)
    try await Self.arrive(world)
    try await Self.hold(try #require(try await world.engine.outbox.claim(now: world.clock.now)), world)
    try world.crm.editComment(comment, on: id, as: "8", text: "Goodbye", now: world.clock.now)
    try await world.settle()
    #expect(world.comments(world.issues[0]) == ["Mark M: Goodbye"])
    try await world.connect(World.mark, as: "acc-mark")
    try await world.settle()
    #expect(world.comments(world.issues[0]) == ["Mark M: Goodbye"])
  }
}
