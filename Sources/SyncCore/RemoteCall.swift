package import JSON
package import SyncModel

/// One write to a far side, complete but for the token and for the ids that only earlier operations bring.
package enum RemoteCall: Hashable, Sendable {
  case createIssue(IssueCreation)
  case editIssue(IssueEdit)
  case transitionIssue(IssueTransition)
  case addComment(CommentAddition)
  case editComment(CommentEdit)
  case deleteComment(CommentDeletion)
  case addAttachment(AttachmentAddition)
  case addRemoteLink(RemoteLinkAddition)
  case deleteIssue(IssueDeletion)
  case writeCase(CaseEdit)
  case addCaseComment(CaseCommentAddition)
  case editCaseComment(CaseCommentEdit)
  case deleteCaseComment(CaseCommentDeletion)
  case addCaseAttachment(CaseAttachmentAddition)
  /// Writes nothing: what the case holds decides what an event leads to.
  case askCase(CaseQuestion)

  package enum Kind: String, Hashable, Sendable, CaseIterable {
    case createIssue = "create-issue"
    case editIssue = "edit-issue"
    case transitionIssue = "transition-issue"
    case addComment = "add-comment"
    case editComment = "edit-comment"
    case deleteComment = "delete-comment"
    case addAttachment = "add-attachment"
    case addRemoteLink = "add-remote-link"
    case deleteIssue = "delete-issue"
    case writeCase = "write-case"
    case addCaseComment = "add-case-comment"
    case editCaseComment = "edit-case-comment"
    case deleteCaseComment = "delete-case-comment"
    case addCaseAttachment = "add-case-attachment"
    case askCase = "ask-case"

    /// The side that is written.
    package var side: Side {
      switch self {
      case .createIssue, .editIssue, .transitionIssue, .addComment, .editComment, .deleteComment, .addAttachment,
        .addRemoteLink, .deleteIssue:
        .jira
      case .writeCase, .addCaseComment, .editCaseComment, .deleteCaseComment, .addCaseAttachment, .askCase: .crm
      }
    }

    /// Doing it twice is doing it once: absolute values, a target state, a link under its own id. Making something is
    /// not: after a lost answer it is looked for.
    package var isRepeatable: Bool {
      switch self {
      case .editIssue, .transitionIssue, .editComment, .deleteComment, .addRemoteLink, .deleteIssue, .writeCase,
        .editCaseComment, .deleteCaseComment, .askCase:
        true
      case .createIssue, .addComment, .addAttachment, .addCaseComment, .addCaseAttachment: false
      }
    }
  }

  package var kind: Kind {
    switch self {
    case .createIssue: .createIssue
    case .editIssue: .editIssue
    case .transitionIssue: .transitionIssue
    case .addComment: .addComment
    case .editComment: .editComment
    case .deleteComment: .deleteComment
    case .addAttachment: .addAttachment
    case .addRemoteLink: .addRemoteLink
    case .deleteIssue: .deleteIssue
    case .writeCase: .writeCase
    case .addCaseComment: .addCaseComment
    case .editCaseComment: .editCaseComment
    case .deleteCaseComment: .deleteCaseComment
    case .addCaseAttachment: .addCaseAttachment
    case .askCase: .askCase
    }
  }
}

/// The two systems that are kept in step.
package enum Side: String, Hashable, Sendable, CaseIterable { case crm, jira }

/// One field that an operation writes, and what it assumes of the side it writes to.
package struct FieldWrite: Hashable, Sendable {
  package var key: FieldKey
  /// The value as the request carries it.
  package var payload: JSONValue
  /// The canonical values that both sides agree on once this is done.
  package var crm: FieldValue
  package var jira: FieldValue
  /// Two-way: the written side is read first and held against the base.
  package var isTwoWay: Bool
  /// The mapping's place for it, `file:line`, for whoever must mend it.
  package var place: String
  /// When it was changed, where that is not when the operation's event happened: it went together with a later one.
  package var changedAt: Timestamp?

  package init(
    key: FieldKey, payload: JSONValue, crm: FieldValue, jira: FieldValue, isTwoWay: Bool, place: String,
    changedAt: Timestamp? = nil
  ) {
    self.changedAt = changedAt
    self.key = key
    self.payload = payload
    self.crm = crm
    self.jira = jira
    self.isTwoWay = isTwoWay
    self.place = place
  }
}

