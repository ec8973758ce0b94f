package import MappingLanguage
package import SyncModel

/// What the ledger and the pages say of an operation, in plain words and without any of a customer's text.
package enum OperationWords {
  /// Why a connection that Atlassian accepts is not enough.
  package static func scopeMissing(_ actor: CRMUser?) -> String {
    waiting(.reconnect, for: actor) + ": the connection lacks a scope that this needs"
  }

  package static func waiting(_ reason: OperationLifecycle.HoldReason, for actor: CRMUser?) -> String {
    let name = actor.map { $0.name ?? $0.id.rawValue } ?? "somebody"
    switch reason {
    case .grant: return "waits for \(name) to connect to Jira"
    case .reconnect: return "waits for \(name) to connect to Jira again"
    case .permission: return "waits: Jira does not permit this to \(name)"
    case .anonymous: return "waits: the CRM does not say who did this, so nobody's grant fits"
    case .issue: return "waits for the case's new issue, which its next change makes"
    }
  }

  /// What came of a call.
  ///
  /// - Parameter places: what of the mapping is named with it.
  package static func outcome(
    _ outcome: CallOutcome, of call: RemoteCall, transition: OperationLifecycle.Transition,
    places: CallPlaces = CallPlaces()
  ) -> String? {
    switch outcome {
    case .success(let receipt): return done(receipt, call)
    case .failure(.rejected(let reason, let named)):
      if case .transitionIssue(let change) = call { return refusal(reason, named, of: change) + ending(transition) }
      return refusal(reason, named, of: call, transition, places)
    case .failure(.rateLimited(let limit)):
      guard case .pace(_, let until) = transition else { return "\(call.kind.thing): \(limit)" }
      return "\(call.kind.thing): waits: \(limit.words(until: until))"
    case .failure(let failure): return "\(prefix(call, places))\(call.kind.thing): \(failure)\(ending(transition))"
    }
  }

  private static func refusal(
    _ reason: String, _ named: [String: String], of call: RemoteCall, _ transition: OperationLifecycle.Transition,
    _ places: CallPlaces
  ) -> String {
    if !call.refused(of: named).isEmpty {
      let refused = refused(call.refused(of: named), by: call, places)
      if case .leaveBehind = transition { return refused + "; the rest is sent without it" }
      return "\(refused)\(reason.isEmpty ? "" : "; \(reason)")\(ending(transition))"
    }
    let start = "\(prefix(call, places))\(call.kind.thing): "
    if named.isEmpty { return start + "refused: \(reason)\(ending(transition))" }
    let asked = named.sorted { $0.key < $1.key }.map { "Jira names the field '\($0.key)': \(trimmed($0.value))" }
    let words = ([reason].filter { !$0.isEmpty } + asked).joined(separator: "; ")
    return start + "\(words); the mapping does not write it\(ending(transition))"
  }

  private static func ending(_ transition: OperationLifecycle.Transition) -> String {
    transition == .bury ? "; it will not be tried again by itself" : ""
  }

  /// Names the mapping's line, the field, a coded value, and the far side's words, for each field that was refused.
  package static func refused(_ fields: [FieldKey: String], by call: RemoteCall, _ places: CallPlaces) -> String {
    call.fieldWrites.compactMap { write in
      guard let words = fields[write.key] else { return nil }
      let what =
        places.coded.contains(write.key) && write.jira != .empty
        ? "'\(write.jira.display.prefix(80))' for the field '\(write.key)'" : "the field '\(write.key)'"
      return "\(write.place): Jira refuses \(what): \(trimmed(words))"
    }.joined(separator: "; ")
  }

  /// Where in the mapping a refusal that names no field has to do with.
  private static func prefix(_ call: RemoteCall, _ places: CallPlaces) -> String {
    var all: [String] = []
    if call.kind == .writeCase || call.kind == .editIssue {
      for write in call.fieldWrites where !all.contains(write.place) && !write.place.isEmpty { all.append(write.place) }
    } else if let place = places.place {
      all = [place]
    }
    guard let last = all.prefix(3).last else { return "" }
    return (all.prefix(3).dropLast() + [last + (all.count > 3 ? " and others" : "")]).joined(separator: ", ") + ": "
  }

  private static func trimmed(_ words: String) -> Substring { words.hasSuffix(".") ? words.dropLast() : words[...] }

  /// Why a status cannot be reached, with the mapping's line and the fields that a screen asks for.
  private static func refusal(_ reason: String, _ fields: [String: String], of change: IssueTransition) -> String {
    let place = change.place.isEmpty ? "" : "\(change.place): "
    let supplied = Set(change.screen.map(\.key.rawValue))
    let sentences = fields.sorted { $0.key < $1.key }.map { field, words in
      supplied.contains(field) || field == "resolution" && change.resolution != nil
        ? "Jira refuses the field '\(field)': \(words)"
        : "a screen asks for the field '\(field)': \(words) Add "
          + (field == "resolution"
            ? "resolution=\"…\" to the <pair>" : "<screen field=\"\(field)\" value=\"…\"/> to the <pair>")
    }
    return place + "moving the issue to \(change.status): "
      + (["refused"] + (reason.isEmpty ? [] : [reason])).joined(separator: ": ")
      + sentences.map { "; " + $0 }.joined()
  }

  private static func done(_ receipt: Receipt, _ call: RemoteCall) -> String {
    switch receipt {
    case .issueCreated(_, let key): "created \(key)"
    case .issueEdited: "changed " + call.fieldKeys.map(\.rawValue).sorted().joined(separator: ", ") + " in Jira"
    case .transitioned:
      if case .transitionIssue(let transition) = call {
        "moved the issue to \(transition.status)"
      } else {
        "moved the issue"
      }
    case .commented(let id, _):
      if case .editComment = call { "changed comment \(id) in Jira" } else { "added comment \(id) in Jira" }
    case .commentGone: "the comment is not there any more, so nothing had to be done"
    case .commentDeleted: "deleted the comment in Jira"
    case .attached: "attached the file in Jira"
    case .issueDeleted: "deleted the issue in Jira"
    case .issueGone: "the issue is not there any more, so nothing had to be done"
    case .caseAttached: "attached the file in the CRM"
    case .linked: "put a link to the case on the issue"
    case .caseWritten: "wrote the case in the CRM"
    case .caseCommented: "added a comment to the case in the CRM"
    case .caseCommentEdited: "changed the comment in the CRM"
    case .caseCommentDeleted: "deleted the comment in the CRM"
    case .caseAsked(let answer): answer.words
    case .nothingToDo: "nothing had to be done"
    }
  }
}

/// What of the mapping the words about a call name: never a customer's text.
package struct CallPlaces: Hashable, Sendable {
  /// The fields whose values are codes, such as an option's name.
  package var coded: Set<FieldKey>
  /// The place of what is no field: the status, the comments.
  package var place: String?

  package init(coded: Set<FieldKey> = [], place: String? = nil) {
    self.coded = coded
    self.place = place
  }

  package init(_ mapping: Mapping, for call: RemoteCall) {
    coded = Set(mapping.fields.filter(\.isCoded).map(\.key)).union([StatusRule.key])
    place =
      switch call {
      case .transitionIssue(let change):
        change.place.isEmpty ? mapping.status?.position.description : change.place
      case .addComment, .editComment, .deleteComment, .addCaseComment, .editCaseComment, .deleteCaseComment:
        mapping.comments?.position.description
      case .addCaseAttachment: mapping.attachments?.position.description ?? mapping.file
      case .askCase: mapping.reopening.position?.description ?? mapping.file
      case .deleteIssue: mapping.deletion.position?.description ?? mapping.file
      case .createIssue, .addAttachment, .addRemoteLink: mapping.file
      case .editIssue, .writeCase: nil
      }
  }
}
