package import JSON

/// A text of the CRM's as Jira is sent it, together with the form in which it is compared.
package struct JiraText: Hashable, Sendable {
  /// A document that Jira accepts (``ADFRules``).
  package let adf: JSONValue
  /// What ``RichTextConversion/markdown(fromADF:)`` gives for the document, without reading it again.
  package let markdown: String

  /// - Parameter limit: the text's length in characters; what is longer is cut at a block. Nil: Jira's own limit alone.
  package init(_ document: RichTextDocument, cutTo limit: Int? = nil) {
    var blocks = ADFNesting.fit(document.blocks, in: .document)
    if let limit { blocks = ADFNesting.fit(RichTextLimit.cut(RichTextLimit.cut(blocks), to: limit), in: .document) }
    let fitted = RichTextLimit.cut(blocks)
    adf = ADFWriter.document(fitted)
    markdown = MarkdownWriter.lines(of: fitted).joined(separator: "\n")
  }
}
