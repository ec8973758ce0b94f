import Simulation
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Wire

/// What may happen next.
enum Action: CaseIterable {
  case peopleAct, forge
  case deliver, loseAttempt, loseAnswer, loseForEver, redeliver
  case plan, claim, perform, settle, reconcile, takeOverAbandoned
  case wait, jump, errClock
  case connect, disconnect, revoke, endAccess
  case replaceMapping, changeWeather
  case crash, hang, lateAnswer
}

extension History {
  private var weights: [(Action, Int)] {
    let work = options.diligence
    return [
      (.peopleAct, 22), (.forge, 1), (.deliver, 12), (.loseAttempt, 1), (.loseAnswer, 2),
      (.loseForEver, options.losesWebhooks ? 2 : 0), (.redeliver, 2), (.plan, 6 * work), (.claim, 6 * work),
      (.perform, 6 * work),
      (.settle, 6 * work), (.reconcile, 3), (.takeOverAbandoned, 1), (.wait, 8), (.jump, 1),
      (.errClock, options.clockErrs ? 1 : 0), (.connect, options.beginsConnected ? 1 : 3), (.disconnect, 1),
      (.revoke, 1), (.endAccess, 1), (.replaceMapping, 1), (.changeWeather, 3), (.crash, 2), (.hang, 2),
      (.lateAnswer, lateAnswers.isEmpty ? 0 : overtakenAnswers.isEmpty ? 1 : 60),
    ]
  }

  /// The late answers whose operation somebody else has sent meanwhile, with success, and is about to settle: the worst
  /// moment for them to come.
  private var overtakenAnswers: [Int] {
    lateAnswers.indices.filter { place in
      let late = lateAnswers[place].operation
      return hands.contains {
        guard $0.operation.id == late.id, $0.operation.attempt > late.attempt, !$0.operation.mustLook,
          case .done? = $0.settlement?.transition
        else { return false }
        return true
      }
    }
  }

  /// One action, diced.
  ///
  /// - Returns: what it was; nil where it could not be.
  func act() async throws -> String? {
    let weights = self.weights
    var drawn = dice.number(below: weights.reduce(0) { $0 + $1.1 })
    for (action, weight) in weights {
      if drawn < weight { return try await perform(action) }
      drawn -= weight
    }
    return nil
  }

  private func perform(_ action: Action) async throws -> String? {
    switch action {
    case .peopleAct: return people.act(now: stage.clock.world)
    case .forge:
      await courier.forge(dice.number(below: 1000), using: &dice)
      return "a forged delivery"
    case .deliver, .loseAttempt, .loseAnswer, .loseForEver: return await carry(action)
    case .redeliver:
      let words = await courier.carryAgain(using: &dice)
      try await checkDeliveries(always: true)
      return words
    case .plan:
      await courier.storeAnswered()
      let count = try await stage.engine.inbox.run(limit: 1 + dice.number(below: 4), now: stage.clock.ours)
      return count > 0 ? "plans \(count)" : nil
    case .claim: return hands.count < options.workers ? try await claim() : nil
    case .perform: return try await performOne()
    case .settle: return try await settleOne()
    case .reconcile: return try await reconcile()
    case .takeOverAbandoned:
      if mutant != .doesNotRecover { try await stage.engine.recoverAbandoned() }
      return nil
    case .wait:
      let span = Duration.milliseconds(500 + dice.number(below: 6000))
      stage.clock.advance(by: span)
      return "waits \(span.milliseconds) ms"
    case .jump:
      let minutes = dice.pick([2, 5, 9, 20, 60, 120])
      stage.clock.advance(by: .seconds(minutes * 60))
      // A request has its deadline, so nobody is still about to send after so long; an answer may still come.
      if minutes > 9 {
        leftByCrash.formUnion(hands.map(\.operation.id))
        lateAnswers += hands.filter { $0.settlement != nil }
        hands = []
      }
      return "\(minutes) minutes pass"
    case .errClock:
      let seconds = dice.pick([-400, -90, -20, 0, 0, 0, 30, 200])
      // That the clock is set in the very moment between a claim and what is done then is left to luck: elsewhere a
      // process learns of it before it does anything.
      guard !hands.contains(where: { $0.settlement == nil }) else { return nil }
      try await setClock(wrongBy: .seconds(seconds))
      return "our clock errs by \(seconds) s"
    case .connect, .disconnect, .revoke, .endAccess: return try await changeAccess(action)
    case .replaceMapping:
      let compiled = options.mapping.compiled(options)
      let isEdited = dice.happens(0.5)
      if isEdited { truth.mappingWasEdited = true }
      stage.live.replace(with: isEdited ? compiled.edited : compiled.usual)
      return isEdited ? "an admin edits the mapping" : "an admin restores the mapping"
    case .changeWeather: return changeWeather()
    case .crash: return try await crash(leavesLateAnswers: false)
    case .hang: return try await crash(leavesLateAnswers: true)
    case .lateAnswer: return try await settleLate()
    }
  }

  /// Sets our clock; the process that runs holds it against time that only passes.
  func setClock(wrongBy error: Duration) async throws {
    try await stage.engine.keepTime()
    stage.clock.err(by: error)
    try await stage.engine.keepTime()
  }

