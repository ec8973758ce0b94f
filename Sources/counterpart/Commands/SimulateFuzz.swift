import ArgumentParser
import FoundationEssentials
import Fuzzing

/// `simulate fuzz`: changes the texts of a corpus by dice, and holds the readers and the converters to what they promise.
struct SimulateFuzz: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fuzz",
    abstract: "Gives the readers and the converters of text any input, and checks what they make of it.",
    discussion: """
      No input may crash them, take longer than a bound, become ADF that Jira refuses, lose a word that can be seen in \
      it, or change at the second round trip. One seed and iteration always give the same input. Without --seconds \
      and --iterations it goes on until something is found.
      """)
  @Option(help: "The seed; without it, a random one.") var seed: UInt64?
  @Option(help: "Begin no further input after so many seconds.") var seconds: Int?
  @Option(help: "How many inputs for each target.") var iterations: UInt64?
  @Option(help: "Only this iteration, to repeat it; its input is printed.") var iteration: UInt64?
  @Option(help: "Only one of \(FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")).") var target: String?
  @Option(help: "The folder with a folder of texts for each target.") var corpus = "fixtures/fuzz"
  @Option(help: "How long one input may take, in milliseconds.") var patience = 2000

  func run() async throws {
    let seed = seed ?? UInt64.random(in: 1...999_999_999)
    let targets = try self.targets()
    let texts = try Dictionary(uniqueKeysWithValues: targets.map { ($0, try self.texts(of: $0)) })
    if let iteration {
      for target in targets {
        let bytes = FuzzInput.bytes(target, corpus: texts[target] ?? [], seed: seed, iteration: iteration)
        Terminal.say(String(decoding: bytes, as: UTF8.self))
        try check(target, bytes, seed: seed, iteration: iteration)
      }
      return
    }
    Terminal.say("Seed \(seed): \(targets.map(\.rawValue).joined(separator: ", "))")
    let begin = ContinuousClock.now
    var spoken = begin
    var next: UInt64 = 0
    while next < iterations ?? .max, seconds.map({ ContinuousClock.now - begin < .seconds($0) }) ?? true {
      for target in targets {
        // Should the process die, the last line tells at which input.
        let bytes = FuzzInput.bytes(target, corpus: texts[target] ?? [], seed: seed, iteration: next)
        try check(target, bytes, seed: seed, iteration: next)
      }
      next += 1
      if ContinuousClock.now - spoken > .seconds(10) {
        spoken = .now
        Terminal.say("\(next) inputs for each; go on from here after a crash: --seed \(seed)")
      }
    }
    Terminal.say("\(next) inputs for each of \(targets.count) targets: every one was taken well")
  }

  private func targets() throws -> [FuzzTarget] {
    guard let target else { return FuzzTarget.allCases }
    guard let known = FuzzTarget(rawValue: target) else { throw CommandError("there is no target '\(target)'") }
    return [known]
  }

  private func texts(of target: FuzzTarget) throws -> [FuzzSeed] {
    let folder = "\(corpus)/\(target.rawValue)"
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    return try names.map { name in
      FuzzSeed(name: name, bytes: Array(try Data(contentsOf: URL(filePath: "\(folder)/\(name)"))))
    }
  }

  private func check(_ target: FuzzTarget, _ bytes: [UInt8], seed: UInt64, iteration: UInt64) throws {
    let begin = ContinuousClock.now
    var problem = target.problem(with: bytes)
    let spent = ContinuousClock.now - begin
    if problem == nil, spent > .milliseconds(patience) {
      problem = "it took \(spent / .milliseconds(1)) ms for \(bytes.count) bytes"
    }
    guard let problem else { return }
    Terminal.say(
      """
      \(target.rawValue), seed \(seed), iteration \(iteration): \(problem)
        Repeat it with: counterpart simulate fuzz --target \(target.rawValue) --seed \(seed) --iteration \(iteration)
      """)
    throw ExitCode(1)
  }
}
