import MappingLanguage
import SyncCore
import SyncModel
import Testing

@Suite("Merging a field three ways")
struct ThreeWayMergeTests {
  /// The base is P2 in the CRM, High in Jira.
  struct Row: Sendable, CustomTestStringConvertible {
    var hasBase = true
    var crm: String
    var jira: String
    var decisions: [ConflictPolicy: MergeDecision] = [:]
    /// For every policy that ``decisions`` does not name.
    var otherwise: MergeDecision
    var newest: Side?
    var testDescription: String {
      "\(hasBase ? "" : "no base, ")CRM \(crm), Jira \(jira), newest \(newest?.rawValue ?? "?")"
    }
  }

  static let translation = ["P1": "Highest", "P2": "High", "P3": "Medium"]

  static let rows = [
    Row(crm: "P2", jira: "High", otherwise: .agree),
    Row(crm: "P1", jira: "High", otherwise: .writeJira),
    Row(crm: "P2", jira: "Medium", otherwise: .writeCRM),
    Row(crm: "P1", jira: "Highest", otherwise: .agree),
    Row(hasBase: false, crm: "P1", jira: "Medium", otherwise: .writeJira),
    Row(hasBase: false, crm: "P1", jira: "Highest", otherwise: .agree),
    both(newest: nil, .crm), both(newest: .crm, .crm), both(newest: .jira, .jira),
  ]

  static func both(newest: Side?, _ winner: Side) -> Row {
    Row(
      crm: "P1", jira: "Medium",
      decisions: [.crm: .conflict(winner: .crm), .jira: .conflict(winner: .jira), .ask: .ask],
      otherwise: .conflict(winner: winner), newest: newest)
  }

  @Test("What moved is written to the other side, and the policy decides where both moved", arguments: rows)
  func decides(_ row: Row) {
    for policy in ConflictPolicy.allCases {
      let decision = ThreeWayMerge().decide(
        base: row.hasBase ? FieldState.Base(crm: .text("P2"), jira: .text("High")) : nil, crm: .text(row.crm),
        crmInJira: .text(Self.translation[row.crm] ?? ""), jira: .text(row.jira), policy: policy, newest: row.newest)
      #expect(decision == row.decisions[policy] ?? row.otherwise, "\(policy)")
    }
  }
}
