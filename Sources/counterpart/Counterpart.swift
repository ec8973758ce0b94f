import ArgumentParser

/// The command line: each command parses, calls one thing, and prints.
@main
struct Counterpart: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "counterpart",
    abstract: "Keeps a CRM's cases and Jira issues in step, each change under the name of who made it.",
    discussion: """
      An installation is told what it needs by its environment (or a JSON file named by COUNTERPART_CONFIG) and by the \
      documents in its mappings folder. Try it without any of that: counterpart sandbox
      """,
    version: "0.1.0",
    subcommands: [
      Serve.self, Sandbox.self, Check.self, Reference.self, Preview.self, ReplayCommand.self, Reconcile.self,
      Explain.self, Events.self, Users.self,
      Keys.self, Mappings.self, Simulate.self, Bench.self,
    ])
}
