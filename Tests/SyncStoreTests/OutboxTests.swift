import CustomDump
import JSON
import SyncCore
import SyncModel
import Testing

@testable import SyncStore

@Suite("The outbox")
struct OutboxTests {
  static let now = Timestamp(seconds: 1_780_000_000)
  static let create = RemoteCall.createIssue(
    IssueCreation(project: "SUP", issueType: "Task", fields: [], label: "l", property: .null))

  static func comment(_ id: CommentID) -> RemoteCall {
    .addComment(CommentAddition(crmComment: id, body: .null, isInternal: false, marker: "m/\(id)"))
  }

  static func edit(_ value: String) -> RemoteCall {
    .editIssue(
      IssueEdit(fields: [
        FieldWrite(
          key: "priority", payload: .string(value), crm: .text(value), jira: .text(value), isTwoWay: false, place: "m:1"
        )
      ]))
  }

  /// One event of a case, planned into these calls; a case without a link gets one.
  static func plan(
    _ store: Store, case caseID: CaseID = "1", delivery: DeliveryID, actor: CRMUserID = "7", _ calls: [RemoteCall],
    seen: [FieldKey: FieldValue] = [:]
  ) async throws {
    let event = CaseEvent(kind: .updated, caseID: caseID, actor: nil, occurredAt: now, comment: nil)
    _ = try await store.accept(
      NewDelivery(
        connection: "acme", id: delivery, knownFor: nil, receivedAt: now, body: [1], content: .events([event])))
    _ = try await store.planPending(limit: 1, now: now) { event in
      let operations = calls.map { PlannedOperation(call: $0, actor: CRMUser(id: actor)) }
      let plan = Plan(
        operations: operations, seen: seen,
        newLink: event.links.isEmpty ? Plan.NewLink(project: "SUP", label: "l") : nil)
      return .planned([EventDecision.MappedPlan(mapping: "support", digest: "d", plan: plan)])
    }
  }

  static func claim(_ store: Store, at time: Timestamp = now) async throws -> ClaimedOperation {
    try #require(try await store.claim(worker: "w", now: time))
  }

  /// A case whose issue exists.
  static func linked(_ store: Store, case caseID: CaseID = "1", issue: IssueID = "10") async throws {
    try await plan(store, case: caseID, delivery: DeliveryID("create-\(caseID)"), [create])
    let settlement = Settlement(transition: .done(.issueCreated(id: issue, key: IssueKey("SUP-\(issue)"))))
    #expect(try await store.settle(try await claim(store), with: settlement, now: now))
  }

  @Test("The creation of an issue holds back everything of its case, and no other case")
  func createBlocks() async throws {
    let store = try Store()
    try await Self.plan(store, delivery: "a", [Self.create, Self.comment("c1")])
    try await Self.plan(store, case: "2", delivery: "b", [Self.create])
    let first = try await Self.claim(store)
    #expect(first.call == Self.create)
    #expect(try await Self.claim(store).caseID == "2")
    #expect(try await store.claim(worker: "w", now: Self.now) == nil)
    try await store.settle(first, with: Settlement(transition: .hold(.grant)), now: Self.now)
    #expect(try await store.claim(worker: "w", now: Self.now) == nil)
    #expect(try await store.nextDue() == nil)
    #expect(try await store.release(connection: "acme", user: "7", now: Self.now) == 1)
    #expect(try await Self.claim(store).id == first.id)
  }

  @Test("What is held holds back nobody else; what is on its way is not overtaken")
  func heldBlocksNobody() async throws {
    let store = try Store()
    try await Self.linked(store)
    try await Self.plan(store, delivery: "b", actor: "8", [Self.comment("c1")])
    try await Self.plan(store, delivery: "c", [Self.comment("c2")])
    let held = try await Self.claim(store)
    #expect(held.actor?.id == "8")
    #expect(try await store.claim(worker: "w", now: Self.now) == nil)
    try await store.settle(held, with: Settlement(transition: .hold(.grant)), now: Self.now)
    #expect(try await Self.claim(store).call == Self.comment("c2"))
  }

