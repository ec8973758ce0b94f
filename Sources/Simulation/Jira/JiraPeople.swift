import JSON
import SyncModel
import Wire

/// People as Jira shows them to others.
///
/// After https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-user-search/ and, for Data Center,
/// https://docs.atlassian.com/software/jira/docs/api/REST/latest/.
extension JiraWorld {
  /// The global permission "Browse users and groups".
  static let browsingUsers = "USER_PICKER"

  func browsesUsers(_ account: AccountID) -> Bool { configuration.browsers?.contains(account) ?? true }

  /// `GET /user`: of Cloud only for who may browse users.
  func person(_ call: JiraCall) throws(Refusal) -> WireResponse {
    let name = configuration.isDataCenter ? "username" : "accountId"
    if !configuration.isDataCenter {
      try refuseFormerNames(call)
      guard browsesUsers(call.account.id) else {
        throw errors(403, ["You do not have permission to browse users and groups."])
      }
    }
    guard let wanted = call.target.value(name), !wanted.isEmpty else {
      throw errors(400, ["The query parameter '\(name)' was not provided."])
    }
    let found = configuration.accounts.first { account in
      configuration.isDataCenter
        ? account.id.rawValue.lowercased() == wanted.lowercased() : account.id.rawValue == wanted
    }
    guard let found else {
      throw errors(
        404,
        [
          configuration.isDataCenter
            ? "The user named '\(wanted)' does not exist"
            : "Specified user does not exist or you do not have "
              + "required permissions"
        ])
    }
    return .json(200, shown(found, to: call.account))
  }

  /// `GET /user/search`: nobody for who may not browse users; a search finds also those whose address it does not show.
  func people(_ call: JiraCall) throws(Refusal) -> WireResponse {
    let found = try matching(call).filter { !personalData.closed.contains($0.id) }
    guard browsesUsers(call.account.id) else { return .json(200, []) }
    let start = max(0, call.target.value("startAt").flatMap { Int($0) } ?? 0)
    let size = min(max(0, call.target.value("maxResults").flatMap { Int($0) } ?? 50), configuration.largestPage)
    let page = found.prefix(1000).dropFirst(start).prefix(size)
    return .json(200, .array(page.map { shown($0, to: call.account) }))
  }

  private func matching(_ call: JiraCall) throws(Refusal) -> [SimulatedAccount] {
    let target = call.target
    if configuration.isDataCenter {
      guard let text = target.value("username"), !text.isEmpty else {
        throw errors(400, ["The username query parameter was not provided"])
      }
      let showsInactive = target.value("includeInactive") == "true"
      let showsActive = target.value("includeActive") != "false"
      return configuration.accounts.filter { account in
        (account.isActive ? showsActive : showsInactive)
          && (account.matches(text) || account.id.rawValue.lowercased().hasPrefix(text.lowercased()))
      }
    }
    try refuseFormerNames(call)
    let active = configuration.accounts.filter(\.isActive)
    switch (target.value("query"), target.value("accountId")) {
    case (_?, _?): throw errors(400, ["The query parameters 'query' and 'accountId' exclude each other."])
    case (nil, nil): throw errors(400, ["One of 'query', 'accountId' and 'property' is required."])
    case (nil, let id?): return active.filter { $0.id.rawValue == id }
    case (let text?, nil): return active.filter { $0.matches(text) }
    }
  }

  /// Names and keys of users are gone from Cloud.
  private func refuseFormerNames(_ call: JiraCall) throws(Refusal) {
    for name in ["username", "key"] where call.target.value(name) != nil {
      throw errors(400, ["The query parameter '\(name)' is not supported in GDPR strict mode."])
    }
  }

  /// A person with the address where the reader may see it.
  private func shown(_ account: SimulatedAccount, to reader: SimulatedAccount) -> JSONValue {
    user(account, withEmail: account.showsEmail || account.id == reader.id)
  }
}

extension SimulatedAccount {
  /// Whether the name, one of its words or the e-mail address begins so.
  fileprivate func matches(_ text: String) -> Bool {
    let wanted = text.lowercased()
    if email.lowercased().hasPrefix(wanted) { return true }
    let name = name.lowercased()
    let starts = [name.startIndex] + name.indices.filter { name[$0] == " " }.map { name.index(after: $0) }
    return starts.contains { name[$0...].hasPrefix(wanted) }
  }
}
