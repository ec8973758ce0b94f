package import JSON
import RichText
import XML

/// What is fuzzed: the readers of what comes from outside, and the converters of text.
package enum FuzzTarget: String, Sendable, CaseIterable {
  case xml, json, html, markdown, wiki, plain, adf

  /// What is wrong with how an input is taken; nil: nothing. Refusing it is right; crashing, or breaking a promise is not.
  package func problem(with bytes: [UInt8]) -> String? {
    switch self {
    case .xml:
      // Read or refused: either is well.
      _ = try? XMLReader.read(bytes)
      return nil
    case .json: return Self.jsonProblem(bytes)
    case .adf:
      guard let adf = try? JSONReader.read(bytes) else { return nil }
      return Self.problem(ofReading: adf)
    case .html: return Self.problem(of: .html, String(decoding: bytes, as: UTF8.self))
    case .markdown: return Self.problem(of: .markdown, String(decoding: bytes, as: UTF8.self))
    case .wiki: return Self.problem(of: .wiki, String(decoding: bytes, as: UTF8.self))
    case .plain: return Self.problem(of: .plain, String(decoding: bytes, as: UTF8.self))
    }
  }

  private static func jsonProblem(_ bytes: [UInt8]) -> String? {
    guard let value = try? JSONReader.read(bytes) else { return nil }
    guard let again = try? JSONReader.read(value.compact) else { return "what was written cannot be read" }
    return again == value ? nil : "what was written is read as something else"
  }

  /// A text that is read becomes ADF that Jira takes, no word is lost, and what is written from it is read as the same.
  private static func problem(of format: RichTextFormat, _ text: String) -> String? {
    let adf = format.adf(text)
    if let problem = ADFRules.problems(in: adf).first { return "the ADF is not valid: \(problem)" }
    if let problem = LostWords.problem(of: format, text, adf: adf) { return problem }
    return stability(of: adf, ofText: format)
  }

  /// Whatever a document holds, every format can be written from it and read again.
  package static func problem(ofReading adf: JSONValue) -> String? {
    let own = RichTextDocument(adf: adf).adf
    if let problem = ADFRules.problems(in: own).first { return "read and written it is not valid: \(problem)" }
    if let problem = LostWords.problem(ofWriting: adf) { return problem }
    for format in RichTextFormat.allCases {
      if let problem = stability(of: adf, ofText: format) { return problem }
    }
    return nil
  }

  private static func stability(of adf: JSONValue, ofText format: RichTextFormat) -> String? {
    let first = format.text(fromADF: adf)
    let read = format.adf(first)
    if let problem = ADFRules.problems(in: read).first { return "\(format): the ADF is not valid: \(problem)" }
    let second = format.text(fromADF: read)
    // Plain text has no lists: what was written as one is read as lines. From there on nothing changes.
    let third = format.text(fromADF: format.adf(second))
    if second != third { return "\(format): the second round trip is another than the first" }
    if format == .markdown, first != second { return "\(format): it is no canonical form" }
    return nil
  }
}
