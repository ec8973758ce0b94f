import ArgumentParser
import JSON
import SyncCore
import SyncModel
import SyncStore

struct Explain: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tells the story of a case or an issue: what arrived, who caused it, what was sent as whom, what waits.")

  @Argument(help: "The CRM's id of the case, or Jira's key or id of the issue.")
  var caseOrIssue: String

  @Flag(help: "Print JSON.") var json = false

  func run() async throws {
    let store = try Environment.store(try Environment.settings())
    let stories = try await store.stories(of: caseOrIssue)
    try store.close()
    guard !stories.isEmpty else {
      throw CommandError("no case and no issue '\(caseOrIssue)' is known here")
    }
    print(json ? JSONValue.array(stories.map(\.json)).pretty : stories.map(text).joined(separator: "\n\n"))
  }

  private func text(_ story: CaseStory) -> String {
    var lines = ["Case \(story.caseID) of \(story.connection)"]
    for link in story.links {
      lines.append("  is \(link.issueKey.map(\.rawValue) ?? "not in Jira yet") under the mapping \(link.mapping)")
    }
    var entries: [(Timestamp, String)] = story.events.map { event in
      let who = event.actorName ?? event.actorID?.rawValue ?? "somebody whom the CRM does not name"
      return (event.receivedAt, "event \(event.id): \(event.kind.rawValue) by \(who)")
    }
    for line in story.lines {
      entries.append((line.at, "  " + line.text))
    }
    for lost in story.conflicts {
      let winner = lost.conflict.winner?.rawValue ?? "nobody yet"
      entries.append((lost.at, "  conflict in \(lost.conflict.field): \(winner) won; both values are kept"))
    }
    // Sorting by time alone would shuffle what happened within one millisecond.
    let ordered = entries.enumerated().sorted { ($0.element.0, $0.offset) < ($1.element.0, $1.offset) }
    lines += ordered.map { "  \($0.element.0)  \($0.element.1)" }
    let waiting = story.operations.filter { ![.done, .skipped].contains($0.state) }
    for operation in waiting {
      lines.append(
        "  operation \(operation.id), \(operation.kind.rawValue): \(operation.state.rawValue)"
          + (operation.reason.map { " – " + $0 } ?? ""))
    }
    if waiting.isEmpty { lines.append("  nothing waits") }
    return lines.joined(separator: "\n")
  }
}

extension CaseStory {
  fileprivate var json: JSONValue {
    [
      "connection": .string(connection.rawValue), "case": .string(caseID.rawValue),
      "links": .array(
        links.map { ["mapping": .string($0.mapping.rawValue), "issue": .text($0.issueKey?.rawValue)] }),
      "events": .array(events.map(\.json)), "operations": .array(operations.map(\.json)),
      "conflicts": .array(
        conflicts.map { lost in
          [
            "at": .string(lost.at.description), "field": .string(lost.conflict.field.rawValue),
            "winner": .text(lost.conflict.winner?.rawValue), "crm": lost.conflict.crm.json,
            "jira": lost.conflict.jira.json,
          ]
        }),
      "lines": .array(lines.map { ["at": .string($0.at.description), "text": .string($0.text)] }),
    ]
  }
}
