package import SyncModel

/// What the ledger and the pages say of an operation, in plain words and without any of a customer's text.
package enum OperationWords {
  package static func waiting(_ reason: OperationLifecycle.HoldReason, for actor: CRMUser?) -> String {
    let name = actor.map { $0.name ?? $0.id.rawValue } ?? "somebody"
    switch reason {
    case .grant: return "waits for \(name) to connect to Jira"
    case .reconnect: return "waits for \(name) to connect to Jira again"
    case .permission: return "waits: Jira does not permit this to \(name)"
    case .anonymous: return "waits: the CRM does not say who did this, so nobody's grant fits"
    }
  }

  package static func outcome(
    _ outcome: CallOutcome, of call: RemoteCall, transition: OperationLifecycle.Transition
  ) -> String? {
    switch outcome {
    case .success(let receipt): return done(receipt, call)
    case .failure(let failure):
      if transition == .bury, case .transitionIssue(let change) = call,
        case .rejected(let reason, let fields) = failure
      {
        return refusal(reason, fields, of: change) + "; it will not be tried again by itself"
      }
      return "\(attempt(call)): \(failure)" + (transition == .bury ? "; it will not be tried again by itself" : "")
    }
  }

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
    case .linked: "put a link to the case on the issue"
    case .caseWritten: "wrote the case in the CRM"
    case .caseCommented: "added a comment to the case in the CRM"
    case .caseCommentEdited: "changed the comment in the CRM"
    case .caseCommentDeleted: "deleted the comment in the CRM"
    case .nothingToDo: "nothing had to be done"
    }
  }

  private static func attempt(_ call: RemoteCall) -> String {
    switch call {
    case .createIssue: "creating the issue"
    case .editIssue: "changing the issue"
    case .transitionIssue: "moving the issue"
    case .addComment: "commenting in Jira"
    case .editComment: "changing the comment in Jira"
    case .deleteComment: "deleting the comment in Jira"
    case .addAttachment: "attaching the file in Jira"
    case .addRemoteLink: "linking the issue to the case"
    case .writeCase: "writing the case in the CRM"
    case .addCaseComment: "commenting in the CRM"
    case .editCaseComment: "changing the comment in the CRM"
    case .deleteCaseComment: "deleting the comment in the CRM"
    }
  }
}
