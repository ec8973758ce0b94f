/// Which comments go over, and who may read them there.
package struct CommentRule: Sendable {
  /// What a comment becomes on the other side. There is no way to write "internal becomes public".
  package enum Visibility: String, Hashable, Sendable, CaseIterable {
    case `public`, `internal`, skip
  }

  package var direction: SyncDirection
  package var whenPublic: Visibility
  /// `internal` or `skip`; the compiler refuses `public`.
  package var whenInternal: Visibility
  /// Put before a comment in Jira; knows `$author`. Nil: nothing, the comment is its author's own.
  package var jiraPrefix: Template?
  /// Put before a comment in the CRM, where all are written by the API user; knows `$author` and `$issue`.
  package var crmPrefix: Template
  /// In which directions a comment that was changed is changed; nil: in none.
  package var edits: SyncDirection?
  /// Whether the mapping says so itself; otherwise what the profile cannot do is left out.
  package var asksForEdits: Bool
  /// In which directions a comment that was deleted is deleted; nil: the other side keeps it.
  package var deletions: SyncDirection?
  package var position: SourcePosition

  package init(
    direction: SyncDirection, whenPublic: Visibility, whenInternal: Visibility, jiraPrefix: Template?,
    crmPrefix: Template, position: SourcePosition, edits: SyncDirection? = nil, asksForEdits: Bool = false,
    deletions: SyncDirection? = nil
  ) {
    self.edits = edits
    self.asksForEdits = asksForEdits
    self.deletions = deletions
    self.direction = direction
    self.whenPublic = whenPublic
    self.whenInternal = whenInternal
    self.jiraPrefix = jiraPrefix
    self.crmPrefix = crmPrefix
    self.position = position
  }
}

/// Which files go from one side to the other.
package struct AttachmentRule: Hashable, Sendable {
  package var direction: SyncDirection
  /// Whether the CRM's customers may see the files that come from Jira.
  package var isPublicInCRM: Bool
  /// Larger ones stay where they are.
  package var maxBytes: Int64
  /// Media types, such as `image/*`; empty: all.
  package var types: [String]
  /// Whether files that the CRM calls internal go too: an issue shows its attachments to everybody who sees it.
  package var takesInternal: Bool
  package var position: SourcePosition

  package init(
    maxBytes: Int64, types: [String], takesInternal: Bool, position: SourcePosition,
    direction: SyncDirection = .toJira, isPublicInCRM: Bool = false
  ) {
    self.direction = direction
    self.isPublicInCRM = isPublicInCRM
    self.maxBytes = maxBytes
    self.types = types
    self.takesInternal = takesInternal
    self.position = position
  }

  package func takes(type: String) -> Bool {
    let type = type.lowercased().prefix { $0 != ";" }
    return types.isEmpty
      || types.contains { pattern in
        pattern.hasSuffix("/*") ? type.hasPrefix(pattern.dropLast()) : type == pattern[...]
      }
  }
}

/// How the two records point at each other.
package struct LinkRule: Sendable {
  /// A label that only this case's issue carries: the marker that is searched for when a create's answer was lost.
  /// Blanks become `-`. Knows `$connection`, `$case` and the case's fields.
  package var label: Template
  /// Where the mapping says it; nil: it is the usual one.
  package var labelPosition: SourcePosition?
  /// The CRM field that receives the issue key; nil: not written.
  package var crmKeyName: String?
  /// Where the mapping says it.
  package var crmKeyPosition: SourcePosition?
  /// The page of the case in the CRM, put into the issue's `counterpart` property; knows `$base` and `$case`.
  package var caseURL: Template?
  /// The title of a link on the issue to ``caseURL``; nil: there is no such link.
  package var remoteLinkTitle: Template?
  package var remoteLinkPosition: SourcePosition?

  package init(
    label: Template, crmKeyName: String?, caseURL: Template?, remoteLinkTitle: Template? = nil,
    labelPosition: SourcePosition? = nil, crmKeyPosition: SourcePosition? = nil
  ) {
    self.labelPosition = labelPosition
    self.crmKeyPosition = crmKeyPosition
    self.remoteLinkTitle = remoteLinkTitle
    self.label = label
    self.crmKeyName = crmKeyName
    self.caseURL = caseURL
  }
}
