/// An identifier that some system made: text that we compare, store and print, and never take apart.
package protocol TextIdentifier: RawRepresentable, Hashable, Sendable, Comparable, CustomStringConvertible,
  ExpressibleByStringLiteral
where RawValue == String {
  init(rawValue: String)
}

extension TextIdentifier {
  package init(_ text: String) { self.init(rawValue: text) }
  package init(stringLiteral value: String) { self.init(rawValue: value) }
  package var description: String { rawValue }
  package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// The name of a connection: one CRM with its site and its mappings (`<crm name="…">`).
package struct ConnectionName: TextIdentifier {
  package let rawValue: String
  package init(rawValue: String) { self.rawValue = rawValue }
}

/// The name of a mapping (`<mapping name="…">`).
package struct MappingName: TextIdentifier {
  package let rawValue: String
  package init(rawValue: String) { self.rawValue = rawValue }
}

/// The CRM's id of a case.
package struct CaseID: TextIdentifier {
  package let rawValue: String
  package init(rawValue: String) { self.rawValue = rawValue }
}

/// Jira's numeric id of an issue; it survives moves between projects, the key does not.
package struct IssueID: TextIdentifier {
  package let rawValue: String
  package init(rawValue: String) { self.rawValue = rawValue }
}

/// Jira's key of an issue, such as `SUP-1`.
package struct IssueKey: TextIdentifier {
  package let rawValue: String
  package init(rawValue: String) { self.rawValue = rawValue }
}

/// The CRM's id of a user.
package struct CRMUserID: TextIdentifier {
  package let rawValue: String
  package init(rawValue: String) { self.rawValue = rawValue }
}

/// Atlassian's id of an account.
package struct AccountID: TextIdentifier {
  package let rawValue: String
  package init(rawValue: String) { self.rawValue = rawValue }
}

/// The id of a comment, in the system that holds it.
package struct CommentID: TextIdentifier {
  package let rawValue: String
  package init(rawValue: String) { self.rawValue = rawValue }
}

/// What the sender calls a delivery; constant over its retries.
package struct DeliveryID: TextIdentifier {
  package let rawValue: String
  package init(rawValue: String) { self.rawValue = rawValue }
}

/// The Jira field that a rule of a mapping writes, which also names the rule: `summary`, `customfield_10050`, `status`.
package struct FieldKey: TextIdentifier {
  package let rawValue: String
  package init(rawValue: String) { self.rawValue = rawValue }
}

/// Either side's id of an attachment.
package struct AttachmentID: TextIdentifier {
  package let rawValue: String
  package init(rawValue: String) { self.rawValue = rawValue }
}
