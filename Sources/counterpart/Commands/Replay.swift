import ArgumentParser
import Glibc
import JSON
import MappingLanguage
import SyncCore
import SyncEngine
import SyncModel
import SyncStore

struct ReplayCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Plans the recorded events of the last days with a draft, and shows what would be sent differently.",
    discussion: """
      Nothing is sent, and nothing in the database changes. Each case's events are planned in their order with what is \
      live and with the draft, as if everything had had its effect. What people did in Jira meanwhile is not known: of \
      a field that goes both ways, Jira is taken to hold what was last agreed on. Deliveries are kept for \
      COUNTERPART_RETENTION_DAYS. Exits 0 also where there are differences, 1 when the draft has errors.
      """)

  @Option(help: "The draft: a file with a mapping (or another document), or a folder with several.")
  var mapping: String

  @Option(help: "From when on: a time such as 2026-11-20T00:00:00Z, a day such as 2026-11-20, or a duration: 7d.")
  var since: String

  @Option(help: "Only events of this connection.")
  var connection: String?

  @Option(help: "More events than this are not looked at.")
  var limit: Int?

  @Flag(help: "Print JSON: one object a line for each difference, then one with the summary.")
  var json = false

  func validate() throws {
    if Self.time(since, now: SystemClock.now) == nil {
      throw ValidationError("--since takes a time, a day or a duration such as 7d, not '\(since)'.")
    }
    if let limit, limit < 1 { throw ValidationError("--limit takes 1 or more.") }
  }

  func run() async throws {
    let settings = try Environment.settings()
    let store = try Environment.reading(settings)
    let draft = try MappingsDraft(files: try await files(store, settings), path: mapping)
    if let connection, draft.live.connections[ConnectionName(connection)] == nil {
      let names = draft.live.connections.keys.sorted().map(\.rawValue).joined(separator: ", ")
      throw CommandError("there is no connection '\(connection)'; there are: \(names)")
    }
    let time = Self.time(since, now: SystemClock.now) ?? SystemClock.now
    let name = connection.map { ConnectionName($0) }
    let first = try await store.firstEvent(since: time)
    let total = min(limit ?? .max, try await first.asyncCount { try await store.countEvents(from: $0, of: name) })
    var progress = Progress(total: total)
    let summary = try await Replay(store: store, live: draft.live, draft: draft.draft).run(
      since: time, connection: name, limit: limit ?? .max
    ) { differences, events in
      if !differences.isEmpty { progress.clear() }
      for difference in differences { print(json ? difference.json.canonical : difference.text) }
      progress.show(events)
    }
    progress.clear()
    try store.close()
    print(json ? summary.json.canonical : summary.text)
  }

  /// What is live: the version that runs, or, where none is kept, what lies in the folder.
  private func files(_ store: Store, _ settings: Settings) async throws -> [SourceFile] {
    guard let version = try await store.liveMappings() else { return try Environment.folder(settings).files() }
    return try await store.mappingFiles(of: version.id).map { SourceFile($0) }
  }

  static func time(_ text: String, now: Timestamp) -> Timestamp? {
    if let duration = DurationText.read(text) { return now - duration }
    return Timestamp(text) ?? Timestamp(text + "T00:00:00Z")
  }
}

extension Int64? {
  fileprivate func asyncCount(_ count: (Int64) async throws -> Int) async throws -> Int {
    guard let self else { return 0 }
    return try await count(self)
  }
}

/// How far long work got, on a terminal and nowhere else.
private struct Progress {
  let total: Int
  private let isShown = isatty(STDERR_FILENO) == 1
  private var shown = -1

  init(total: Int) { self.total = total }

  mutating func show(_ done: Int) {
    let percent = total == 0 ? 100 : done * 100 / total
    guard isShown, percent != shown else { return }
    shown = percent
    Terminal.hint("\r\(done) of \(total) events, \(percent) %")
  }

  mutating func clear() {
    guard isShown, shown >= 0 else { return }
    shown = -1
    Terminal.hint("\r\u{1B}[K")
  }
}

