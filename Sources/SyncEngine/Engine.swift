import MappingLanguage
import ServiceLifecycle
package import SyncCore
package import SyncModel
package import SyncStore

/// The steps that move work along. It holds the parts; the parts do the work.
package struct Engine: Sendable {
  package let services: Services
  package let inbox: InboxStep
  package let outbox: OutboxStep
  package let reconcile: ReconcileStep
  package let accountReports: AccountReports
  private let lookUps: PeopleLookUps
  private let access: GrantAccess
  private let worker: String
  private let clock: @Sendable () -> Timestamp
  private let timeKeeper: TimeKeeper
  private let unsettled = UnsettledOutcomes()

  /// - Parameters:
  ///   - worker: this process's name in the journal; after a crash the next one of this name takes over.
  ///   - elapsed: time that passes whatever the clock does; nil: the clock never jumps.
  package init(
    services: Services, app: OAuthApp?, worker: String, clock: @escaping @Sendable () -> Timestamp,
    elapsed: (@Sendable () -> Duration)? = nil, lifecycle: OperationLifecycle = OperationLifecycle()
  ) {
    timeKeeper = TimeKeeper(store: services.store, clock: clock, elapsed: elapsed)
    self.services = services
    self.worker = worker
    self.clock = clock
    inbox = InboxStep(services: services)
    outbox = OutboxStep(services: services, app: app, worker: worker, lifecycle: lifecycle)
    reconcile = ReconcileStep(services: services, app: app, clock: clock)
    access = GrantAccess(services: services, app: app)
    accountReports = AccountReports(services: services, app: app)
    lookUps = PeopleLookUps(services: services, app: app, clock: clock)
  }

  /// Takes over what a crash of this worker left running. Call it once, before any step.
  package func recover() async throws {
    try await timeKeeper.start()
    try await services.store.recover(worker: worker, now: clock())
  }

  /// Looks whether the clock has jumped, and if so moves with it whatever waits for a time.
  package func keepTime() async throws {
    if try await timeKeeper.look() != .zero { services.bell.ring() }
  }

  /// Takes over what another process, such as a reconciliation run by hand, left running when it was ended.
  package func recoverAbandoned() async throws {
    if try await services.store.recover(worker: nil, now: clock()) > 0 { services.bell.ring() }
  }

  /// Renews what is too old of the grants that nobody uses, one by one, as the pace allows.
  ///
  /// - Returns: how many were renewed, or have ended.
  package func keepGrants() async throws -> Int { try await access.renewOld(now: clock()) }

  /// Tells Atlassian of the accounts that are stored, where their turn has come, and forgets before what need not be.
  package func reportAccounts() async throws {
    // What is stored no more is not to be reported.
    try await services.store.forgetDoubts(now: clock())
    try await accountReports.run(now: clock())
  }

  /// Plans one group of events.
  ///
  /// - Returns: whether there was one.
  package func planNext() async throws -> Bool { try await inbox.run(now: clock()) > 0 }

  /// Looks up some of the people whom events wait for.
  ///
  /// - Returns: whether there were any.
  package func lookUpPeople() async throws -> Bool { try await lookUps.run() > 0 }

  /// Takes operations that are due, up to a number of them; none before what came of earlier ones is written down.
  package func claimDue(limit: Int) async throws -> [ClaimedOperation] {
    try await keepTime()
    try await settleLate()
    return try await outbox.claim(limit: limit, now: clock())
  }

  /// Carries out one claimed operation: perform, settle.
  ///
  /// A process that is asked to stop begins nothing new: what it has claimed meanwhile goes back as it was. What was
  /// sent already is settled; a request that is cut off is looked up by the next process.
  package func carryOut(_ operation: ClaimedOperation) async throws {
    guard !Task.isCancelled, !Task.isShuttingDownGracefully else {
      return try await settle(operation, with: Settlement(transition: .handBack))
    }
    var random = SystemRandomNumberGenerator()
    let settlement: Settlement
    do {
      settlement = try await outbox.perform(operation, now: clock(), using: &random)
    } catch is CancellationError {
      // Only what is asked of the store before anything is sent gives up so.
      return try await settle(operation, with: Settlement(transition: .handBack))
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

  /// Writes an outcome down. While the database takes no writes it is kept, and written before anything else is begun;
  /// should the process end first, the next one looks what happened.
  private func settle(_ operation: ClaimedOperation, with settlement: Settlement) async throws {
    do {
      try await outbox.settle(operation, with: settlement, now: clock())
    } catch StoreError.busy {
      unsettled.keep(operation, settlement)
      throw StoreError.busy
    } catch StoreError.failed(let words) {
      // What came back breaks a rule of the tables, now and at every further attempt: one operation stops, not the rest.
      let reason = "\(operation.call.kind.thing): what came of it cannot be written down: \(words)"
      let burial = Settlement(
        transition: .bury, reason: reason, cause: Cause(operation.call.kind.rawValue, .damaged))
      try await outbox.settle(operation, with: burial, now: clock())
    }
  }

  private func settleLate() async throws {
    while let (operation, settlement) = unsettled.next() {
      try await settle(operation, with: settlement)
    }
  }

  /// Works until nothing is due any more.
  package func drain() async throws {
    try await planAll()
    while try await carryOutNext() { try await planAll() }
  }

  private func planAll() async throws {
    repeat { while try await planNext() {} } while try await lookUpPeople()
  }
}
