package import SyncModel
package import XML

/// What a mapping sees in one case.
package struct CaseReading: Hashable, Sendable {
  /// Nil: no route takes the case, so it is not mirrored.
  package var route: Route?
  /// The CRM's canonical values; of a composed field, the composed text. Fields that the delivery does not name are not
  /// among them: nothing is known of them.
  package var values: [FieldKey: FieldValue]
  /// What a new issue gets for the fields that are not named.
  package var absent: [FieldKey: FieldValue] = [:]
  /// The CRM's status; empty where the mapping has none, or the delivery does not name it.
  package var status: FieldValue
  /// The CRM's status; nil: the delivery does not name it, so nothing is known of it.
  package var knownStatus: FieldValue? { absent[StatusRule.key] == nil ? status : nil }
  /// The label that only this case's issue carries.
  package var label: String
  /// The title of the link on the issue, where the mapping has one.
  package var remoteLinkTitle: String?
  /// What the screens on the way to the status's Jira status are given.
  package var screen: [FieldKey: FieldValue]

  package init(
    route: Route?, values: [FieldKey: FieldValue], status: FieldValue, label: String,
    screen: [FieldKey: FieldValue] = [:]
  ) {
    self.screen = screen
    self.route = route
    self.values = values
    self.status = status
    self.label = label
  }
}

extension Mapping {
  /// Reads a case.
  ///
  /// - Throws: ``XPathError`` when an expression exceeds its bounds, which no change of the mapping's data can cause.
  package func read(
    _ document: XPathDocument, caseNode: XPathNode, connection: ConnectionName, caseID: CaseID
  ) throws -> CaseReading {
    let variables = ["connection": connection.rawValue, "case": caseID.rawValue]
    let route = try routes.first { route in
      try route.condition.map { try document.boolean($0, at: caseNode) } ?? true
    }
    var values: [FieldKey: FieldValue] = [:]
    var absent: [FieldKey: FieldValue] = [:]
    values.reserveCapacity(fields.count)
    // In place: a rule is large, and is not copied to be asked.
    try fields.withUnsafeBufferPointer { rules in
      for index in rules.indices {
        let value = try rules[index].value(in: document, at: caseNode, variables)
        if rules[index].whenAbsent == .leave, rules[index].isComposed || value.isEmpty,
          !rules[index].isNamed(in: document, at: caseNode)
        {
          absent[rules[index].key] = value
        } else {
          values[rules[index].key] = value
        }
      }
    }
    let status = try status.map { FieldValue.text(orEmpty: try document.string($0.source, at: caseNode).trimmed) }
    if let source = self.status?.source, !document.names(source, from: caseNode) {
      absent[StatusRule.key] = .empty
    }
    let label = try link.label.text(at: caseNode, in: document, variables: variables)
    var reading = CaseReading(route: route, values: values, status: status ?? .empty, label: label.asLabel)
    reading.absent = absent
    if let title = link.remoteLinkTitle {
      reading.remoteLinkTitle = try title.text(at: caseNode, in: document, variables: variables).asOneLine
        .shortened(to: 255)
    }
    if case .text(let name)? = status, let target = self.status?.values.jira(forCRM: name) {
      for rule in self.status?.ways[target]?.screen ?? [] {
        reading.screen[rule.key] = try rule.value(in: document, at: caseNode, variables)
      }
    }
    return reading
  }
}

extension FieldRule {
  /// The CRM's canonical value in a case.
  fileprivate func value(
    in document: XPathDocument, at node: XPathNode, _ variables: [String: String]
  ) throws -> FieldValue {
    switch source {
    case .template(let template):
      return canonical(ofCRM: [try template.text(at: node, in: document, variables: variables)])
    case .field(let expression):
      return canonical(ofCRM: try document.texts(expression, at: node))
    }
  }

  fileprivate var isComposed: Bool { if case .template = source { true } else { false } }

  /// Whether the document names what the field is made from; where only an evaluation could tell, it does.
  fileprivate func isNamed(in document: XPathDocument, at node: XPathNode) -> Bool {
    switch source {
    case .field(let expression): return document.names(expression, from: node)
    case .template(let template):
      return template.pieces.allSatisfy { piece in
        guard case .expression(let expression) = piece else { return true }
        return document.names(expression, from: node)
      }
    }
  }

  /// The value that needs no case to be known: a fixed text; nil: it depends on the case.
  package var fixedValue: FieldValue? {
    guard case .template(let template) = source, let text = template.constant else { return nil }
    return canonical(ofCRM: [text])
  }
}

extension Route: Hashable {
  package static func == (left: Route, right: Route) -> Bool {
    left.condition == right.condition && left.project == right.project && left.issueType == right.issueType
      && left.position == right.position
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(project)
    hasher.combine(issueType)
    hasher.combine(position)
  }
}
