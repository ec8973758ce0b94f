extension RichTextDocument {
  /// Reads HTML by an allow-list: looks that we know are kept, every other element is its text, and what a browser
  /// would run or load (script, style, frames, drawings) is dropped. Pictures are their alternative text, with a link
  /// where their address is one that a link may have.
  ///
  /// Any text is read, in one pass; what nests deeper than 60 elements keeps its text.
  package init(html: String) { self.init(blocks: HTMLBuilder.read(html).flatMap(\.blocks)) }
}

/// Blocks and the bytes of the source that they were read from, so that one can be replaced there and the rest kept.
struct SourcedBlocks {
  var blocks: [RichTextBlock]
  /// In UTF-8.
  var range: Range<Int>
}
