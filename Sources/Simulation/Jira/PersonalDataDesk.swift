import JSON
package import SyncModel
import Wire

/// What Atlassian knows of the accounts whose ids an app stores.
package struct PersonalDataDesk: Sendable {
  /// Days within which an app may report an account once.
  package var cycleDays = 7
  /// When which account was reported, oldest first.
  package private(set) var reports: [AccountID: [Timestamp]] = [:]
  /// Accounts that were reported again before their cycle had passed.
  package private(set) var tooEarly: Set<AccountID> = []
  /// How many accounts each request had.
  package private(set) var sizes: [Int] = []
  var closed: Set<AccountID> = []
  /// When which profile was changed last.
  var changed: [AccountID: Timestamp] = [:]

  mutating func take(_ accounts: [AccountID], now: Timestamp) {
    sizes.append(accounts.count)
    for account in accounts {
      let cycle: Duration = .seconds(cycleDays * 86_400)
      if let last = reports[account]?.last, now < last + cycle { tooEarly.insert(account) }
      reports[account, default: []].append(now)
    }
  }
}

/// The personal data reporting API.
///
/// After https://developer.atlassian.com/cloud/jira/platform/user-privacy-developer-guide/.
extension JiraWorld {
  static let formerUser: JSONValue = [
    "accountId": "unknown", "accountType": "unknown", "displayName": "Former user", "active": false,
  ]

  /// `POST /app/report-accounts/`.
  mutating func reportAccounts(_ request: WireRequest, now: Timestamp) throws(Refusal) -> WireResponse {
    let caller = try caller(request, scope: nil, now: now)
    guard hasReportScope(request) else { throw problem(403, "The token lacks the scope report:personal-data") }
    note.account = caller.id
    let body: JSONValue
    do throws(JSONError) { body = try JSONReader.read(request.body) } catch {
      throw problem(400, "The body is no JSON")
    }
    guard let entries = body["accounts"]?.array, !entries.isEmpty else { throw problem(400, "accounts is missing") }
    guard entries.count <= 90 else { throw problem(400, "At most 90 accounts") }
    var accounts: [AccountID] = []
    var readAt: [AccountID: Timestamp] = [:]
    for entry in entries {
      guard let id = entry["accountId"]?.string, !id.isEmpty, id != "unknown", !id.contains(" "), id.utf8.count <= 128
      else { throw problem(400, "An accountId is not valid") }
      guard let time = entry["updatedAt"]?.string.flatMap({ Timestamp($0) }), time <= now else {
        throw problem(400, "An updatedAt is not valid")
      }
      accounts.append(AccountID(id))
      readAt[AccountID(id)] = time
    }
    guard Set(accounts).count == accounts.count else { throw problem(400, "An account is there twice") }
    personalData.take(accounts, now: now)
    let news = accounts.compactMap { account -> JSONValue? in
      if personalData.closed.contains(account) { return told(account, "closed") }
      guard let changed = personalData.changed[account], let read = readAt[account], read < changed else { return nil }
      return told(account, "updated")
    }
    var answer = news.isEmpty ? WireResponse(status: 204) : .json(200, ["accounts": .array(news)])
    answer.headers.append(WireHeader("Cycle-Period", String(personalData.cycleDays)))
    return answer
  }

  private func told(_ account: AccountID, _ status: String) -> JSONValue {
    ["accountId": .string(account.rawValue), "status": .string(status)]
  }

  private func hasReportScope(_ request: WireRequest) -> Bool {
    let token = request.header("Authorization")?.dropFirst("Bearer ".count)
    return token.flatMap { sessions.accessTokens[String($0)] }?.scopes.contains("report:personal-data") ?? false
  }

  private func problem(_ status: Int, _ words: String) -> Refusal {
    Refusal(.json(status, ["code": .integer(status), "message": .string(words)], contentType: "application/json"))
  }
}
