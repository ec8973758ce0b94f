package import JSON
import MappingLanguage
package import RichText

extension CommentEdit {
  /// The edit with its text patched into the comment as Jira holds it: mentions, panels, pictures and whatever else the
  /// CRM cannot say stay where the text did not change.
  package func patched(into current: JSONValue, markup: RichTextFormat) -> CommentEdit {
    var edit = self
    edit.comment.body = RichTextPatch.adf(current: current, new: comment.body, format: markup)
    return edit
  }
}

extension CaseCommentEdit {
  /// The edit with its text patched into the comment as the CRM holds it: classes, styles and whatever else Jira cannot
  /// say stay where the text did not change.
  package func patched(into current: String, markup: RichTextFormat) -> CaseCommentEdit {
    var edit = self
    edit.comment.text = RichTextPatch.text(current: current, new: markup.adf(comment.text), format: markup)
    return edit.digested
  }

  /// The edit with the digest of its own text, which it has not when the text that was noted last was a patched one.
  package var digested: CaseCommentEdit {
    var edit = self
    edit.crmText = CommentText.digest(ofCRM: comment.text, isPublic: comment.isPublic)
    return edit
  }
}
