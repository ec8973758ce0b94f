import Simulation
import SyncCore
import SyncEngine
import SyncModel
import SyncStore

/// The end of a history: the faults stop, everybody is connected, nobody acts any more. Everything must then come to
/// rest, soon, with both sides agreeing.
extension History {
  /// So many rounds may pass until all is quiet.
  private static let patience = 40

  func comeToRest() async throws {
    try await step { try await self.clearUp() }
    var quietRounds = 0
    for _ in 0..<Self.patience where truth.violation == nil {
      let before = truth.writes
      try await step { try await self.round() }
      let isQuiet = try await isQuiet()
      quietRounds = isQuiet && truth.writes == before ? quietRounds + 1 : 0
      if quietRounds == 2 { break }
    }
    guard truth.violation == nil else { return }
    guard quietRounds == 2 else {
      let open = try await whatIsOpen()
      return truth.fail("no rest after \(Self.patience) rounds: \(open)")
    }
    let writes = truth.writes
    try await step { try await self.reconcile() }
    try await step { try await self.workOff() }
    if truth.writes > writes { truth.fail("a further run wrote \(truth.writes - writes) times") }
    if truth.writes > 4 * truth.deeds + 4 { truth.fail("\(truth.writes) writes for \(truth.deeds) deeds") }
    guard truth.violation == nil else { return }
    try await checkDeliveries(always: true)
    if let broken = try await settledAccounts() { truth.fail(broken) }
    if let broken = truth.violation { trace.add("broken: \(broken)") }
  }

  private func clearUp() async throws -> String? {
    stage.jira.setFaults(.none)
    stage.crm.setFaults(.none)
    stopInterruptions()
    stage.live.replace(with: options.mapping.compiled(options).usual)
    while !hands.isEmpty {
      if try await performOne() == nil, try await settleOne() == nil { break }
    }
    try await setClock(wrongBy: .zero)
    stage.clock.advance(by: .seconds(3600))
    while !lateAnswers.isEmpty { _ = try await settleLate() }
    if mutant != .doesNotRecover { try await stage.engine.recoverAbandoned() }
    await courier.storeAnswered()
    for user in [Stage.service] + Stage.users {
      if await !connect(user) { truth.fail("\(user.id) cannot connect although nothing is wrong") }
    }
    return "the weather clears for good, and everybody connects"
  }

  /// Everything that can be done now, then a run, then time passes.
  private func round() async throws -> String? {
    await courier.carryAll()
    let work = try await workOff() ?? ""
    let run = try await reconcile() ?? ""
    if mutant != .doesNotRecover { try await stage.engine.recoverAbandoned() }
    var span = options.searchLag + options.searchLag + .seconds(5)
    if let due = try await stage.store.nextDue() { span = max(span, due - stage.clock.ours) }
    stage.clock.advance(by: min(span, .seconds(1800)))
    return "\(work); \(run)"
  }

  /// Plans and carries out what is due.
  private func workOff() async throws -> String? {
    var words: [String] = []
    for _ in 0..<400 {
      while try await stage.engine.inbox.run(now: stage.clock.ours) > 0 {}
      guard let claimed = try await claim() else { break }
      words.append(claimed)
      while let performed = try await performOne() { words.append(performed) }
      while try await settleOne() != nil {}
    }
    return "works off \(words.count / 2) (\(words.joined(separator: "; ")))"
  }

  private func isQuiet() async throws -> Bool {
    guard stage.crm.waitingDeliveries == 0 else { return false }
    guard try await stage.store.unfinished(Stage.connection) == 0 else { return false }
    return try await stage.store.counts().pendingEvents == 0
  }

  private func whatIsOpen() async throws -> String {
    let open = try await stage.store.operations(in: [.ready, .running, .verifying, .waiting], limit: 5)
    let words = open.map { "\($0.kind.rawValue) of case \($0.caseID) \($0.state.rawValue): \($0.reason ?? "-")" }
    let pending = try await stage.store.counts().pendingEvents
    return "\(stage.crm.waitingDeliveries) undelivered, \(pending) to plan, \(words.joined(separator: "; "))"
  }

  // MARK: - Accounts

  /// What is not as it must be; nil: all is.
  private func settledAccounts() async throws -> String? {
    let left = try await stage.store.operations(in: [.dead, .held], limit: 1000)
    let deadEvents = try await stage.store.deadEvents(limit: 10)
    if let dead = deadEvents.first { return "an event of case \(dead.caseID) is dead: \(dead.reason ?? "-")" }
    for id in truth.caseOrder {
      guard let item = truth.cases[id] else { continue }
      let own = left.filter { $0.caseID.rawValue == id }
      let story = try await stage.store.stories(of: id).first
      let account = Account(
        item: item, issue: item.issues.last.flatMap { truth.issues[$0] },
        former: item.issues.dropLast().compactMap { truth.issues[$0] }, keepsOrder: options.keepsOrder, left: own,
        conflicts: (story?.conflicts ?? []).map(\.conflict), isTitleTwoWay: options.mapping.isTitleTwoWay,
        routesOperations: options.mapping.routesOperations, lifecycle: options.lifecycle)
      if let broken = account.problem { return "case \(id): \(broken)" }
    }
    return nil
  }
}
