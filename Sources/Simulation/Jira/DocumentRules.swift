import JSON
import RichText

/// Which documents the simulated Jira takes as Atlassian Document Format, and what they say as plain text.
enum DocumentRules {
  /// The longest text of a description or comment, in characters.
  static let longestText = 32_767

  /// What is wrong with a document; none for a good one.
  static func problems(in document: JSONValue) -> [String] { ADFRules.problems(in: document) }

  /// Paragraphs become lines.
  static func plainText(of node: JSONValue) -> String {
    switch node["type"]?.string {
    case "text": return node["text"]?.string ?? ""
    case "hardBreak": return "\n"
    case "mention", "status": return node["attrs"]?["text"]?.string ?? ""
    case "inlineCard": return node["attrs"]?["url"]?.string ?? ""
    default: break
    }
    let children = node["content"]?.array ?? []
    let isInline = children.allSatisfy { inlines.contains($0["type"]?.string ?? "") }
    return children.map(plainText(of:)).joined(separator: isInline ? "" : "\n")
  }

  /// A document of one paragraph for each line.
  static func document(_ text: String) -> JSONValue {
    let scalars = text.unicodeScalars.filter { $0 != "\r" }
    let lines = scalars.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
    let paragraphs: [JSONValue] = lines.map { line in
      line.isEmpty
        ? ["type": "paragraph", "content": []]
        : ["type": "paragraph", "content": [["type": "text", "text": .string(line)]]]
    }
    return ["version": 1, "type": "doc", "content": .array(paragraphs)]
  }

  private static let inlines: Set<String> = [
    "text", "hardBreak", "mention", "emoji", "date", "status", "inlineCard", "placeholder", "mediaInline",
    "inlineExtension",
  ]
}
