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
    case .commentUpdated: "Comment changed"
    case .commentDeleted: "Comment deleted"
    case .attached: "File attached"
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
    case .editComment: "Change a comment in Jira"
    case .deleteComment: "Delete a comment in Jira"
    case .addAttachment: "Attach a file in Jira"
    case .addRemoteLink: "Link the Jira issue to the case"
    case .deleteIssue: "Delete the Jira issue"
    case .addCaseAttachment: "Attach a file to the case"
    case .writeCase: "Change the case in the CRM"
    case .addCaseComment: "Add a comment to the case"
    case .editCaseComment: "Change a comment of the case"
    case .deleteCaseComment: "Delete a comment of the case"
    case .askCase: "Ask what the case holds"
    }
  }
}

extension RemoteCall.Kind {
  /// Whether it writes to the CRM.
  fileprivate var isOnCase: Bool { side == .crm }
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

extension OperationSummary {
  /// Whose change it carries: what Counterpart does to a case on nobody's behalf is its own.
  var who: String { actorName ?? actorID?.rawValue ?? (kind.isOnCase ? "Counterpart" : "nobody named") }

  /// Where it stands, for an admin.
  func standing(now: Timestamp) -> Standing {
    if state == .done { return Standing(state: sentAs.map { "Sent as \($0)." } ?? "", end: "") }
    var standing = standing(showsCommands: false, now: now) { relativeWords(for: $0, now: now) }
    standing.state = standing.state.asSentence
    return standing
  }

  /// Where it stands, for the person whose change it is.
  var ownExplanation: String {
    switch (state, holdReason) {
    case (.held, .grant?): "Waits for you to connect to Jira; it then goes out by itself."
    case (.held, .reconnect?):
      "Waits for you to connect to Jira again, because Atlassian no longer accepts the old connection; "
        + "it then goes out by itself."
    case (.held, .permission?):
      "Jira does not let you do this. A Jira administrator can give you the permission; "
        + "an admin of Counterpart then has it tried again."
    case (.held, .anonymous?), (.held, .issue?), (.held, nil), (.ready, _), (.running, _), (.verifying, _),
      (.waiting, _), (.done, _), (.skipped, _), (.dead, _):
      (reason ?? "is on its way").asSentence
    }
  }
}

extension String {
  /// With a capital letter, and a full stop where it has no end; a place in a file stays as it is written.
  fileprivate var asSentence: String {
    guard let first else { return "" }
    let isPlace = prefix { $0 != ":" }.contains(".xml")
    return (isPlace ? String(first) : first.uppercased()) + dropFirst() + (".!?…".contains(last ?? ".") ? "" : ".")
  }
}

extension EventSummary {
  var who: String { actorName ?? actorID?.rawValue ?? "nobody named" }

  /// Where the event stands, with everything that followed from it, and the colour of that.
  var badge: (word: String, tone: String) {
    switch state {
    case "pending": return isWaiting ? ("waits", "wait") : ("queued", "calm")
    case "dead": return ("dead", "bad")
    case "ignored": return ("ignored", "calm")
    default:
      let states = Set(operations.map(\.state))
      if states.contains(.dead) { return ("dead", "bad") }
      if states.contains(.held) { return ("held", "wait") }
      if states.isEmpty { return ("nothing to do", "calm") }
      return states.isSubset(of: [.done, .skipped]) ? ("done", "good") : ("under way", "calm")
    }
  }

  /// The same in sentences: what is the matter, and who can end a wait.
  func standing(now: Timestamp) -> String {
    if let reason { return state == "pending" ? reason.asSentence : reason }
    if state == "pending" { return "Is stored, and planned in a moment." }
    if state == "dead" { return "It could not be planned; no reason was kept." }
    if state == "ignored" { return "No mapping asks for it." }
    guard let open = operations.first(where: { $0.state == .dead || $0.state == .held }) else {
      return operations.isEmpty ? "Nothing followed from it for Jira." : ""
    }
    let standing = open.standing(now: now)
    return standing.state + " " + standing.end
  }
}

extension RunSummary {
  /// When it was and how it went.
  func words(now: Timestamp) -> String {
    guard let endedAt else { return "A run began \(relativeWords(for: startedAt, now: now)) and has not ended." }
    let read = issues == 1 ? "1 changed issue read" : "\(issues) changed issues read"
    let written = planned == 1 ? "1 write planned" : "\(planned) writes planned"
    return "Last run \(relativeWords(for: endedAt, now: now)): \(read), \(written)."
  }
}
