package import JSON
import MappingLanguage
package import SyncModel

/// A comment of the CRM's that is taken to Jira.
package struct CommentAddition: Hashable, Sendable {
  /// The CRM's comment that this mirrors.
  package var crmComment: CommentID
  /// An ADF document.
  package var body: JSONValue
  /// Sent as the comment property `sd.public.comment`, so that no customer of a service project sees it.
  package var isInternal: Bool
  /// The value of the comment property `counterpart`: looked up when the answer was lost.
  package var marker: String
  /// The digest of the CRM's text that this carries, by which a later edit is told from an echo.
  package var crmText: String?
  /// Whether the CRM's comment is public there.
  package var crmIsPublic: Bool
  /// What stands in ``body`` before the comment's text.
  package var lead = CommentLead()

  package init(
    crmComment: CommentID, body: JSONValue, isInternal: Bool, marker: String, crmText: String? = nil,
    crmIsPublic: Bool = false
  ) {
    self.crmComment = crmComment
    self.body = body
    self.isInternal = isInternal
    self.marker = marker
    self.crmText = crmText
    self.crmIsPublic = crmIsPublic
  }
}

extension CommentAddition {
  /// The digest of what Jira holds once this is done.
  package var jiraText: String { CommentText.digest(ofJira: body, isPublic: !isInternal) }

  /// Its text, for people.
  package var words: String { CommentText.words(body) }
}

/// A comment that was changed in the CRM.
package struct CommentEdit: Hashable, Sendable {
  /// The comment as it is now: what would be added, were it not in Jira yet.
  package var comment: CommentAddition
  /// Whether it is the acting user's own comment: only then may it be added under their name.
  package var isActorsOwn: Bool

  package init(comment: CommentAddition, isActorsOwn: Bool) {
    self.comment = comment
    self.isActorsOwn = isActorsOwn
  }
}

/// A comment that was deleted in the CRM.
package struct CommentDeletion: Hashable, Sendable {
  package var crmComment: CommentID

  package init(crmComment: CommentID) { self.crmComment = crmComment }
}

/// A comment of Jira's that is taken to the CRM.
package struct CaseCommentAddition: Hashable, Sendable {
  package var jiraComment: CommentID
  /// In the CRM's markup, prefix included, escapes not yet applied.
  package var text: String
  package var isPublic: Bool
  /// Ends the text on a line of its own; looked up when the answer was lost. Empty: the CRM's own comment has none.
  package var marker: String
  /// The digest of Jira's text that this carries.
  package var jiraText: String?

  package init(jiraComment: CommentID, text: String, isPublic: Bool, marker: String, jiraText: String? = nil) {
    self.jiraComment = jiraComment
    self.text = text
    self.isPublic = isPublic
    self.marker = marker
    self.jiraText = jiraText
  }
}

/// A comment that was changed in Jira.
package struct CaseCommentEdit: Hashable, Sendable {
  package var comment: CaseCommentAddition
  /// The digest of what the CRM holds once this is done.
  package var crmText: String
  /// The digest of what a person wrote in the CRM and this replaces; nil: it is our own copy, or the text is not known.
  package var replaces: String?

  package init(comment: CaseCommentAddition, crmText: String, replaces: String? = nil) {
    self.replaces = replaces
    self.comment = comment
    self.crmText = crmText
  }
}

/// A comment that was deleted in Jira.
package struct CaseCommentDeletion: Hashable, Sendable {
  package var jiraComment: CommentID
  /// By which the CRM's copy is found where its id is not known.
  package var marker: String

  package init(jiraComment: CommentID, marker: String) {
    self.jiraComment = jiraComment
    self.marker = marker
  }
}

/// What is remembered of one comment and its mirror.
package struct CommentPair: Hashable, Sendable {
  /// The side on which a person wrote it.
  package var origin: Side
  package var crmComment: CommentID?
  /// The digest of what Jira was last seen or written with; nil: not known.
  package var jiraText: String?
  /// Nil: not known.
  package var crmIsPublic: Bool?
  /// One side deleted it: nothing follows from it any more.
  package var isGone: Bool
  /// The CRM's edit of it is on its way to Jira.
  package var isEditPending: Bool
  /// What we put before the CRM's comment in Jira.
  package var lead = CommentLead()

  package init(
    origin: Side, crmComment: CommentID?, jiraText: String?, crmIsPublic: Bool? = nil, isGone: Bool = false,
    isEditPending: Bool = false
  ) {
    self.origin = origin
    self.crmComment = crmComment
    self.jiraText = jiraText
    self.crmIsPublic = crmIsPublic
    self.isGone = isGone
    self.isEditPending = isEditPending
  }
}
