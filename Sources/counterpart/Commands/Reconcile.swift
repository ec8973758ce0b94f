import ArgumentParser
import Foundation
import JSON
import Logging
import MappingLanguage
import Outbound
import SyncEngine
import SyncModel
import SyncStore

struct Reconcile: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Makes one reconciliation run now: what changed in Jira goes to the CRM.",
    discussion: """
      May run beside a server, on the same database. Exits 0 when everything is done, 1 when something was left, 75 \
      when another run is under way.
      """)

  @Option(help: "The connection; without it, all of them.")
  var connection: String?

  @Flag(help: "Print the report as JSON.")
  var json = false

  func run() async throws {
    let settings = try Environment.settings()
    try await withLogger(LogOutput.logger(settings)) { _ in
      let composition = try await Environment.composition(settings)
      let reports = try await runAll(composition)
      await composition.transport.shutdown()
      try composition.store.close()
      try finish(reports)
    }
  }

  private struct Line {
    var report: ReconcileStep.Report
    var left: Int
  }

  private func runAll(_ composition: Composition) async throws -> [Line] {
    let all = composition.live.current.mappings.connections.keys.sorted()
    let chosen = try connection.map { name in
      guard all.contains(ConnectionName(name)) else {
        throw CommandError(
          "there is no connection '\(name)'; there are: \(all.map(\.rawValue).joined(separator: ", "))")
      }
      return [ConnectionName(name)]
    }
    let worker = "reconcile-\(ProcessInfo.processInfo.processIdentifier)"
    let engine = composition.engine(worker: worker)
    var lines: [Line] = []
    for name in chosen ?? all {
      let report = try await engine.reconcile.run(name, owner: worker)
      try await engine.drain()
      lines.append(Line(report: report, left: try await composition.store.unfinished(name)))
    }
    return lines
  }

  private func finish(_ lines: [Line]) throws {
    if json {
      let list = lines.map { line -> JSONValue in
        [
          "connection": .string(line.report.connection.rawValue), "end": .string(line.report.end.words),
          "issues": .integer(line.report.issues), "planned": .integer(line.report.planned),
          "deferred": .integer(line.report.deferred), "left": .integer(line.left),
        ]
      }
      print(JSONValue.array(list).pretty)
    } else {
      var table = TextTable(["CONNECTION", "END", "CHANGED ISSUES", "WRITES PLANNED", "DEFERRED", "LEFT"])
      for line in lines {
        table.add([
          line.report.connection.rawValue, line.report.end.words, String(line.report.issues),
          String(line.report.planned), String(line.report.deferred), String(line.left),
        ])
      }
      print(table.text)
    }
    if lines.contains(where: { $0.report.end == .busy }) { throw ExitCode(75) }
    if lines.contains(where: { $0.report.end != .finished || $0.left > 0 || $0.report.deferred > 0 }) {
      throw ExitCode(1)
    }
  }
}
