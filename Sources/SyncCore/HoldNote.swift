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
}
