import ArgumentParser

@main
struct Counterpart: AsyncParsableCommand {
  mutating func run() async throws {}
}