  @Test("A person who is paced waits alone")
  func pace() async throws {
    let store = try Store()
    try await Self.linked(store)
    try await Self.plan(store, delivery: "b", actor: "8", [Self.comment("c1")])
    try await Self.plan(store, delivery: "c", [Self.comment("c2")])
    let until = Self.now + .seconds(60)
    try await store.settle(
      try await Self.claim(store), with: Settlement(transition: .pace(.grant, until: until)), now: Self.now)
    #expect(try await Self.claim(store).call == Self.comment("c2"))
    #expect(try await store.claim(worker: "w", now: Self.now) == nil)
    #expect(try await Self.claim(store, at: until).call == Self.comment("c1"))
  }

  @Test("An answer to an attempt that was taken over changes nothing")
  func fencing() async throws {
    let store = try Store()
    try await Self.plan(store, delivery: "a", [Self.create])
    let lost = try await Self.claim(store)
    #expect(try await store.recover(worker: "w", now: Self.now) == 1)
    let taken = try await Self.claim(store)
    #expect(taken.attempt == 2)
    let late = Settlement(transition: .done(.issueCreated(id: "10", key: "SUP-10")))
    #expect(try await store.settle(lost, with: late, now: Self.now) == false)
    #expect(try await store.operation(lost.id)?.state == .running)
  }

  @Test("After a crash what must not happen twice is looked up, and the rest is done again")
  func recovery() async throws {
    let store = try Store()
    try await Self.linked(store)
    try await Self.linked(store, case: "2", issue: "20")
    try await Self.plan(store, delivery: "b", [Self.comment("c1")])
    try await Self.plan(store, case: "2", delivery: "c", [Self.edit("P1")])
    _ = try await Self.claim(store)
    try await store.recover(worker: "another", now: Self.now)
    #expect(try await store.operations(in: [.running], limit: 9).count >= 1)
    while try await store.claim(worker: "w", now: Self.now) != nil {}
    try await store.recover(worker: "w", now: Self.now)
    #expect(try await store.operations(in: [.verifying], limit: 9).map(\.kind) == [.addComment, .editIssue])
  }

  static let detours: [OperationLifecycle.Transition] = [
    .tryAgain(at: now + .milliseconds(250)), .refreshGrant, .pace(.grant, until: now + .seconds(9)), .hold(.reconnect),
    .bury, .handBack,
  ]

