import SyncModel
import XML

/// What a mapping shows the other documents of its folder: made once, when its file is compiled, so that to hold hundreds of
/// mappings against each other after a change of one looks into none of them.
final class MappingOutline: Sendable {
  /// What Jira is given, and where that stands.
  struct JiraSource: Sendable {
    var expressions: [String]
    var position: SourcePosition
  }

  /// A route's condition that only compares one field with one text.
  struct Comparison: Hashable, Sendable {
    var path: String
    var value: String
  }

  /// The CRM's fields that changes of the issue are written to, in the order of the file.
  let crmWrites: [(name: String, position: SourcePosition)]
  /// ``crmWrites`` by name.
  let crmWritePlaces: [String: SourcePosition]
  let jiraSources: [JiraSource]
  /// The expressions of ``jiraSources``, one to a line.
  let jiraText: [UInt8]
  /// By route: nil where it takes cases by anything else than one comparison.
  let comparisons: [Comparison?]
  /// A route takes every case.
  let takesEverything: Bool

  init(_ mapping: Mapping) {
    var writes = mapping.fields.filter(\.direction.writesCRM).map { (name: $0.crmName, position: $0.position) }
    if let status = mapping.status, status.direction.writesCRM {
      writes.append((name: status.crmName, position: status.position))
    }
    crmWrites = writes
    crmWritePlaces = Dictionary(writes.map { ($0.name, $0.position) }, uniquingKeysWith: { first, _ in first })
    jiraSources = Self.sources(mapping)
    jiraText = Array(jiraSources.flatMap(\.expressions).joined(separator: "\n").utf8)
    comparisons = mapping.routes.map { $0.condition.flatMap { Comparison($0.source) } }
    takesEverything = mapping.routes.contains { $0.condition == nil }
  }

  private static func sources(_ mapping: Mapping) -> [JiraSource] {
    var sources = mapping.fields.filter(\.direction.writesJira).map(JiraSource.init)
    if let status = mapping.status, status.direction.writesJira {
      for way in status.ways.values { sources += way.screen.map(JiraSource.init) }
    }
    if let title = mapping.link.remoteLinkTitle, let position = mapping.link.remoteLinkPosition {
      sources.append(JiraSource(expressions: title.expressions, position: position))
    }
    if let position = mapping.link.labelPosition {
      sources.append(JiraSource(expressions: mapping.link.label.expressions, position: position))
    }
    return sources
  }

  /// False where every pair of conditions is of the kind `product = 'Billing'` and `product = 'Shop'`.
  func mayShareCases(with other: MappingOutline) -> Bool {
    comparisons.contains { own in
      other.comparisons.contains { other in
        guard let own, let other else { return true }
        return own.path != other.path || own.value == other.value
      }
    }
  }
}

extension MappingOutline.JiraSource {
  fileprivate init(_ rule: FieldRule) {
    position = rule.sourcePosition ?? rule.position
    switch rule.source {
    case .field(let expression): expressions = [expression.source]
    case .template(let template): expressions = template.expressions
    }
  }
}

extension Template {
  /// What is evaluated in it.
  fileprivate var expressions: [String] {
    pieces.compactMap { if case .expression(let expression) = $0 { expression.source } else { nil } }
  }
}

extension MappingOutline.Comparison {
  /// Nil: the expression is anything else.
  init?(_ source: String) {
    let sides = source.split(separator: "=", omittingEmptySubsequences: false)
    guard sides.count == 2, let value = sides[1].trimmed.literal else { return nil }
    let path = sides[0].trimmed
    guard !path.isEmpty, path.unicodeScalars.allSatisfy({ !" '\"<>!|()".unicodeScalars.contains($0) }) else {
      return nil
    }
    self.init(path: String(path), value: String(value))
  }
}

extension Substring {
  fileprivate var trimmed: Substring {
    let start = drop { $0 == " " }
    return start.lastIndex { $0 != " " }.map { start[...$0] } ?? ""
  }

  /// What stands between the quotation marks, if the text is one literal.
  fileprivate var literal: Substring? {
    guard let quote = first, quote == "'" || quote == "\"", count >= 2, last == quote else { return nil }
    let inner = dropFirst().dropLast()
    return inner.contains(quote) ? nil : inner
  }
}
