import ArgumentParser
import JSON
import SyncCore
import SyncModel
import SyncStore

struct Events: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "The queue: what arrived, what is held, what is dead, and how to go on with it.",
    subcommands: [List.self, Show.self, Retry.self, Discard.self, Release.self], defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lists events, or only what is held or dead.")

    @Flag(help: "Only operations that wait for a person.") var held = false
    @Flag(help: "Only operations that cannot succeed as they stand.") var dead = false
    @Flag(help: "What is held or dead, by its cause, with who can end it.") var byCause = false
    @Option(help: "How many at most.") var limit = 50
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
      let store = try Environment.store(try Environment.settings())
      if byCause {
        let groups = try await store.causes(limit: limit)
        print(json ? JSONValue.array(groups.map(\.json)).pretty : groups.map(\.text).joined(separator: "\n\n"))
        if groups.isEmpty, !json { print("nothing stands still") }
      } else if held || dead {
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
      abstract: "Puts dead or held operations, and dead events, back in line; a running server carries them out.")
    @OptionGroup var selection: Selection
    @Flag(help: "All dead operations and events.") var allDead = false
    @Flag(help: "All held operations.") var allHeld = false
    @Option(help: "How many operations go out a second; events are planned at once.") var rate = 20

    func validate() throws {
      if !(1...1000).contains(rate) { throw ValidationError("--rate takes 1 to 1000.") }
      if try chosen.isEmpty {
        throw ValidationError("Name operations or events, or say --cause, --all-dead or --all-held.")
      }
    }

    private var chosen: [StandstillSelection] {
      get throws { try selection.chosen + (allDead ? [.allDead] : []) + (allHeld ? [.allHeld] : []) }
    }

    func run() async throws {
      let store = try Environment.store(try Environment.settings())
      var counts = (operations: 0, events: 0)
      for selection in try chosen {
        let more = try await store.retry(selection, spacing: .milliseconds(1000 / rate), now: SystemClock.now)
        counts = (counts.operations + more.operations, counts.events + more.events)
      }
      try store.close()
      try selection.report(counts, "back in line")
    }
  }

  struct Discard: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Gives dead or held operations, and dead events, up for good, with a reason.")
    @OptionGroup var selection: Selection
    @Option(help: "Why, for whoever asks later.") var reason: String

    func validate() throws {
      if try selection.chosen.isEmpty { throw ValidationError("Name operations or events, or say --cause.") }
    }

    func run() async throws {
      let store = try Environment.store(try Environment.settings())
      var counts = (operations: 0, events: 0)
      for selection in try selection.chosen {
        let more = try await store.discard(selection, reason: reason, now: SystemClock.now)
        counts = (counts.operations + more.operations, counts.events + more.events)
      }
      try store.close()
      try selection.report(counts, "given up")
    }
  }

  struct Release: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Lets a field go on that was stopped because it went back and forth; without a case, lists them.")
    @Argument(help: "The CRM's id of the case.") var caseID: String?
    @Argument(help: "Jira's id of the field, or 'status'.") var field: String?
    @Option(help: "The connection; needed where several know the case.") var connection: String?

    func run() async throws {
      let store = try Environment.store(try Environment.settings())
      guard let caseID, let field else {
        var table = TextTable(["CONNECTION", "CASE", "ISSUE", "MAPPING", "FIELD", "SINCE", "TURNS"])
        for frozen in try await store.frozenFields(limit: 1000) {
          table.add([
            frozen.connection.rawValue, frozen.caseID.rawValue, frozen.issueKey?.rawValue ?? "–",
            frozen.mapping.rawValue, frozen.field.rawValue, frozen.since.description, String(frozen.turns),
          ])
        }
        try store.close()
        return print(table.text)
      }
      let count = try await store.releaseField(
        FieldKey(field), case: CaseID(caseID), connection: connection.map { ConnectionName($0) },
        now: SystemClock.now)
      try store.close()
      guard count > 0 else { throw CommandError("the field '\(field)' of case \(caseID) is not stopped") }
      print("the field '\(field)' of case \(caseID) goes on")
    }
  }

  /// What the commands that try again and give up are told to do it with.
  struct Selection: ParsableArguments {
    @Argument(help: "Numbers of operations; of events, with an e before them: 12 13 e4.") var ids: [String] = []
    @Option(help: "Everything that stands still for this cause, as 'events list --by-cause' names it.")
    var cause: String?

    var chosen: [StandstillSelection] {
      get throws {
        let events = ids.filter { $0.hasPrefix("e") }
        let operations = try ids.filter { !$0.hasPrefix("e") }.map { try Self.number($0) }
        let numbers = try events.map { try Self.number(String($0.dropFirst())) }
        return (operations.isEmpty ? [] : [.operations(operations)]) + (numbers.isEmpty ? [] : [.events(numbers)])
          + (cause.map { [.cause($0)] } ?? [])
      }
    }

    private static func number(_ text: String) throws -> Int64 {
      guard let number = Int64(text) else { throw ValidationError("'\(text)' is no number of an operation or event.") }
      return number
    }

    /// Says what was done; fewer than were named, or none, is a finding.
    func report(_ counts: (operations: Int, events: Int), _ what: String) throws {
      print("\(counts.operations) operations and \(counts.events) events are \(what)")
      let count = counts.operations + counts.events
      if count < Set(ids).count || count == 0 { throw ExitCode(1) }
    }
  }
}
