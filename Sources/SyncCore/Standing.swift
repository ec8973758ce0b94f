package import SyncModel

/// Where something stands that has not come to its end, and who can bring it there, in plain words for whoever asks.
package struct Standing: Hashable, Sendable {
  /// What is so now.
  package var state: String
  /// Who can end the wait, and how; "nobody" with a time where only time can.
  package var end: String

  package init(state: String, end: String) {
    self.state = state
    self.end = end
  }

  /// What is known of an operation that has not ended.
  package struct Facts: Hashable, Sendable {
    package var id: Int64
    package var connection: ConnectionName
    package var state: OperationLifecycle.State
    package var hold: OperationLifecycle.HoldReason?
    package var cause: Cause?
    /// What was said of it last.
    package var reason: String?
    package var actor: CRMUser?
    package var attempt: Int
    /// When it is due again; of what is held, when the mapping's patience ends.
    package var dueAt: Timestamp?
    /// The operation before it that must be finished first.
    package var blockedBy: Int64?
    /// A limit that all which would go with it wait for.
    package var pace: LanePace?
    /// The reader sits at a terminal.
    package var showsCommands: Bool

    package init(
      id: Int64, connection: ConnectionName, state: OperationLifecycle.State, hold: OperationLifecycle.HoldReason?,
      cause: Cause?, reason: String?, actor: CRMUser?, attempt: Int, dueAt: Timestamp?, blockedBy: Int64? = nil,
      pace: LanePace? = nil, showsCommands: Bool
    ) {
      self.pace = pace
      self.blockedBy = blockedBy
      self.showsCommands = showsCommands
      self.id = id
      self.connection = connection
      self.state = state
      self.hold = hold
      self.cause = cause
      self.reason = reason
      self.actor = actor
      self.attempt = attempt
      self.dueAt = dueAt
    }
  }

  /// - Parameter time: how the reader is told a time.
  package init(_ facts: Facts, time: (Timestamp) -> String) {
    let soon = facts.dueAt.map(time) ?? "soon"
    let detail = facts.reason.map { ": " + $0 } ?? ""
    if let blocker = facts.blockedBy, [.ready, .waiting, .verifying].contains(facts.state) {
      self.init(
        state: "waits until operation \(blocker) before it is finished",
        end: "Nobody needs to do anything for it: it follows when operation \(blocker) is finished or given up.")
      return
    }
    if let pace = facts.pace, [.ready, .waiting, .verifying].contains(facts.state) {
      self.init(
        state: "waits \(pace.what(facts.actor))", end: "Nobody needs to do anything: it goes on \(time(pace.until)).")
      return
    }
    switch facts.state {
    case .ready: self.init(state: "is queued, and goes out next", end: "Nobody needs to do anything.")
    case .running: self.init(state: "is being sent", end: "Nobody needs to do anything.")
    case .verifying:
      self.init(
        state: "its answer was lost, so it is looked up before anything is sent again" + detail,
        end: "Nobody needs to do anything: the next look is \(soon).")
    case .waiting:
      self.init(
        state: "was tried \(facts.attempt == 1 ? "once" : "\(facts.attempt) times")" + detail,
        end: "Nobody needs to do anything: it is tried again \(soon).")
    case .held:
      var end = (facts.cause ?? facts.hold.map { Self.fallback($0, facts) })?.end(facts) ?? ""
      if let until = facts.dueAt { end += " Otherwise the mapping decides \(time(until))." }
      self.init(state: facts.reason ?? "waits for a person", end: end)
    case .dead:
      self.init(
        state: facts.reason ?? "cannot succeed as it stands",
        end: facts.cause?.end(facts) ?? "An admin, by having it tried again or giving it up.")
    case .done: self.init(state: "is done", end: "")
    case .skipped: self.init(state: facts.reason ?? "was left out", end: "")
    }
  }

  private static func fallback(_ reason: OperationLifecycle.HoldReason, _ facts: Facts) -> Cause {
    Cause(held: reason, for: facts.actor, kind: .editIssue, connection: facts.connection)
  }
}

