import ArgumentParser
import Logging
import Outbound
import Simulation
import SyncModel

struct Simulate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lives hostile histories in one process, or serves a simulated Jira or CRM on this machine.",
    subcommands: [
      SimulateRun.self, SimulateCrash.self, SimulateGrantCrash.self, SimulateFuzz.self, Jira.self, CRM.self,
    ])

  struct Jira: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "A Jira Cloud site with its authorization server and gateway: issues at /, controls at /simulated/….")
    @Option(help: "cloud, or data-center: REST v2, wiki markup and an OAuth provider of its own.")
    var site = SandboxSite.cloud
    @Option(help: "The port; 0 for any.") var port = 8091
    @Option(help: "Counterpart's public address, for the callback.") var counterpart = "http://127.0.0.1:8080"

    @Option(help: "How much later each answer comes, in milliseconds.") var latency = 0
    @Option(help: "How often requests go wrong: lost=0.02,unavailable=0.02,refused=0.01,html=0.01,malformed=0.01.")
    var faults: FaultPlan?
    @Option(help: "More people with an account: agent:1, agent:2 and so on.") var people = 0

    func run() async throws {
      let logger = LogOutput.logger(try Settings(environment: [:]))
      var configuration = SandboxWorld.jira(counterpartURL: counterpart, site: site)
      configuration.accounts += (1...max(people, 1)).prefix(people).map {
        SimulatedAccount(id: AccountID("agent:\($0)"), name: "Agent \($0)", email: "agent\($0)@example.com")
      }
      let chosen = configuration
      let jira = SimulatedJira(configuration: chosen)
      var plan = faults ?? FaultPlan()
      if latency > 0 { (plan.slow, plan.delay) = (1, .milliseconds(latency)) }
      jira.setFaults(plan)
      let server = LoopbackServer(jira, port: port, clock: Composition.clock) { port in
        Terminal.say(
          """
          Simulated Jira: http://127.0.0.1:\(port)
            client id \(chosen.clientID), client secret \(chosen.clientSecret.reveal())
            callback  \(chosen.redirectURI)
          """)
      }
      try await ServiceRunner.run([server], logger: logger)
    }
  }

  struct CRM: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "crm", abstract: "A help desk with signed webhooks and an API: cases at /, controls at /simulated/…."
    )
    @Option(help: "The port; 0 for any.") var port = 8092
    @Option(help: "Counterpart's public address.") var counterpart = "http://127.0.0.1:8080"

    func run() async throws {
      let logger = LogOutput.logger(try Settings(environment: [:]))
      let configuration = SandboxWorld.crm(counterpartURL: counterpart)
      let crm = SimulatedCRM(configuration: configuration)
      let transport = SandboxWorld.transport(to: [counterpart])
      let server = LoopbackServer(crm, port: port, transport: transport, clock: Composition.clock) { port in
        Terminal.say(
          """
          Simulated CRM: http://127.0.0.1:\(port)
            posts to       \(configuration.webhookURL)
            webhook secret \(configuration.webhookSecret.reveal())
            connect secret \(configuration.connectSecret.reveal())
            API key        \(configuration.apiKey.reveal())
          """)
      }
      let sender = DeliverySender(crm, transport: transport, clock: Composition.clock)
      try await ServiceRunner.run([sender, server], logger: logger)
      await transport.shutdown()
    }
  }
}

extension FaultPlan: ExpressibleByArgument {
  package init?(argument: String) { self.init(text: argument) }
}
