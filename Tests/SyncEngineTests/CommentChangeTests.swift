import JSON
import Simulation
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Testing

/// semantics.md, promises 2, 3, 6 and 7, for comments that are changed or deleted after they were mirrored.
@Suite("Comments that change and go")
struct CommentChangeTests {
  private static func world(
    _ comments: String = #"<comments sync="both" edits="both" deletions="both"/>"#,
    echo: SimulatedCRMConfiguration.Echo = .afterAnswer,
    _ adjust: (inout SimulatedJiraConfiguration) -> Void = { _ in }
  ) async throws -> World {
    let world = try World(
      mapping: World.mapping([(#"<comments sync="both"/>"#, comments)]), echo: echo, adjust: adjust)
    try await world.connectAll()
    return world
  }

  /// A case with a comment of Mark's that stands in Jira.
  private static func commented(_ world: World) async throws -> (CaseID, CommentID) {
    let id = try await world.openCase()
    let comment = try world.crm.comment(on: id, as: "8", text: "Hello", now: world.clock.now)
    try await world.settle()
    _ = try await world.reconcile()
    world.jira.clearLog()
    world.crm.clearLog()
    return (id, comment)
  }

  @Test(
    "A comment that its author changes in the CRM changes in Jira, by them, and does not bounce",
    arguments: [SimulatedCRMConfiguration.Echo.afterAnswer, .beforeAnswer])
  func editedInCRM(_ echo: SimulatedCRMConfiguration.Echo) async throws {
    let world = try await Self.world(echo: echo)
    let (id, comment) = try await Self.commented(world)
    try world.crm.editComment(comment, on: id, as: "8", text: "Hello again", now: world.clock.now)
    try await world.settle()
    #expect(world.comments(world.issues[0]) == ["Mark M: Hello again"])
    #expect(world.jiraRequests("PUT", "/comment/{comment}").map(\.account) == ["acc-mark"])
    #expect(world.jira.log.filter { $0.template.hasPrefix("/rest") }.count == 2)
    #expect(try await world.reconcile().planned == 0)
    #expect(world.crmWrites == [])
  }

  @Test("Where only the CRM's edits count, an edit costs one request")
  func oneWay() async throws {
    let world = try await Self.world(#"<comments sync="both" edits="to-jira"/>"#)
    let (id, comment) = try await Self.commented(world)
    try world.crm.editComment(comment, on: id, as: "8", text: "Hello again", now: world.clock.now)
    try await world.settle()
    #expect(world.jira.log.filter { $0.template.hasPrefix("/rest") }.count == 1)
    let jira = try #require(world.issues[0]["comments"]?[0]?["id"]?.text)
    try world.jira.editComment(CommentID(jira), issue: "SUP-1", as: "acc-mark", text: "Mine", now: world.clock.now)
    try await world.settle()
    #expect(try await world.reconcile().planned == 0)
    #expect(world.caseComments(id) == ["public Hello again"])
  }

  @Test("A lost answer to an edit is sent again, which changes nothing twice", arguments: ["PUT", "DELETE"])
  func lost(_ method: String) async throws {
    let world = try await Self.world()
    let (id, comment) = try await Self.commented(world)
    let path = "/comment/\(try #require(world.issues[0]["comments"]?[0]?["id"]?.text))"
    world.jira.arm(ArmedFault(.lostAfterApply, method: method, pathSuffix: path))
    if method == "PUT" {
      try world.crm.editComment(comment, on: id, as: "8", text: "Hello again", now: world.clock.now)
    } else {
      try world.crm.deleteComment(comment, on: id, as: "8", now: world.clock.now)
    }
    try await world.settle()
    #expect(world.comments(world.issues[0]) == (method == "PUT" ? ["Mark M: Hello again"] : []))
    #expect(try await world.store.operations(in: [.dead, .held, .waiting, .verifying, .ready], limit: 9) == [])
    #expect(try await world.reconcile().planned == 0)
  }

  @Test("An edit of who has not connected waits, and goes out as theirs; what was not sent yet is sent as it reads now")
  func held() async throws {
    let world = try await Self.world()
    let id = try await world.openCase()
    _ = try await world.store.disconnect(connection: World.connection, user: "8", now: world.clock.now)
    let comment = try world.crm.comment(on: id, as: "8", text: "Hello", now: world.clock.now)
    try await world.settle()
    try world.crm.editComment(comment, on: id, as: "8", text: "Hello again", now: world.clock.now)
    let other = try world.crm.comment(on: id, as: "8", text: "Never mind", now: world.clock.now)
    try await world.settle()
    try world.crm.deleteComment(other, on: id, as: "8", now: world.clock.now)
    try await world.settle()
    #expect(try await world.store.operations(in: [.held], limit: 9).map(\.kind) == [.addComment])
    try await world.connect(World.mark, as: "acc-mark")
    try await world.settle()
    #expect(world.comments(world.issues[0]) == ["Mark M: Hello again"])
    #expect(world.jiraRequests("POST", "/comment").count == 1)
  }

  @Test("A comment that somebody deletes in Jira while its author's edit is on its way goes in the CRM, too")
  func deletedUnderAnEdit() async throws {
    let world = try await Self.world()
    let (id, comment) = try await Self.commented(world)
    let jira = try #require(world.issues[0]["comments"]?[0]?["id"]?.text)
    try world.crm.editComment(comment, on: id, as: "8", text: "Hello again", now: world.clock.now)
    try world.jira.deleteComment(CommentID(jira), issue: "SUP-1", as: "acc-dev", now: world.clock.now)
    try await world.settle()
    _ = try await world.reconcile()
    #expect(world.caseComments(id) == [])
    #expect(try await world.reconcile().planned == 0)
  }

  @Test("A comment that its author deletes while Jira's edit of it is on its way goes in Jira, too")
  func deletedUnderJirasEdit() async throws {
    let world = try await Self.world()
    let (id, comment) = try await Self.commented(world)
    let jira = try #require(world.issues[0]["comments"]?[0]?["id"]?.text)
    try world.jira.editComment(CommentID(jira), issue: "SUP-1", as: "acc-dev", text: "Mine", now: world.clock.now)
    world.clock.advance(by: .seconds(10))
    #expect(try await world.engine.reconcile.run(World.connection, owner: "test").planned == 1)
    try world.crm.deleteComment(comment, on: id, as: "8", now: world.clock.now)
    try await world.engine.drain()
    try await world.settle()
    #expect(world.comments(world.issues[0]) == [])
    #expect(try await world.reconcile().planned == 0)
  }

  @Test("An edit that was planned while the comment's own fate was unknown does not undo a later one")
  func editsBeforeTheComment() async throws {
    let world = try await Self.world()
    let id = try await world.openCase()
    func arrive() async throws {
      await world.crm.sendDue(through: world.network, now: world.clock.now)
      while try await world.engine.planNext() {}
      world.clock.advance(by: .seconds(1))
    }
    let comment = try world.crm.comment(on: id, as: "8", text: "Hello", now: world.clock.now)
    try await arrive()
    // Claimed, and never sent: the next process has to look.
    _ = try #require(try await world.engine.outbox.claim(now: world.clock.now))
    let engine = try await world.restarted()
    try world.crm.editComment(comment, on: id, as: "8", text: "Hello again", now: world.clock.now)
    try await arrive()
    world.clock.advance(by: .seconds(10))
    let looking = try #require(try await engine.outbox.claim(now: world.clock.now))
    var random = SystemRandomNumberGenerator()
    let looked = try await engine.outbox.perform(looking, now: world.clock.now, using: &random)
    #expect(looked.transition == .sendAgain)
    try await engine.outbox.settle(looking, with: looked, now: world.clock.now)
    try world.crm.editComment(comment, on: id, as: "8", text: "Goodbye", now: world.clock.now)
    try await arrive()
    try await world.settle()
    #expect(world.comments(world.issues[0]) == ["Mark M: Goodbye"])
  }

  @Test("What its author wrote in the CRM after the run asked is not overwritten by Jira's edit, which is kept")
  func changedSinceTheRun() async throws {
    let world = try await Self.world()
    let (id, comment) = try await Self.commented(world)
    let jira = try #require(world.issues[0]["comments"]?[0]?["id"]?.text)
    try world.jira.editComment(CommentID(jira), issue: "SUP-1", as: "acc-dev", text: "Mine", now: world.clock.now)
    world.clock.advance(by: .seconds(10))
    #expect(try await world.engine.reconcile.run(World.connection, owner: "test").planned == 1)
    try world.crm.editComment(comment, on: id, as: "8", text: "Hello again", now: world.clock.now)
    while try await world.engine.carryOutNext() {}
    #expect(world.caseComments(id) == ["public Hello again"])
    try await world.settle()
    #expect(world.comments(world.issues[0]) == ["Mark M: Hello again"])
    let lost = try await world.story(id).conflicts.map(\.conflict)
    #expect(lost.contains { $0.field == FieldKey("comment \(jira)") && $0.jira == .text("Mine") })
    #expect(try await world.reconcile().planned == 0)
  }

  @Test("An edit that its author made before our write, and whose webhook comes after it, does not go to Jira any more")
  func webhookOlderThanOurWrite() async throws {
    let world = try await Self.world()
    let (id, comment) = try await Self.commented(world)
    let jira = try #require(world.issues[0]["comments"]?[0]?["id"]?.text)
    try world.crm.editComment(comment, on: id, as: "8", text: "Oops", now: world.clock.now)
    let late = try #require(world.crm.queuedDeliveries.last)
    world.crm.settle(late.id, status: 202, now: world.clock.now)
    try world.crm.editComment(comment, on: id, as: "8", text: "Hello", now: world.clock.now)
    let back = try #require(world.crm.queuedDeliveries.last)
    world.crm.settle(back.id, status: 202, now: world.clock.now)
    world.clock.advance(by: .seconds(10))
    try world.jira.editComment(CommentID(jira), issue: "SUP-1", as: "acc-dev", text: "Mine", now: world.clock.now)
    world.clock.advance(by: .seconds(10))
    #expect(try await world.engine.reconcile.run(World.connection, owner: "test").planned == 1)
    while try await world.engine.carryOutNext() {}
    #expect(world.caseComments(id) == ["public Mine"])
    #expect(await world.deliver(String(decoding: late.body, as: UTF8.self), id: "late") == world.accepted)
    while try await world.engine.planNext() {}
    try await world.settle()
    #expect(world.comments(world.issues[0]) == ["Mark M: Mine"])
    #expect(world.caseComments(id) == ["public Mine"])
    #expect(try await world.reconcile().planned == 0)
  }

  @Test(
    "A comment that is deleted while its own way to Jira is uncertain does not stay there", arguments: [true, false])
  func deletedWhileUncertain(isSent: Bool) async throws {
    let world = try await Self.world()
    let id = try await world.openCase()
    let comment = try world.crm.comment(on: id, as: "8", text: "Hello", now: world.clock.now)
    await world.crm.sendDue(through: world.network, now: world.clock.now)
    while try await world.engine.planNext() {}
    let claimed = try #require(try await world.engine.outbox.claim(now: world.clock.now))
    world.clock.advance(by: .seconds(1))
    try world.crm.deleteComment(comment, on: id, as: "8", now: world.clock.now)
    await world.crm.sendDue(through: world.network, now: world.clock.now)
    while try await world.engine.planNext() {}
    var random = SystemRandomNumberGenerator()
    if isSent { _ = try await world.engine.outbox.perform(claimed, now: world.clock.now, using: &random) }
    // Its attempt ends without an answer, and Mark's grant with it, so that the deletion is looked at first.
    _ = try await world.store.disconnect(connection: World.connection, user: "8", now: world.clock.now)
    let engine = try await world.restarted()
    try await engine.drain()
    try await world.connect(World.mark, as: "acc-mark")
    try await world.settle()
    #expect(world.comments(world.issues[0]) == [])
    #expect(try await world.reconcile().planned == 0)
  }

  @Test("Who changes a comment again to what we once wrote over it is heard")
  func backToOurText() async throws {
    let world = try await Self.world()
    let (id, comment) = try await Self.commented(world)
    let jira = try #require(world.issues[0]["comments"]?[0]?["id"]?.text)
    try world.jira.editComment(CommentID(jira), issue: "SUP-1", as: "acc-dev", text: "Mine", now: world.clock.now)
    world.clock.advance(by: .seconds(10))
    _ = try await world.reconcile()
    #expect(world.caseComments(id) == ["public Mine"])
    for text in ["Hello again", "Mine"] {
      try world.crm.editComment(comment, on: id, as: "8", text: text, now: world.clock.now)
      try await world.settle()
      #expect(world.comments(world.issues[0]) == ["Mark M: \(text)"])
    }
  }

  @Test("A comment that is gone already counts as deleted, however long it takes to see that its issue is not")
  func goneAlready() async throws {
    let world = try await Self.world()
    let (id, comment) = try await Self.commented(world)
    let jira = try #require(world.issues[0]["comments"]?[0]?["id"]?.text)
    try world.jira.deleteComment(CommentID(jira), issue: "SUP-1", as: "acc-dev", now: world.clock.now)
    try world.crm.deleteComment(comment, on: id, as: "8", now: world.clock.now)
    world.jira.arm(ArmedFault(.unavailable, method: "GET", pathSuffix: ""))
    try await world.settle()
    #expect(try await world.store.operations(in: [.dead, .held, .waiting], limit: 9) == [])
  }

  @Test("An older edit that arrives late does not undo a newer one")
  func outOfOrder() async throws {
    let world = try await Self.world()
    let (id, comment) = try await Self.commented(world)
    func event(_ text: String, at time: Timestamp) -> String {
      """
      {"events": [{"id": "e", "type": "comment.updated", "time": "\(time)", "actor": {"id": "8", "name": "Mark"},
        "case": {"id": "\(id)", "subject": "Checkout fails", "description": "Error 500", "priority": "P2",
                 "number": "1001", "status": "New"},
        "comment": {"id": "\(comment)", "body": "\(text)", "public": true, "author": "Mark"}}]}
      """
    }
    world.clock.advance(by: .seconds(60))
    let now = world.clock.now
    #expect(await world.deliver(event("Second", at: now), id: "two") == world.accepted)
    #expect(await world.deliver(event("First", at: now + .seconds(-30)), id: "one") == world.accepted)
    try await world.settle()
    #expect(world.comments(world.issues[0]) == ["Mark M: Second"])
  }

  @Test("An edit whose comment never arrived brings the comment; its late event brings no second one")
  func lostComment() async throws {
    let world = try await Self.world()
    let id = try await world.openCase()
    var faults = DeliveryFaults()
    (faults.reordered, faults.holdBack) = (1, .seconds(20))
    world.crm.setDeliveryFaults(faults)
    let comment = try world.crm.comment(on: id, as: "8", text: "Hello", now: world.clock.now)
    world.crm.setDeliveryFaults(DeliveryFaults())
    try world.crm.editComment(comment, on: id, as: "8", text: "Hello again", now: world.clock.now)
    try await world.settle()
    #expect(world.comments(world.issues[0]) == ["Mark M: Hello again"])
  }

  @Test("A comment that is deleted before its own event arrives is not brought back")
  func deletedEarly() async throws {
    let world = try await Self.world()
    let id = try await world.openCase()
    var faults = DeliveryFaults()
    (faults.reordered, faults.holdBack) = (1, .seconds(20))
    world.crm.setDeliveryFaults(faults)
    let comment = try world.crm.comment(on: id, as: "8", text: "Hello", now: world.clock.now)
    world.crm.setDeliveryFaults(DeliveryFaults())
    try world.crm.deleteComment(comment, on: id, as: "8", now: world.clock.now)
    try await world.settle()
    #expect(world.comments(world.issues[0]) == [])
    #expect(world.jiraRequests("POST", "/comment").isEmpty)
  }

  @Test("A comment that its author deletes in the CRM is deleted in Jira, by them", arguments: [true, false])
  func deletedInCRM(_ isAsked: Bool) async throws {
    let world =
      isAsked ? try await Self.world() : try await Self.world(#"<comments sync="both"/>"#)
    let (id, comment) = try await Self.commented(world)
    try world.crm.deleteComment(comment, on: id, as: "8", now: world.clock.now)
    try await world.settle()
    #expect(world.comments(world.issues[0]) == (isAsked ? [] : ["Mark M: Hello"]))
    #expect(world.jiraRequests("DELETE", "/comment/{comment}").map(\.account) == (isAsked ? ["acc-mark"] : []))
    #expect(try await world.reconcile().planned == 0)
    #expect(world.crmWrites == [])
  }

  @Test("Who may not change a comment in Jira does not, and their change waits")
  func notPermitted() async throws {
    let world = try await Self.world()
    let (id, comment) = try await Self.commented(world)
    world.jira.setPermissions([.browse], of: "acc-mark", in: "SUP")
    try world.crm.editComment(comment, on: id, as: "8", text: "Hello again", now: world.clock.now)
    try await world.settle()
    #expect(try await world.store.operations(in: [.held], limit: 9).map(\.holdReason) == [.permission])
    #expect(world.comments(world.issues[0]) == ["Mark M: Hello"])
  }

  @Test("A public comment that becomes internal in the CRM is hidden in Jira, and one that becomes public is not shown")
  func visibility() async throws {
    let world = try await Self.world()
    let (id, comment) = try await Self.commented(world)
    try world.crm.editComment(comment, on: id, as: "8", text: "Hello", isPublic: false, now: world.clock.now)
    try await world.settle()
    #expect(world.issues[0]["comments"]?[0]?["internal"]?.bool == true)
    try world.crm.editComment(comment, on: id, as: "8", text: "Hello all", isPublic: true, now: world.clock.now)
    try await world.settle()
    #expect(world.comments(world.issues[0]) == ["Mark M: Hello all"])
    #expect(world.issues[0]["comments"]?[0]?["internal"]?.bool == true)
  }

  @Test("What the service user posted for somebody it also changes for them, and names them", arguments: [true, false])
  func standIn(_ connectsMeanwhile: Bool) async throws {
    let world = try World(
      mapping: World.mapping(
        [(#"<comments sync="both"/>"#, #"<comments sync="both" edits="both" deletions="both"/>"#)],
        adding: #"<missing-grant action="service"/>"#))
    try await world.connect(World.service, as: "acc-sync")
    try await world.connect(World.rohit, as: "acc-rohit")
    let (id, comment) = try await Self.commented(world)
    #expect(world.comments(world.issues[0]) == ["Service Account: Mark wrote in the CRM:\nHello"])
    if connectsMeanwhile { try await world.connect(World.mark, as: "acc-mark") }
    try world.crm.editComment(comment, on: id, as: "8", text: "Hello again", now: world.clock.now)
    try await world.settle()
    #expect(world.comments(world.issues[0]) == ["Service Account: Mark wrote in the CRM:\nHello again"])
    #expect(try await world.reconcile().planned == 0)
    try world.crm.deleteComment(comment, on: id, as: "8", now: world.clock.now)
    try await world.settle()
    #expect(world.comments(world.issues[0]) == [])
    #expect(try await world.reconcile().planned == 0)
  }

  // MARK: - The way back

  @Test("A comment that is changed in Jira changes in the CRM, once, with its author and its marker")
  func editedInJira() async throws {
    let world = try await Self.world()
    let (id, _) = try await Self.commented(world)
    let comment = try world.jira.comment(issue: "SUP-1", as: "acc-dev", text: "Fixed", now: world.clock.now)
    try await world.settle()
    _ = try await world.reconcile()
    world.clock.advance(by: .seconds(5))
    try world.jira.editComment(comment, issue: "SUP-1", as: "acc-dev", text: "Fixed in 1.2", now: world.clock.now)
    try await world.settle()
    #expect(try await world.reconcile().planned == 1)
    #expect(
      world.caseComments(id) == [
        "public Hello", "public Dana Developer (SUP-1): Fixed in 1.2\n[Jira SUP-1 comment \(comment)]",
      ])
    #expect(try await world.reconcile().planned == 0)
    #expect(world.comments(world.issues[0]) == ["Mark M: Hello", "Dana Developer: Fixed in 1.2"])
  }

  @Test("The CRM's comment, changed in Jira by its author, changes in the CRM, and its echo stays there")
  func mirrorEditedInJira() async throws {
    let world = try await Self.world()
    let (id, _) = try await Self.commented(world)
    let jira = CommentID(try #require(world.issues[0]["comments"]?[0]?["id"]?.text))
    world.clock.advance(by: .seconds(5))
    try world.jira.editComment(jira, issue: "SUP-1", as: "acc-mark", text: "Hello all", now: world.clock.now)
    try await world.settle()
    _ = try await world.reconcile()
    #expect(world.caseComments(id) == ["public Hello all"])
    #expect(try await world.reconcile().planned == 0)
    #expect(world.jiraWrites == [])
    #expect(world.crmWrites.map(\.template) == ["/api/cases/{case}/comments/{comment}"])
  }

  @Test("A comment that is deleted in Jira is deleted in the CRM, or kept and said once", arguments: [true, false])
  func deletedInJira(_ isAsked: Bool) async throws {
    let world =
      isAsked ? try await Self.world() : try await Self.world(#"<comments sync="both"/>"#)
    let (id, _) = try await Self.commented(world)
    let comment = try world.jira.comment(issue: "SUP-1", as: "acc-dev", text: "Fixed", now: world.clock.now)
    try await world.settle()
    _ = try await world.reconcile()
    world.clock.advance(by: .seconds(5))
    try world.jira.deleteComment(comment, issue: "SUP-1", as: "acc-dev", now: world.clock.now)
    try await world.settle()
    #expect(try await world.reconcile().planned == (isAsked ? 1 : 0))
    #expect(world.caseComments(id).count == (isAsked ? 1 : 2))
    try world.jira.edit(issue: "SUP-1", as: "acc-dev", fields: ["summary": "New"], now: world.clock.now)
    try await world.settle()
    #expect(try await world.reconcile().planned == 0)
    let said = try await world.story(id).lines.filter { $0.text.contains("was deleted in Jira") }
    #expect(said.count == (isAsked ? 0 : 1))
  }

  @Test("A profile that cannot change comments has it said once, and the case keeps its text")
  func cannotEdit() async throws {
    let world = try await Self.world(#"<comments sync="both"/>"#)
    let profile = String(decoding: try Fixtures.bytes("mappings/crm/generic.xml"), as: UTF8.self)
    let without = profile.split(separator: "    <request ").filter { !$0.hasPrefix("name=\"edit-comment\"") }
      .joined(separator: "    <request ")
    world.services.live.replace(
      with: try World.installation(mapping: World.mapping(), profile: without))
    let (id, _) = try await Self.commented(world)
    let comment = try world.jira.comment(issue: "SUP-1", as: "acc-dev", text: "Fixed", now: world.clock.now)
    try await world.settle()
    _ = try await world.reconcile()
    for text in ["Fixed in 1.2", "Fixed in 1.2"] {
      world.clock.advance(by: .seconds(5))
      try world.jira.editComment(comment, issue: "SUP-1", as: "acc-dev", text: text, now: world.clock.now)
      try await world.settle()
      #expect(try await world.reconcile().planned == 0)
    }
    let said = try await world.story(id).lines.map(\.text).filter { $0.contains("was changed in Jira") }
    #expect(
      said == ["comment \(comment) was changed in Jira; the profile has no edit-comment, so the case keeps its text"])
  }

  @Test("Text that is internal in Jira is not written to a comment that is public in the CRM")
  func failsClosed() async throws {
    let world = try await Self.world(#"<comments sync="both" edits="both" public="internal"/>"#)
    let (id, _) = try await Self.commented(world)
    #expect(world.issues[0]["comments"]?[0]?["internal"]?.bool == true)
    let jira = CommentID(try #require(world.issues[0]["comments"]?[0]?["id"]?.text))
    world.clock.advance(by: .seconds(5))
    try world.jira.editComment(jira, issue: "SUP-1", as: "acc-mark", text: "Secret", now: world.clock.now)
    try await world.settle()
    #expect(try await world.reconcile().planned == 0)
    #expect(world.caseComments(id) == ["public Hello"])
  }

  @Test("Where both sides changed a comment, the CRM's text stands and Jira's is kept", arguments: [true, false])
  func bothSides(_ reconcilesFirst: Bool) async throws {
    let world = try await Self.world()
    let (id, comment) = try await Self.commented(world)
    let jira = CommentID(try #require(world.issues[0]["comments"]?[0]?["id"]?.text))
    world.clock.advance(by: .seconds(5))
    try world.jira.editComment(jira, issue: "SUP-1", as: "acc-mark", text: "From Jira", now: world.clock.now)
    if reconcilesFirst {
      // The run has planned the way back when the CRM's own change comes in.
      world.clock.advance(by: .seconds(5))
      _ = try await world.engine.reconcile.run(World.connection, owner: "test")
    }
    try world.crm.editComment(comment, on: id, as: "8", text: "From the CRM", now: world.clock.now)
    await world.crm.sendDue(through: world.network, now: world.clock.now)
    while try await world.engine.planNext() {}
    try await world.settle()
    _ = try await world.reconcile()
    #expect(world.comments(world.issues[0]) == ["Mark M: From the CRM"])
    #expect(world.caseComments(id) == ["public From the CRM"])
    let lost = try await world.story(id).conflicts.map(\.conflict)
    #expect(lost.map(\.winner) == [.crm])
    #expect(lost.map(\.crm) == [.text("From the CRM")])
    #expect(lost.map(\.jira) == [.text("From Jira")])
    #expect(try await world.reconcile().planned == 0)
  }
}
