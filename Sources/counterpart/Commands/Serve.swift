import ArgumentParser
import Logging
import ServiceLifecycle
import UnixSignals

struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Runs the receiver, the workers, the reconciliation schedule and the pages.",
    discussion: "Settings:\n" + Settings.keys.map { "  \($0.name)\n      \($0.meaning)" }.joined(separator: "\n"))

  func run() async throws {
    Allocator.settle()
    let settings = try Environment.settings()
    guard settings.adminToken != nil else {
      throw CommandError("COUNTERPART_ADMIN_TOKEN or COUNTERPART_ADMIN_TOKEN_FILE must be set")
    }
    let lock = try ServerLock(database: settings.database)
    let logger = LogOutput.logger(settings)
    try await withLogger(logger) { logger in
      let composition = try await Environment.composition(settings)
      if let problem = composition.keyProblem { logger.warning("\(problem.description)") }
      if composition.app == nil {
        logger.warning("No OAuth app is configured (COUNTERPART_JIRA_CLIENT_ID and _SECRET): nobody can connect")
      }
      let services = try composition.serverServices(
        logger: logger, isSandbox: false, watching: Environment.folder(settings),
        onListening: { port in
          logger.info("Ready", metadata: ["port": "\(port)", "public": "\(settings.publicURL)"])
        })
      try await ServiceRunner.run(services, logger: logger)
    }
    _ = consume lock
  }
}

/// Runs services until a signal: they start in order and stop in reverse.
enum ServiceRunner {
  static func run(_ services: [any Service], logger: Logger) async throws {
    var configuration = ServiceGroupConfiguration(
      services: services.map { ServiceGroupConfiguration.ServiceConfiguration(named: $0) },
      gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    configuration.maximumGracefulShutdownDuration = .seconds(20)
    configuration.maximumCancellationDuration = .seconds(5)
    try await ServiceGroup(configuration: configuration).run()
  }
}
