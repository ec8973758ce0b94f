import MappingLanguage
import SyncModel
import XML

/// What is wrong with one event, without its content.
struct EventProblem: Error, Hashable {
  var text: String
}

/// Reads one event of a delivery.
struct EventReader {
  let document: XPathDocument
  let rules: EventRules

  func read(at node: XPathNode) throws(EventProblem) -> ReadEvent {
    guard let kind = try kind(at: node) else {
      let tried = rules.kinds.compactMap { $0.condition?.source }.map { "'\($0)'" }
      throw EventProblem(text: "its kind is none of those that the profile knows (\(tried.joined(separator: ", ")))")
    }
    guard let caseNode = try nodes(rules.caseNode, at: node).first else {
      throw EventProblem(text: "no case at '\(rules.caseNode.source)'")
    }
    let caseID = try text(rules.caseID, at: caseNode)
    guard !caseID.isEmpty else {
      throw EventProblem(text: "no case id at '\(rules.caseNode.source)/\(rules.caseID.source)'")
    }
    guard caseID.utf8.count <= 200 else {
      throw EventProblem(text: "the case id at '\(rules.caseID.source)' is longer than 200 bytes")
    }
    let comment = try comment(at: node, kind: kind)
    let isEmptied = comment == nil && rules.comment != nil && [.commented, .commentUpdated].contains(kind)
    let time = try rules.occurredAt.map { expression throws(EventProblem) in try text(expression, at: node) }
    let event = CaseEvent(
      // A comment without text, as some CRMs record a change of status, is a change of the case.
      kind: isEmptied ? .updated : kind, caseID: CaseID(caseID), actor: try actor(at: node),
      occurredAt: time.flatMap(Self.timestamp), comment: comment, attachments: try attachments(at: node))
    return ReadEvent(event: event, caseNode: caseNode)
  }

  private func kind(at node: XPathNode) throws(EventProblem) -> CaseEvent.Kind? {
    for rule in rules.kinds {
      guard let condition = rule.condition else { return rule.kind }
      do throws(XPathError) {
        if try document.boolean(condition, at: node) { return rule.kind }
      } catch { throw EventProblem(condition, error) }
    }
    return nil
  }

  private func actor(at node: XPathNode) throws(EventProblem) -> CRMUser? {
    guard let expression = rules.actorID else { return nil }
    let id = try text(expression, at: node)
    guard !id.isEmpty else { return nil }
    return CRMUser(
      id: CRMUserID(id), name: try optional(rules.actorName, at: node), email: try optional(rules.actorEmail, at: node))
  }

  private func comment(at node: XPathNode, kind: CaseEvent.Kind) throws(EventProblem) -> CaseComment? {
    guard let rules = rules.comment else { return nil }
    let reader = CommentReader(document: document, rules: rules)
    guard let found = try nodes(rules.select, at: node).first else {
      switch kind {
      case .commented, .commentUpdated, .commentDeleted:
        throw EventProblem(text: "no comment at '\(rules.select.source)'")
      case .created, .updated, .deleted, .attached: return nil
      }
    }
    if kind == .commentDeleted {
      return CaseComment(id: try reader.id(at: found), body: "", isPublic: false, authorName: nil)
    }
    return try reader.read(at: found)
  }

  private static let attachmentLimit = 100

  private func attachments(at node: XPathNode) throws(EventProblem) -> [CaseAttachment] {
    guard let rules = rules.attachments else { return [] }
    return try AttachmentReader(document: document, rules: rules, limit: Self.attachmentLimit).read(at: node)
  }

  private func optional(_ expression: XPathExpression?, at node: XPathNode) throws(EventProblem) -> String? {
    guard let expression else { return nil }
    let value = try text(expression, at: node)
    return value.isEmpty ? nil : value
  }

  private func text(_ expression: XPathExpression, at node: XPathNode) throws(EventProblem) -> String {
    try document.trimmedText(expression, at: node)
  }

  private func nodes(_ expression: XPathExpression, at node: XPathNode) throws(EventProblem) -> [XPathNode] {
    do throws(XPathError) { return try document.nodes(expression, at: node) } catch {
      throw EventProblem(expression, error)
    }
  }

  /// A date-time, or seconds or milliseconds since 1970 by their count of digits; nil for anything else.
  private static func timestamp(_ text: String) -> Timestamp? {
    if let number = Int64(text), number > 0 {
      return switch text.utf8.count {
      case 9...10: Timestamp(seconds: number)
      case 12...13: Timestamp(milliseconds: number)
      default: nil
      }
    }
    return Timestamp(text)
  }
}

/// Reads comments, from deliveries and from the API's answers alike.
struct CommentReader {
  let document: XPathDocument
  let rules: EventRules.CommentRules

  /// The comment at a node; nil when it has no text.
  func read(at node: XPathNode) throws(EventProblem) -> CaseComment? {
    let body: String
    do throws(XPathError) { body = try document.string(rules.body, at: node) } catch {
      throw EventProblem(rules.body, error)
    }
    guard body.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) else { return nil }
    let id = try self.id(at: node)
    var author: String?
    if let expression = rules.authorName { author = try document.trimmedText(expression, at: node) }
    return CaseComment(
      id: id, body: body, isPublic: try document.isClearYes(rules.isPublic, at: node),
      authorName: author?.isEmpty == true ? nil : author)
  }

  func id(at node: XPathNode) throws(EventProblem) -> CommentID {
    let id = try document.trimmedText(rules.id, at: node)
    guard !id.isEmpty else { throw EventProblem(text: "no comment id at '\(rules.select.source)/\(rules.id.source)'") }
    return CommentID(id)
  }
}

extension EventProblem {
  init(_ expression: XPathExpression, _ error: XPathError) {
    text = "'\(expression.source)' cannot be evaluated: \(error)"
  }
}

extension XPathDocument {
  func trimmedText(_ expression: XPathExpression, at node: XPathNode) throws(EventProblem) -> String {
    let text: String
    do throws(XPathError) { text = try string(expression, at: node) } catch { throw EventProblem(expression, error) }
    return text.trimmed
  }

  /// Whether an expression says `true` or `1`, and where there is none. XPath's own truth would not do: to it the text
  /// `false` is true.
  func isClearYes(_ expression: XPathExpression?, at node: XPathNode) throws(EventProblem) -> Bool {
    guard let expression else { return true }
    let value = try trimmedText(expression, at: node)
    return value.lowercased() == "true" || value == "1"
  }
}
