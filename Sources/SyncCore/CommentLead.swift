package import JSON
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

  /// - Parameter prefix: what the mapping puts there, in the CRM's markup; it may be empty.
  init(prefix: String, in markup: RichTextFormat) { parts = prefix.isEmpty ? [] : [markup.words(of: prefix)] }

  /// The form in which it is kept; nil: there is none.
  package var json: JSONValue? { parts.isEmpty ? nil : .array(parts.map { .string($0) }) }

  package init(json: JSONValue?) { parts = json?.array?.compactMap(\.string) ?? [] }

  /// A comment's text without what is ours.
  package func takenOff(_ body: JSONValue) -> RichTextDocument {
    parts.reduce(RichTextDocument(adf: body)) { $0.without(lead: $1) ?? $0 }
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

extension RichTextFormat {
  /// What a reader without formatting sees; a blank at its end stays one.
  fileprivate func words(of prefix: String) -> String {
    let words = document(prefix).plain
    let endsBlank = prefix.unicodeScalars.last?.properties.isWhitespace == true
    return endsBlank ? words + " " : words
  }
}
