package import SyncModel

/// Recognises our own writes when they come back. It never looks at authors: the writes are real people's (promise 6).
///
/// Fields and status are recognised by values: what was written is in the base and among the seen values. Comments are
/// recognised by id where the CRM names the id of what it stored, and by this marker where it does not.
package enum EchoGuard {
  /// The last line of a comment that we write to the CRM.
  package static func marker(issue: IssueKey, comment: CommentID) -> String { "[Jira \(issue) comment \(comment)]" }

  /// The Jira comment that a CRM comment is our copy of; nil when it is a person's own.
  package static func jiraComment(in text: String) -> CommentID? {
    let trimmed = text.unicodeScalars.reversed().drop { $0.properties.isWhitespace }
    let lastLine = String(String.UnicodeScalarView(trimmed.prefix { $0 != "\n" }.reversed()))
    // HTML CRMs wrap lines in elements, so the marker is looked for at the end of the line's text.
    let words = lastLine.split(separator: "[").last.map { $0.split(separator: " ") } ?? []
    guard words.count == 4, words[0] == "Jira", words[2] == "comment" else { return nil }
    let id = words[3].prefix { $0 != "]" }
    return id.isEmpty || id.utf8.contains { $0 < 0x30 || $0 > 0x39 } ? nil : CommentID(String(id))
  }

  /// What Jira holds with a comment that mirrors the CRM's: the comment property `counterpart`.
  package static func marker(connection: ConnectionName, case caseID: CaseID, comment: CommentID) -> String {
    "\(connection)/\(caseID)/\(comment)"
  }
}