  // MARK: - The engine's steps

  func claim() async throws -> String? {
    guard var operation = try await stage.engine.outbox.claim(now: stage.clock.ours) else { return nil }
    mutant?.mutate(
      &operation, wasLeftByCrash: leftByCrash.contains(operation.id), others: Array(Stage.users.prefix(options.people)))
    hands.append(Hand(operation: operation, settlement: nil))
    return "claims \(operation.id) \(operation.call.kind.rawValue) of case \(operation.caseID)"
      + " as \(operation.actor?.id.rawValue ?? "-"), attempt \(operation.attempt)\(operation.mustLook ? ", looks" : "")"
  }

  func performOne() async throws -> String? {
    let open = hands.indices.filter { hands[$0].settlement == nil }
    guard !open.isEmpty else { return nil }
    let place = dice.pick(open)
    let operation = hands[place].operation
    var random = SeededRandom(seed: dice.next())
    var settlement = try await stage.engine.outbox.perform(operation, now: stage.clock.ours, using: &random)
    mutant?.mutate(&settlement, now: stage.clock.ours)
    hands[place].settlement = settlement
    leftByCrash.remove(operation.id)
    let reason = settlement.reason.map { ": \($0)" } ?? ""
    return "performs \(operation.id) → \(settlement.transition.word)\(reason)"
  }

  func settleOne() async throws -> String? {
    let open = hands.indices.filter { hands[$0].settlement != nil }
    guard !open.isEmpty else { return nil }
    let hand = hands.remove(at: dice.pick(open))
    guard let settlement = hand.settlement else { return nil }
    try await stage.engine.outbox.settle(hand.operation, with: settlement, now: stage.clock.ours)
    return "settles \(hand.operation.id)"
  }

  /// The answer of a hung process comes after all.
  func settleLate() async throws -> String? {
    guard !lateAnswers.isEmpty else { return nil }
    let worst = overtakenAnswers
    var hand = lateAnswers.remove(at: worst.isEmpty ? dice.number(below: lateAnswers.count) : dice.pick(worst))
    guard let settlement = hand.settlement else { return nil }
    if mutant == .forgetsTheFence, let row = try await stage.store.operation(hand.operation.id) {
      hand.operation.attempt = row.attempt
    }
    try await stage.engine.outbox.settle(hand.operation, with: settlement, now: stage.clock.ours)
    return "a late answer to \(hand.operation.id), attempt \(hand.operation.attempt)"
  }

  func reconcile() async throws -> String? {
    let report = try await stage.engine.reconcile.run(Stage.connection, owner: "run")
    return "reconciles: \(report.end.words), \(report.issues) issues, \(report.planned) planned, "
      + "\(report.deferred) deferred, \(report.failed) failed"
  }

  /// The process ends between two actions, and another one starts on what is on disk.
  ///
  /// - Parameter leavesLateAnswers: the old one only hung; what it was answered, it still writes down.
  private func crash(leavesLateAnswers: Bool) async throws -> String? {
    leftByCrash.formUnion(hands.map(\.operation.id))
    if leavesLateAnswers { lateAnswers += hands.filter { $0.settlement != nil } }
    let count = hands.count
    hands = []
    let found = leavesLateAnswers ? nil : try disk.losePower(closing: stage.store)
    stage.restart(on: found)
    courier.turn(to: stage.intake)
    if mutant != .doesNotRecover { try await stage.engine.recover() }
    try await checkDeliveries(always: true)
    return "\(leavesLateAnswers ? "hangs, and is replaced" : "crashes"), \(count) in hand"
  }

  // MARK: - Webhooks

  private func carry(_ action: Action) async -> String? {
    let queue = stage.crm.queuedDeliveries
    guard !queue.isEmpty else { return nil }
    let delivery = options.keepsOrder || dice.happens(0.6) ? queue[0] : dice.pick(queue)
    switch action {
    case .loseAttempt:
      stage.crm.settle(delivery.id, status: nil, now: stage.clock.world)
      return "\(delivery.id) is lost on its way, for now"
    case .loseForEver:
      stage.crm.settle(delivery.id, status: 202, now: stage.clock.world)
      truth.lose(delivery)
      return "\(delivery.id) is lost for ever"
    case .loseAnswer:
      return "\(delivery.id) arrives: \(await courier.carry(delivery, isAnswerLost: true)), unanswered"
    default: return "\(delivery.id) arrives: \(await courier.carry(delivery))"
    }
  }

  // MARK: - The weather

  private func changeWeather() -> String {
    guard dice.happens(options.faults) else {
      stage.jira.setFaults(.none)
      stage.crm.setFaults(.none)
      return "the weather is fine"
    }
    let (name, jira) = Weather.bad(using: &dice)
    stage.jira.setFaults(jira)
    var crm = jira
    // A CRM that forbids buries what it forbids, which is no weather.
    crm.forbidden = 0
    let isBadInCRM = dice.happens(0.5)
    stage.crm.setFaults(isBadInCRM ? crm : .none)
    return "the weather is \(name)\(isBadInCRM ? ", in the CRM too" : "")"
  }
}
