import Logging
import MappingLanguage
import ServiceLifecycle
package import SyncModel
import SyncStore
import Synchronization

/// Runs the engine's steps until the process is asked to stop: one planner, one who looks up people, one dispatcher with
/// some operations in hand at once, one ticker, one schedule of runs, somebody who keeps grants from ending, and somebody who tells Atlassian of
/// stored accounts.
///
/// The bell wakes the planner and the dispatcher; the ticker rings it when something becomes due, and now and then in any
/// case. On shutdown the work in hand is finished and settled; nothing new is begun.
package struct WorkLoop: Service {
  private let engine: Engine
  private let workers: Int
  private let reconcileEvery: Duration
  private let owner: String
  private let clock: @Sendable () -> Timestamp

  package init(
    engine: Engine, workers: Int, reconcileEvery: Duration, owner: String, clock: @escaping @Sendable () -> Timestamp
  ) {
    self.engine = engine
    self.workers = workers
    self.reconcileEvery = reconcileEvery
    self.owner = owner
    self.clock = clock
  }

  package func run() async throws {
    try await engine.recover()
    await withDiscardingTaskGroup { group in
      group.addTask { await planOnRing() }
      group.addTask { await carryOutOnRing() }
      group.addTask { await lookUpOnRing() }
      group.addTask { await cancelWhenGracefulShutdown { await tick() } }
      group.addTask { await reconcileOnSchedule() }
      group.addTask { await keepGrants() }
      group.addTask { await reportAccounts() }
    }
    await engine.services.pace.write()
  }

  /// Plans for as long as there is something to plan, at every ring.
  private func planOnRing() async {
    for await _ in engine.services.bell.listen(for: .events).cancelOnGracefulShutdown() {
      do {
        while !Task.isShuttingDownGracefully, try await engine.planNext() { await letDeliveriesPass() }
      } catch { Self.report(error, step: "planning") }
    }
  }

  /// Looks up people for as long as anybody is waited for, at every ring.
  private func lookUpOnRing() async {
    for await _ in engine.services.bell.listen(for: .people).cancelOnGracefulShutdown() {
      do { while !Task.isShuttingDownGracefully, try await engine.lookUpPeople() {} } catch {
        Self.report(error, step: "looking up people")
      }
    }
  }

  /// Hands out what is due to as many tasks as there are workers; each rings when its operation is settled.
  private func carryOutOnRing() async {
    let free = FreePlaces(workers)
    await withDiscardingTaskGroup { group in
      for await _ in engine.services.bell.listen(for: .operations).cancelOnGracefulShutdown() {
        do {
          while !Task.isShuttingDownGracefully {
            let places = free.count
            guard places > 0 else { break }
            let due = try await engine.claimDue(limit: places)
            for operation in due {
              free.take()
              group.addTask {
                do { try await engine.carryOut(operation) } catch { Self.report(error, step: "carrying out") }
                free.giveBack()
                engine.services.bell.ring(for: .operations)
              }
            }
            guard due.count == places else { break }
            await letDeliveriesPass()
          }
        } catch { Self.report(error, step: "claiming") }
      }
    }
  }

  /// While many deliveries wait for the disk, planning and carrying out take breaks. They are short, so that the backlog
  /// still moves.
  private func letDeliveriesPass() async {
    guard engine.services.traffic.isHeavy else { return }
    // A break that is cut short means that the process is stopping, which the loops look at.
    try? await Task.sleep(for: .milliseconds(300))
  }

  private static func report(_ error: any Error, step: String) {
    Logger.current.error("A step failed; it is tried again", metadata: ["step": "\(step)", "error": "\(error)"])
  }

  private func tick() async {
    while !Task.isCancelled {
      // A look that fails is made again in a moment; the step that needs the database reports why.
      try? await engine.keepTime()
      let due = (try? await engine.services.store.nextDue()) ?? nil
      let wait = due.map { max(Duration.milliseconds(20), min($0 - clock(), .milliseconds(500))) }
      guard (try? await Task.sleep(for: wait ?? .milliseconds(500))) != nil else { return }
      engine.services.bell.ring()
    }
  }

  /// Looks every second while there are old grants, which are renewed one at a time, and every minute otherwise.
  private func keepGrants() async {
    while !Task.isShuttingDownGracefully {
      var renewed = 0
      do { renewed = try await engine.keepGrants() } catch { Self.report(error, step: "renewing grants") }
      let pause: Duration = renewed > 0 ? .seconds(1) : .seconds(60)
      // A sleep that ends early means that the process is stopping, which the loop looks at.
      await cancelWhenGracefulShutdown { try? await Task.sleep(for: pause) }
    }
  }

  /// Looks every quarter of an hour whether accounts are to be reported, the first time a little after the start.
  private func reportAccounts() async {
    // A sleep that ends early means that the process is stopping, which the loop looks at.
    await cancelWhenGracefulShutdown { try? await Task.sleep(for: .seconds(60)) }
    while !Task.isShuttingDownGracefully, !Task.isCancelled {
      do { try await engine.reportAccounts() } catch { Self.report(error, step: "reporting accounts") }
      await cancelWhenGracefulShutdown { try? await Task.sleep(for: .seconds(900)) }
    }
  }

  private func reconcileOnSchedule() async {
    while !Task.isShuttingDownGracefully {
      // A sleep that ends early means that the process is stopping, which the next line looks at.
      await cancelWhenGracefulShutdown { try? await Task.sleep(for: reconcileEvery) }
      guard !Task.isShuttingDownGracefully, !Task.isCancelled else { return }
      do { try await engine.recoverAbandoned() } catch {
        Logger.current.error("Looking for abandoned operations failed", metadata: ["error": "\(error)"])
      }
      for connection in engine.services.live.current.mappings.connections.keys.sorted() {
        do {
          let report = try await engine.reconcile.run(connection, owner: owner)
          if case .stopped(let reason) = report.end {
            Logger.current.warning(
              "A reconciliation run stopped", metadata: ["connection": "\(connection)", "reason": "\(reason)"])
          }
        } catch {
          Logger.current.error(
            "A reconciliation run failed", metadata: ["connection": "\(connection)", "error": "\(error)"])
        }
      }
    }
  }
}

/// How many more operations may be in hand at once.
private final class FreePlaces: Sendable {
  private let places: Atomic<Int>

  init(_ count: Int) { places = Atomic(count) }

  var count: Int { places.load(ordering: .relaxed) }
  func take() { places.subtract(1, ordering: .relaxed) }
  func giveBack() { places.add(1, ordering: .relaxed) }
}
