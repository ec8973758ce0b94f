package import JSON

/// A markup that a CRM keeps its texts in.
package enum RichTextFormat: String, Hashable, Sendable, CaseIterable {
  case plain, html, markdown, wiki

  package func document(_ text: String) -> RichTextDocument {
    switch self {
    case .plain: RichTextDocument(plain: text)
    case .html: RichTextDocument(html: text)
    case .markdown: RichTextDocument(markdown: text)
    case .wiki: RichTextDocument(wiki: text)
    }
  }

  package func text(_ document: RichTextDocument) -> String {
    switch self {
    case .plain: document.plain
    case .html: document.html
    case .markdown: document.markdown
    case .wiki: document.wiki
    }
  }

  package func adf(_ text: String) -> JSONValue { document(text).adf }
  package func text(fromADF adf: JSONValue) -> String { text(RichTextDocument(adf: adf)) }

  /// What the CRM's side of a document says, read again: what the markup cannot carry is gone.
  func seen(_ blocks: [RichTextBlock]) -> [RichTextBlock] {
    ADFNesting.fit(document(text(RichTextDocument(blocks: blocks))).blocks, in: .document)
  }

  /// The styles that the markup can carry.
  var styles: RichTextMarks.Style {
    switch self {
    case .plain: []
    case .markdown: [.strong, .em, .strike, .code]
    case .html, .wiki: [.strong, .em, .strike, .code, .underline, .sub, .sup]
    }
  }

  var carriesColour: Bool { self == .html || self == .wiki }
  var carriesBackground: Bool { self == .html }
  var carriesLinks: Bool { self != .plain }
}

extension RichTextBlock {
  /// By which blocks are compared: their Markdown.
  var key: String { MarkdownWriter.lines(of: ADFNesting.fit([self], in: .document)).joined(separator: "\n") }
}
