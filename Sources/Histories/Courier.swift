import JSON
import Simulation
import SyncEngine
import SyncModel
import Synchronization
import Wire

/// Carries the CRM's webhooks to the receiver, or loses them on the way, and remembers what the receiver promised.
final class Courier: Sendable {
  struct Promises: Sendable {
    /// Deliveries that were answered with a success, by the CRM's id.
    var accepted: Set<DeliveryID> = []
    /// A broken promise, in words.
    var violation: String?
  }

  private struct State {
    var intake: Intake
    var promises = Promises()
    /// Answered, but not stored yet: only under a mutant.
    var unstored: [WireRequest] = []
    var copies = 0
    /// What was taken, oldest first: the CRM keeps a list, with a button beside each to send it again.
    var taken: [SimulatedDelivery] = []
  }

  private let crm: SimulatedCRM
  private let clock: HistoryClock
  private let mutant: Mutant?
  private let state: Mutex<State>

  init(crm: SimulatedCRM, clock: HistoryClock, intake: Intake, mutant: Mutant?) {
    self.crm = crm
    self.clock = clock
    self.mutant = mutant
    state = Mutex(State(intake: intake))
  }

  var promises: Promises { state.withLock { $0.promises } }

  /// A new process takes deliveries from now on.
  func turn(to intake: Intake) {
    state.withLock { state in
      state.intake = intake
      state.unstored = []
    }
  }

  /// Carries one delivery to the receiver.
  ///
  /// - Parameter isAnswerLost: the CRM does not learn that it was taken, and sends it again.
  /// - Returns: whether it was taken.
  @discardableResult
  func carry(_ delivery: SimulatedDelivery, isAnswerLost: Bool = false) async -> Bool {
    let isTaken = await send(delivery)
    if isTaken {
      state.withLock { state in
        if state.promises.accepted.insert(delivery.id).inserted { state.taken.append(delivery) }
      }
    }
    crm.settle(delivery.id, status: isTaken && !isAnswerLost ? 202 : nil, now: clock.world)
    return isTaken
  }

  /// Somebody has the CRM send a delivery again that was taken long ago: under its own id, with its old body. Whatever
  /// has become of the case since, nothing may come of it.
  func carryAgain(using dice: inout SeededRandom) async -> String? {
    let taken = state.withLock { $0.taken }
    guard !taken.isEmpty else { return nil }
    let delivery = dice.pick(taken)
    return "\(delivery.id) arrives once more: \(await send(delivery))"
  }

  private func send(_ delivery: SimulatedDelivery) async -> Bool {
    let request = crm.request(for: mutated(delivery), now: clock.world)
    guard mutant == .answersBeforeTheCommit else { return await receive(request) }
    state.withLock { $0.unstored.append(request) }
    return true
  }

  /// What reaches the receiver instead of what the CRM sent.
  private func mutated(_ delivery: SimulatedDelivery) -> SimulatedDelivery {
    var delivery = delivery
    switch mutant {
    case .doesNotDeduplicate:
      let copies = state.withLock { state in
        state.copies += 1
        return state.copies
      }
      delivery.id = DeliveryID("\(delivery.id)-\(copies)")
    case .takesArrivalForTime: delivery.body = Self.body(delivery.body, at: clock.world)
    default: break
    }
    return delivery
  }

  private static func body(_ body: [UInt8], at time: Timestamp) -> [UInt8] {
    guard let json = try? JSONReader.read(body), let events = json["events"]?.array else { return body }
    let moved = events.map { event in
      JSONValue.object(
        (event.members ?? []).map { $0.key == "time" ? JSONMember("time", .string(time.description)) : $0 })
    }
    return (["events": .array(moved)] as JSONValue).utf8
  }

  /// Stores what was only answered so far.
  func storeAnswered() async {
    let requests = state.withLock { state in
      defer { state.unstored = [] }
      return state.unstored
    }
    for request in requests { _ = await receive(request) }
  }

  /// Everything that waits, in order; stops at the first that is not taken.
  func carryAll() async {
    for delivery in crm.queuedDeliveries { guard await carry(delivery) else { return } }
  }

  /// What was queued after a delivery, in order.
  func carry(since last: DeliveryID?) async {
    let queue = crm.queuedDeliveries
    let place = queue.lastIndex { $0.id == last }.map { $0 + 1 } ?? 0
    for delivery in queue[place...] { await carry(delivery) }
  }

  /// Somebody who does not know the secret, or who replays what was seen on the way, sends a delivery. It must be
  /// refused.
  func forge(_ number: Int, using dice: inout SeededRandom) async {
    let event: JSONValue = [
      "events": [
        [
          "id": .string("evt_forged\(number)"), "type": "case.commented", "time": .string(clock.world.description),
          "actor": ["id": "8", "name": "Mark"],
          "case": [
            "id": "1", "number": "1001", "subject": .string("k1 f\(number)"), "description": .string("f\(number)"),
            "priority": "P1", "status": "Closed",
          ],
          "comment": ["id": .string("9\(number)"), "body": .string("f\(number)"), "public": true, "author": "Mark"],
        ]
      ]
    ]
    let genuine = crm.queuedDeliveries.first ?? SimulatedDelivery(id: "msg_0", body: event.utf8, dueAt: clock.world)
    var request: WireRequest
    switch dice.number(below: 3) {
    case 0:
      // Signed with a secret of the forger's own.
      request = crm.request(for: genuine, now: clock.world)
      request.headers.removeAll { $0.name == "webhook-signature" }
      request.headers.append(WireHeader("webhook-signature", "v1," + String(repeating: "A", count: 43) + "="))
      request.body = event.utf8
    case 1:
      // A genuine signature over another body.
      request = crm.request(for: genuine, now: clock.world)
      request.body = event.utf8 + [0x20]
    default:
      // A genuine delivery of long ago.
      let old = SimulatedDelivery(id: DeliveryID("msg_old\(number)"), body: event.utf8, dueAt: clock.world)
      request = crm.request(for: old, now: clock.ours - .seconds(301 + 60))
    }
    if mutant == .believesForgeries {
      request = crm.request(
        for: SimulatedDelivery(id: DeliveryID("msg_f\(number)"), body: event.utf8, dueAt: clock.world), now: clock.world
      )
    }
    if await receive(request) {
      state.withLock { $0.promises.violation = "a forged delivery was taken" }
    }
  }

  private func receive(_ request: WireRequest) async -> Bool {
    let intake = state.withLock { $0.intake }
    let answer = await intake.receive(
      connection: Stage.connection, body: request.body, headers: request.headers, now: clock.ours)
    if case .accepted = answer { return true }
    return false
  }
}
