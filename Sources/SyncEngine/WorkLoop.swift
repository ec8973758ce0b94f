import Logging
import MappingLanguage
import ServiceLifecycle
package import SyncModel
import SyncStore

/// Runs the engine's steps until the process is asked to stop: one planner, some workers, one ticker.
///
/// A ring of the bell wakes everybody; the ticker rings when something becomes due, and now and then in any case. On
/// shutdown the work in hand is finished and settled; nothing new is begun.
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
      group.addTask { await repeatOnRing("planning") { try await engine.planNext() } }
      for _ in 0..<workers {
        group.addTask { await repeatOnRing("carrying out") { try await engine.carryOutNext() } }
      }
      group.addTask { await cancelWhenGracefulShutdown { await tick() } }
      group.addTask { await reconcileOnSchedule() }
    }
  }

  /// Repeats a step for as long as it finds something to do, at every ring.
  private func repeatOnRing(_ name: String, _ step: () async throws -> Bool) async {
    for await _ in engine.services.bell.listen().cancelOnGracefulShutdown() {
      do {
        while !Task.isShuttingDownGracefully, try await step() { try await letDeliveriesPass() }
      } catch {
        Logger.current.error("A step failed; it is tried again", metadata: ["step": "\(name)", "error": "\(error)"])
      }
    }
  }

  /// While many deliveries wait for the disk, planning and carrying out take breaks: senders give up on slow answers,
  /// and what is stored can wait. The breaks are short, so the backlog still moves.
  private func letDeliveriesPass() async throws {
    guard engine.services.bell.deliveriesUnderWay >= Self.manyDeliveries else { return }
    try await Task.sleep(for: .milliseconds(100))
  }

  private static let manyDeliveries = 8

  private func tick() async {
    while !Task.isCancelled {
      // A look that fails is made again in a moment; the step that needs the database reports why.
      let due = (try? await engine.services.store.nextDue()) ?? nil
      let wait = due.map { max(Duration.milliseconds(20), min($0 - clock(), .milliseconds(500))) }
      guard (try? await Task.sleep(for: wait ?? .milliseconds(500))) != nil else { return }
      engine.services.bell.ring()
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
