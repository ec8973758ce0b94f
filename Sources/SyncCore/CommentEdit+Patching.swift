package import JSON
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
