import ArgumentParser
import JSON
import SyncCore
import SyncModel
import SyncStore

struct Events: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "The queue: what arrived, what is held, what is dead, and how to go on with it.",
    subcommands: [List.self, Show.self, Retry.self, Discard.self], defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lists events, or only what is held or dead.")

    @Flag(help: "Only operations that wait for a person.") var held = false
    @Flag(help: "Only operations that cannot succeed as they stand.") var dead = false
    @Option(help: "How many at most.") var limit = 50
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
      let store = try Environment.store(try Environment.settings())
      if held || dead {
        let states: [OperationLifecycle.State] = (held ? [.held] : []) + (dead ? [.dead] : [])
        let operations = try await store.operations(in: states, limit: limit)
        print(json ? JSONValue.array(operations.map(\.json)).pretty : table(operations))
      } else {
        let events = try await store.events(limit: limit)
        print(json ? JSONValue.array(events.map(\.json)).pretty : table(events))
      }
      try store.close()
    }

    private func table(_ operations: [OperationSummary]) -> String {
      var table = TextTable(["OPERATION", "CASE", "ISSUE", "WHAT", "WHO", "STATE", "WHY"])
      for operation in operations {
        table.add([
          String(operation.id), operation.caseID.rawValue, operation.issueKey?.rawValue ?? "–", operation.kind.rawValue,
          operation.who, operation.state.rawValue, operation.reason ?? "",
        ])
      }
      return table.text
    }

    private func table(_ events: [EventSummary]) -> String {
      var table = TextTable(["EVENT", "RECEIVED", "CASE", "KIND", "WHO", "BECAME"])
      for event in events {
        let became = event.operations.map { "\($0.kind.rawValue) \($0.state.rawValue)" }.joined(separator: ", ")
        table.add([
          String(event.id), event.receivedAt.description, event.caseID.rawValue, event.kind.rawValue,
          event.actorName ?? event.actorID?.rawValue ?? "–", became.isEmpty ? event.reason ?? event.state : became,
        ])
      }
      return table.text
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Shows one event and what became of it, as JSON.")
    @Argument(help: "The event's number.") var id: Int64

    func run() async throws {
      let store = try Environment.store(try Environment.settings())
      let event = try await store.event(id)
      try store.close()
      guard let event else { throw CommandError("there is no event \(id)") }
      print(event.json.pretty)
    }
  }

  struct Retry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Puts dead or held operations back in line; a running server carries them out.")
    @Argument(help: "Numbers of operations.") var operations: [Int64] = []
    @Flag(help: "All dead operations.") var allDead = false

    func run() async throws {
      let store = try Environment.store(try Environment.settings())
      var ids = operations
      if allDead { ids += try await store.operations(in: [.dead], limit: 100_000).map(\.id) }
      guard !ids.isEmpty else { throw ValidationError("Name operations, or say --all-dead.") }
      var count = 0
      for id in ids where try await store.retryOperation(id, now: SystemClock.now) { count += 1 }
      try store.close()
      print("\(count) of \(ids.count) operations go out again")
      if count < ids.count { throw ExitCode(1) }
    }
  }

  struct Discard: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Gives one dead or held operation up, with a reason.")
    @Argument(help: "The operation's number.") var operation: Int64
    @Option(help: "Why, for whoever asks later.") var reason: String

    func run() async throws {
      let store = try Environment.store(try Environment.settings())
      let isDone = try await store.discardOperation(operation, reason: reason, now: SystemClock.now)
      try store.close()
      guard isDone else { throw CommandError("operation \(operation) is neither dead nor held") }
      print("operation \(operation) is discarded")
    }
  }
}