  @Test("A lost answer is looked up before anything is sent again, whatever happens in between", arguments: detours)
  func stillUnknown(_ detour: OperationLifecycle.Transition) async throws {
    let store = try Store()
    let later = Self.now + .seconds(60)
    try await Self.plan(store, delivery: "a", [Self.create])
    try await store.settle(
      try await Self.claim(store), with: Settlement(transition: .verify(at: Self.now)), now: Self.now)
    let looking = try await Self.claim(store)
    #expect(looking.mustLook)
    try await store.settle(looking, with: Settlement(transition: detour), now: Self.now)
    if detour == .bury { #expect(try await store.retryOperation(looking.id, now: later)) }
    try await store.release(connection: "acme", user: "7", now: later)
    let again = try await Self.claim(store, at: later)
    #expect(again.mustLook)
    #expect(again.sentAt == Self.now)
    try await store.settle(again, with: Settlement(transition: .sendAgain), now: later)
    #expect(try await Self.claim(store, at: later).mustLook == false)
  }

  @Test("A field that a later event changed is overtaken, also for what Jira refused and is retried")
  func overtaken() async throws {
    let store = try Store()
    try await Self.linked(store)
    try await Self.plan(store, delivery: "b", [Self.edit("P1")], seen: ["priority": .text("P1")])
    let refused = try await Self.claim(store)
    #expect(refused.overtaken == [])
    var settlement = Settlement(transition: .skip, reason: "refused")
    settlement.leftBehind = [PlannedOperation(call: Self.edit("P1"), actor: nil, problem: "refused")]
    try await store.settle(refused, with: settlement, now: Self.now)
    try await Self.plan(store, delivery: "c", [Self.edit("P2")], seen: ["priority": .text("P2")])
    let dead = try #require(try await store.operations(in: [.dead], limit: 9).first)
    #expect(try await store.retryOperation(dead.id, now: Self.now))
    #expect(try await Self.claim(store).overtaken == ["priority"])
  }

  @Test("What one person changes on one issue while it waits goes as one edit, and another person's as their own")
  func joined() async throws {
    let store = try Store()
    try await Self.linked(store)
    try await Self.plan(store, delivery: "b", [Self.edit("P1"), Self.comment("c1")])
    try await Self.plan(store, delivery: "c", [Self.edit("P2")])
    try await Self.plan(store, delivery: "d", actor: "8", [Self.edit("P3")])
    try await Self.plan(store, delivery: "e", [Self.edit("P4")])
    var calls: [RemoteCall] = []
    while let operation = try await store.claim(worker: "w", now: Self.now) {
      calls.append(operation.call)
      try await store.settle(operation, with: Settlement(transition: .done(.nothingToDo)), now: Self.now)
    }
    #expect(diff(calls, [Self.edit("P2"), Self.comment("c1"), Self.edit("P3"), Self.edit("P4")]) == nil)
  }

  @Test("What waits for a held creation, or behind a person who is paced, costs a claim nothing")
  func backlog() async throws {
    let store = try Store()
    try await Self.plan(store, delivery: "a", [Self.create])
    try await store.settle(try await Self.claim(store), with: Settlement(transition: .hold(.grant)), now: Self.now)
    for index in 0..<20 {
      try await Self.plan(store, delivery: DeliveryID("b\(index)"), [Self.comment(CommentID("c\(index)"))])
    }
    #expect(try await store.claim(worker: "w", now: Self.now) == nil)
    #expect(try await store.nextDue() == nil)
    try await store.release(connection: "acme", user: "7", now: Self.now)
    let create = try await Self.claim(store)
    #expect(create.call.kind == .createIssue)
    try await store.settle(
      create, with: Settlement(transition: .done(.issueCreated(id: "10", key: "SUP-10"))), now: Self.now)
    for index in 0..<20 {
      let operation = try await Self.claim(store)
      #expect(operation.call == Self.comment(CommentID("c\(index)")))
      #expect(try await store.claim(worker: "w", now: Self.now) == nil)
      try await store.settle(operation, with: Settlement(transition: .done(.nothingToDo)), now: Self.now)
    }
    #expect(try await store.nextDue() == nil)
  }

  @Test("An open conflict is kept once, however often it is found")
  func conflicts() async throws {
    let store = try Store()
    try await Self.linked(store)
    for delivery in ["b", "c"] {
      try await Self.plan(store, delivery: DeliveryID(delivery), [Self.edit("P1")])
      var settlement = Settlement(transition: .skip)
      settlement.conflicts = [Conflict(field: "priority", winner: nil, crm: .text("P1"), jira: .text("P2"))]
      try await store.settle(try await Self.claim(store), with: settlement, now: Self.now)
    }
    #expect(try await store.stories(of: "1").first?.conflicts.count == 1)
  }

  @Test(
    "Every query of the loop uses an index",
    arguments: [
      Store.nextLane, Store.headOfLane, Store.blocker, Store.heldTooLong, Store.pendingEvents, Store.nextDueTimes,
      Store.wakeCase, Store.wakeForPerson,
      Store.waitedFor, Store.toldLinks, Store.lookUpsDue, Store.isPending, Store.writesToCase, Store.writesToIssue,
      Store.writesToCaseByOthers,
      Store.newestPlannedEvent, Store.textWrittenToCRM, Store.linksToSweep, Store.unsentCreation, Store.leftBehind,
      Store.neverSent, Store.unknownAtFormer, Store.issueToCome, Store.answersToEvent, Store.writesToWholeCase,
      Store.pendingBehind,
      Store.openDeletion, Store.uncheckedWrites, Store.laterEdit, Store.unfinishedComment,
      Store.openEditsOfCopy, Store.editsOfTextToCome, Store.unsentComment, Store.openCommentEdits, Store.pairOfCRM,
      Store.pairOfJira, Store.accountsInJournal, Store.accountsInFields, Store.accountsInConflicts,
      Store.pointsOfHour, Store.openStops, Store.recentWrites, PeopleMemory.version, Store.othersHeld,
    ])
  func queryPlans(_ sql: String) async throws {
    let store = try Store()
    let plan = try await store.explain(sql)
    #expect(
      plan.filter { line in
        ["operation", "event", "comment", "lane", "link", "field_state", "conflict"]
          .contains { line.hasPrefix("SCAN \($0)") }
      }
      .filter { !$0.contains("INDEX") }
        == [])
  }
}
