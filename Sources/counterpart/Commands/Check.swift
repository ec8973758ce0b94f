import ArgumentParser
import Foundation
import JSON
import MappingLanguage
import SyncEngine

struct Check: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Checks mappings, profiles and sites: every error of every file, at once.",
    discussion: """
      Prints one line a finding, file:line[:column]: error|warning: what is wrong, and what was probably meant. \
      Exits 0 when there is no error, 1 when there is. Secrets are not looked at: what they name may be elsewhere.

      With --live the mappings are also held against their Jira sites, as everybody who has connected: projects, issue \
      types, screens, allowed values, required fields, statuses and the ways to them, and permissions. It needs the \
      server's settings and may run beside it; it only reads, and says how many requests it took. The service user of \
      the site must have connected: counterpart users connect-url prints the link.

        counterpart check                            the documents alone
        counterpart check --live                     all connections
        counterpart check --live --connection acme   one of them
      """)

  @Argument(help: "Mappings folders; without one, COUNTERPART_MAPPINGS or ./mappings.")
  var paths: [String] = []

  @Flag(help: "Print the findings as JSON.")
  var json = false

  @Flag(help: "Print the findings as SARIF 2.1.0, which editors and code hosts show at their places.")
  var sarif = false

  @Flag(help: "Also hold the mappings against their Jira sites.")
  var live = false

  @Option(help: "With --live: this connection alone.")
  var connection: String?

  func validate() throws {
    if json && sarif { throw ValidationError("--json and --sarif exclude each other.") }
    if connection != nil, !live { throw ValidationError("--connection goes with --live.") }
    if live, paths.count > 1 { throw ValidationError("--live takes one folder: the one that the server runs.") }
  }

  func run() async throws {
    let folders = paths.isEmpty ? [try Environment.settings().mappings] : paths
    var findings: [(folder: String, diagnostic: Diagnostic)] = []
    var documents = 0
    for folder in folders {
      let files = try MappingsFolder(path: folder, environment: [:]).files()
      documents += files.count
      findings += MappingSet.compile(files: files).diagnostics.map { (folder, $0) }
    }
    var reports: [LiveCheck.Report] = []
    if live, let folder = folders.first {
      reports = try await LiveFindings(folder: folder, connection: connection).reports()
      findings += reports.flatMap(\.findings).map { (folder, $0) }
      findings.sort {
        ($0.diagnostic.position, $0.diagnostic.message) < ($1.diagnostic.position, $1.diagnostic.message)
      }
    }
    if sarif {
      print(Diagnostic.sarif(findings.map { ("\($0.folder)/\($0.diagnostic.position.file)", $0.diagnostic) }).pretty)
    } else if json {
      let list = findings.map { finding -> JSONValue in
        [
          "file": .string(finding.folder + "/" + finding.diagnostic.position.file),
          "line": .integer(finding.diagnostic.position.line),
          "column": finding.diagnostic.position.column.map { .integer($0) } ?? .null,
          "severity": .string(finding.diagnostic.severity.rawValue), "message": .string(finding.diagnostic.message),
        ]
      }
      var members = [JSONMember("documents", .integer(documents)), JSONMember("findings", .array(list))]
      if live { members.append(JSONMember("live", .array(reports.map(LiveFindings.json)))) }
      print(JSONValue.object(members).pretty)
    } else {
      for finding in findings { print("\(finding.folder)/\(finding.diagnostic)") }
      let errors = findings.count { $0.diagnostic.severity == .error }
      for report in reports { print(LiveFindings.words(report)) }
      print("\(documents) documents: \(errors) errors, \(findings.count - errors) warnings")
    }
    if findings.contains(where: { $0.diagnostic.severity == .error }) { throw ExitCode(1) }
  }
}
