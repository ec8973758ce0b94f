package import SyncModel

/// One `<crm>` document: one tenant's CRM, the profile that describes it and the site it is kept in step with.
package struct Connection: Hashable, Sendable {
  package var name: ConnectionName
  package var profile: String
  /// `https://crm.acme.example`, without a slash at the end; empty when nothing is written back.
  package var base: String
  /// The name of the ``JiraSite``.
  package var site: String
  /// By purpose (`webhook`, `api`, `connect`); several per purpose while one is being replaced, the first is current.
  package var secrets: [String: [SecretSource]]
  /// A grant becomes active only if the e-mail in the connect link is the Atlassian account's.
  package var requiresMatchingEmail: Bool
  /// People of whom nobody knows who they are are looked up by their e-mail address, on both sides.
  package var looksUpPeople = false
  package var position: SourcePosition

  package init(
    name: ConnectionName, profile: String, base: String, site: String, secrets: [String: [SecretSource]],
    requiresMatchingEmail: Bool, position: SourcePosition
  ) {
    self.name = name
    self.profile = profile
    self.base = base
    self.site = site
    self.secrets = secrets
    self.requiresMatchingEmail = requiresMatchingEmail
    self.position = position
  }
}

/// Where a secret is kept. The XML never holds the secret itself.
package enum SecretSource: Hashable, Sendable {
  /// `env:NAME`
  case environment(String)
  /// `file:PATH`, absolute or relative to the mappings folder.
  case file(String)
}
