import ArgumentParser
import Foundation
import JSON
import SyncCore
import SyncModel
import SyncStore

extension Bench {
  struct Backlog: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "What a claim costs behind a small and behind a large backlog; the memory of a server that has one.",
      discussion: """
        Fills a database with events and the operations that follow from them, a thousand first, then as many as asked \
        for, and times the same claims and the same group of plans behind both. Then a server is started on it.
        """)

    @Option(help: "Events in the large backlog; as many operations wait.") var events = 1_000_000

    func run() async throws {
      let server = try BenchServer()
      do {
        try await measure(server)
        try server.remove()
      } catch {
        server.stop()
        try server.remove()
        throw error
      }
    }

    private func measure(_ server: BenchServer) async throws {
      let store = try Store(path: server.database)
      var filled = 0
      var lines: [String] = []
      for target in [1000, events] {
        try await fill(store, from: filled, to: target)
        filled = target
        lines.append(try await times(store, behind: target))
      }
      try store.close()
      let ready = try await server.start()
      try await Task.sleep(for: .seconds(15))
      lines.append(
        "server behind \(events) events: ready after \(ready / .milliseconds(1)) ms, "
          + String(format: "%.1f MiB after 15 s of work   (under 150)", try server.residentMemory()))
      server.stop()
      Terminal.say(lines.joined(separator: "\n"))
    }

    /// Half of what is accepted is planned: the other half waits as events.
    private func fill(_ store: Store, from first: Int, to end: Int) async throws {
      let now = SystemClock.now
      for start in stride(from: first, to: end, by: 2000) {
        try await withThrowingTaskGroup(of: Void.self) { tasks in
          for number in start..<min(start + 2000, end) {
            tasks.addTask { _ = try await store.accept(Self.delivery(number, now: now)) }
          }
          try await tasks.waitForAll()
        }
        for _ in stride(from: start, to: min(start + 2000, end), by: 400) {
          _ = try await store.planPending(limit: 200, now: now, decide: Self.decide)
        }
        if (start + 2000).isMultiple(of: 100_000) { Terminal.say("\(start + 2000) events stored") }
      }
    }

    private func times(_ store: Store, behind count: Int) async throws -> String {
      let now = SystemClock.now
      let claims = try await (0..<100).asyncMap { _ in
        try await ContinuousClock().measure {
          let claimed = try await store.claim(limit: 1, worker: "bench", now: now)
          guard claimed.count == 1 else { throw CommandError("nothing was claimed") }
        }
      }
      let plans = try await (0..<20).asyncMap { _ in
        try await ContinuousClock().measure {
          _ = try await store.planPending(limit: 10, now: now, decide: Self.decide)
        }
      }
      func median(_ times: [Duration]) -> String {
        String(format: "%.2f ms", times.sorted()[times.count / 2] / .milliseconds(1))
      }
      return "behind \(count) events: a claim \(median(claims)), a group of ten plans \(median(plans))"
    }

    private static func delivery(_ number: Int, now: Timestamp) -> NewDelivery {
      NewDelivery(
        connection: SandboxWorld.connection, id: DeliveryID("b\(number)"), knownFor: nil, receivedAt: now,
        body: Array("{\"events\":[{\"case\":{\"id\":\"\(number)\"}}]}".utf8),
        content: .events([
          CaseEvent(
            kind: .created, caseID: CaseID("\(number)"), actor: CRMUser(id: CRMUserID("u\(number % 50)")),
            occurredAt: now,
            comment: nil)
        ]))
    }

    @Sendable private static func decide(_ event: EventToPlan) -> EventDecision {
      let creation = IssueCreation(
        project: "SUP", issueType: "Task", fields: [], label: "l-\(event.id)", property: .null)
      let actor = CRMUser(id: CRMUserID("u\(event.id % 50)"))
      let plan = Plan(
        operations: [PlannedOperation(call: .createIssue(creation), actor: actor)], seen: [:],
        newLink: Plan.NewLink(project: "SUP", label: "l-\(event.id)"))
      return .planned([EventDecision.MappedPlan(mapping: "support", digest: "bench", plan: plan)])
    }
  }
}

extension Sequence {
  /// One after the other, each awaited.
  fileprivate func asyncMap<Value>(_ transform: (Element) async throws -> Value) async throws -> [Value] {
    var values: [Value] = []
    for element in self { values.append(try await transform(element)) }
    return values
  }
}
