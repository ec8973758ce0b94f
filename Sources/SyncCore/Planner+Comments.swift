import JSON
import MappingLanguage
import RichText
import SyncModel

/// What an event's comment and its files lead to.
extension Planner {
  func comment(_ input: Input) -> PlannedOperation? {
    guard let rule = mapping.comments, let comment = input.event.comment else { return nil }
    switch input.event.kind {
    case .commentDeleted:
      guard rule.deletions?.writesJira == true else { return nil }
      return PlannedOperation(
        call: .deleteComment(CommentDeletion(crmComment: comment.id)), actor: input.event.actor)
    case .commentUpdated:
      guard rule.edits?.writesJira == true, let addition = addition(of: comment, rule, input) else { return nil }
      let name = input.event.actor?.name
      let isOwn = comment.authorName == nil || comment.authorName == name
      return PlannedOperation(
        call: .editComment(CommentEdit(comment: addition, isActorsOwn: isOwn)), actor: input.event.actor)
    case .created, .updated, .commented, .deleted, .attached:
      return addition(of: comment, rule, input).map {
        PlannedOperation(call: .addComment($0), actor: input.event.actor)
      }
    }
  }

  /// The comment as it goes to Jira; nil where it stays, or is our own copy of one of Jira's.
  private func addition(of comment: CaseComment, _ rule: CommentRule, _ input: Input) -> CommentAddition? {
    guard rule.direction.writesJira, EchoGuard.jiraComment(in: comment.body) == nil else { return nil }
    let isInternal: Bool
    switch comment.isPublic ? rule.whenPublic : rule.whenInternal {
    case .skip: return nil
    case .internal: isInternal = true
    // The compiler refuses a mapping that makes internal comments public; this holds without it.
    case .public: isInternal = !comment.isPublic
    }
    // A template that asks for more than the compiler lets it ask has no prefix to give.
    let author = input.markup.quoting(comment.authorName ?? input.event.actor?.name ?? "")
    let prefix = (try? rule.jiraPrefix?.text(variables: ["author": author])) ?? ""
    let document = input.markup.document(prefix + comment.body)
    var addition = CommentAddition(
      crmComment: comment.id, body: (input.mentions?(document) ?? document).adf,
      isInternal: isInternal,
      marker: EchoGuard.marker(connection: input.connection, case: input.event.caseID, comment: comment.id),
      crmText: CommentText.digest(ofCRM: comment.body, isPublic: comment.isPublic), crmIsPublic: comment.isPublic)
    addition.lead = CommentLead(prefix: prefix, in: input.markup)
    return addition
  }

  // MARK: - Files

  func attachments(_ input: Input, _ plan: inout Plan) {
    guard let rule = mapping.attachments, rule.direction.writesJira else { return }
    for file in input.event.attachments {
      let type = Self.mediaType(file.type)
      if !file.isPublic && !rule.takesInternal {
        plan.notes.append("a file that the CRM calls internal was left out: everybody who sees the issue would see it")
      } else if !rule.takes(type: type) {
        plan.notes.append("a file of the type \(type) was left out, as the mapping says")
      } else if let size = file.size, size > rule.maxBytes {
        plan.notes.append(
          "a file of \(ByteCountText.words(size)) was left out: the mapping takes at most "
            + ByteCountText.words(rule.maxBytes))
      } else {
        let addition = AttachmentAddition(
          crmAttachment: file.id, name: AttachmentAddition.safeName(file.name), type: type, size: file.size,
          address: file.address, limitBytes: rule.maxBytes, place: rule.position.description)
        plan.operations.append(PlannedOperation(call: .addAttachment(addition), actor: input.event.actor))
      }
    }
  }

  /// The media type as a header can bear it, without parameters; what is none becomes plain bytes.
  static func mediaType(_ text: String?) -> String {
    let type = (text ?? "").prefix { $0 != ";" }.lowercased()
    let parts = type.split(separator: "/", omittingEmptySubsequences: false)
    let isToken = { (part: Substring) in
      !part.isEmpty
        && part.utf8.allSatisfy { byte in
          switch byte {
          case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."),
            UInt8(ascii: "+"), UInt8(ascii: "-"):
            true
          default: false
          }
        }
    }
    return parts.count == 2 && parts.allSatisfy(isToken) && type.utf8.count <= 100 ? type : "application/octet-stream"
  }
}
