package import SyncModel

/// A write of ours to two-way fields of an issue, held against what Jira's changelog says that it replaced.
///
/// Jira has no write that fails when somebody else wrote first, so what a person enters between our look and our request
/// is replaced unseen. The changelog names it afterwards.
package struct JiraWrite: Hashable, Sendable {
  /// The operation's row.
  package var operation: Int64
  package var agreed: [FieldKey: FieldState.Base]
  /// What Jira was known to hold before it.
  package var before: [FieldKey: FieldValue]

  package init(operation: Int64, agreed: [FieldKey: FieldState.Base], before: [FieldKey: FieldValue]) {
    self.operation = operation
    self.agreed = agreed
    self.before = before
  }

  /// The values that it replaced and of which nobody knew, as those that lost.
  ///
  /// - Parameter own: what the changelog tells of this write: one item a field, or several of a status that was reached
  ///   in steps.
  package func lost(in own: [ChangelogEntry.Item]) -> [Conflict] {
    let steps = Set(own.map { [$0.field.rawValue, $0.toText ?? ""] })
    return own.compactMap { item in
      // Where the changelog speaks of a value in other words than the issue does (people by their names), it tells nothing.
      guard let write = agreed[item.field], let known = before[item.field],
        Self.value(item.toText) == write.jira || item.field == "status",
        !steps.contains([item.field.rawValue, item.fromText ?? ""])
      else { return nil }
      let replaced = Self.value(item.fromText)
      guard replaced != known, replaced != write.jira else { return nil }
      return Conflict(field: item.field, winner: .crm, crm: write.crm, jira: replaced)
    }
  }

  private static func value(_ text: String?) -> FieldValue {
    guard let text, !text.isEmpty else { return .empty }
    return .text(text)
  }
}
