import ArgumentParser
import Histories
import Logging

/// `simulate run`: lives histories of an installation, each diced from its seed, and stops at the first broken promise.
struct SimulateRun: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Lives whole histories with faults, crashes and a clock of their own, and checks every promise.",
    discussion: """
      One seed gives one history, always the same. Without --seed the first one is random and printed. A broken \
      promise is told with the command that repeats it, and the exit status is 1.
      """)
  @Option(help: "The first seed; without it, a random one.") var seed: UInt64?
  @Option(help: "How many seeds, one after the other.") var seeds = 1
  @Option(help: "Actions per history before the faults stop.") var steps = 120
  @Option(help: "Begin no further history after so many seconds.") var seconds: Int?
  @Option(help: "How many histories at a time.") var jobs = 1
  @Option(help: "Break Counterpart in a known way: \(Mutant.allCases.map(\.rawValue).joined(separator: ", ")).")
  var mutant: String?
  @Flag(help: "Print what happens.") var trace = false
  @Flag(help: "Go on after a broken promise, and tell all of them.") var all = false

  func run() async throws {
    let first = seed ?? UInt64.random(in: 1...999_999_999)
    let broken = try mutant.map { name in
      guard let known = Mutant(rawValue: name) else { throw CommandError("there is no mutant '\(name)'") }
      return known
    }
    Terminal.say("First seed \(first), \(seeds) to go, \(steps) actions each.")
    if try await live(from: first, mutant: broken) > 0 { throw ExitCode(1) }
  }

  private func say(_ outcome: History.Outcome) {
    let options = mutant.map { " --mutant \($0)" } ?? ""
    Terminal.say(
      """
      Seed \(outcome.seed) \(outcome.violation ?? "")
        (\(outcome.options))
        Repeat it with: counterpart simulate run --seed \(outcome.seed) --steps \(steps)\(options) --trace
      """)
  }

  /// - Returns: how many histories broke a promise.
  private func live(from first: UInt64, mutant: Mutant?) async throws -> Int {
    let begin = ContinuousClock.now
    var spoken = begin
    var actions = 0
    var count = 0
    func isTimeLeft() -> Bool { seconds.map { ContinuousClock.now - begin < .seconds($0) } ?? true }
    let steps = steps
    let keepsTrace = trace
    let broken: Int = try await withThrowingTaskGroup(of: History.Outcome.self) { group in
      var next = 0
      var broken = 0
      func add() {
        guard next < seeds, isTimeLeft() else { return }
        let seed = first &+ UInt64(next)
        next += 1
        group.addTask {
          // What a server would log of thousands of histories is nobody's to read.
          try await withLogger(Logger(label: "history") { _ in SwiftLogNoOpLogHandler() }) { _ in
            try await History.live(seed: seed, steps: steps, mutant: mutant, keepsTrace: keepsTrace)
          }
        }
      }
      for _ in 0..<max(1, jobs) { add() }
      while let outcome = try await group.next() {
        count += 1
        actions += outcome.actions
        for line in outcome.lines { Terminal.say(line) }
        if outcome.violation != nil {
          say(outcome)
          broken += 1
          guard all else { break }
        }
        if ContinuousClock.now - spoken > .seconds(10) {
          spoken = .now
          Terminal.say("\(count) seeds, \(rate(actions, since: begin)) actions per second")
        }
        add()
      }
      return broken
    }
    let ending = broken == 0 ? "every promise kept" : "promises broken in \(broken)"
    Terminal.say("\(count) seeds, \(actions) actions, \(rate(actions, since: begin)) per second: \(ending)")
    return broken
  }

  private func rate(_ actions: Int, since begin: ContinuousClock.Instant) -> Int {
    let spent = (ContinuousClock.now - begin) / .seconds(1)
    return spent > 0 ? Int(Double(actions) / spent) : 0
  }
}
