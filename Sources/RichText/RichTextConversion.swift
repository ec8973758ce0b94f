package import JSON

/// Rich text from one format to another, as the planner and the clients ask for it.
///
/// Whatever is read, what comes out as ADF is a document that Jira accepts (``ADFRules``) and that runs nothing.
package enum RichTextConversion {
  package static func adf(fromPlain text: String) -> JSONValue { RichTextDocument(plain: text).adf }
  package static func adf(fromHTML html: String) -> JSONValue { RichTextDocument(html: html).adf }
  package static func adf(fromMarkdown text: String) -> JSONValue { RichTextDocument(markdown: text).adf }
  package static func adf(fromWiki text: String) -> JSONValue { RichTextDocument(wiki: text).adf }

  package static func plain(fromADF adf: JSONValue) -> String { RichTextDocument(adf: adf).plain }
  package static func html(fromADF adf: JSONValue) -> String { RichTextDocument(adf: adf).html }
  package static func wiki(fromADF adf: JSONValue) -> String { RichTextDocument(adf: adf).wiki }

  /// The canonical form in which rich text is compared: `localId` and other attributes without text play no part.
  package static func markdown(fromADF adf: JSONValue) -> String { RichTextDocument(adf: adf).markdown }

  /// There is nothing to read in the document: no text but blanks, no picture, mention, card or table.
  package static func isEmpty(adf: JSONValue) -> Bool { RichTextDocument(adf: adf).blocks.allSatisfy(isEmpty) }

  private static func isEmpty(_ block: RichTextBlock) -> Bool {
    switch block {
    case .paragraph(let inlines), .heading(_, let inlines): inlines.trimmed.isEmpty
    case .bulletList(let items), .orderedList(_, let items): items.allSatisfy { $0.allSatisfy(isEmpty) }
    case .blockquote(let blocks), .panel(_, let blocks): blocks.allSatisfy(isEmpty)
    case .expand(let title, let blocks): title.trimmed.isEmpty && blocks.allSatisfy(isEmpty)
    case .taskList(let tasks): tasks.allSatisfy { $0.inlines.trimmed.isEmpty }
    case .codeBlock(_, let text): text.trimmed.isEmpty
    case .rule, .table, .unknown: false
    }
  }
}
