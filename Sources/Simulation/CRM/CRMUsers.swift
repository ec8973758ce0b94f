import JSON
import SyncModel
import Wire

/// The help desk's users, as its interface shows them.
extension CRMWorld {
  /// `GET /api/users/{id}`, and `GET /api/users?email=…`: those whose address begins so, in letters of either case, as the
  /// search of many a help desk has it.
  func users(_ request: WireRequest, _ target: RequestTarget) throws(Refusal) -> WireResponse {
    let parts = target.segments
    guard parts.count <= 3 else { throw refusal(404, "There is no such address.") }
    guard request.method == .get else { throw refusal(405, "The address does not have this method.") }
    if parts.count == 3 {
      guard let user = configuration.user(CRMUserID(parts[2])) else { throw refusal(404, "There is no such user.") }
      return .json(200, json(user))
    }
    guard let email = target.value("email"), !email.isEmpty else { throw refusal(400, "email is missing.") }
    let found = configuration.users.filter { $0.email?.lowercased().hasPrefix(email.lowercased()) ?? false }
    return .json(200, ["users": .array(found.map(json))])
  }

  private func json(_ user: CRMUser) -> JSONValue {
    [
      "id": .string(user.id.rawValue), "name": JSONValue(orNull: user.name), "email": JSONValue(orNull: user.email),
      "active": .bool(!configuration.inactive.contains(user.id)),
    ]
  }
}
