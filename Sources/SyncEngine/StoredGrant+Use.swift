import JiraClient
import MappingLanguage
import SyncModel
package import SyncStore
package import TokenVault

extension StoredGrant {
  /// How it reaches its site.
  func reach(_ site: JiraSite) -> JiraReach { JiraReach(site: site, grant: kind, cloudID: cloudID) }

  /// What its tokens are sealed for.
  package func label(_ purpose: Vault.Purpose) -> Vault.Label {
    Vault.Label(
      connection: connection, user: user.id, purpose: purpose, edition: "\(connectedAt.milliseconds).\(generation)")
  }
}

extension Authorization {
  /// What the grant-to-be is sealed for.
  package var label: Vault.Label {
    Vault.Label(connection: connection, user: user.id, purpose: .pendingGrant, edition: stateHash.hexadecimal)
  }
}
