import CRMClient
import MappingLanguage
import SyncModel

extension Services {
  /// The CRM of a connection, as its profile says that it is spoken to; nil when the connection is gone.
  func crm(of name: ConnectionName) -> CRMSystem? {
    let installation = live.current
    guard let connection = installation.mappings.connections[name],
      let profile = installation.mappings.profile(of: name)
    else { return nil }
    let requests = CRMRequests(
      profile: profile, base: connection.base, secrets: { installation.secrets(name, $0) })
    return CRMSystem(requests: requests, transport: transport)
  }
}
