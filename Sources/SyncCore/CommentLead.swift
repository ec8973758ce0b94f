package import JSON
package import MappingLanguage
package import RichText
import SyncModel

/// What we put before a comment of the CRM's in Jira: the line by which the service user says for whom it writes, and
/// what the mapping puts there. It is ours, and is taken off again where the comment's text goes back.
///
/// Only what reads in Jira as we wrote it is taken off: what a person changed of it is theirs, and goes over as part of
/// the text; what they took away is not looked for further in.
package struct CommentLead: Hashable, Sendable {
  /// In words, without marks, in the order in which they stand there.
  package var parts: [String]

  package init(parts: [String] = []) { self.parts = parts }

  /// The form in which it is kept; nil: there is none.
  package var json: JSONValue? { parts.isEmpty ? nil : .array(parts.map { .string($0) }) }

  package init(json: JSONValue?) { parts = json?.array?.compactMap(\.string) ?? [] }

  /// A comment's text without what is ours.
  package func takenOff(_ body: JSONValue) -> RichTextDocument {
    parts.reduce(RichTextDocument(adf: body)) { $0.without(lead: $1) ?? $0 }
  }
}

extension Plan {
  /// The plan with what the mapping puts before the event's comment told apart from its text.
  package func tellingLead(_ input: Planner.Input, under mapping: Mapping) -> Plan {
    guard let comment = input.event.comment, let template = mapping.comments?.jiraPrefix else { return self }
    let author = input.markup.quoting(comment.authorName ?? input.event.actor?.name ?? "")
    guard let prefix = try? template.text(variables: ["author": author]), !prefix.isEmpty else { return self }
    var plan = self
    let lead = CommentLead(parts: [input.markup.words(of: prefix)])
    for index in plan.operations.indices where plan.operations[index].call.commentInCRM == comment.id {
      plan.operations[index].call.lead = lead
    }
    return plan
  }
}

extension RemoteCall {
  /// What stands before the text of the comment that it adds or changes in Jira; nil for other calls.
  package var lead: CommentLead? {
    get {
      switch self {
      case .addComment(let comment): comment.lead
      case .editComment(let edit): edit.comment.lead
      case .createIssue, .editIssue, .transitionIssue, .deleteComment, .addAttachment, .addRemoteLink, .deleteIssue,
        .writeCase, .addCaseComment, .editCaseComment, .deleteCaseComment, .addCaseAttachment, .askCase:
        nil
      }
    }
    set {
      guard let newValue else { return }
      if case .addComment(var comment) = self {
        comment.lead = newValue
        self = .addComment(comment)
      } else if case .editComment(var edit) = self {
        edit.comment.lead = newValue
        self = .editComment(edit)
      }
    }
  }
}

extension RemoteCall {
  fileprivate var commentInCRM: CommentID? {
    if case .addComment(let comment) = self { return comment.crmComment }
    if case .editComment(let edit) = self { return edit.comment.crmComment }
    return nil
  }
}

extension RichTextFormat {
  /// What a reader without formatting sees; a blank at its end stays one.
  fileprivate func words(of prefix: String) -> String {
    let words = document(prefix).plain
    let endsBlank = prefix.unicodeScalars.last?.properties.isWhitespace == true
    return endsBlank ? words + " " : words
  }
}