/// Why a lane stands still, and until when.
package struct LanePace: Hashable, Sendable {
  package enum Level: String, Hashable, Sendable, CaseIterable { case grant, site, app, crm }

  package var level: Level
  package var until: Timestamp

  package init(_ level: Level, until: Timestamp) {
    self.level = level
    self.until = until
  }

  fileprivate func what(_ actor: CRMUser?) -> String {
    switch level {
    case .grant: "because Jira limits the requests of \(actor.map { $0.name ?? $0.id.rawValue } ?? "this person")"
    case .site: "because Jira limits the requests to this site"
    case .app: "for Jira's hourly quota"
    case .crm: "because the CRM asks to slow down"
    }
  }
}

extension Cause {
  /// What is so, in a few words, for a list of causes.
  ///
  /// - Parameter who: the person that it waits for, where it waits for one.
  package func title(who: String) -> String {
    let thing = RemoteCall.Kind(rawValue: subject)?.thing ?? "an event"
    let first = details.first ?? ""
    switch reason {
    case .grant: return "\(who) has not connected to Jira"
    case .reconnect: return "\(who) must connect to Jira again"
    case .scope: return "\(who)'s connection lacks a scope"
    case .service: return "the service user, who is to stand in, has not connected"
    case .permission: return "Jira does not let \(who) do this: \(thing)"
    case .anonymous: return "the CRM does not say who did this: \(thing)"
    case .issue: return "the case has no issue until it changes: \(thing)"
    case .frozen: return "the field '\(first)' went back and forth between the CRM and Jira, and was stopped"
    case .fieldRefused: return "Jira refuses what the mapping writes into the field '\(first)'"
    case .fieldRequired: return "Jira asks for the field '\(first)', which the mapping does not write"
    case .refused: return "refused: \(thing)\(details.isEmpty ? "" : " (\(details.joined(separator: ", ")))")"
    case .forbidden: return "the CRM does not let the API user do this: \(thing)"
    case .appForbidden: return "Jira does not let this app do this, whoever asks: \(thing)"
    case .notFound: return "deleted, or hidden from who acts: \(thing)"
    case .formerIssue: return "it is not known whether the case's former issue has it: \(thing)"
    case .gone: return "the address is no longer there: \(thing)"
    case .conflict: return "somebody else wrote at the same moment, again and again: \(thing)"
    case .tooLarge: return "too large, or more than an issue may have: \(thing)"
    case .misconfigured: return "the project's or the workflow's configuration does not let it: \(thing)"
    case .unsupported: return "not understood there: \(thing)"
    case .redirected: return "the far side sends elsewhere: \(thing)"
    case .unreadable: return "the answer cannot be read: \(thing)"
    case .damaged: return "the stored row cannot be read: \(thing)"
    case .unplannable: return first.isEmpty ? "the mappings or the profile can make nothing of it" : first
    }
  }

  fileprivate func end(_ facts: Standing.Facts) -> String {
    end(for: facts.actor, in: facts.connection, retrying: facts.showsCommands ? String(facts.id) : nil)
  }

