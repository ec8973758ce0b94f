import CRMClient
import MappingLanguage
import RichText
import SyncCore
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

extension CRMSystem {
  /// The markup that it keeps its texts in.
  var markup: RichTextFormat { requests.profile.text.markup }

  var canListComments: Bool { requests.profile.api?.requests[.listComments] != nil }

  /// The case as the CRM has it now, as a mapping reads it; nil where the profile has no way to ask.
  func reading(of caseID: CaseID, _ mapping: Mapping) async -> Result<CaseReading?, CallFailure> {
    guard requests.profile.api?.requests[.getCase] != nil else { return .success(nil) }
    switch await getCase(caseID) {
    case .failure(let failure): return .failure(failure)
    case .success(let fetched):
      do {
        let (document, node) = try CRMSystem.document(of: fetched)
        return .success(try mapping.read(document, caseNode: node, connection: mapping.connection, caseID: caseID))
      } catch {
        return .failure(.unreadable("the CRM's answer has no case where the profile says"))
      }
    }
  }
}

extension CaseReading {
  /// The value of a field, or the status.
  func value(of key: FieldKey) -> FieldValue? { key == StatusRule.key ? status : values[key] }
}
