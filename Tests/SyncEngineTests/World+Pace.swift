import Simulation
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Testing

/// What tests of the pace do to the world.
extension World {
  func anotherPace() -> JiraPace {
    let clock = self.clock
    return JiraPace(store: store, live: services.live, limits: limits, clock: { clock.now })
  }

  /// Another process on the same database, which knows only what is in there.
  func anotherProcess() -> Engine {
    let clock = self.clock
    var services = self.services
    services.pace = anotherPace()
    return Engine(services: services, app: app, worker: "another", clock: { clock.now })
  }

  /// Jira refuses the next issue for this reason; its case is left waiting.
  func stop(reason: String, for time: Duration?) async throws {
    jira.arm(ArmedFault(.rateLimited(reason: reason, retryAfter: time), method: "POST", pathSuffix: "/issue"))
    _ = try crm.openCase(as: "7", subject: "Stopped", description: "", priority: "P2", now: clock.now)
    try await settle(for: .zero)
  }

  /// Connects somebody with an API token of their own.
  func connectWithToken(_ user: CRMUser, as account: AccountID, email: String) async throws {
    guard case .enter(let form, let browser) = try await startConnecting(user),
      case .confirm(let asked) = await enter(jira.makeToken(for: account), email: email, form, browser),
      case .connected = await connect.confirm(state: asked.state, browser: browser, now: clock.now)
    else {
      Issue.record("not connected")
      return
    }
  }

  /// As if a process had spent points.
  func spend(_ points: Int, by tenant: ConnectionName, for purpose: RequestPurpose) async throws {
    try await store.note([
      PointsSpent(
        hour: PointsLedger.hour(of: clock.now), account: PointsLedger.Account(tenant, purpose), points: points,
        requests: points)
    ])
  }
}
