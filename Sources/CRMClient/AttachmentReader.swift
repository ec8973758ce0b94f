import MappingLanguage
import SyncModel
import XML

/// Reads the files that a node of a document names.
struct AttachmentReader {
  var document: XPathDocument
  var rules: EventRules.AttachmentRules
  /// More than this many are refused.
  var limit: Int

  func read(at node: XPathNode) throws(EventProblem) -> [CaseAttachment] {
    let found: [XPathNode]
    do throws(XPathError) { found = try document.nodes(rules.select, at: node) } catch {
      throw EventProblem(rules.select, error)
    }
    guard found.count <= limit else { throw EventProblem(text: "it names more than \(limit) attachments") }
    var attachments: [CaseAttachment] = []
    for file in found {
      let id = try document.trimmedText(rules.id, at: file)
      guard !id.isEmpty, id.utf8.count <= 200 else {
        throw EventProblem(text: "no attachment id of at most 200 bytes at '\(rules.select.source)/\(rules.id.source)'")
      }
      attachments.append(
        CaseAttachment(
          id: AttachmentID(id), name: try document.trimmedText(rules.name, at: file),
          type: try optional(rules.type, at: file),
          size: try optional(rules.size, at: file).flatMap { Int64($0) }.flatMap { $0 < 0 ? nil : $0 },
          address: try optional(rules.address, at: file),
          isPublic: try document.isClearYes(rules.isPublic, at: file)))
    }
    return attachments
  }

  private func optional(_ expression: XPathExpression?, at node: XPathNode) throws(EventProblem) -> String? {
    guard let expression else { return nil }
    let value = try document.trimmedText(expression, at: node)
    return value.isEmpty ? nil : value
  }
}
