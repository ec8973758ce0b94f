package import SyncModel
package import Wire

/// One system that the simulated network reaches.
package enum FarSide: Sendable {
  case jira(SimulatedJira)
  case crm(SimulatedCRM)
  /// Anything else that answers requests, such as our own receiver of webhooks.
  case server(@Sendable (WireRequest) async -> WireResponse)
}

/// A network inside the process: requests reach the far side of their origin, and fail as its faults say.
package struct SimulatedNetwork: Transport {
  private let routes: [String: FarSide]
  private let clock: @Sendable () -> Timestamp
  private let deadline: Duration

  /// - Parameters:
  ///   - routes: by origin, such as `http://jira.example.com`.
  ///   - clock: the simulated time, asked once for each request.
  ///   - deadline: an answer slower than this counts as none.
  package init(
    routes: [String: FarSide], deadline: Duration = .seconds(30), clock: @escaping @Sendable () -> Timestamp
  ) {
    self.routes = routes
    self.clock = clock
    self.deadline = deadline
  }

  package func send(_ request: WireRequest) async throws(TransportFailure) -> WireResponse {
    guard let target = RequestTarget(request.url), let side = routes[target.origin] else {
      throw .notSent("The simulated network has no such host.")
    }
    switch side {
    case .jira(let jira): return try answer(jira.exchange(request, now: clock()))
    case .crm(let crm):
      let exchange = crm.exchange(request, now: clock())
      if crm.configuration.echo == .beforeAnswer { await crm.sendDue(through: self, now: clock()) }
      return try answer(exchange)
    case .server(let answer): return await answer(request)
    }
  }

  private func answer(_ exchange: SimulatedExchange) throws(TransportFailure) -> WireResponse {
    switch exchange {
    case .answer(let response): return response
    case .slowAnswer(let response, let delay):
      guard delay < deadline else { throw .maybeSent("The answer did not come in time.") }
      return response
    case .lostAfterApply: throw .maybeSent("The connection was closed before an answer came.")
    case .refusedConnection: throw .notSent("The connection was refused.")
    }
  }
}
