package import JSON
import RichText

/// Digests of comments, by which an edit is told from the echo of our own.
///
/// Who may read a comment is part of it: text that becomes internal has changed. Texts themselves are not kept.
package enum CommentText {
  /// Of a comment as the CRM holds it; line ends and blanks at its end do not count.
  package static func digest(ofCRM text: String, isPublic: Bool) -> String {
    digest(text.asTextBlock, isPublic)
  }

  /// Of a comment as Jira holds it: of its Markdown, since Jira writes documents anew in its own way.
  package static func digest(ofJira body: JSONValue, isPublic: Bool) -> String {
    digest(RichTextConversion.markdown(fromADF: body).asTextBlock, isPublic)
  }

  /// A document of Jira's as text, for people.
  package static func words(_ body: JSONValue) -> String { RichTextConversion.markdown(fromADF: body) }

  private static func digest(_ text: String, _ isPublic: Bool) -> String {
    Fingerprint.of((isPublic ? "public\n" : "internal\n") + text)
  }
}
