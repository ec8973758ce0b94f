import SyncModel
import XML

/// One `<values>` document: pairs that several fields and statuses share, of whichever mapping.
struct NamedValues: Sendable {
  var table: ValueTable
  /// Hex SHA-256 of the file.
  var digest: String
  /// Of the pairs, in their order.
  var positions: [SourcePosition]

  init(_ root: XMLElement, digest: String, _ findings: inout Findings) {
    self.digest = digest
    positions = root.elements(named: "pair").map { findings.position($0) }
    var compiler = FieldCompiler(findings: findings)
    table = compiler.table(root) ?? ValueTable(pairs: [], otherwiseJira: nil, otherwiseCRM: nil)
    compiler.checkReversible(table, .both, root)
    findings = compiler.findings
  }
}

/// The use of a ``NamedValues`` by a field or by the status.
package struct ValuesUse: Hashable, Sendable {
  package var name: String
  package var position: SourcePosition

  package init(name: String, position: SourcePosition) {
    self.name = name
    self.position = position
  }
}

extension MappingCompilation {
  /// Puts the shared pairs into the fields and statuses that name them.
  mutating func takeSharedValues() {
    for (name, mapping) in mappings {
      var document = mapping.document
      var digests: [String: String] = [:]
      for (index, field) in document.fields.enumerated() {
        guard let use = field.valuesFrom, let shared = values[use.name]?.document else { continue }
        document.fields[index].values = shared.table
        digests[use.name] = shared.digest
        check(shared, at: use.position, field.direction, field.crmType) { field.problem(ofJiraValue: $0) }
        for (pair, place) in zip(shared.table.pairs, shared.positions) {
          for doubt in document.fields[index].doubts(of: pair) {
            diagnostics.append(Diagnostic(.warning, at: use.position, "of a shared pair (\(place)): \(doubt.words)"))
          }
        }
      }
      if let status = document.status, let use = status.valuesFrom, let shared = values[use.name]?.document {
        digests[use.name] = shared.digest
        take(shared, for: status, use, into: &document)
      }
      guard !digests.isEmpty else { continue }
      // What an event was planned with is the mapping and its tables.
      let parts = [document.digest] + digests.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
      document.digest = SHA256.hex(Array(parts.joined(separator: "\n").utf8))
      mappings[name]?.document = document
    }
  }

  private mutating func take(
    _ shared: NamedValues, for status: StatusRule, _ use: ValuesUse, into document: inout Mapping
  ) {
    var status = status
    status.values = shared.table
    check(shared, at: use.position, status.direction, status.crmType) { _ in nil }
    var targets = shared.table.pairs.map(\.jira)
    if let otherwise = shared.table.otherwiseJira { targets.append(otherwise) }
    for (target, way) in status.ways where !targets.contains(target) {
      diagnostics.append(
        Diagnostic(
          .error, at: way.position,
          "no <pair> of <values name=\"\(use.name)\"> leads to the status '\(target.prefix(60))'"
            + NearestName.hint(target, in: targets)))
    }
    document.status = status
    diagnostics += document.reopening.take(status)
  }

  /// Shared pairs must fit everything that uses them; what does not is said there, with the pair's place.
  private mutating func check(
    _ shared: NamedValues, at position: SourcePosition, _ direction: SyncDirection, _ type: CRMType,
    _ problem: (String) -> String?
  ) {
    func misfit(_ place: SourcePosition, _ reason: String) {
      diagnostics.append(Diagnostic(.error, at: position, "a pair does not fit here (\(place)): \(reason)"))
    }
    for (pair, place) in zip(shared.table.pairs, shared.positions) {
      if direction.writesJira, pair.direction.writesJira, let reason = problem(pair.jira) { misfit(place, reason) }
      if direction.writesCRM, pair.direction.writesCRM, type.payload(pair.crm) == nil {
        misfit(place, Self.misfit(pair.crm, type))
      }
    }
    guard let place = shared.table.otherwisePosition else { return }
    if direction.writesJira, let reason = shared.table.otherwiseJira.flatMap(problem) { misfit(place, reason) }
    if direction.writesCRM, let crm = shared.table.otherwiseCRM, type.payload(crm) == nil {
      misfit(place, Self.misfit(crm, type))
    }
  }

  private static func misfit(_ value: String, _ type: CRMType) -> String {
    "'\(value.prefix(60))' is no \(type.rawValue), and crm-type= says that the CRM wants one"
  }
}
