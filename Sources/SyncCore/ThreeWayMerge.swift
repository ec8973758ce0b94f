package import MappingLanguage
package import SyncModel

/// What to do with one two-way field: the base against what both sides hold now.
package enum MergeDecision: Hashable, Sendable {
  /// Neither side moved, or both moved to the same value.
  case agree
  case writeJira
  case writeCRM
  /// Both sides changed it to different values; the policy decided, and the other value is kept as lost.
  case conflict(winner: Side)
  /// The policy is to ask: nothing is written until a person decides.
  case ask
}

/// Merges one field three ways (promise 7: the value that lost is kept, so a conflict names its winner).
package struct ThreeWayMerge: Sendable {
  package init() {}

  /// - Parameters:
  ///   - base: what both sides last agreed on; nil: nothing yet, so what the CRM says is new to Jira.
  ///   - crm: the CRM's value now.
  ///   - crmInJira: the same, translated to Jira's canonical form.
  ///   - jira: Jira's value now.
  ///   - newest: the side that changed last, where that is known, for the policy `newest`.
  package func decide(
    base: FieldState.Base?, crm: FieldValue, crmInJira: FieldValue, jira: FieldValue, policy: ConflictPolicy,
    newest: Side?
  ) -> MergeDecision {
    if crmInJira == jira { return .agree }
    guard let base else { return .writeJira }
    switch (crm != base.crm, jira != base.jira) {
    case (false, false): return .agree
    case (true, false): return .writeJira
    case (false, true): return .writeCRM
    case (true, true):
      switch policy {
      case .crm: return .conflict(winner: .crm)
      case .jira: return .conflict(winner: .jira)
      case .newest: return .conflict(winner: newest ?? .crm)
      case .ask: return .ask
      }
    }
  }
}
