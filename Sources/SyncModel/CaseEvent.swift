/// One thing that happened to one case, as a webhook tells it.
package struct CaseEvent: Hashable, Sendable {
  package enum Kind: String, Hashable, Sendable, CaseIterable {
    case created, updated, commented, deleted
    case commentUpdated = "comment-updated"
    case commentDeleted = "comment-deleted"
    /// A file was attached.
    case attached
  }

  package var kind: Kind
  package var caseID: CaseID
  /// Who caused it; nil when the CRM does not say (an anonymous web form, a nightly job).
  package var actor: CRMUser?
  package var occurredAt: Timestamp?
  /// Of a comment that was deleted only the id counts.
  package var comment: CaseComment?
  package var attachments: [CaseAttachment]

  package init(
    kind: Kind, caseID: CaseID, actor: CRMUser?, occurredAt: Timestamp?, comment: CaseComment?,
    attachments: [CaseAttachment] = []
  ) {
    self.attachments = attachments
    self.kind = kind
    self.caseID = caseID
    self.actor = actor
    self.occurredAt = occurredAt
    self.comment = comment
  }
}

/// A user of the CRM, as far as an event or a connect link names them.
package struct CRMUser: Hashable, Sendable {
  package var id: CRMUserID
  package var name: String?
  package var email: String?

  package init(id: CRMUserID, name: String? = nil, email: String? = nil) {
    self.id = id
    self.name = name
    self.email = email
  }
}

/// A comment on a case.
package struct CaseComment: Hashable, Sendable {
  package var id: CommentID
  /// As the CRM holds it; the profile says in which markup.
  package var body: String
  package var isPublic: Bool
  package var authorName: String?

  package init(id: CommentID, body: String, isPublic: Bool, authorName: String?) {
    self.id = id
    self.body = body
    self.isPublic = isPublic
    self.authorName = authorName
  }
}

/// A file at a case, as an event names it; its content stays in the CRM until it is streamed to Jira.
package struct CaseAttachment: Hashable, Sendable {
  package var id: AttachmentID
  package var name: String
  /// Media type, as the CRM says.
  package var type: String?
  /// In bytes, as the CRM says.
  package var size: Int64?
  /// Where it can be fetched, as the CRM says: a path, or an address on the CRM's own host; nil: by its id.
  package var address: String?
  package var isPublic: Bool

  package init(
    id: AttachmentID, name: String, type: String? = nil, size: Int64? = nil, address: String? = nil,
    isPublic: Bool = true
  ) {
    self.id = id
    self.name = name
    self.type = type
    self.size = size
    self.address = address
    self.isPublic = isPublic
  }
}
