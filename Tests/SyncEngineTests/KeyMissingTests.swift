import JSON
import Simulation
import SyncCore
import SyncEngine
import SyncModel
import SyncStore
import Testing
import TokenVault

@Suite("A key that is missing")
struct KeyMissingTests {
  @Test("Nobody's connection lapses for a key that is missing, fresh or due: what they do goes out once it is back")
  func waits() async throws {
    for age: Duration in [.zero, .seconds(3700)] {
      let world = try World()
      try await world.connectAll()
      world.clock.advance(by: age)
      let clock = world.clock
      var services = world.services
      services.vault = Vault(keys: try KeyRing(text: KeyRing.newKey()))
      let engine = Engine(services: services, app: world.app, worker: "test", clock: { clock.now })
      _ = try world.crm.openCase(as: "7", subject: "Case", now: world.clock.now)
      await world.crm.sendDue(through: world.network, now: world.clock.now)
      world.jira.clearLog()
      try await engine.drain()
      #expect(world.issues.isEmpty && world.jiraRequests("POST", "/oauth/token").isEmpty)
      #expect(try await world.store.grants().map(\.state) == [.active, .active, .active])
      #expect(try await world.store.operations(in: [.held, .dead], limit: 9).isEmpty)
      try await world.settle()
      #expect(world.issues.map { $0["creator"]?["name"]?.string } == ["Rohit R"])
    }
  }
}
