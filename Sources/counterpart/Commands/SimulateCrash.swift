import ArgumentParser
import Foundation
import JSON
import Outbound
import Simulation
import Wire

/// The crash test: a real server, killed again and again under load, between a CRM that sends again and a faulty Jira.
struct SimulateCrash: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "crash",
    abstract: "Kills a real server with -9 again and again under load, and counts what Jira holds in the end.",
    discussion: """
      The server and a faulty simulated Jira run in processes of their own, over loopback. Senders deliver the events \
      of many cases and repeat each delivery until it is answered with 202, as CRMs do. The server is killed at random \
      moments and started again on the same database. In the end each case must have exactly one issue, by the person \
      who opened it, and each comment must stand there exactly once, by its author.
      """)

  @Option(help: "How often the server is killed.") var kills = 200
  @Option(help: "The seed of the moments.") var seed: UInt64 = 1
  @Option(help: "Cases, a multiple of 16; each has four events.") var cases = 400
  @Option(help: "How often Jira's requests go wrong.")
  var faults = "lost=0.03,unavailable=0.02,refused=0.01,html=0.01,malformed=0.01"

  private static let people = 8
  /// So many cases are under way at once.
  private static let block = 16

  func validate() throws {
    guard cases > 0, cases.isMultiple(of: Self.block), kills >= 0 else {
      throw ValidationError("--cases is a multiple of \(Self.block)")
    }
  }

  func run() async throws {
    let jiraPort = try FreePorts.find(1, from: 0)[0]
    let server = try BenchServer(documents: BenchWork.documents(jiraURL: "http://127.0.0.1:\(jiraPort)"))
    let jira = try await BenchJira(port: jiraPort, counterpartURL: server.url, latency: 0, people: Self.people)
    defer {
      server.stop()
      jira.stop()
    }
    do {
      _ = try await server.start()
      let work = BenchWork(people: Self.people, cases: Self.block)
      try await work.connectPeople(server, jira)
      // Connecting is not what is tested here, so the faults begin after it; and what they left is worked off in peace.
      try await jira.setFaults(faults)
      try await live(server, work)
      try await jira.setFaults("")
      try await server.waitUntilPlanned(poll: .milliseconds(250))
      try report(try await problems(jira, work), server)
      try server.remove()
    } catch let error as ExitCode { throw error } catch {
      try server.remove()
      throw error
    }
  }

  private func report(_ problems: [String], _ server: BenchServer) throws {
    guard !problems.isEmpty else {
      return Terminal.say(
        "crash: killed \(kills) times, seed \(seed); \(cases) cases with \(cases * 4) events: "
          + "each issue and each comment is there once, by its author")
    }
    Terminal.say("crash: killed \(kills) times, seed \(seed): \(problems.count) promises broken")
    for problem in problems.prefix(20) { Terminal.say("  " + problem) }
    Terminal.say("  the database is kept: \(server.database)")
    throw ExitCode(1)
  }

  /// Sends everything while the server is killed again and again; returns when both are through.
  private func live(_ server: BenchServer, _ work: BenchWork) async throws {
    var random = SeededRandom(seed: seed)
    let pauses = (0..<kills).map { _ in Int.random(in: 40...700, using: &random) }
    // The events are spread over the kills, with what a start takes allowed for.
    let pace = Duration.milliseconds(max(1, (pauses.reduce(0, +) + kills * 200) / (cases * 4)))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      let (url, count) = (server.url, cases * 4)
      for sender in 0..<4 {
        tasks.addTask {
          try await Self.send(stride(from: sender, to: count, by: 4), work, to: url, every: pace * 4)
        }
      }
      for (number, pause) in pauses.enumerated() {
        try await Task.sleep(for: .milliseconds(pause))
        server.crash()
        _ = try await server.start()
        if (number + 1).isMultiple(of: 20) { Terminal.say("killed \(number + 1) times") }
      }
      try await tasks.waitForAll()
    }
  }

  private static func send(
    _ numbers: StrideTo<Int>, _ work: BenchWork, to url: String, every pace: Duration
  ) async throws {
    let transport = SandboxWorld.transport(to: [url])
    for number in numbers {
      let request = work.wire(number, to: url)
      var answer: WireResponse?
      while answer?.status != 202 {
        // No answer, or another one: a CRM sends it again.
        answer = try? await transport.send(request)
        if answer?.status != 202 { try await Task.sleep(for: .milliseconds(30)) }
      }
      try await Task.sleep(for: pace)
    }
    await transport.shutdown()
  }

  /// What Jira holds against what was done in the CRM; empty: everything once, and by the right person.
  private func problems(_ jira: BenchJira, _ work: BenchWork) async throws -> [String] {
    var problems: [String] = []
    var issues: [String: [JSONValue]] = [:]
    for issue in try await jira.issues() { issues[issue["summary"]?.string ?? "", default: []].append(issue) }
    for number in 0..<cases {
      let found = issues.removeValue(forKey: "[\(number)] Benchmark case \(number)") ?? []
      guard found.count == 1, let issue = found.first else {
        problems.append("case \(number) has \(found.count) issues")
        continue
      }
      problems += self.problems(of: issue, case: number, work)
    }
    return problems + issues.keys.sorted().map { "an issue that nobody asked for: \($0)" }
  }

  private func problems(of issue: JSONValue, case number: Int, _ work: BenchWork) -> [String] {
    var problems: [String] = []
    let creator = issue["creator"]?["name"]?.string ?? "nobody"
    if creator != work.person(of: number, step: 0) { problems.append("the issue of case \(number) is by \(creator)") }
    let authors = (issue["comments"]?.array ?? []).compactMap { $0["author"]?["name"]?.string }.sorted()
    let wanted = [1, 2].map { work.person(of: number, step: $0) }.sorted()
    if authors != wanted { problems.append("the comments of case \(number) are by \(authors), not by \(wanted)") }
    let priority = issue["fields"]?["priority"]?.text ?? "absent"
    if priority != "Highest" { problems.append("the priority of case \(number) is \(priority)") }
    return problems
  }
}
