package import JSON
import MappingLanguage
import SyncModel

/// Files that were attached in Jira. Each is decided about once: what is left out then stays there.
extension Reconciliation {
  func attachments(_ input: Input, _ decision: inout Decision) {
    guard let rule = mapping.attachments, rule.direction.writesCRM, !input.hasLostFile else { return }
    for file in JiraAttachment.list(in: input.issue.fields) where !input.knownFiles.contains(file.id) {
      let type = Planner.mediaType(file.type)
      if !rule.takes(type: type) {
        decision.leftOut.insert(file.id)
        decision.notes.append("a file of the type \(type) was left in Jira, as the mapping says")
      } else if file.size > rule.maxBytes {
        decision.leftOut.insert(file.id)
        decision.notes.append(
          "a file of \(ByteCountText.words(file.size)) was left in Jira: the mapping takes at most "
            + ByteCountText.words(rule.maxBytes))
      } else {
        let author = file.author.flatMap(input.authorName) ?? file.authorName
        let addition = CaseAttachmentAddition(
          jiraAttachment: file.id, name: AttachmentAddition.safeName(file.name), type: type, size: file.size,
          isPublic: rule.isPublicInCRM, limitBytes: rule.maxBytes, place: rule.position.description)
        decision.operations.append(
          PlannedOperation(call: .addCaseAttachment(addition), actor: nil, authorName: author))
      }
    }
  }
}

extension JiraAttachment {
  /// The files in an issue's `fields`, as Jira sends them.
  package static func list(in fields: JSONValue) -> [JiraAttachment] {
    (fields["attachment"]?.array ?? []).compactMap { item in
      guard let id = item["id"]?.text, let size = item["size"]?.int else { return nil }
      var file = JiraAttachment(
        id: AttachmentID(id), name: item["filename"]?.string ?? "", size: size,
        author: item["author"]?["accountId"]?.text.map { AccountID($0) }.flatMap { $0.isIdentity ? $0 : nil })
      file.authorName = item["author"]?["displayName"]?.string ?? ""
      file.type = item["mimeType"]?.string ?? ""
      return file
    }
  }
}
