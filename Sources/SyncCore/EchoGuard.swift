package import SyncModel

/// Recognises our own writes when they come back. It never looks at authors: the writes are real people's (promise 6).
///
/// Fields and status are recognised by values: what was written is in the base and among the seen values. Comments are
/// recognised by id where the CRM names the id of what it stored, and by this marker where it does not.
package enum EchoGuard {
  /// The last line of a comment that we write to the CRM.
  package static func marker(issue: IssueKey, comment: CommentID) -> String { "[Jira \(issue) comment \(comment)]" }

  /// The last line of a sentence of ours on a case, which mirrors no comment.
  ///
  /// - Parameter number: what tells it from others about this issue.
  package static func noteMarker(issue: IssueKey, number: Int64) -> String { "[Jira \(issue) note \(number)]" }

  /// Under this id a sentence of ours is remembered in a comment's place.
  package static func noteID(number: Int64) -> CommentID { CommentID("note-\(number)") }

  /// Whether an id is one of ``noteID(number:)``.
  package static func isNote(_ comment: CommentID) -> Bool { comment.rawValue.hasPrefix("note-") }

  /// The Jira comment that a CRM comment is our copy of, or the note of ours that it is; nil when it is a person's own.
  ///
  /// The marker stands alone on the last line: a person who mentions or quotes one within a line is still heard.
  package static func jiraComment(in text: String) -> CommentID? {
    let words = lastLine(of: text).split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 4, words[0] == "[Jira", !words[1].isEmpty, words[2] == "comment" || words[2] == "note",
      words[3].hasSuffix("]")
    else { return nil }
    let id = words[3].dropLast()
    guard !id.isEmpty, !id.utf8.contains(where: { $0 < 0x30 || $0 > 0x39 }) else { return nil }
    return CommentID(words[2] == "note" ? "note-\(id)" : String(id))
  }

  /// The last line that has text, without blanks around it. HTML CRMs wrap lines in elements, so a tag ends a line as
  /// a line break does; a `>` that ends no tag is a quotation mark and stays.
  private static func lastLine(of text: String) -> String {
    var last: [Unicode.Scalar] = []
    var line: [Unicode.Scalar] = []
    var tagStart: Int?
    func trimmed() -> [Unicode.Scalar] {
      let end = line.lastIndex { !$0.properties.isWhitespace } ?? -1
      return Array(line[...end].drop { $0.properties.isWhitespace })
    }
    for scalar in text.unicodeScalars {
      if scalar == ">", let start = tagStart {
        line.removeSubrange(start...)
      } else if scalar != "\n" && scalar != "\r" {
        if scalar == "<" { tagStart = line.count }
        line.append(scalar)
        continue
      }
      if line.contains(where: { !$0.properties.isWhitespace }) { last = trimmed() }
      line = []
      tagStart = nil
    }
    if line.contains(where: { !$0.properties.isWhitespace }) { last = trimmed() }
    return String(String.UnicodeScalarView(last))
  }

  /// What Jira holds with a comment that mirrors the CRM's: the comment property `counterpart`.
  package static func marker(connection: ConnectionName, case caseID: CaseID, comment: CommentID) -> String {
    "\(connection)/\(caseID)/\(comment)"
  }
}
