package import JSON
package import SyncCore
import SyncModel

/// What one operation would write, part by part, so that two plans can be held against each other: without what says
/// where in a mapping's file it comes from.
package struct PlannedContent: Hashable, Sendable {
  package var kind: RemoteCall.Kind
  /// What it is about, where an event may lead to several of a kind: a comment's or a file's id in the CRM.
  package var subject: String?
  /// Field by field, by their names in Jira.
  package var parts: [String: JSONValue]
  /// Why it cannot succeed as it stands, where that is known before anything is sent.
  package var problem: String?

  init(_ operation: PlannedOperation) {
    kind = operation.call.kind
    problem = operation.problem
    parts = [:]
    switch operation.call {
    case .createIssue(let creation):
      parts = Self.values(creation.fields)
      parts["project"] = .string(creation.project)
      parts["issuetype"] = .string(creation.issueType)
      parts["property"] = creation.property
    case .editIssue(let edit): parts = Self.values(edit.fields)
    case .transitionIssue(let transition):
      parts = Self.values(transition.screen)
      parts["status"] = .string(transition.status)
      parts["resolution"] = transition.resolution.map { .string($0) }
    case .addComment(let comment): take(comment)
    case .editComment(let edit): take(edit.comment)
    case .deleteComment(let deletion): subject = "comment \(deletion.crmComment)"
    case .addAttachment(let file):
      subject = "file \(file.crmAttachment)"
      parts = ["name": .string(file.name), "type": .string(file.type)]
    case .addRemoteLink(let link): parts = ["url": .string(link.url), "title": .string(link.title)]
    case .writeCase(let edit):
      parts = Self.values(edit.fields + [edit.status].compactMap { $0 })
    case .addCaseComment, .editCaseComment, .deleteCaseComment, .addCaseAttachment, .askCase, .deleteIssue:
      parts = ["call": operation.call.json]
    }
    parts = parts.mapValues(\.sorted)
  }

  private mutating func take(_ comment: CommentAddition) {
    subject = "comment \(comment.crmComment)"
    parts = ["body": comment.body, "internal": .bool(comment.isInternal)]
  }

  private static func values(_ writes: [FieldWrite]) -> [String: JSONValue] {
    Dictionary(writes.map { ($0.key.rawValue, $0.payload) }, uniquingKeysWith: { _, last in last })
  }
}

extension JSONValue {
  /// The same value with the members of its objects in the order of their keys, so that equal ones are equal.
  fileprivate var sorted: JSONValue {
    if let members { return .object(members.map { JSONMember($0.key, $0.value.sorted) }.sorted { $0.key < $1.key }) }
    if let array { return .array(array.map(\.sorted)) }
    return self
  }
}
