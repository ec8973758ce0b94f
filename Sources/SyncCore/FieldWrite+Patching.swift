package import JSON
package import MappingLanguage
package import SyncModel

extension FieldWrite {
  /// The write with a rich text patched into the document that Jira holds: panels, mentions, pictures and whatever else
  /// the CRM cannot say stay where the text did not change.
  ///
  /// - Parameters:
  ///   - current: the field as Jira holds it.
  ///   - now: the same in its canonical form.
  package func patched(
    by rule: FieldRule, into current: JSONValue?, now: FieldValue, base: FieldState.Base?
  ) -> FieldWrite {
    let agreed = base.flatMap { $0.jira == now ? $0.crm : nil }
    guard let current, let document = rule.patched(payload, into: current, agreed: agreed) else { return self }
    var write = self
    write.payload = document
    write.jira = rule.canonical(ofJira: document)
    return write
  }
}
