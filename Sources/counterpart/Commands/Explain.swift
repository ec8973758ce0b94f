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
      lines += link.remarks.map { "    " + $0 }
    }
    lines.append("")
    lines += story.chapters.map { chapter in
      "  \(chapter.at)  \(chapter.isEvent ? "" : "  ")\(chapter.text)"
        + (chapter.isEvent ? chapter.event.map { " (\(naming($0, story)))" } ?? "" : "")
    }
    let waits = waits(of: story)
    lines.append(waits.isEmpty ? "\nNothing waits." : "\nWhat it waits for:")
    return (lines + waits).joined(separator: "\n")
  }

  /// The event, and the version of the mappings that it was planned with.
  private func naming(_ event: Int64, _ story: CaseStory) -> String {
    let version = story.events.first { $0.id == event }?.mappingVersion
    return "event \(event)" + (version.map { ", mappings version \($0)" } ?? "")
  }

  private func waits(of story: CaseStory) -> [String] {
    var lines: [String] = []
    for event in story.events where event.state == "dead" {
      let end = Cause(event: "").end(for: nil, in: event.connection, retrying: "e\(event.id)")
      lines += [
        "  event \(event.id), dead: \(event.reason ?? "it could not be planned")", "    who can end it: \(end)",
      ]
    }
    for event in story.events where event.isWaiting {
      lines += [
        "  event \(event.id): \(event.reason ?? "it waits")", "    who can end it: \(Plan.Wait.endWords)",
      ]
    }
    for operation in story.operations where operation.state != .done && operation.state != .skipped {
      let standing = operation.standing(showsCommands: true, now: SystemClock.now) { "at \($0)" }
      let actor = operation.actor == nil ? "" : ", for \(operation.who)"
      lines += [
        "  \(operation.kind.thing)\(actor) (operation \(operation.id), \(operation.state.rawValue))",
        "    \(standing.state)", "    who can end it: \(standing.end)",
      ]
    }
    for field in story.frozen {
      let command = "counterpart events release \(Cause.quoted(field.caseID.rawValue)) \(field.field)"
      lines += [
        "  the field '\(field.field)', stopped since \(field.since) after \(field.turns) turns to and fro",
        "    who can end it: An admin, by finding out which side changes what it is given, then: \(command)",
      ]
    }
    return lines
  }
}

extension CaseStory {
  fileprivate var json: JSONValue {
    [
      "connection": .string(connection.rawValue), "case": .string(caseID.rawValue),
      "links": .array(
        links.map { link in
          [
            "mapping": .string(link.mapping.rawValue), "issue": .text(link.issueKey?.rawValue),
            "standing": .string(link.standing.rawValue), "stray": .text(link.stray),
            "former": .array(link.former.map { .string($0.rawValue) }),
          ]
        }),
      "events": .array(events.map(\.json)), "operations": .array(operations.map(\.json)),
      "conflicts": .array(
        conflicts.map { lost in
          [
            "at": .string(lost.at.description), "field": .string(lost.conflict.field.rawValue),
            "winner": .text(lost.conflict.winner?.rawValue), "crm": lost.conflict.crm.json,
            "jira": lost.conflict.jira.json,
          ]
        }),
      "frozen": .array(
        frozen.map { field in
          [
            "field": .string(field.field.rawValue), "mapping": .string(field.mapping.rawValue),
            "since": .string(field.since.description), "turns": .integer(field.turns),
          ]
        }),
      "waits": .array(
        operations.filter { $0.state != .done && $0.state != .skipped }.map { operation in
          let standing = operation.standing(showsCommands: true, now: SystemClock.now) { "at \($0)" }
          return [
            "operation": .integer(operation.id), "state": .string(standing.state), "end": .string(standing.end),
          ]
        }),
      "story": .array(chapters.map { ["at": .string($0.at.description), "text": .string($0.text)] }),
      "lines": .array(lines.map { ["at": .string($0.at.description), "text": .string($0.text)] }),
    ]
  }
}
