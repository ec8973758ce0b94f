import MappingLanguage
package import SyncModel

/// Who is who: CRM users and their accounts in Jira, as several sources tell, the surest first.
///
/// A grant is a proof. What a later source says counts where the surer ones say nothing, neither of the user nor of the
/// account, and where the account was not closed. Where the lines of one source that count give two users one account,
/// that account is nobody's: it is never guessed.
package struct People: Hashable, Sendable {
  /// The surest first.
  private enum Rank: Int, CaseIterable { case grants, table, lookedUp }

  private var grants: PeopleSource
  private var table = PeopleSource()
  private var lookedUp: PeopleSource
  private var closed: Set<String>
  /// Users who were looked up in vain.
  private var nobodies: [CRMUserID: Nobody]
  /// Whether anybody is looked up at all.
  package private(set) var looksUp = false

  /// Why nobody was found for a user, and until when that is believed.
  package struct Nobody: Hashable, Sendable {
    package var reason: String
    package var until: Timestamp

    package init(reason: String, until: Timestamp) {
      self.reason = reason
      self.until = until
    }
  }

  /// - Parameters:
  ///   - lookedUp: who was found by their e-mail address.
  ///   - nobodies: who was not.
  ///   - closed: ``digest(of:)`` accounts that Atlassian said were closed.
  package init(
    grants: PeopleSource = PeopleSource(), lookedUp: PeopleSource = PeopleSource(), nobodies: [CRMUserID: Nobody] = [:],
    closed: Set<String> = []
  ) {
    self.grants = grants
    self.lookedUp = lookedUp
    self.nobodies = nobodies
    self.closed = closed
  }

  /// By which an account is recognised that must not be stored any more.
  package static func digest(of account: AccountID) -> String { Fingerprint.of(account.rawValue) }

  /// The people with what an admin's table says besides, and by what was looked up if the connection is for that.
  package func completed(with table: PeopleSource, looksUp: Bool = false) -> People {
    var people = self
    people.table = table
    people.looksUp = looksUp
    return people
  }

  package func account(of user: CRMUserID) -> AccountID? {
    for rank in Rank.allCases {
      if let account = account(of: user, rank) { return account }
    }
    return nil
  }

  /// Nil also where two CRM users share one account: that is never guessed.
  package func user(of account: AccountID) -> CRMUser? {
    let users = users(of: account)
    return users.count == 1 ? users[0] : nil
  }

  /// Two CRM users share the account.
  package func isAmbiguous(_ account: AccountID) -> Bool { users(of: account).count > 1 }

  /// Whether some source says who the account's user is, be it several.
  package func knows(_ account: AccountID) -> Bool { !users(of: account).isEmpty }

  /// Why what a look-up found does not count; nil: it does.
  package func objection(to found: AccountEntry) -> String? {
    if counts(found.user.id, found.account, .lookedUp) { return nil }
    return isClosed(found.account)
      ? "the account with their e-mail address was closed"
      : "who was found is known otherwise, by a connection or the table of people"
  }

  /// Whether a user is to be looked up: no source knows them, and they were not looked up lately.
  package func isToBeLookedUp(_ user: CRMUserID, now: Timestamp) -> Bool {
    guard looksUp, account(of: user) == nil, lookedUp.accounts[user] == nil else { return false }
    return nobodies[user].map { $0.until <= now } ?? true
  }

  /// Why nobody was found for a user who was looked up; nil: they were not.
  func reason(whyNobodyIs user: CRMUserID) -> String? { looksUp ? nobodies[user]?.reason : nil }

  /// What the surest source says that says anything of the account.
  private func users(of account: AccountID) -> [CRMUser] {
    for rank in Rank.allCases {
      let users = users(of: account, rank)
      if !users.isEmpty { return users }
    }
    return []
  }

  private func account(of user: CRMUserID, _ rank: Rank) -> AccountID? {
    guard let account = self[rank].accounts[user], counts(user, account, rank) else { return nil }
    return account
  }

  private func users(of account: AccountID, _ rank: Rank) -> [CRMUser] {
    guard let users = self[rank].users[account] else { return [] }
    return users.filter { counts($0.id, account, rank) }
  }

  private func counts(_ user: CRMUserID, _ account: AccountID, _ rank: Rank) -> Bool {
    guard rank != .grants else { return true }
    for surer in Rank.allCases.prefix(rank.rawValue)
    where self.account(of: user, surer) != nil || !users(of: account, surer).isEmpty { return false }
    return !isClosed(account)
  }

  private func isClosed(_ account: AccountID) -> Bool {
    !closed.isEmpty && closed.contains(Self.digest(of: account))
  }

  private subscript(_ rank: Rank) -> PeopleSource {
    switch rank {
    case .grants: grants
    case .table: table
    case .lookedUp: looksUp ? lookedUp : PeopleSource()
    }
  }
}
