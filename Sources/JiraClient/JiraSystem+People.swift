import JSON
import MappingLanguage
package import SyncCore
package import SyncModel
package import Wire

/// A user as Jira answers.
///
/// What is printed of it names nobody: an e-mail address is in flight only, and never logged.
package struct JiraPerson: Hashable, Sendable, Unprinted {
  package var account: AccountID
  /// Nil: hidden from who asks.
  package var name: String?
  /// Nil: hidden from who asks.
  package var email: String?
  package var isActive: Bool
  /// Neither an app nor a customer of a service desk. Data Center does not tell: there everybody is.
  package var isPerson: Bool

  package init(account: AccountID, name: String?, email: String?, isActive: Bool, isPerson: Bool) {
    self.account = account
    self.name = name
    self.email = email
    self.isActive = isActive
    self.isPerson = isPerson
  }

  package var description: String { "a Jira user" }
}

/// People in Jira, for who is to be found by an e-mail address. No failure repeats an address or a name.
///
/// Whoever asks needs the global permission to browse users and groups, and with OAuth the scope `read:jira-user`, after
/// https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-user-search/. Without the permission a search
/// finds nobody, which cannot be told from an address that nobody has.
extension JiraSystem {
  /// What a search for an e-mail address shows: also people whose names or addresses only begin so, and people whose
  /// address is hidden from who asks.
  ///
  /// Only the first page of 50 is read: a whole address resembles few.
  package func people(email: String, token: Secret) async -> Result<[JiraPerson], CallFailure> {
    await send(requests.people(matching: email, token: token), .read).flatMap { JiraResponses.people($0, reach.kind) }
  }

  /// - Returns: nil where Jira has no such account, or does not show it.
  package func person(_ account: AccountID, token: Secret) async -> Result<JiraPerson?, CallFailure> {
    switch await send(requests.person(account, token: token), .read).flatMap({ JiraResponses.person($0, reach.kind) }) {
    case .failure(.notFound), .success(nil): .success(nil)
    case .failure(let failure): .failure(failure)
    case .success(let person?):
      isSame(person.account, account)
        ? .success(person) : .failure(.unreadable("Jira answered another account than the one that was asked for"))
    }
  }

  /// User names of Data Center are the same in letters of either case.
  private func isSame(_ one: AccountID, _ other: AccountID) -> Bool {
    switch reach.kind {
    case .cloud: one == other
    case .dataCenter: one.rawValue.lowercased() == other.rawValue.lowercased()
    }
  }
}

extension JiraRequests {
  /// The people whose name or e-mail address begins so; of a Data Center also those whose user name does.
  package func people(matching text: String, token: Secret) -> WireRequest {
    get("/user/search", [(reach.kind == .dataCenter ? "username" : "query", text), ("maxResults", "50")], token)
  }

  package func person(_ account: AccountID, token: Secret) -> WireRequest {
    get("/user", [(reach.kind == .dataCenter ? "username" : "accountId", account.rawValue)], token)
  }
}

extension JiraResponses {
  static func people(_ response: WireResponse, _ kind: JiraSite.Kind) -> Result<[JiraPerson], CallFailure> {
    read(response) { body in body.array.map { $0.compactMap { person($0, kind) } } }
      .mapError { $0.withoutWords(status: response.status) }
  }

  /// Nil: somebody who was deleted, as whom Jira knows many.
  static func person(_ response: WireResponse, _ kind: JiraSite.Kind) -> Result<JiraPerson?, CallFailure> {
    read(response) { body in body["accountId"]?.text.map { _ in person(body, kind) } }
      .mapError { $0.withoutWords(status: response.status) }
  }

  private static func person(_ body: JSONValue, _ kind: JiraSite.Kind) -> JiraPerson? {
    person(body).map { account in
      JiraPerson(
        account: account, name: shown(body["displayName"]), email: shown(body["emailAddress"]),
        isActive: body["active"]?.bool ?? false,
        isPerson: kind == .dataCenter || body["accountType"]?.string == "atlassian")
    }
  }

  private static func shown(_ value: JSONValue?) -> String? {
    value?.string.flatMap { $0.isEmpty ? nil : $0 }
  }
}

extension CallFailure {
  /// The same without Jira's words, which may repeat what was asked for: here that is an address or an account.
  fileprivate func withoutWords(status: Int) -> CallFailure {
    let words = "Jira answered \(status)"
    return switch self {
    case .notFound: .notFound(words)
    case .gone: .gone(words)
    case .conflict: .conflict(words)
    case .rejected: .rejected(words, fields: [:])
    case .tooLarge: .tooLarge(words)
    case .misconfigured: .misconfigured(words)
    case .unsupported: .unsupported(words)
    case .unreachable, .unknown, .unavailable, .rateLimited, .unauthorised, .scopeMissing, .forbidden, .appForbidden,
      .redirected, .noGrant, .unreadable:
      self
    }
  }
}
