import SyncCore
import SyncModel
import SyncStore

/// How long ago, or how soon.
func relativeWords(for time: Timestamp, now: Timestamp) -> String {
  let seconds = (now.milliseconds - time.milliseconds) / 1000
  let distance = abs(seconds)
  let amount: (Int64, String)
  switch distance {
  case ..<45: return seconds >= 0 ? "just now" : "in a moment"
  case ..<5400: amount = ((distance + 30) / 60, "minute")
  case ..<129_600: amount = ((distance + 1800) / 3600, "hour")
  default: amount = ((distance + 43_200) / 86_400, "day")
  }
  let text = "\(amount.0) \(amount.1)\(amount.0 == 1 ? "" : "s")"
  return seconds >= 0 ? text + " ago" : "in " + text
}

extension Moment {
  init(_ time: Timestamp, now: Timestamp) {
    self.init(iso: time.description, words: relativeWords(for: time, now: now))
  }
}

extension CaseEvent.Kind {
  /// What happened to the case.
  var words: String {
    switch self {
    case .created: "Case created"
    case .updated: "Case changed"
    case .commented: "Comment added"
    case .deleted: "Case deleted"
    }
  }
}

extension RemoteCall.Kind {
  /// What the operation does.
  var words: String {
    switch self {
    case .createIssue: "Create the Jira issue"
    case .editIssue: "Change the Jira issue"
    case .transitionIssue: "Move the Jira issue to another status"
    case .addComment: "Add a comment in Jira"
    case .writeCase: "Change the case in the CRM"
    case .addCaseComment: "Add a comment to the case"
    }
  }
}

extension OperationLifecycle.State {
  /// The word on the badge.
  var word: String {
    switch self {
    case .ready: "queued"
    case .running: "sending"
    case .verifying: "checking"
    case .waiting: "waiting"
    case .held: "held"
    case .done: "done"
    case .skipped: "left out"
    case .dead: "dead"
    }
  }

  /// The badge's colour.
  var tone: String {
    switch self {
    case .done: "good"
    case .held, .waiting, .verifying: "wait"
    case .dead: "bad"
    case .ready, .running, .skipped: "calm"
    }
  }
}

extension OperationLifecycle.HoldReason {
  /// What must happen, and who can do it.
  func words(_ who: String) -> String {
    switch self {
    case .grant: "Waits until \(who) connects to Jira."
    case .reconnect: "Waits until \(who) connects to Jira again."
    case .permission: "Waits until a Jira administrator gives \(who) the permission; then retry."
    case .anonymous: "The CRM did not say who acted; choose in the mapping what then happens, then retry."
    }
  }
}

extension OperationSummary {
  /// Whose change it carries.
  var who: String { actorName ?? actorID?.rawValue ?? "nobody named" }

  /// Where it stands, in a sentence.
  func explanation(now: Timestamp) -> String {
    switch state {
    case .ready: "Goes out next."
    case .running: "Is being sent."
    case .verifying: "The answer was lost; Counterpart looks whether it happened before it sends anything again."
    case .waiting:
      "Tried \(attempt) time(s); again \(dueAt.map { relativeWords(for: $0, now: now) } ?? "soon")."
        + (reason.map { " " + $0 } ?? "")
    case .held: (holdReason?.words(who) ?? "Waits for a person.") + (reason.map { " " + $0 } ?? "")
    case .done: sentAs.map { "As \($0)." } ?? ""
    case .skipped, .dead: reason ?? ""
    }
  }
}

extension EventSummary {
  var who: String { actorName ?? actorID?.rawValue ?? "nobody named" }

  /// The badge's colour.
  var tone: String {
    switch state {
    case "dead": "bad"
    case "pending": "wait"
    case "done", "planned": "good"
    default: "calm"
    }
  }
}
