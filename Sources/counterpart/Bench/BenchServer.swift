import Foundation
import Outbound
import SyncModel
import TokenVault
import Wire

/// `counterpart serve` in a process of its own, with a folder of its own, for benchmarks and crash tests.
final class BenchServer {
  let folder: String
  let port: Int
  static let webhookSecret = Secret("whsec_YmVuY2gtd2ViaG9vay1zZWNyZXQtYmVuY2gtMDE=")
  static let connectSecret = Secret("bench-connect-secret")
  private var process: Process?
  private let settings: [String: String]
  private let executable: String
  /// What the server writes to its two outputs, one run after the other.
  var log: String { folder + "/log" }

  var url: String { "http://127.0.0.1:\(port)" }
  var database: String { folder + "/counterpart.sqlite" }

  /// - Parameters:
  ///   - documents: the mappings; nil: those of the sandbox, with nobody at their addresses, so that nobody is connected,
  ///     every operation is held and nothing is sent.
  ///   - settings: on top of what a benchmark needs.
  ///   - executable: the program; this one, unless a test runs it.
  init(
    documents: [(path: String, text: String)]? = nil, settings: [String: String] = [:],
    executable: String = "/proc/self/exe"
  ) throws {
    self.executable = executable
    folder =
      FileManager.default.temporaryDirectory.path + "/counterpart-bench-\(ProcessInfo.processInfo.processIdentifier)"
    try? FileManager.default.removeItem(atPath: folder)
    port = try FreePorts.find(1, from: 0)[0]
    self.settings = settings
    try FileManager.default.createDirectory(atPath: folder + "/mappings/crm", withIntermediateDirectories: true)
    let nowhere = SandboxWorld.documents(jiraURL: "http://127.0.0.1:9", crmURL: "http://127.0.0.1:9")
    for document in documents ?? nowhere {
      try Data(document.text.utf8).write(to: URL(filePath: folder + "/mappings/" + document.path))
    }
    try Data(PackageResources.generic_xml).write(to: URL(filePath: folder + "/mappings/crm/generic.xml"))
    try Data(KeyRing.newKey().utf8).write(to: URL(filePath: folder + "/keys"))
  }

  /// Starts the server.
  ///
  /// - Returns: how long it took until `/health/ready` answered 200.
  func start() async throws -> Duration {
    let process = try command(["serve"])
    let output = try appendingLog()
    process.standardOutput = output
    process.standardError = output
    let begin = ContinuousClock.now
    try process.run()
    // The process has its own copy.
    try output.close()
    self.process = process
    let address = "http://127.0.0.1:\(port)"
    let transport = SandboxWorld.transport(to: [address])
    for _ in 0..<3000 {
      if let response = try? await transport.send(WireRequest(.get, address + "/health/ready")), response.status == 200
      {
        let spent = ContinuousClock.now - begin
        await transport.shutdown()
        return spent
      }
      guard process.isRunning else { break }
      try await Task.sleep(for: .milliseconds(5))
    }
    await transport.shutdown()
    FileHandle.standardError.write(FileManager.default.contents(atPath: log) ?? Data())
    throw CommandError("the server did not become ready")
  }

  /// The program with the server's own settings.
  func command(_ arguments: [String]) throws -> Process {
    let process = Process()
    process.executableURL = URL(filePath: executable).resolvingSymlinksInPath()
    process.arguments = arguments
    let own = [
      "COUNTERPART_LISTEN": "127.0.0.1:\(port)",
      "COUNTERPART_DATABASE": database,
      "COUNTERPART_MAPPINGS": folder + "/mappings", "COUNTERPART_KEY_FILE": folder + "/keys",
      // What is measured is the server, and not Atlassian's limits.
      "COUNTERPART_POINTS_PER_HOUR": "1000000000", "COUNTERPART_BURST_PERCENT": "100000",
      "COUNTERPART_ADMIN_TOKEN": "bench", "COUNTERPART_LOG_LEVEL": "error", "COUNTERPART_RECONCILE_EVERY": "24h",
      "SANDBOX_WEBHOOK": Self.webhookSecret.reveal(), "SANDBOX_API": "x",
      "SANDBOX_CONNECT": Self.connectSecret.reveal(),
      "COUNTERPART_JIRA_CLIENT_ID": SandboxWorld.clientID,
      "COUNTERPART_JIRA_CLIENT_SECRET": SandboxWorld.clientSecret.reveal(),
    ]
    process.environment = own.merging(settings) { $1 }
    return process
  }

  private func appendingLog() throws -> FileHandle {
    if !FileManager.default.fileExists(atPath: log) { try Data().write(to: URL(filePath: log)) }
    let output = try FileHandle(forWritingTo: URL(filePath: log))
    try output.seekToEnd()
    return output
  }

  /// Waits until no event waits to be planned and no operation to be carried out; what is held may stay.
  func waitUntilPlanned(poll: Duration = .milliseconds(100)) async throws {
    let address = "http://127.0.0.1:\(port)"
    let transport = SandboxWorld.transport(to: [address])
    let quiet =
      ["events_pending 0"] + ["ready", "running", "waiting", "verifying"].map { "operations{state=\"\($0)\"} 0" }
    let end = ContinuousClock.now + .seconds(600)
    while ContinuousClock.now < end {
      let answer = try await transport.send(WireRequest(.get, address + "/metrics"))
      let lines = Set(String(decoding: answer.body, as: UTF8.self).split(separator: "\n").map(String.init))
      if quiet.allSatisfy({ lines.contains("counterpart_" + $0) }) { return await transport.shutdown() }
      try await Task.sleep(for: poll)
    }
    await transport.shutdown()
    throw CommandError("the server did not plan what it had accepted within ten minutes")
  }

  /// Ends the server as a deployment would, and waits for it.
  func stop() {
    process?.terminate()
    process?.waitUntilExit()
    process = nil
  }

  /// Ends the server in the middle of whatever it does, as a crash would: `kill -9`.
  func crash() {
    guard let process else { return }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    self.process = nil
  }

  /// The server's process, for whoever ends it from another task; ``crash()`` still waits for it.
  var processID: Int32? { process?.processIdentifier }

  /// Has the server crash by itself, with whatever it says of that. It may be alive afterwards.
  func abort() {
    if let process { kill(process.processIdentifier, SIGABRT) }
  }

  var isRunning: Bool { process?.isRunning ?? false }

  func remove() throws { try FileManager.default.removeItem(atPath: folder) }

  /// What the server holds in memory now, in MiB (`VmRSS` of proc(5)).
  func residentMemory() throws -> Double {
    guard let process, let status = FileManager.default.contents(atPath: "/proc/\(process.processIdentifier)/status"),
      let line = String(decoding: status, as: UTF8.self).split(separator: "\n").first(where: { $0.hasPrefix("VmRSS") }),
      let kilobytes = Double(line.split(whereSeparator: { !$0.isNumber }).first ?? "")
    else { throw CommandError("the server's memory cannot be read") }
    return kilobytes / 1024
  }
}
