import MappingLanguage
package import SyncCore
package import SyncModel
package import SyncStore

/// The steps that move work along. It holds the parts; the parts do the work.
package struct Engine: Sendable {
  package let services: Services
  package let inbox: InboxStep
  package let outbox: OutboxStep
  package let reconcile: ReconcileStep
  private let worker: String
  private let clock: @Sendable () -> Timestamp

  /// - Parameter worker: this process's name in the journal; after a crash the next one of this name takes over.
  package init(
    services: Services, app: OAuthApp?, worker: String, clock: @escaping @Sendable () -> Timestamp,
    lifecycle: OperationLifecycle = OperationLifecycle()
  ) {
    self.services = services
    self.worker = worker
    self.clock = clock
    inbox = InboxStep(services: services)
    outbox = OutboxStep(services: services, app: app, worker: worker, lifecycle: lifecycle)
    reconcile = ReconcileStep(services: services, app: app, clock: clock)
  }

  /// Takes over what a crash of this worker left running. Call it once, before any step.
  package func recover() async throws {
    try await services.store.recover(worker: worker, now: clock())
  }

  /// Takes over what another process, such as a reconciliation run by hand, left running when it was ended.
  package func recoverAbandoned() async throws {
    if try await services.store.recover(worker: nil, now: clock()) > 0 { services.bell.ring() }
  }

  /// Plans one group of events.
  ///
  /// - Returns: whether there was one.
  package func planNext() async throws -> Bool { try await inbox.run(now: clock()) > 0 }

  /// Takes operations that are due, up to a number of them.
  package func claimDue(limit: Int) async throws -> [ClaimedOperation] {
    try await outbox.claim(limit: limit, now: clock())
  }

  /// Carries out one claimed operation: perform, settle.
  package func carryOut(_ operation: ClaimedOperation) async throws {
    var random = SystemRandomNumberGenerator()
    let settlement: Settlement
    do {
      settlement = try await outbox.perform(operation, now: clock(), using: &random)
    } catch {
      // The store could not be asked, which happens before anything is sent: nobody's fault, and soon again.
      try await settle(operation, with: Settlement(transition: .tryAgain(at: clock() + .seconds(1))))
      throw error
    }
    try await settle(operation, with: settlement)
  }

  /// Carries out the next operation that is due.
  ///
  /// - Returns: whether there was one.
  package func carryOutNext() async throws -> Bool {
    guard let operation = try await claimDue(limit: 1).first else { return false }
    try await carryOut(operation)
    return true
  }

  /// An outcome that is not written down would leave the operation running until a restart, so it is tried more than
  /// once.
  private func settle(_ operation: ClaimedOperation, with settlement: Settlement) async throws {
    for _ in 0..<4 {
      do { return try await outbox.settle(operation, with: settlement, now: clock()) } catch StoreError.busy {
        // Each try has already waited for the database as long as it is given.
        continue
      }
    }
    try await outbox.settle(operation, with: settlement, now: clock())
  }

  /// Works until nothing is due any more.
  package func drain() async throws {
    while try await planNext() {}
    while try await carryOutNext() {
      while try await planNext() {}
    }
  }
}
