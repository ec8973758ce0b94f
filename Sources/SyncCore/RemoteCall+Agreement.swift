import JSON
import RichText
package import SyncModel

extension RemoteCall {
  /// What both sides agree on once this call is done.
  package var agreedBases: [FieldKey: FieldState.Base] {
    var writes: [FieldWrite] = []
    switch self {
    case .createIssue(let creation): writes = creation.fields + [creation.firstStatus].compactMap { $0 }
    case .editIssue(let edit): writes = edit.fields
    case .writeCase(let edit): writes = edit.fields + [edit.status].compactMap { $0 }
    case .transitionIssue(let transition):
      return [
        "status": FieldState.Base(crm: .text(transition.crmStatus), jira: .text(transition.status))
      ]
    case .addComment, .editComment, .deleteComment, .addAttachment, .addRemoteLink, .deleteIssue, .addCaseComment,
      .editCaseComment, .deleteCaseComment, .addCaseAttachment, .askCase:
      break
    }
    return writes.reduce(into: [:]) { $0[$1.key] = FieldState.Base(crm: $1.crm, jira: $1.jira) }
  }

  /// The two-way fields that it writes, the status among them.
  package var twoWayFields: Set<FieldKey> {
    if case .transitionIssue(let transition) = self { return transition.isTwoWay ? ["status"] : [] }
    return Set(fieldWrites.filter(\.isTwoWay).map(\.key))
  }

  /// One field as an edit of its own: what Jira refused, kept whole.
  package func only(_ key: FieldKey) -> RemoteCall? {
    switch self {
    case .createIssue, .editIssue: .editIssue(IssueEdit(fields: fieldWrites.filter { $0.key == key }))
    case .transitionIssue, .addComment, .editComment, .deleteComment, .addAttachment, .addRemoteLink, .deleteIssue,
      .writeCase, .addCaseComment, .editCaseComment, .deleteCaseComment, .addCaseAttachment, .askCase:
      nil
    }
  }

  /// An edit of the labels sets all of them, so it carries the one by which the issue is found again, too.
  package func keeping(label: String) -> RemoteCall {
    guard case .editIssue(var edit) = self, let index = edit.fields.firstIndex(where: { $0.key == "labels" }),
      let labels = edit.fields[index].payload.array, !labels.contains(.string(label))
    else { return self }
    edit.fields[index].payload = .array(labels + [.string(label)])
    return .editIssue(edit)
  }

  /// The call as the service user sends it for somebody: with a line that names them.
  package func spoken(for name: String) -> RemoteCall {
    switch self {
    case .createIssue(var creation):
      let line = "Reported by \(name) in the CRM"
      if let index = creation.fields.firstIndex(where: { $0.key == "description" }) {
        creation.fields[index].payload = creation.fields[index].payload.precededBy(line)
      } else {
        creation.fields.append(
          FieldWrite(
            key: "description", payload: JSONValue.emptyDocument.precededBy(line), crm: .empty, jira: .empty,
            isTwoWay: false, place: ""))
      }
      return .createIssue(creation)
    case .addComment(var comment):
      comment.say(for: name)
      return .addComment(comment)
    case .editComment(var edit):
      edit.comment.say(for: name)
      return .editComment(edit)
    case .editIssue, .transitionIssue, .deleteComment, .addAttachment, .addRemoteLink, .deleteIssue, .writeCase,
      .addCaseComment, .editCaseComment, .deleteCaseComment, .addCaseAttachment, .askCase:
      return self
    }
  }
}

extension CommentAddition {
  fileprivate mutating func say(for name: String) {
    let line = "\(name) wrote in the CRM:"
    body = body.precededBy(line)
    lead.parts.insert(line, at: 0)
  }
}

extension JSONValue {
  fileprivate static var emptyDocument: JSONValue { ["version": 1, "type": "doc", "content": []] }

  /// A document with a paragraph before its first block, or a Data Center's text with a line; an absent one becomes one.
  fileprivate func precededBy(_ line: String) -> JSONValue {
    if case .string(let text) = self { return .string(RichTextDocument(plain: line).serverWiki + "\n\n" + text) }
    let paragraph: JSONValue = ["type": "paragraph", "content": [["type": "text", "text": .string(line)]]]
    guard let content = self["content"]?.array else { return Self.emptyDocument.precededBy(line) }
    return ["version": 1, "type": "doc", "content": .array([paragraph] + content)]
  }
}
