import Outbound
import Simulation
import Synchronization
import Wire

/// The sandbox's Jira and CRM in this process, over loopback, for a server in a process of its own; whoever tests the
/// server sees each request of its before and after it takes effect.
struct FarSides: Sendable {
  /// A moment in the life of a request to Jira.
  enum Moment: Hashable, Sendable { case arrived, applied }

  let jira: SimulatedJira
  let crm: SimulatedCRM
  let jiraURL: String
  let crmURL: String
  /// Told of each request to Jira; no answer goes out, and nothing takes effect, before it returns. Where it says no, the
  /// request or its answer is lost.
  var watch: @Sendable (WireRequest, Moment) async -> Bool = { _, _ in true }
  private let jiraPort: Int
  private let crmPort: Int

  /// - Parameter adjust: what is to be different about the Jira site.
  init(
    jiraPort: Int, crmPort: Int, counterpartURL: String, adjust: (inout SimulatedJiraConfiguration) -> Void = { _ in }
  ) {
    (self.jiraPort, self.crmPort) = (jiraPort, crmPort)
    (jiraURL, crmURL) = ("http://127.0.0.1:\(jiraPort)", "http://127.0.0.1:\(crmPort)")
    var site = SandboxWorld.jira(counterpartURL: counterpartURL)
    adjust(&site)
    jira = SimulatedJira(configuration: site)
    crm = SimulatedCRM(configuration: SandboxWorld.crm(counterpartURL: counterpartURL))
  }

  /// Serves both for as long as the body takes.
  func serving(transport: HTTPTransport, _ body: () async throws -> Void) async throws {
    let ready = Readiness(parts: 2)
    let (jira, watch) = (jira, watch)
    let answer: @Sendable (WireRequest) async -> SimulatedExchange = { request in
      guard await watch(request, .arrived) else { return .refusedConnection }
      let exchange = jira.exchange(request, now: SystemClock.now)
      return await watch(request, .applied) ? exchange : .refusedConnection
    }
    let servers = [
      LoopbackServer(
        port: jiraPort, name: "simulated-jira", onReady: { _ in await ready.oneMore() }, exchange: answer),
      LoopbackServer(crm, port: crmPort, clock: Composition.clock, onReady: { _ in await ready.oneMore() }),
    ]
    let sender = DeliverySender(crm, transport: transport, clock: Composition.clock)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for server in servers { group.addTask { try await server.run() } }
      group.addTask { try await sender.run() }
      await ready.whenAllListen()
      do { try await body() } catch {
        group.cancelAll()
        throw error
      }
      group.cancelAll()
      // They end because they are told to, each in its own way.
      while let result = await group.nextResult() { _ = result }
    }
  }
}
