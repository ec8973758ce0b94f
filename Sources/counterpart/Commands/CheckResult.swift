import JSON
import MappingLanguage
import SyncEngine

/// What `check` found in some folders, and how it is printed.
struct CheckResult {
  private(set) var documents = 0
  private(set) var findings: [(folder: String, diagnostic: Diagnostic)] = []
  /// Nil: no site was asked.
  private(set) var reports: [LiveCheck.Report]?

  init(_ folders: [String]) throws {
    for folder in folders {
      let files = try MappingsFolder(path: folder, environment: [:]).files()
      documents += files.count
      findings += MappingSet.compile(files: files).diagnostics.map { (folder, $0) }
    }
  }

  /// Asks the sites, too.
  mutating func add(_ live: LiveFindings) async throws {
    let reports = try await live.reports()
    self.reports = reports
    findings += reports.flatMap(\.findings).map { (live.folder, $0) }
    findings.sort { ($0.diagnostic.position, $0.diagnostic.message) < ($1.diagnostic.position, $1.diagnostic.message) }
  }

  var errors: Int { findings.count { $0.diagnostic.severity == .error } }

  /// One line a finding, one a connection that was asked, and the sum.
  var text: String {
    let lines = findings.map { "\($0.folder)/\($0.diagnostic)" } + (reports ?? []).map(LiveFindings.words)
    return (lines + ["\(documents) documents: \(errors) errors, \(findings.count - errors) warnings"])
      .joined(separator: "\n")
  }

  var sarif: String {
    Diagnostic.sarif(findings.map { ("\($0.folder)/\($0.diagnostic.position.file)", $0.diagnostic) }).pretty
  }

  var json: String {
    let list = findings.map { finding -> JSONValue in
      [
        "file": .string(finding.folder + "/" + finding.diagnostic.position.file),
        "line": .integer(finding.diagnostic.position.line),
        "column": finding.diagnostic.position.column.map { .integer($0) } ?? .null,
        "severity": .string(finding.diagnostic.severity.rawValue), "message": .string(finding.diagnostic.message),
      ]
    }
    var members = [JSONMember("documents", .integer(documents)), JSONMember("findings", .array(list))]
    if let reports { members.append(JSONMember("live", .array(reports.map(LiveFindings.json)))) }
    return JSONValue.object(members).pretty
  }
}
