import ArgumentParser
import Foundation
import JSON
import Outbound
import SyncModel
import Wire

extension Bench {
  struct Sync: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Events per second from the CRM's webhook to Jira's answer; how soon one is sent when nothing else is.",
      discussion: """
        A server and a simulated Jira, each in a process of its own, on this machine's loopback address. Of four \
        events one opens a case, two comment on it and one changes a field: four requests to Jira, by as many people \
        as are connected. First without latency, as fast as the webhooks are taken; then one at a time; then with \
        latency, where the workers' number is what limits.
        """)

    @Option(help: "Events in all, in the first part.") var events = 20_000
    @Option(help: "Connections that deliver at once.") var connections = 32
    @Option(help: "People who are connected.") var people = 20
    @Option(help: "How many operations the server carries out at once.") var workers = 64
    @Option(help: "The latency of the last part, in milliseconds.") var latency = 100

    func run() async throws {
      let fast = try await measure(events: events, workers: workers, latency: 0, oneByOne: 200)
      Terminal.say(
        """
        without latency    \(Int(fast.perSecond)) events per second   (at least 1500)
        accepted to sent   median \(fast.delays[fast.delays.count / 2]) ms, \
        p99 \(fast.delays[fast.delays.count * 99 / 100]) ms, one at a time   (p99 under 20)
        resident memory    \(String(format: "%.1f", fast.memory)) MiB
        """)
      let places = 64
      let slow = try await measure(events: places * 50, workers: places, latency: latency, oneByOne: 0)
      let ideal = Double(places) / (Double(latency) / 1000)
      Terminal.say(
        """
        with \(latency) ms latency and \(places) at once   \(Int(slow.perSecond)) events per second, \
        \(Int(ideal)) at most: \(String(format: "%.2f", slow.perSecond / ideal))
        """)
    }

    private struct Measured {
      var perSecond = 0.0
      var delays: [Int64] = [0]
      var memory = 0.0
    }

    private func measure(events: Int, workers: Int, latency: Int, oneByOne: Int) async throws -> Measured {
      let jiraPort = try FreePorts.find(1, from: 0)[0]
      let server = try BenchServer(
        documents: BenchWork.documents(jiraURL: "http://127.0.0.1:\(jiraPort)"),
        settings: ["COUNTERPART_WORKERS": "\(workers)"])
      let jira = try await BenchJira(port: jiraPort, counterpartURL: server.url, latency: latency, people: people)
      defer {
        server.stop()
        jira.stop()
      }
      do {
        _ = try await server.start()
        let work = BenchWork(people: people, cases: 256)
        try await work.connectPeople(server, jira)
        var measured = Measured()
        let requests = (0..<events).map(work.request)
        let begin = ContinuousClock.now
        let taken = try await LoadGenerator(port: server.port, connections: connections, expectedStatus: "202")
          .run(count: events) { requests[$0] }
        guard taken.unexpected == 0 else { throw CommandError("\(taken.unexpected) deliveries were not accepted") }
        try await server.waitUntilPlanned(poll: .milliseconds(200))
        measured.perSecond = Double(events) / ((ContinuousClock.now - begin) / .seconds(1))
        measured.memory = try server.residentMemory()
        if oneByOne > 0 { measured.delays = try await delays(server, jira, work, from: events, count: oneByOne) }
        try await expectNothingLeft(server)
        try server.remove()
        return measured
      } catch {
        try server.remove()
        throw error
      }
    }

    /// From the 202 to the moment at which Jira had the request, one event at a time, sorted; in milliseconds.
    private func delays(
      _ server: BenchServer, _ jira: BenchJira, _ work: BenchWork, from first: Int, count: Int
    ) async throws -> [Int64] {
      let transport = SandboxWorld.transport(to: [jira.url])
      var accepted: [Timestamp] = []
      for number in 0..<count {
        // Creations only: the first of every block of events.
        let request = work.creation(case: first + number)
        _ = try await LoadGenerator(port: server.port, connections: 1, expectedStatus: "202").run(count: 1) { _ in
          request
        }
        accepted.append(SystemClock.now)
        try await Task.sleep(for: .milliseconds(25))
      }
      try await server.waitUntilPlanned(poll: .milliseconds(200))
      let answer = try await transport.send(WireRequest(.get, jira.url + "/simulated/log"))
      await transport.shutdown()
      let log = try JSONReader.read(answer.body).array ?? []
      let sent = log.filter { $0["method"]?.string == "POST" && $0["template"]?.string?.hasSuffix("/issue") == true }
        .compactMap { $0["time"]?.string.flatMap { Timestamp($0) } }.suffix(count)
      guard sent.count == count else { throw CommandError("Jira got \(sent.count) of \(count) requests") }
      return zip(sent, accepted).map { max(0, ($0 - $1).milliseconds) }.sorted()
    }

    /// A figure counts only if everything arrived.
    private func expectNothingLeft(_ server: BenchServer) async throws {
      let transport = SandboxWorld.transport(to: [server.url])
      let answer = try await transport.send(WireRequest(.get, server.url + "/metrics"))
      await transport.shutdown()
      let text = String(decoding: answer.body, as: UTF8.self)
      for state in ["held", "dead"] where !text.contains("operations{state=\"\(state)\"} 0\n") {
        throw CommandError("some operations are \(state), so the figure does not count")
      }
    }
  }
}