package struct IssueCreation: Hashable, Sendable {
  package var project: String
  package var issueType: String
  package var fields: [FieldWrite]
  /// Searchable marker; only this case's issue carries it.
  package var label: String
  /// The value of the issue property `counterpart`: connection, case, mapping, page.
  package var property: JSONValue
  /// The status in which the workflow puts new issues, as the mapping's first pair says; part of the first base.
  package var firstStatus: FieldWrite?

  package init(
    project: String, issueType: String, fields: [FieldWrite], label: String, property: JSONValue,
    firstStatus: FieldWrite? = nil
  ) {
    self.project = project
    self.issueType = issueType
    self.fields = fields
    self.label = label
    self.property = property
    self.firstStatus = firstStatus
  }
}

/// The issue of a case that was deleted.
package struct IssueDeletion: Hashable, Sendable {
  /// The mapping's place for it.
  package var place: String

  package init(place: String) { self.place = place }
}

package struct IssueEdit: Hashable, Sendable {
  package var fields: [FieldWrite]

  package init(fields: [FieldWrite]) { self.fields = fields }

  /// Both edits as one; of a field that both write, the later one's value counts.
  ///
  /// - Parameter changedAt: when this edit's event happened.
  package func joined(with later: IssueEdit, changedAt: Timestamp?) -> IssueEdit {
    let keys = Set(later.fields.map(\.key))
    let earlier = fields.filter { !keys.contains($0.key) }.map { write in
      var write = write
      write.changedAt = write.changedAt ?? changedAt
      return write
    }
    return IssueEdit(fields: earlier + later.fields)
  }
}

package struct IssueTransition: Hashable, Sendable {
  /// The name of the status to reach; the transition that leads there is found when it is carried out.
  package var status: String
  package var resolution: String?
  /// The CRM status that this corresponds to.
  package var crmStatus: String
  package var isTwoWay: Bool
  /// Values for the fields of the screens on the way; each is sent where a screen has its field.
  package var screen: [FieldWrite]
  /// The mapping's place for it, for whoever must mend it.
  package var place: String

  package init(
    status: String, resolution: String?, crmStatus: String, isTwoWay: Bool, screen: [FieldWrite] = [],
    place: String = ""
  ) {
    self.screen = screen
    self.place = place
    self.status = status
    self.resolution = resolution
    self.crmStatus = crmStatus
    self.isTwoWay = isTwoWay
  }
}

package struct CaseEdit: Hashable, Sendable {
  /// ``FieldWrite/key`` names the rule; the CRM's name for the field is in ``names``.
  package var fields: [FieldWrite]
  package var names: [FieldKey: String]
  /// The CRM status to set; nil: unchanged.
  package var status: FieldWrite?
  /// What was so of two-way fields when this was decided; where it is not any more, the field is not written.
  package var assumed: [FieldKey: Assumption]

  /// What the decision to write a field was made from.
  package struct Assumption: Hashable, Sendable {
    /// What the case held; nil: nobody could ask.
    package var crm: FieldValue?
    package var base: FieldState.Base?

    package init(crm: FieldValue?, base: FieldState.Base?) {
      self.crm = crm
      self.base = base
    }
  }

  package init(
    fields: [FieldWrite], names: [FieldKey: String], status: FieldWrite?, assumed: [FieldKey: Assumption] = [:]
  ) {
    self.fields = fields
    self.names = names
    self.status = status
    self.assumed = assumed
  }

  /// Writes a text of our own to a field of the case that nothing else writes.
  ///
  /// - Parameters:
  ///   - key: by what it is called here.
  ///   - name: the field's name in the CRM.
  ///   - place: where the mapping says so.
  package init(ours text: String, as key: FieldKey, to name: String, place: String) {
    let value: FieldValue = text.isEmpty ? .empty : .text(text)
    let write = FieldWrite(key: key, payload: .string(text), crm: value, jira: value, isTwoWay: false, place: place)
    self.init(fields: [write], names: [key: name], status: nil)
  }
}
