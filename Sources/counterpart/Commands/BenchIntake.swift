import ArgumentParser

extension Bench {
  struct Intake: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Deliveries accepted per second.")
    func run() async throws {}
  }
}
