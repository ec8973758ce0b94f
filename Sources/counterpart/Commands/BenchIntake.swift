import ArgumentParser
import Foundation
import SyncModel

extension Bench {
  struct Intake: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Deliveries accepted per second, each on disk before its answer; memory; start-up.",
      discussion: """
        Starts a server in a process of its own and loads it over loopback: first GET /health/live, then signed \
        deliveries, in turn, so that the ratio holds whatever the machine does. The server plans what it accepts \
        meanwhile, as always.
        """)

    @Option(help: "Deliveries in all.") var deliveries = 100_000
    @Option(help: "Connections at once.") var connections = 64
    @Option(help: "Rounds; each measures both addresses.") var rounds = 5

    func run() async throws {
      let server = try BenchServer()
      do { try await measure(server) } catch {
        server.stop()
        try server.remove()
        throw error
      }
      try server.remove()
    }

    private func measure(_ server: BenchServer) async throws {
      _ = try await server.start()
      var ratios: [Double] = []
      var accepted: [Double] = []
      let perRound = max(1, deliveries / rounds)
      for round in 0..<rounds {
        // What was accepted before is planned first: both figures of a round are of a server with nothing else to do.
        try await server.waitUntilPlanned()
        let live = try await load(server, "200", count: perRound) { _ in
          Array("GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".utf8)
        }
        // Made beforehand: what is measured is the server, and signing would take its processors from it.
        let signer = DeliverySigner(now: SystemClock.now)
        let requests = (0..<perRound).map { signer.request(round * perRound + $0) }
        let taken = try await load(server, "202", count: perRound) { requests[$0] }
        guard live.unexpected == 0, taken.unexpected == 0 else {
          throw CommandError(
            "\(taken.unexpected) deliveries and \(live.unexpected) health checks were not answered as expected")
        }
        ratios.append(taken.perSecond / live.perSecond)
        accepted.append(taken.perSecond)
        Terminal.say(
          "round \(round + 1): /health/live \(Int(live.perSecond))/s, accepted \(Int(taken.perSecond))/s, "
            + "ratio \(Self.rounded(taken.perSecond / live.perSecond))")
      }
      let memory = try server.residentMemory()
      server.stop()
      let ready = try await server.start()
      server.stop()
      let milliseconds = ready.components.seconds * 1000 + ready.components.attoseconds / 1_000_000_000_000_000
      Terminal.say(
        """
        accepted per second, median   \(Int(Self.median(accepted)))
        ratio to /health/live, median \(Self.rounded(Self.median(ratios)))   (at least 0.35)
        resident memory after \(perRound * rounds) deliveries \(Self.rounded(memory)) MiB   (under 60)
        start-up to ready with them stored \(milliseconds) ms   (under 1000)
        """)
    }

    private func load(
      _ server: BenchServer, _ status: String, count: Int, request: @escaping @Sendable (Int) -> [UInt8]
    ) async throws -> LoadGenerator.Result {
      try await LoadGenerator(port: server.port, connections: connections, expectedStatus: status)
        .run(count: count, request: request)
    }

    private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
    private static func rounded(_ value: Double) -> String { String(format: "%.2f", value) }
  }
}
