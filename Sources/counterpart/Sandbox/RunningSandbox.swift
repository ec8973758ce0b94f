import Outbound
import Simulation
import SyncEngine
import SyncModel

/// A sandbox with its three parts listening.
struct RunningSandbox {
  let folder: SandboxFolder
  let composition: Composition
  let jira: SimulatedJira
  let crm: SimulatedCRM
  /// Plays the people's browsers; reaches the three parts and nothing else.
  let transport: HTTPTransport

  var browser: SandboxBrowser { SandboxBrowser(transport: transport, jiraURL: folder.jiraURL) }

  /// One reconciliation run, waited for when another one is under way.
  func reconcile() async throws -> ReconcileStep.Report {
    let engine = composition.engine(worker: "story")
    while true {
      let report = try await engine.reconcile.run(SandboxWorld.connection, owner: "story")
      if report.end != .busy { return report }
      try await Task.sleep(for: .milliseconds(50))
    }
  }
}
