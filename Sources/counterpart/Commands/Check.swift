import ArgumentParser

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
    let settings = paths.isEmpty || live ? try Environment.settings() : nil
    let folders = paths.isEmpty ? [settings?.mappings ?? ""] : paths
    var result = try CheckResult(folders)
    if let settings, live, let folder = folders.first {
      try await result.add(LiveFindings(folder: folder, connection: connection, settings: settings))
    }
    print(sarif ? result.sarif : json ? result.json : result.text)
    if result.errors > 0 { throw ExitCode(1) }
  }
}
