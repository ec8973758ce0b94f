package import JSON
package import RichText
package import SyncModel

extension FieldRule {
  /// The CRM's markup of a rich text field; nil: it is none.
  package var markup: RichTextFormat? {
    switch format {
    case .plain: .plain
    case .html: .html
    case .markdown: .markdown
    case .wiki: .wiki
    case .text, .number, .date, .datetime, .user, .option, .options, .labels, .components, .versions, .priority,
      .cascading, .checkbox, .parent:
      nil
    }
  }

  /// The document to write for a rich text, with Jira's own nodes wherever the text did not change.
  ///
  /// - Parameters:
  ///   - payload: the CRM's text as a document.
  ///   - current: what Jira holds.
  ///   - agreed: the CRM's text on which both sides agreed last, where Jira holds its side of that still.
  /// - Returns: nil where there is nothing to patch.
  package func patched(_ payload: JSONValue, into current: JSONValue, agreed: FieldValue?) -> JSONValue? {
    if markup != nil, textForm == .wiki, case .string(let text) = current, case .string = payload {
      return .string(RichTextPatch.serverWiki(current: text, new: textForm.document(payload)))
    }
    guard let markup, current["type"]?.string == "doc", payload["type"]?.string == "doc" else { return nil }
    var base: JSONValue?
    if let agreed, !agreed.isEmpty, case .value(_, let document) = jiraValue(forCRM: agreed) { base = document }
    return RichTextPatch.adf(current: current, base: base, new: payload, format: markup)
  }
}
