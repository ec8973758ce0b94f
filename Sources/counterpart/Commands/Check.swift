import ArgumentParser
import Foundation
import JSON
import MappingLanguage

struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Checks mappings, profiles and sites: every error of every file, at once.",
    discussion: """
      Prints one line a finding, file:line[:column]: error|warning: what is wrong, and what was probably meant. \
      Exits 0 when there is no error, 1 when there is. Secrets are not looked at: what they name may be elsewhere.
      """)

  @Argument(help: "Mappings folders; without one, COUNTERPART_MAPPINGS or ./mappings.")
  var paths: [String] = []

  @Flag(help: "Print the findings as JSON.")
  var json = false

  @Flag(help: "Print the findings as SARIF 2.1.0, which editors and code hosts show at their places.")
  var sarif = false

  func validate() throws {
    if json && sarif { throw ValidationError("--json and --sarif exclude each other.") }
  }

  func run() throws {
    let folders = paths.isEmpty ? [try Environment.settings().mappings] : paths
    var findings: [(folder: String, diagnostic: Diagnostic)] = []
    var documents = 0
    for folder in folders {
      let files = try MappingsFolder(path: folder, environment: [:]).files()
      documents += files.count
      findings += MappingSet.compile(files: files).diagnostics.map { (folder, $0) }
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
      print(
        JSONValue.object([JSONMember("documents", .integer(documents)), JSONMember("findings", .array(list))]).pretty)
    } else {
      for finding in findings { print("\(finding.folder)/\(finding.diagnostic)") }
      let errors = findings.count { $0.diagnostic.severity == .error }
      print("\(documents) documents: \(errors) errors, \(findings.count - errors) warnings")
    }
    if findings.contains(where: { $0.diagnostic.severity == .error }) { throw ExitCode(1) }
  }
}
