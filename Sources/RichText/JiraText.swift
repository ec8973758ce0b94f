package import JSON

/// A text as one Jira keeps it, and as it is compared.
package struct JiraText: Hashable, Sendable {
  /// What a Jira keeps rich text as.
  package enum Form: String, Hashable, Sendable, CaseIterable {
    /// Cloud (REST v3): a document.
    case adf
    /// Data Center (REST v2): wiki markup.
    case wiki

    /// What a text of this Jira's says.
    package func document(_ value: JSONValue) -> RichTextDocument {
      switch (self, value) {
      case (.wiki, .string(let text)): RichTextDocument(serverWiki: text)
      case (.adf, .string(let text)): RichTextDocument(markdown: text)
      default: RichTextDocument(adf: value)
      }
    }

    /// How this Jira keeps a document.
    package func value(_ document: RichTextDocument) -> JSONValue {
      switch self {
      case .adf: document.adf
      case .wiki: .string(document.serverWiki)
      }
    }
  }

  /// What is sent: a document that Jira accepts (``ADFRules``), or wiki markup.
  package let value: JSONValue
  /// The Markdown of what Jira then holds.
  package let markdown: String

  /// - Parameter limit: the text's length in characters; what is longer is cut at a block. Nil: Jira's own limit alone.
  package init(_ document: RichTextDocument, cutTo limit: Int? = nil, form: Form = .adf) {
    var blocks = ADFNesting.fit(document.blocks, in: .document)
    if let limit { blocks = ADFNesting.fit(RichTextLimit.cut(RichTextLimit.cut(blocks), to: limit), in: .document) }
    let fitted = RichTextLimit.cut(blocks)
    switch form {
    case .adf:
      value = ADFWriter.document(fitted)
      markdown = MarkdownWriter.lines(of: fitted).joined(separator: "\n")
    case .wiki:
      let text = RichTextDocument(blocks: fitted).serverWiki
      value = .string(text)
      markdown = RichTextDocument(serverWiki: text).markdown
    }
  }
}
