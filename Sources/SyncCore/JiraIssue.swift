package import JSON
package import SyncModel

/// An issue as one read of it tells, with the fields that were asked for.
package struct JiraIssue: Hashable, Sendable {
  package var id: IssueID
  package var key: IssueKey
  package var updated: Timestamp?
  /// The name of its status; empty where it was not asked for.
  package var status: String
  /// The `fields` object as Jira sent it.
  package var fields: JSONValue

  package init(id: IssueID, key: IssueKey, updated: Timestamp?, status: String, fields: JSONValue) {
    self.id = id
    self.key = key
    self.updated = updated
    self.status = status
    self.fields = fields
  }
}

/// A comment on an issue.
package struct JiraComment: Hashable, Sendable {
  package var id: CommentID
  package var author: AccountID?
  package var authorName: String
  package var created: Timestamp?
  package var updated: Timestamp?
  /// An ADF document.
  package var body: JSONValue
  /// False when the service project's customers do not see it (`jsdPublic: false`) or a role or group restricts it.
  package var isPublic: Bool

  package init(
    id: CommentID, author: AccountID?, authorName: String, created: Timestamp?, updated: Timestamp?, body: JSONValue,
    isPublic: Bool
  ) {
    self.id = id
    self.author = author
    self.authorName = authorName
    self.created = created
    self.updated = updated
    self.body = body
    self.isPublic = isPublic
  }
}

/// One page of a search; only ``nextPage`` being nil ends it, short pages do not.
package struct IssuePage: Hashable, Sendable {
  package var issues: [JiraIssue]
  package var nextPage: String?

  package init(issues: [JiraIssue], nextPage: String?) {
    self.issues = issues
    self.nextPage = nextPage
  }
}

/// A way out of an issue's present status.
package struct JiraTransition: Hashable, Sendable {
  /// A field on its screen.
  package struct Field: Hashable, Sendable {
    package var id: String
    package var isRequired: Bool

    package init(id: String, isRequired: Bool) {
      self.id = id
      self.isRequired = isRequired
    }
  }

  package var id: String
  package var name: String
  package var toStatus: String
  /// The fields on its screen; empty too where they were not asked for.
  package var fields: [Field]

  package init(id: String, name: String, toStatus: String, fields: [Field]) {
    self.id = id
    self.name = name
    self.toStatus = toStatus
    self.fields = fields
  }
}

/// Where an issue stands and which ways lead out, as one read tells.
package struct IssueStanding: Hashable, Sendable {
  package var issue: JiraIssue
  package var transitions: [JiraTransition]
  /// Whether ``transitions`` say what is on their screens.
  package var hasScreens: Bool

  package init(issue: JiraIssue, transitions: [JiraTransition], hasScreens: Bool) {
    self.issue = issue
    self.transitions = transitions
    self.hasScreens = hasScreens
  }
}

/// One entry of an issue's changelog (`POST /rest/api/3/changelog/bulkfetch`).
package struct ChangelogEntry: Hashable, Sendable {
  package struct Item: Hashable, Sendable {
    /// `fieldId`; absent on servers, then the display name.
    package var field: FieldKey
    package var fromText: String?
    package var toText: String?

    package init(field: FieldKey, fromText: String?, toText: String?) {
      self.field = field
      self.fromText = fromText
      self.toText = toText
    }
  }

  package var id: String
  package var issue: IssueID
  package var author: AccountID?
  package var authorName: String
  package var created: Timestamp?
  package var items: [Item]
  /// What our own changes carry.
  package var receipt: ChangeReceipt?

  package init(
    id: String, issue: IssueID, author: AccountID?, authorName: String, created: Timestamp?, items: [Item],
    receipt: ChangeReceipt? = nil
  ) {
    self.receipt = receipt
    self.id = id
    self.issue = issue
    self.author = author
    self.authorName = authorName
    self.created = created
    self.items = items
  }
}
