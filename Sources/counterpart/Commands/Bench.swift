import ArgumentParser

struct Bench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Benchmarks; build with -c release before you believe a figure.",
    subcommands: [Intake.self, Sync.self, Backlog.self, Mapping.self, Grants.self])
}
