import ServiceLifecycle
package import SyncModel
package import Wire

/// Sends a served help desk's webhooks until each was taken, or given up after its attempts.
package struct DeliverySender: Service {
  private let crm: SimulatedCRM
  private let transport: any Transport
  private let clock: @Sendable () -> Timestamp
  private let interval: Duration

  /// - Parameters:
  ///   - transport: carries the deliveries to the receiver.
  ///   - clock: the time of day; signatures carry it.
  ///   - interval: how often the queue is looked at.
  package init(
    _ crm: SimulatedCRM, transport: any Transport, clock: @escaping @Sendable () -> Timestamp,
    interval: Duration = .milliseconds(50)
  ) {
    self.crm = crm
    self.transport = transport
    self.clock = clock
    self.interval = interval
  }

  /// Runs until graceful shutdown; what is queued then stays in the help desk's snapshot.
  package func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        await crm.sendDue(through: transport, now: clock())
        // Cancellation ends the pause early, and the loop with it.
        try? await Task.sleep(for: interval)
      }
    }
  }
}
