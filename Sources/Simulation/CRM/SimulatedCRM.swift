package import JSON
package import SyncModel
import Synchronization
package import Wire

/// A small working help desk: users, cases with versions, comments, a REST interface and signed webhooks.
///
/// Every change queues one delivery, our own writes through the interface included; a delivery stays queued until its
/// receiver took it. It has no clock: every call is given the time.
package final class SimulatedCRM: Sendable {
  package let configuration: SimulatedCRMConfiguration
  private let world: Mutex<CRMWorld>
  private let onChange: (@Sendable (JSONValue) -> Void)?

  /// - Parameters:
  ///   - restoring: a ``snapshot`` of earlier, from which to go on.
  ///   - onChange: called with a new snapshot after each request or act that may have changed something, before its
  ///     answer is given and never twice at once.
  package init(
    configuration: SimulatedCRMConfiguration, restoring: JSONValue? = nil,
    onChange: (@Sendable (JSONValue) -> Void)? = nil
  ) {
    self.configuration = configuration
    self.onChange = onChange
    var world = CRMWorld(configuration: configuration)
    if let restoring { world.restore(restoring) }
    self.world = Mutex(world)
  }

  /// Everything that must survive a restart, waiting deliveries included.
  package var snapshot: JSONValue { world.withLock { $0.snapshot } }

  /// Cases and comments, as `GET /simulated/state` answers it.
  package var state: JSONValue { world.withLock { $0.state } }

  /// Carries out one request, with the faults that are armed. What it changed waits in ``dueDeliveries(now:)``.
  package func exchange(_ request: WireRequest, now: Timestamp) -> SimulatedExchange {
    changing(saves: request.method != .get) { $0.exchange(request, now: now) }
  }

  /// Carries out one request; an answer that is lost becomes 502, a refused connection 503.
  package func respond(to request: WireRequest, now: Timestamp) -> WireResponse {
    exchange(request, now: now).response
  }

  /// The deliveries that should be sent now, in order. Each stays queued until it is settled.
  package func dueDeliveries(now: Timestamp) -> [SimulatedDelivery] {
    world.withLock { world in world.outgoing.filter { $0.dueAt <= now } }
  }

  /// Every delivery that waits, due or not, oldest first.
  package var queuedDeliveries: [SimulatedDelivery] { world.withLock { $0.outgoing } }

  /// How many deliveries wait, due or not.
  package var waitingDeliveries: Int { world.withLock { $0.outgoing.count } }

  /// A delivery as a request, signed for this moment.
  package func request(for delivery: SimulatedDelivery, now: Timestamp) -> WireRequest {
    let signature = StandardWebhookSignature.headers(
      id: delivery.id.rawValue, at: now, body: delivery.body, secret: configuration.webhookSecret)
    return WireRequest(
      .post, configuration.webhookURL, headers: [WireHeader("Content-Type", "application/json")] + signature,
      body: delivery.body)
  }

  /// The end of one attempt: the receiver's status, or nil where none came. After a 2xx the delivery is done.
  package func settle(_ id: DeliveryID, status: Int?, now: Timestamp) {
    changing { $0.settle(id, status: status, now: now) }
  }

  /// One attempt at every delivery that is due, in order.
  package func sendDue(through transport: some Transport, now: Timestamp) async {
    for delivery in dueDeliveries(now: now) {
      let status: Int?
      do throws(TransportFailure) {
        status = try await transport.send(request(for: delivery, now: now)).status
      } catch {
        // The delivery stays queued, and settling it as unanswered plans the next attempt.
        status = nil
      }
      settle(delivery.id, status: status, now: now)
    }
  }

  /// What was asked so far, oldest first.
  package var log: [LoggedRequest] { world.withLock { $0.log } }

  /// Begins the log anew.
  package func clearLog() { world.withLock { $0.log = [] } }

  /// Keeps account of every change from now on, for ``takeEffects()``.
  package func recordEffects() { world.withLock { $0.effects.isWanted = true } }

  /// What changed since the last call, oldest first.
  package func takeEffects() -> [SimulatedEffect] { world.withLock { $0.effects.take() } }

  /// How often requests to the interface go wrong from now on.
  package func setFaults(_ plan: FaultPlan) { world.withLock { $0.faults = plan } }

  /// How often webhooks go wrong from now on.
  package func setDeliveryFaults(_ faults: DeliveryFaults) { world.withLock { $0.deliveryFaults = faults } }

  /// A fault for the next requests that fit it; it comes before the plan's dice.
  package func arm(_ fault: ArmedFault) { world.withLock { $0.armedFaults.append(fault) } }

  /// An admin of the help desk changes its users, until it is started again.
  package func changeUsers(_ change: (inout [CRMUser], _ inactive: inout Set<CRMUserID>) -> Void) {
    world.withLock { world in change(&world.configuration.users, &world.configuration.inactive) }
  }

  /// The content of a file on a case.
  package func content(of file: AttachmentID, on id: CaseID) -> [UInt8]? {
    world.withLock { world in
      world.place(of: id.rawValue).flatMap { place in
        world.cases[place].attachments.first { $0.id == file.rawValue }?.content
      }
    }
  }

  /// The signed link that the CRM shows to its logged-in user.
  package func connectLink(for user: CRMUserID, now: Timestamp) -> String? {
    configuration.user(user).map { ConnectLink.address(for: $0, configuration, now: now) }
  }

  private func changing<Result, Failure: Error>(
    saves: Bool = true, _ body: (inout sending CRMWorld) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result {
    try world.withLock { world throws(Failure) in
      let result = try body(&world)
      if saves, let onChange { onChange(world.snapshot) }
      return result
    }
  }
}

/// What people do in the CRM.
extension SimulatedCRM {
  /// A person opens a case.
  @discardableResult
  package func openCase(
    as user: CRMUserID, subject: String, description: String = "", priority: String = "P3", now: Timestamp
  ) throws(SimulationError) -> CaseID {
    try changing { world throws(SimulationError) in
      let person = try world.known(user)
      _ = try world.checked([("subject", subject), ("priority", priority)])
      let place = world.open(subject: subject, description: description, priority: priority, by: person, now: now)
      return CaseID(world.cases[place].id)
    }
  }

  /// A person comments on a case.
  @discardableResult
  package func comment(
    on id: CaseID, as user: CRMUserID, text: String, isPublic: Bool = true, now: Timestamp
  ) throws(SimulationError) -> CommentID {
    try changing { world throws(SimulationError) in
      let person = try world.known(user)
      let place = try world.knownPlace(id)
      return CommentID(world.comment(text, isPublic: isPublic, on: place, by: person, now: now))
    }
  }

  /// A person rewrites a comment of their own.
  package func editComment(
    _ comment: CommentID, on id: CaseID, as user: CRMUserID, text: String, isPublic: Bool? = nil, now: Timestamp
  ) throws(SimulationError) {
    try changing { world throws(SimulationError) in
      let person = try world.known(user)
      let place = try world.knownPlace(id)
      let index = try world.ownComment(comment, place, person)
      let isPublic = isPublic ?? world.cases[place].comments[index].isPublic
      world.editComment(index, of: place, body: text, isPublic: isPublic, by: person, now: now)
    }
  }

  /// A person deletes a comment of their own.
  package func deleteComment(
    _ comment: CommentID, on id: CaseID, as user: CRMUserID, now: Timestamp
  ) throws(SimulationError) {
    try changing { world throws(SimulationError) in
      let person = try world.known(user)
      let place = try world.knownPlace(id)
      world.deleteComment(try world.ownComment(comment, place, person), of: place, by: person, now: now)
    }
  }

  /// A person attaches a file to a case.
  @discardableResult
  package func attach(
    to id: CaseID, as user: CRMUserID, name: String, type: String = "text/plain", content: [UInt8],
    isPublic: Bool = true, now: Timestamp
  ) throws(SimulationError) -> AttachmentID {
    try changing { world throws(SimulationError) in
      let person = try world.known(user)
      let place = try world.knownPlace(id)
      return AttachmentID(world.attach([(name, type, content, isPublic)], to: place, by: person, now: now)[0])
    }
  }

  /// A person changes fields of a case: `subject`, `description`, `priority`, `status`, `jira_key`.
  package func edit(
    _ id: CaseID, as user: CRMUserID, fields: [(String, String)], now: Timestamp
  ) throws(SimulationError) {
    try changing { world throws(SimulationError) in
      let person = try world.known(user)
      let place = try world.knownPlace(id)
      world.write(try world.checked(fields), to: place, by: person, now: now)
    }
  }

  /// A person deletes a case.
  package func delete(_ id: CaseID, as user: CRMUserID, now: Timestamp) throws(SimulationError) {
    try changing { world throws(SimulationError) in
      let person = try world.known(user)
      world.delete(try world.knownPlace(id), by: person, now: now)
    }
  }
}

extension CRMWorld {
  fileprivate func known(_ user: CRMUserID) throws(SimulationError) -> CRMUser {
    guard let person = configuration.user(user) else { throw SimulationError("There is no user \(user).") }
    return person
  }

  fileprivate func knownPlace(_ id: CaseID) throws(SimulationError) -> Int {
    guard let place = place(of: id.rawValue) else { throw SimulationError("There is no case \(id).") }
    return place
  }

  /// The place of a comment that this person wrote: others' comments only the API may change.
  fileprivate func ownComment(
    _ id: CommentID, _ place: Int, _ user: CRMUser
  ) throws(SimulationError) -> Int {
    let index = cases[place].comments.firstIndex { $0.id == id.rawValue && $0.author == user.id }
    guard let index else { throw SimulationError("\(user.id) has no comment \(id) on this case.") }
    return index
  }

  fileprivate func checked(_ fields: [(String, String)]) throws(SimulationError) -> [(String, String)] {
    do throws(Refusal) {
      return try fields.map { field throws(Refusal) in (field.0, try checked(field.0, field.1)) }
    } catch { throw SimulationError(String(decoding: error.response.body, as: UTF8.self)) }
  }
}
