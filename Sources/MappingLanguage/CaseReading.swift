package import SyncModel
package import XML

/// What a mapping sees in one case.
package struct CaseReading: Hashable, Sendable {
  /// Nil: no route takes the case, so it is not mirrored.
  package var route: Route?
  /// The CRM's canonical values; of a composed field, the composed text.
  package var values: [FieldKey: FieldValue]
  /// The CRM's status; empty where the mapping has none.
  package var status: FieldValue
  /// The label that only this case's issue carries.
  package var label: String

  package init(route: Route?, values: [FieldKey: FieldValue], status: FieldValue, label: String) {
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
    for field in fields {
      switch field.source {
      case .template(let template):
        let text = try template.text(at: caseNode, in: document, variables: variables)
        values[field.key] = field.canonical(ofCRM: [text])
      case .field(let expression):
        let nodes = try document.nodes(expression, at: caseNode)
        let texts =
          nodes.isEmpty
          ? [try document.string(expression, at: caseNode)] : nodes.map(\.text)
        values[field.key] = field.canonical(ofCRM: texts)
      }
    }
    let status = try status.map { FieldValue.text(orEmpty: try document.string($0.source, at: caseNode).trimmed) }
    let label = try link.label.text(at: caseNode, in: document, variables: variables)
    return CaseReading(route: route, values: values, status: status ?? .empty, label: label.asLabel)
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