  /// Who can end it, and how; ends with the command that has it tried again, where one is needed.
  ///
  /// - Parameters:
  ///   - actor: the person whose change it is.
  ///   - selection: what the command `events retry` is given for it; nil: the reader has a button.
  package func end(for actor: CRMUser?, in connection: ConnectionName, retrying selection: String?) -> String {
    let who = actor.map { $0.name ?? $0.id.rawValue } ?? "whoever acted"
    let again = selection.map { " Then: counterpart events retry \($0)" } ?? " Then have it tried again."
    let first = details.first ?? ""
    let line = details.dropFirst().first ?? "the mapping"
    switch reason {
    case .grant: return Self.connectEnd(actor, "", connection)
    case .reconnect: return Self.connectEnd(actor, " again", connection)
    case .scope:
      return "An admin, by giving the app at Atlassian the scope; then "
        + Self.connectEnd(actor, " again", connection)
    case .service:
      return "An admin, by connecting the service user that the site's file names; it then goes out by itself."
    case .permission:
      return "A Jira administrator, by giving \(who) the permission in this project." + again
    case .anonymous:
      return "An admin, by saying in the mapping's missing-grant what becomes of such changes." + again
    case .issue:
      return "Whoever changes the case in the CRM next: that makes its new issue, and this then goes there by itself."
    case .frozen:
      return "An admin, by finding out which side changes what the other writes into '\(first)', "
        + "and releasing the field: counterpart events release"
    case .fieldRefused:
      return "An admin, by mending \(line), or a Jira administrator, by letting the field '\(first)' take the value."
        + again
    case .fieldRequired:
      return "An admin, by writing the field '\(first)' in the mapping, or a Jira administrator, by not requiring it."
        + again
    case .refused: return "An admin, by mending \(details.last ?? "the mapping or the profile")." + again
    case .forbidden: return "The CRM's administrator, by permitting this to the API user." + again
    case .appForbidden: return "A Jira site administrator, by letting the app in." + again
    case .notFound:
      return "Nobody, if it is deleted: give it up. If it is only hidden, a Jira administrator, "
        + "by showing it to \(who)." + again
    case .formerIssue:
      return "An admin, by looking into the former issue: give it up if it is there." + again
        + " It goes to the case's issue of now."
    case .gone: return "An admin, by mending the address in the site's or the connection's file." + again
    case .conflict: return "An admin, once nobody else writes to it all the time." + again
    case .tooLarge: return "Nobody, as it is: shorten it in the CRM, and give this up."
    case .misconfigured: return "A Jira administrator, in the project's or the workflow's configuration." + again
    case .unsupported: return "An admin, with another profile or a newer version of Counterpart." + again
    case .redirected: return "An admin, by mending the address, or what stands before the far side." + again
    case .unreadable: return "An admin, by finding out what answers in the far side's place." + again
    case .damaged: return "Nobody: give it up, and let the CRM send the change again."
    case .unplannable: return "An admin, by mending the mapping or the profile." + again
    }
  }

  private static func connectEnd(_ actor: CRMUser?, _ again: String, _ connection: ConnectionName) -> String {
    var command = "counterpart users connect-url --connection \(quoted(connection.rawValue))"
    if let actor {
      command += " --user \(quoted(actor.id.rawValue))"
      if let name = actor.name { command += " --name \(quoted(name))" }
    }
    let who = actor.map { $0.name ?? $0.id.rawValue } ?? "the person"
    return "Only \(who), by connecting\(again) with the link that the CRM shows; an admin can print it: \(command)"
  }

  /// As a shell takes it.
  package static func quoted(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || [0x2D, 0x2E, 0x5F, 0x40].contains(byte)
    }
    if isPlain, !text.isEmpty { return text }
    return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
  }
}

extension RemoteCall.Kind {
  /// What it does, as the end of a sentence.
  package var thing: String {
    switch self {
    case .createIssue: "creating the issue"
    case .editIssue: "changing the issue"
    case .transitionIssue: "moving the issue"
    case .addComment: "commenting in Jira"
    case .editComment: "changing the comment in Jira"
    case .deleteComment: "deleting the comment in Jira"
    case .addAttachment: "attaching the file in Jira"
    case .addRemoteLink: "linking the issue to the case"
    case .deleteIssue: "deleting the issue"
    case .addCaseAttachment: "attaching the file in the CRM"
    case .writeCase: "writing the case in the CRM"
    case .addCaseComment: "commenting in the CRM"
    case .editCaseComment: "changing the comment in the CRM"
    case .deleteCaseComment: "deleting the comment in the CRM"
    case .askCase: "asking the case in the CRM"
    }
  }
}
