package import JSON
package import RichText

/// "No word is lost": every visible word of a text stands in what is made of it.
package enum LostWords {
  /// A text that is longer than Jira takes is cut, and says so.
  private static let cutNote = "The text was cut here"

  /// The words of a text that are missing in its ADF, and those of the ADF that are missing in what is written from it.
  package static func problem(of format: RichTextFormat, _ text: String, adf: JSONValue) -> String? {
    let shown = adf.compact
    if shown.contains(cutNote) { return nil }
    let missing: [String]
    switch format {
    case .plain:
      missing = lost(
        VisibleText.words(of: VisibleText.withoutControls(text)), in: VisibleText.words(ofADF: adf), isOrdered: true)
    case .html:
      // What stands beside a table's cells is told before the table, and a title before what it opens.
      let lower = text.lowercased()
      let isOrdered = !["<table", "<summary", "<ul", "<ol", "<menu", "<dir", "mso-list"].contains { lower.contains($0) }
      // Where broken tags part words, and where not, is not worth a second reader that knows it.
      let found = VisibleText.words(ofADF: adf)
      let all = lost(VisibleText.words(ofHTML: text), in: found, isOrdered: isOrdered, isLenient: true)
        .filter { word in !found.contains { $0.utf8.count > 3 && word.contains($0) } }
      // The sign before an item of Word's list becomes the list's, wherever it stands in the line.
      missing = lower.contains("mso-list") ? lostLetters(all, in: found) : all
    case .markdown:
      missing = lostParts(VisibleText.words(ofMarkdown: text), in: adf)
    case .wiki:
      missing = lostParts(VisibleText.words(ofWiki: text), in: adf)
    }
    return missing.first.map { "\(format): the word '\($0)' is lost" } ?? problem(ofWriting: adf)
  }

  /// The words of a document that are missing in what is written from it, and in what is read from that.
  static func problem(ofWriting adf: JSONValue) -> String? {
    if adf.compact.contains(cutNote) { return nil }
    let words = VisibleText.words(ofADF: adf)
    // An item's numbers are the list's in the markups; dates are written as days.
    let plain = VisibleText.words(of: RichTextConversion.plain(fromADF: adf))
    if let word = lost(words, in: plain, isOrdered: true).first { return "the word '\(word)' is lost in plain text" }
    let html = VisibleText.words(ofHTML: RichTextConversion.html(fromADF: adf))
    if let word = lost(words, in: html, isOrdered: true).first { return "the word '\(word)' is lost in HTML" }
    for format in RichTextFormat.allCases {
      let back = format.adf(format.text(fromADF: adf))
      if back.compact.contains(cutNote) { continue }
      let found = VisibleText.words(ofADF: back)
      // In wiki markup an item's lists stand below all of its lines.
      if let word = lost(words, in: found, isOrdered: format != .wiki).first {
        return "the word '\(word)' is lost on the way through \(format)"
      }
    }
    return nil
  }

  /// The words that are not there, or are there fewer times; where order counts, those that stand too early, too.
  ///
  /// - Parameter isLenient: a word may be a part of others there.
  private static func lost(
    _ words: [String], in found: [String], isOrdered: Bool, isLenient: Bool = false
  ) -> [String] {
    var counts: [String: Int] = [:]
    for word in found { counts[word, default: 0] += 1 }
    let joined = found.joined()
    let missing = words.filter { word in
      counts[word, default: 0] -= 1
      return counts[word, default: 0] < 0 && !(isLenient && joined.contains(word))
    }
    if isLenient, counts.values.contains(where: { $0 < 0 }) { return missing }
    guard isOrdered, missing.isEmpty else { return missing }
    var rest = found[...]
    for word in words {
      guard let index = rest.firstIndex(of: word) else { return ["\(word)' at its place, '"] }
      rest = rest[(index + 1)...]
    }
    return []
  }

  private static func lostLetters(_ words: [String], in found: [String]) -> [String] {
    let joined = found.joined()
    return words.filter { word in
      let letters = String(word.unicodeScalars.filter { !VisibleText.isDigit($0) }.map(Character.init))
      return letters.utf8.count > 4 && !joined.contains(letters)
    }
  }

  /// The words that are found in no word of the document: looks may begin inside of a word.
  private static func lostParts(_ words: [String], in adf: JSONValue) -> [String] {
    let said = VisibleText.words(of: said(adf)).joined()
    return Set(words).filter { !said.contains($0) }.sorted()
  }

  /// All that a document says, its addresses and languages too.
  private static func said(_ node: JSONValue) -> String {
    var text = ""
    for member in node.members ?? [] where member.key != "type" {
      if let string = member.value.string { text += string + " " } else { text += said(member.value) }
    }
    for element in node.array ?? [] { text += said(element) }
    return text
  }
}
