import Foundation
import JSON
import Outbound
import SyncModel
import Wire

/// The simulated Jira in a process of its own, for benchmarks.
final class BenchJira {
  let port: Int
  private let process = Process()

  var url: String { "http://127.0.0.1:\(port)" }

  /// - Parameters:
  ///   - latency: how much later each answer comes, in milliseconds.
  ///   - people: how many accounts it has, `agent:1` and so on.
  init(port: Int, counterpartURL: String, latency: Int, people: Int) async throws {
    self.port = port
    process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = [
      "simulate", "jira", "--port", "\(port)", "--counterpart", counterpartURL, "--latency", "\(latency)", "--people",
      "\(people)",
    ]
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    guard try await answers() else { throw CommandError("the simulated Jira did not start") }
  }

  private func answers() async throws -> Bool {
    let transport = SandboxWorld.transport(to: [url])
    var answer: WireResponse?
    for _ in 0..<1000 where answer?.status != 200 {
      // No answer yet: it is asked again in a moment.
      answer = try? await transport.send(WireRequest(.get, url + "/simulated/log"))
      if answer?.status != 200 { try await Task.sleep(for: .milliseconds(10)) }
    }
    await transport.shutdown()
    return answer?.status == 200
  }

  /// Has requests go wrong from now on, as `simulate jira --faults` says it; nothing: no more.
  func setFaults(_ plan: String) async throws {
    let body: JSONValue = ["plan": .string(plan)]
    let answer = try await asked(WireRequest(.post, url + "/simulated/faults", body: Array(body.compact.utf8)))
    guard answer.status == 204 else { throw CommandError("the simulated Jira knows no such faults: \(plan)") }
  }

  /// What it holds, as its people see it.
  func issues() async throws -> [JSONValue] {
    try JSONReader.read(try await asked(WireRequest(.get, url + "/simulated/state")).body)["issues"]?.array ?? []
  }

  private func asked(_ request: WireRequest) async throws -> WireResponse {
    let transport = SandboxWorld.transport(to: [url])
    do {
      let answer = try await transport.send(request)
      await transport.shutdown()
      return answer
    } catch {
      await transport.shutdown()
      throw error
    }
  }

  func stop() {
    process.terminate()
    process.waitUntilExit()
  }
}
