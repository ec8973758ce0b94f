import SyncModel
import XML

/// One `<values>` document: pairs that several fields share, of whichever mapping.
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

/// The use of a ``NamedValues`` by a field.
package struct ValuesUse: Hashable, Sendable {
  package var name: String
  package var position: SourcePosition

  package init(name: String, position: SourcePosition) {
    self.name = name
    self.position = position
  }
}

extension MappingCompilation {
  /// Puts the shared pairs into the fields that name them.
  mutating func takeSharedValues() {
    for (name, mapping) in mappings {
      var document = mapping.document
      var digests: [String: String] = [:]
      for (index, field) in document.fields.enumerated() {
        guard let use = field.valuesFrom, let shared = values[use.name] else { continue }
        document.fields[index].values = shared.document.table
        digests[use.name] = shared.document.digest
        check(shared.document, in: document.fields[index], at: use.position)
      }
      guard !digests.isEmpty else { continue }
      // What an event was planned with is the mapping and its tables.
      let parts = [document.digest] + digests.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
      document.digest = SHA256.hex(Array(parts.joined(separator: "\n").utf8))
      mappings[name]?.document = document
    }
  }

  /// Shared pairs must fit every field that uses them; what does not is said at the field, with the pair's place.
  private mutating func check(_ shared: NamedValues, in rule: FieldRule, at position: SourcePosition) {
    for (pair, place) in zip(shared.table.pairs, shared.positions) {
      if rule.direction.writesJira, pair.direction.writesJira, let reason = rule.problem(ofJiraValue: pair.jira) {
        diagnostics.append(Diagnostic(.error, at: position, "a pair does not fit here (\(place)): \(reason)"))
      }
      if rule.direction.writesCRM, pair.direction.writesCRM, rule.crmType.payload(pair.crm) == nil {
        diagnostics.append(
          Diagnostic(
            .error, at: position,
            "a pair does not fit here (\(place)): '\(pair.crm.prefix(60))' is no \(rule.crmType.rawValue), and "
              + "crm-type= says that the CRM wants one"))
      }
    }
  }
}
