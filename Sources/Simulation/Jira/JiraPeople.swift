import JSON
import SyncModel
import Wire

/// Users, for who may browse them. A Data Center asks by `username` for what Cloud asks by `query` and `accountId`.
extension JiraWorld {
  /// `GET /user`
  func oneUser(_ call: JiraCall) throws(Refusal) -> WireResponse {
    guard configuration.browsers.map({ $0.contains(call.account.id) }) ?? true else {
      throw errors(403, ["You do not have permission to browse users."])
    }
    let id = call.target.value(configuration.isDataCenter ? "username" : "accountId") ?? ""
    guard let account = configuration.account(AccountID(id)), !personalData.closed.contains(account.id) else {
      throw errors(404, ["Specified user does not exist or you do not have required permissions"])
    }
    return .json(200, user(account, withEmail: account.showsEmail || account.id == call.account.id))
  }

  /// `GET /user/search`: active users whose name, a word of it, or e-mail address begins so, hidden or not; nobody for
  /// whom may not browse users.
  func foundUsers(_ call: JiraCall) -> WireResponse {
    let query = (call.target.value(configuration.isDataCenter ? "username" : "query") ?? "").lowercased()
    let limit = min(call.target.value("maxResults").flatMap { Int($0) } ?? 50, 1000)
    guard !query.isEmpty, configuration.browsers.map({ $0.contains(call.account.id) }) ?? true else {
      return .json(200, [])
    }
    let found = configuration.accounts.filter { account in
      guard account.isActive, !personalData.closed.contains(account.id) else { return false }
      let name = account.name.lowercased()
      return name.hasPrefix(query) || account.email.lowercased().hasPrefix(query)
        || name.split(separator: " ").contains { $0.hasPrefix(query) }
    }
    return .json(
      200,
      .array(
        found.prefix(limit).map { user($0, withEmail: $0.showsEmail || $0.id == call.account.id) }))
  }
}