extension Replay.Difference {
  private var place: String {
    "event \(event) (delivery \(delivery)): case \(caseID) of \(connection), \(kind.rawValue), \(receivedAt)"
      + (mapping.map { ", mapping \($0)" } ?? "")
  }

  fileprivate var text: String {
    let lines: [String]
    switch change {
    case .added(let content): lines = ["  + \(content.title)"] + content.lines("+")
    case .removed(let content): lines = ["  - \(content.title)"] + content.lines("-")
    case .changed(let content, let parts):
      lines =
        ["  ~ \(content.title)"]
        + parts.sorted { $0.key < $1.key }.flatMap { name, part in
          [part.live.map { "      - \(name): \($0.short)" }, part.draft.map { "      + \(name): \($0.short)" }]
            .compactMap { $0 }
        }
    case .failing(let live, let draft):
      lines = [live.map { "  - cannot be done: \($0)" }, draft.map { "  + cannot be done: \($0)" }].compactMap { $0 }
    }
    return ([place] + lines).joined(separator: "\n")
  }

  fileprivate var json: JSONValue {
    var members: [JSONMember] = [
      JSONMember("event", .integer(event)), JSONMember("delivery", .integer(delivery)),
      JSONMember("connection", .string(connection.rawValue)), JSONMember("case", .string(caseID.rawValue)),
      JSONMember("kind", .string(kind.rawValue)), JSONMember("receivedAt", .string(receivedAt.description)),
      JSONMember("mapping", .text(mapping?.rawValue)),
    ]
    switch change {
    case .added(let content): members += [JSONMember("change", "added")] + content.members
    case .removed(let content): members += [JSONMember("change", "removed")] + content.members
    case .changed(let content, let parts):
      members += [
        JSONMember("change", "changed"), JSONMember("operation", .string(content.kind.rawValue)),
        JSONMember("subject", .text(content.subject)),
        JSONMember(
          "parts",
          .object(
            parts.sorted { $0.key < $1.key }.map {
              JSONMember($0.key, ["live": $0.value.live ?? .null, "draft": $0.value.draft ?? .null])
            })),
      ]
    case .failing(let live, let draft):
      members += [
        JSONMember("change", "failing"), JSONMember("live", .text(live)), JSONMember("draft", .text(draft)),
      ]
    }
    return .object(members)
  }
}

extension PlannedContent {
  fileprivate var title: String { kind.rawValue + (subject.map { " (\($0))" } ?? "") }

  fileprivate func lines(_ sign: String) -> [String] {
    parts.sorted { $0.key < $1.key }.map { "      \(sign) \($0.key): \($0.value.short)" }
  }

  fileprivate var members: [JSONMember] {
    [
      JSONMember("operation", .string(kind.rawValue)), JSONMember("subject", .text(subject)),
      JSONMember("parts", .object(parts.sorted { $0.key < $1.key }.map { JSONMember($0.key, $0.value) })),
    ]
  }
}

extension JSONValue {
  /// On one line, and not without end.
  fileprivate var short: String {
    let text = canonical
    guard text.unicodeScalars.count > 300 else { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.prefix(300))) + "…"
  }
}

extension Replay.Summary {
  fileprivate var text: String {
    var lines = [
      "events: \(events), unchanged: \(unchanged), changed: \(changed), failing now: \(failingLive), "
        + "failing in the draft: \(failingDraft)"
    ]
    if unreadable > 0 { lines.append("\(unreadable) events were left out: their deliveries are kept no longer") }
    if withoutBeginning > 0 {
      lines.append(
        "\(withoutBeginning) cases were linked before that time and nothing older of them is kept: their first event "
          + "was taken for how they stood")
    }
    return lines.joined(separator: "\n")
  }

  fileprivate var json: JSONValue {
    [
      "summary": [
        "events": .integer(events), "unchanged": .integer(unchanged), "changed": .integer(changed),
        "failingLive": .integer(failingLive), "failingDraft": .integer(failingDraft),
        "unreadable": .integer(unreadable), "withoutBeginning": .integer(withoutBeginning),
      ]
    ]
  }
}
