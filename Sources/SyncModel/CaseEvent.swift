/// One thing that happened to one case, as a webhook tells it.
package struct CaseEvent: Hashable, Sendable {
  package enum Kind: String, Hashable, Sendable, CaseIterable { case created, updated, commented, deleted }

  package var kind: Kind
  package var caseID: CaseID
  /// Who caused it; nil when the CRM does not say (an anonymous web form, a nightly job).
  package var actor: CRMUser?
  package var occurredAt: Timestamp?
  package var comment: CaseComment?

  package init(kind: Kind, caseID: CaseID, actor: CRMUser?, occurredAt: Timestamp?, comment: CaseComment?) {
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
