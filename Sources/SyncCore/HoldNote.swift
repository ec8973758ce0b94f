package import RichText
package import SyncModel

/// Tells on the case that a change of somebody's waits for their connection, where the mapping asks for that.
package enum HoldNote {
  /// - Parameter number: what tells this sentence from others on the case.
  /// - Returns: nil where it is not the person's connection that is waited for.
  package static func operation(
    for actor: CRMUser?, _ reason: OperationLifecycle.HoldReason, markup: RichTextFormat, number: Int64
  ) -> PlannedOperation? {
    guard let actor else { return nil }
    let name = markup.quoting(actor.name ?? "the CRM user \(actor.id)")
    let wait: String
    switch reason {
    case .grant: wait = "\(name) has not connected to Jira yet"
    case .reconnect: wait = "\(name) must connect to Jira again"
    case .permission, .anonymous, .issue: return nil
    }
    return Reconciliation.note(
      "A change of this case waits: \(wait). It goes to Jira by itself once they have, with the link in the CRM.",
      "connect", number: number)
  }

  /// What the field of a case says for whom changes of the case wait; empty: for nobody.
  ///
  /// - Parameter names: of those who must connect.
  package static func fieldText(waitingFor names: [String]) -> String {
    guard let last = names.last else { return "" }
    let others = names.dropLast()
    let all = others.isEmpty ? last : others.joined(separator: ", ") + " and " + last
    return "Waits for \(all) to connect to Jira"
  }

  /// Writes that into the case's field.
  ///
  /// - Parameter name: the field's name in the CRM.
  package static func write(_ text: String, to name: String, place: String) -> PlannedOperation {
    PlannedOperation(call: .writeCase(CaseEdit(ours: text, as: "waits-for", to: name, place: place)), actor: nil)
  }
}
