import ArgumentParser
import Foundation
import Logging
import Outbound
import ServiceLifecycle
import Simulation
import SyncEngine
import SyncModel
import UnixSignals
import Wire

struct Sandbox: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Counterpart with a simulated Jira and a simulated CRM: everything to try it, on this machine.",
    discussion: """
      Its state is kept in a folder and survives a restart. With --story the two-user story is played over HTTP \
      between the parts; it exits 0 only if each sentence came true. A story that was interrupted goes on where it was.
      """)

  @Flag(help: "Play the two-user story, print it as a timeline, and end.")
  var story = false

  @Option(help: "The folder; .sandbox, or .sandbox-story for the story.")
  var folder: String?

  @Option(help: "What Jira is: cloud (OAuth), tokens (cloud, and API tokens), data-center. (default: cloud)")
  var site: SandboxSite?

  @Option(help: "The first port to try; the story takes any that is free.")
  var port: Int?

  func run() async throws {
    let path = folder ?? (story ? ".sandbox-story" : ".sandbox")
    if story, FileManager.default.fileExists(atPath: path + "/story-finished") { try SandboxFolder.clear(path) }
    let folder = try SandboxFolder(path: path, port: port ?? (story ? 0 : 8080), site: site)
    let settings = try folder.settings()
    let lock = try ServerLock(database: settings.database)
    let logger = LogOutput.logger(settings)
    try await withLogger(logger) { logger in try await run(folder, settings, logger) }
    _ = consume lock
  }

  private func run(_ folder: SandboxFolder, _ settings: Settings, _ logger: Logger) async throws {
    let mappings = MappingsFolder(path: settings.mappings, environment: folder.environment)
    let composition = try await Composition(settings: settings, folder: mappings, keys: folder.key)
    let (jira, crm) = try simulated(folder)
    let transport = SandboxWorld.transport(to: [folder.counterpartURL, folder.jiraURL, folder.crmURL])
    let sandbox = RunningSandbox(
      folder: folder, composition: composition, jira: jira, crm: crm, transport: transport)
    let ready = Readiness(parts: 3)
    var services: [any Service] = [
      LoopbackServer(jira, port: folder.jiraPort, clock: Composition.clock) { _ in await ready.oneMore() },
      LoopbackServer(crm, port: folder.crmPort, transport: transport, clock: Composition.clock) { _ in
        await ready.oneMore()
      },
      DeliverySender(crm, transport: transport, clock: Composition.clock),
    ]
    services += try composition.serverServices(
      logger: logger, isSandbox: true, watching: mappings, onListening: { _ in await ready.oneMore() })
    let driver = SandboxDriver(sandbox: sandbox, ready: ready, playsStory: story)
    var configuration = ServiceGroupConfiguration(
      services: services.map { ServiceGroupConfiguration.ServiceConfiguration(named: $0) }
        + [
          ServiceGroupConfiguration.ServiceConfiguration(
            service: NamedService(base: driver), successTerminationBehavior: .gracefullyShutdownGroup,
            failureTerminationBehavior: .gracefullyShutdownGroup)
        ], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    configuration.maximumGracefulShutdownDuration = .seconds(20)
    configuration.maximumCancellationDuration = .seconds(5)
    do { try await ServiceGroup(configuration: configuration).run() } catch let error as CommandError {
      await transport.shutdown()
      throw error
    }
    await transport.shutdown()
  }

  private func simulated(_ folder: SandboxFolder) throws -> (SimulatedJira, SimulatedCRM) {
    let (jiraFile, crmFile) = (StateFile(path: folder.path + "/jira.json"), StateFile(path: folder.path + "/crm.json"))
    let jira = SimulatedJira(
      configuration: SandboxWorld.jira(counterpartURL: folder.counterpartURL, site: folder.site),
      restoring: try jiraFile.load(),
      onChange: { jiraFile.save($0) })
    let crm = SimulatedCRM(
      configuration: SandboxWorld.crm(counterpartURL: folder.counterpartURL), restoring: try crmFile.load(),
      onChange: { crmFile.save($0) })
    return (jira, crm)
  }
}

/// Counts the parts that listen, and lets whoever waits for all of them go on.
actor Readiness {
  private var missing: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(parts: Int) { missing = parts }

  func oneMore() {
    missing -= 1
    guard missing == 0 else { return }
    for continuation in waiting { continuation.resume() }
    waiting = []
  }

  func whenAllListen() async {
    if missing > 0 { await withCheckedContinuation { waiting.append($0) } }
  }
}

/// What happens in a sandbox once it listens: the story, or two people who are connected already and a page to begin on.
struct SandboxDriver: Service {
  let sandbox: RunningSandbox
  let ready: Readiness
  let playsStory: Bool

  func run() async throws {
    await ready.whenAllListen()
    let story = Story(sandbox: sandbox)
    if playsStory {
      try await story.play()
      try sandbox.folder.finishStory()
      Terminal.say("The story came out right.")
      return
    }
    try await story.prepare()
    Terminal.say(
      """
      Counterpart's sandbox is running; stop it with Ctrl-C.

        The CRM         \(sandbox.folder.crmURL)/   open a case as Rohit, comment as Mark, find his connect link
        Jira            \(sandbox.folder.jiraURL)/   see who created what; comment and move issues as Dana
        Counterpart     \(sandbox.folder.counterpartURL)/admin   what arrived, what became of it, who is connected
        Its mapping     \(sandbox.folder.path)/mappings/support.xml   edit it while it runs

      Rohit and the service account are connected. Mark is not: what he writes is held until he is.
      """)
    // Until a signal: the wait ends by the shutdown that it waits for.
    try? await gracefulShutdown()
  }
}
