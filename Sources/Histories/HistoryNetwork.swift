import Simulation
import SyncModel
import Synchronization
import Wire

/// The network of a history. Between any two requests time passes, somebody may act, and a CRM may tell of a write
/// before it answers it.
final class HistoryNetwork: Transport {
  private struct State: Sendable {
    var meanwhile: (@Sendable () -> Void)?
    var echo: (@Sendable () async -> Void)?
  }

  private let network: SimulatedNetwork
  private let clock: HistoryClock
  private let mutant: Mutant?
  private let state = Mutex(State())

  init(jira: SimulatedJira, crm: SimulatedCRM, clock: HistoryClock, mutant: Mutant?) {
    self.clock = clock
    self.mutant = mutant
    network = SimulatedNetwork(
      routes: [Stage.jiraOrigin: .jira(jira), Stage.siteURL: .jira(jira), Stage.crmOrigin: .crm(crm)],
      clock: { clock.world })
  }

  /// - Parameters:
  ///   - meanwhile: called before each request.
  ///   - echo: called after each request to the CRM, before its answer is given.
  func set(meanwhile: @escaping @Sendable () -> Void, echo: @escaping @Sendable () async -> Void) {
    state.withLock { $0 = State(meanwhile: meanwhile, echo: echo) }
  }

  func send(_ request: WireRequest) async throws(TransportFailure) -> WireResponse {
    let hooks = state.withLock { $0 }
    hooks.meanwhile?()
    clock.advance(by: .milliseconds(3))
    let sent = mutant?.mutated(request) ?? request
    let isForCRM = request.url.hasPrefix(Stage.crmOrigin)
    do {
      let response = try await network.send(sent)
      if isForCRM { await hooks.echo?() }
      return response
    } catch {
      if isForCRM { await hooks.echo?() }
      throw error
    }
  }
}
